import type { SeriesManifest } from './manifest.ts'

/** How the source of a series is called whose bars were made of finer ones of the store; their name follows. */
export const RESAMPLED = 'resampled from '

/** Whether the bars of a series were made of finer ones of the store. */
export function isResampled({ sources }: Pick<SeriesManifest, 'sources'>): boolean {
  return sources.some(({ name }) => name.startsWith(RESAMPLED))
}

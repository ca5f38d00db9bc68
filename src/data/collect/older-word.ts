import type { SeriesManifest } from '../manifest.ts'

/**
 * Whether the stored bar of a time may be the newer word: told to somebody else since a stream heard that bar, or nobody knows when.
 * What a stream stored itself it may state anew.
 * @param origin the stream
 * @param heard when it heard the bar, UTC ms
 */
export function isOlderWord(manifest: SeriesManifest, origin: string, openTime: number, heard: number): boolean {
  const { origins = [], revised = [] } = manifest
  const covering = origins.filter(({ from, to }) => openTime >= from && openTime < to)
  const others = covering.filter((one) => one.origin !== origin)
  // files of an archive are not among the origins, but what they revised is listed
  const revisions = revised.filter((one) => one.openTime === openTime && one.origin !== origin)
  if ([...others, ...revisions].some(({ at = Number.POSITIVE_INFINITY }) => at >= heard)) return true
  // who imports does not say which bars
  return covering.length === 0
}

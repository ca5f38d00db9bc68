import { relative } from 'node:path'
import type { Series } from '../core/series.ts'
import { withLock } from './lock.ts'
import { seriesDir } from './manifest.ts'
import { type Store, storeAt } from './store.ts'

/**
 * Changes a file of a store, and whatever new files it speaks of. `work` is handed the store as it may be written to: what is
 * read before must be read there. In a store in a bucket it is done again where somebody else was faster, with what it is given as
 * it was: rows to which stored ones have been appended are not.
 * @param file its path in the store
 * @param patience how long to wait for another writer of this machine, ms
 */
export async function changeFile<T>(
  store: Store,
  file: string,
  patience: number,
  work: (at: Store) => Promise<T>,
): Promise<T> {
  const { mirror } = store
  if (mirror === undefined) return withLock(store.dir, patience, () => work(store))
  return mirror.change(file.replaceAll('\\', '/'), patience, (dir, own) => work(storeAt(dir, store.behind, dir, own)))
}

/** The same of a series, whose manifest decides. */
export function changeSeries<T>(
  store: Store,
  series: Series,
  patience: number,
  work: (at: Store) => Promise<T>,
): Promise<T> {
  const folder = relative(store.dir, seriesDir(store.dir, series))
  return changeFile(store, `${folder}/manifest.json`, patience, work)
}

/** How long files of which none decides wait for another writer, ms. */
const PATIENCE = 10_000

/** Adds files of which each stands for itself, such as what was known of an instrument on some day. */
export async function changeFiles<T>(store: Store, work: (at: Store) => Promise<T>): Promise<T> {
  const { mirror } = store
  if (mirror === undefined) return work(store)
  return mirror.change(null, PATIENCE, (dir, own) => work(storeAt(dir, store.behind, dir, own)))
}

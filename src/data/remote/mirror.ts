import type { Series, Venue } from '../../core/series.ts'
import type { MonthFile } from '../manifest.ts'

/** What brings parts of a store in a bucket into the folder that stands for it, before they are read there. */
export interface Mirror {
  /** The manifest of a series as it is now, and what else is stored of its symbol. */
  refresh(series: Series): Promise<void>
  /** Instruments, tiers and funding of a symbol, once for every time that the store is opened. */
  refreshSymbol(venue: Venue, symbol: string): Promise<void>
  /** The manifests of all series. A damaged one is told of, with its name. */
  refreshAll(onDamaged: (error: Error, series: string) => void): Promise<void>
  /** Months that a manifest names, checked by their hash as they arrive. */
  bring(series: Series, files: readonly MonthFile[]): Promise<void>
  /** What of these months in the bucket is not what the manifest says: they are read again, kept here or not. */
  damaged(series: Series, files: readonly MonthFile[]): Promise<readonly string[]>
  /**
   * Hands a folder to `work` in which it may change the store, with a mirror of its own, and puts what it changed into the
   * bucket: new files first, and last the one (a manifest, a list of rates) that decides what holds, if it still is as it
   * was. Where somebody else was faster, theirs is brought and the work is done again.
   */
  change<T>(decisive: string | null, patience: number, work: (dir: string, mirror: Mirror) => Promise<T>): Promise<T>
}

import { closeSync, existsSync, fsync, ftruncateSync, openSync, renameSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import { type Series, seriesName } from '../../core/series.ts'
import { DataError } from '../data-error.ts'
import { diskError } from '../duckdb.ts'
import { takeLock } from '../lock.ts'
import { seriesDir, syncFolder } from '../manifest.ts'
import { RowBuffer } from '../rows.ts'
import type { Store } from '../store.ts'
import { findFault, timeText } from '../validate.ts'
import type { BarText } from '../venues/venue.ts'
import { addBar } from './add-bar.ts'
import type { Stored } from './batch.ts'
import { inTurn, putBars } from './put-bars.ts'
import { readTail, TAIL_HEADER, tailLine } from './tail-lines.ts'

/** What is appended to, and what is being folded. */
const [GROWING, FOLDING] = ['tail.csv', 'tail.folding.csv']
/** What a stream waits for another that has just been stopped, ms. */
const PATIENCE = 1000

/** Tails that are open in this process, by folder. */
const open = new Map<string, Tail>()

/**
 * Live bars of a series, a line each in `tail.csv` beside its manifest, until they are folded into its months. A line is written when
 * `append` returns, so that no death of the process loses it, and on the disk soon after (`synced`). One process streams a series: it holds the
 * series' folder, not the store, which others may go on reading and writing; they see a bar once it is folded.
 */
export class Tail {
  readonly #store: Store
  readonly #series: Series
  readonly #dir: string
  readonly #release: () => void
  readonly #scratch = new RowBuffer(1)
  #handle: number | null = null
  #size = 0
  #bars = 0
  /** Lines written, and those of them that are known to be on the disk. */
  #written = 0
  #safe = 0
  #syncing: Promise<void> | null = null
  /** Why the disk does not take what was written. */
  #fault: Error | null = null
  #isClosed = false
  #folding: Promise<unknown> = Promise.resolve()

  private constructor(store: Store, series: Series, release: () => void) {
    this.#store = store
    this.#series = series
    this.#dir = seriesDir(store.dir, series)
    this.#release = release
    open.set(this.#dir, this)
  }

  /** Folds what an earlier stream left. @throws DataError where another process streams this series */
  static async open(store: Store, series: Series): Promise<Tail> {
    const dir = seriesDir(store.dir, series)
    const tail = new Tail(store, series, await takeLock(dir, PATIENCE, `streaming ${seriesName(series)}`))
    try {
      await tail.fold()
      return tail
    } catch (error) {
      await tail.close()
      throw error
    }
  }

  /** Bars that wait to be folded. */
  get bars(): number {
    return this.#bars
  }

  /**
   * Notes a bar.
   * @param at when it was heard, UTC ms
   * @throws DataError where it cannot be, or cannot be written; the tail is then as it was
   */
  append(bar: BarText, at: number): void {
    if (this.#isClosed) throw new Error("this tail was closed: its series may be another process's by now")
    if (this.#fault !== null) throw this.#fault
    this.#check(bar, at)
    try {
      const isNew = this.#handle === null
      this.#handle ??= openSync(join(this.#dir, GROWING), 'a')
      const line = Buffer.from(`${isNew ? TAIL_HEADER : ''}${tailLine(bar, at)}`)
      for (let done = 0; done < line.length; ) done += writeSync(this.#handle, line, done)
      this.#size += line.length
      if (isNew) syncFolder(this.#dir)
    } catch (error) {
      // half a line would spoil the next one
      if (this.#handle !== null) ftruncateSync(this.#handle, this.#size)
      throw diskError(join(this.#dir, GROWING), error)
    }
    this.#bars++
    this.#written++
    this.#syncing ??= this.#sync(this.#handle)
  }

  /** Comes back when every bar appended so far is on the disk. Bars that come while the disk is busy share the next turn. */
  async synced(): Promise<void> {
    const wanted = this.#written
    while (this.#safe < wanted && this.#syncing !== null) await this.#syncing
    if (this.#fault !== null) throw this.#fault
  }

  async #sync(handle: number): Promise<void> {
    while (this.#safe < this.#written && this.#fault === null) {
      const written = this.#written
      const error = await flushed(handle)
      if (error === null) this.#safe = written
      else this.#fault = diskError(join(this.#dir, GROWING), error)
    }
    this.#syncing = null
  }

  /**
   * Puts the bars into the months; `null` where none wait. A later line of a bar takes the place of an earlier one, and of what
   * is stored unless that may be the newer word (`older-word.ts`). Whenever the process
   * dies in it, nothing is lost, and folding again doubles nothing.
   */
  fold(): Promise<Stored | null> {
    const turn = this.#folding.then(() => foldFiles(this.#store, this.#series, this.#dir, () => this.#rotate()))
    this.#folding = turn.catch(() => undefined)
    return turn
  }

  /** Takes what has been appended out of the way of what will be. */
  async #rotate(): Promise<void> {
    // a file is not closed under a turn of the disk that is underway
    while (this.#syncing !== null) await this.#syncing
    if (this.#handle !== null) closeSync(this.#handle)
    this.#handle = null
    this.#size = 0
    this.#bars = 0
    rotate(this.#dir)
  }

  /** What has not been folded stays in the tail. */
  async close(): Promise<void> {
    this.#isClosed = true
    await this.#folding
    while (this.#syncing !== null) await this.#syncing
    if (this.#handle !== null) closeSync(this.#handle)
    this.#handle = null
    if (open.get(this.#dir) === this) open.delete(this.#dir)
    this.#release()
  }

  #check(bar: BarText, at: number): void {
    const rows = this.#scratch
    rows.length = 0
    addBar(rows, bar)
    // clocks differ a little: a bar that the venue has closed may not have begun by ours
    const fault = findFault(rows, 0, this.#series.interval, Math.max(at, bar.openTime))
    if (fault !== null)
      throw new DataError(
        `${seriesName(this.#series)}: the live bar of ${timeText(bar.openTime)} cannot be: ${fault.field} "${fault.value}" ${fault.reason}`,
      )
  }
}

function flushed(handle: number): Promise<Error | null> {
  return new Promise((resolve) => fsync(handle, resolve))
}

/** Folds what a stream left that was killed; one that runs folds its own. */
export async function foldLeft(store: Store, series: Series): Promise<void> {
  const dir = seriesDir(store.dir, series)
  const own = open.get(dir)
  if (own !== undefined) {
    await own.fold()
    return
  }
  if (![GROWING, FOLDING].some((name) => existsSync(join(dir, name)))) return
  const release = await takeLock(dir, 0, 'streaming this series').catch(() => null)
  if (release === null) return
  try {
    await foldFiles(store, series, dir, async () => rotate(dir))
  } finally {
    release()
  }
}

function rotate(dir: string): void {
  if (!existsSync(join(dir, GROWING))) return
  renameSync(join(dir, GROWING), join(dir, FOLDING))
  syncFolder(dir)
}

/** Folds a file that an earlier death left behind first, then what has been appended since. */
async function foldFiles(
  store: Store,
  series: Series,
  dir: string,
  rotated: () => Promise<void>,
): Promise<Stored | null> {
  const left = await foldFile(store, series, join(dir, FOLDING))
  await rotated()
  const stored = await foldFile(store, series, join(dir, FOLDING))
  if (left === null || stored === null) return left ?? stored
  return {
    manifest: stored.manifest,
    added: left.added + stored.added,
    known: left.known + stored.known,
    made: left.made + stored.made,
    revised: [...left.revised, ...stored.revised],
  }
}

async function foldFile(store: Store, series: Series, file: string): Promise<Stored | null> {
  if (!existsSync(file)) return null
  const { rows, heard, torn, at } = readTail(file)
  const batch = { rows, heard, at, origin: `${series.venue} stream`, skipped: torn === null ? [] : [torn] }
  const isEmpty = rows.length === 0 && (torn === null || (await store.manifest(series)) === null)
  const stored = isEmpty ? null : await inTurn(store, series, (own) => putBars(own, series, batch, 'all'))
  // only now: a death before this line folds the same bars again, which are known by then
  rmSync(file)
  return stored
}

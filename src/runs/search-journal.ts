import { closeSync, existsSync, fsyncSync, openSync, rmSync, truncateSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Trial, TrialOutcome } from '../core/search.ts'
import { makeFolder } from '../data/index.ts'
import { takeLock } from '../data/lock.ts'
import { type JournalEntry, journalLine, readJournalLine, wholeBytes, wholeLines } from './search-journal-lines.ts'
import { folderError } from './write-folder.ts'

/** Outcomes after which they are written, and ms after which they are. */
const [EVERY, EVERY_MS] = [256, 1000]

/** What was done of a search. */
interface Journalled {
  /** By number of the trial. */
  readonly entries: ReadonlyMap<number, JournalEntry>
  /** File and line of what is damaged, and so is done again. */
  readonly damaged: readonly string[]
}

export type CountTrials = (trials: readonly Trial[], outcomes: readonly TrialOutcome[]) => void

/**
 * What a search has come to so far, in a folder of its own beside the runs, a line a trial. A search of the same goes on from it
 * to the same bytes; numbers of JSON are exact.
 */
export class SearchJournal {
  readonly #dir: string | null
  readonly #file: string
  readonly #count: CountTrials | null
  #handle: number | null = null
  #lines: string[] = []
  #fresh: JournalEntry[] = []
  #written = 0
  #unlock: (() => void) | null = null

  /**
   * @param out `null`: nothing is kept
   * @param id tells searches of other data, code, settings or spaces apart
   * @param count told of trials as they are written: they were tried, whatever becomes of the search
   */
  constructor(out: string | null, id: string, count: CountTrials | null = null) {
    this.#count = count
    this.#dir = out === null ? null : join(out, `.search-${id}`)
    this.#file = join(this.#dir ?? '', 'outcomes.jsonl')
  }

  /** One process at a time makes a search, until `release` or `remove`. @throws DataError that names the process that does */
  async acquire(): Promise<void> {
    if (this.#dir !== null) this.#unlock = await takeLock(this.#dir, 0, 'making the same search')
  }

  /** What was done is kept. */
  release(): void {
    try {
      this.close()
    } finally {
      this.#unlock?.()
      this.#unlock = null
    }
  }

  /** Releases it after an error, which is the one to be thrown, whatever else goes wrong meanwhile. */
  releasedAfter(error: unknown): unknown {
    try {
      this.release()
    } catch {
      // a disk that is full is so for this as well
    }
    return error
  }

  /** Whether trials are counted as they are written. */
  get isCounting(): boolean {
    return this.#dir !== null && this.#count !== null
  }

  get exists(): boolean {
    return this.#dir !== null && existsSync(this.#file)
  }

  /** Lines that do not add up are left out; one that was being written when its process ended, the last, nobody needs to be told of. */
  read(): Journalled {
    const entries = new Map<number, JournalEntry>()
    const damaged: string[] = []
    if (!this.exists) return { entries, damaged }
    let number = 0
    for (const line of wholeLines(this.#file)) {
      number++
      const entry = readJournalLine(line)
      if (entry === null) damaged.push(`${this.#file}:${number}`)
      else entries.set(entry.outcome.number, entry)
    }
    return { entries, damaged }
  }

  write(trial: Trial, outcome: TrialOutcome): void {
    if (this.#dir === null) return
    this.#lines.push(journalLine({ trial, outcome }))
    this.#fresh.push({ trial, outcome })
    if (this.#lines.length >= EVERY || performance.now() - this.#written > EVERY_MS) this.flush()
  }

  /** @throws DataError where the disk is full or the folder cannot be written */
  flush(): void {
    if (this.#dir === null || this.#lines.length === 0) return
    this.#count?.(
      this.#fresh.map(({ trial }) => trial),
      this.#fresh.map(({ outcome }) => outcome),
    )
    this.#fresh = []
    try {
      if (this.#handle === null) {
        makeFolder(this.#dir)
        // in the place of a line that was cut off another one begins
        if (this.exists) truncateSync(this.#file, wholeBytes(this.#file))
        this.#handle = openSync(this.#file, 'a')
      }
      writeSync(this.#handle, this.#lines.join(''))
      fsyncSync(this.#handle)
    } catch (error) {
      throw folderError(this.#dir, error)
    }
    this.#lines = []
    this.#written = performance.now()
  }

  close(): void {
    try {
      this.flush()
    } finally {
      if (this.#handle !== null) closeSync(this.#handle)
      this.#handle = null
    }
  }

  /** When the run is written nobody needs it any more. */
  remove(): void {
    this.close()
    if (this.#dir !== null) rmSync(this.#dir, { recursive: true, force: true })
    this.#unlock = null
  }
}

import { closeSync, existsSync, fsyncSync, openSync, readFileSync, rmSync, writeSync } from 'node:fs'
import { join } from 'node:path'
import type { Trial, TrialOutcome } from '../core/search.ts'
import { makeFolder } from '../data/index.ts'
import { withLock } from '../data/lock.ts'
import { folderError } from './write-folder.ts'

/** Outcomes after which they are written, and ms after which they are. */
const [EVERY, EVERY_MS] = [256, 1000]

interface Entry {
  readonly trial: Trial
  readonly outcome: TrialOutcome
}

/**
 * What a search has come to so far, in a folder of its own beside the runs, a line a trial. A search of the same goes on from it
 * to the same bytes; numbers of JSON are exact.
 */
export class SearchJournal {
  readonly #dir: string | null
  readonly #file: string
  #handle: number | null = null
  #lines: string[] = []
  #written = 0

  /**
   * @param out `null`: nothing is kept
   * @param id tells searches of other data, code, settings or spaces apart
   */
  constructor(out: string | null, id: string) {
    this.#dir = out === null ? null : join(out, `.search-${id}`)
    this.#file = join(this.#dir ?? '', 'outcomes.jsonl')
  }

  /** One process at a time makes a search. @throws DataError that names the process that does */
  hold<T>(work: () => Promise<T>): Promise<T> {
    return this.#dir === null ? work() : withLock(this.#dir, 0, work, 'making the same search')
  }

  get exists(): boolean {
    return this.#dir !== null && existsSync(this.#file)
  }

  /** Outcomes by number. A torn last line is as good as none. */
  read(): Map<number, Entry> {
    const entries = new Map<number, Entry>()
    if (!this.exists) return entries
    for (const line of readFileSync(this.#file, 'utf8').split('\n')) {
      try {
        const entry = JSON.parse(line) as Entry
        entries.set(entry.outcome.number, entry)
      } catch {
        // what it told of is done again
      }
    }
    return entries
  }

  write(trial: Trial, outcome: TrialOutcome): void {
    if (this.#dir === null) return
    this.#lines.push(`${JSON.stringify({ trial, outcome } satisfies Entry)}\n`)
    if (this.#lines.length >= EVERY || performance.now() - this.#written > EVERY_MS) this.flush()
  }

  /** @throws DataError where the disk is full or the folder cannot be written */
  flush(): void {
    if (this.#dir === null || this.#lines.length === 0) return
    try {
      if (this.#handle === null) {
        makeFolder(this.#dir)
        // after a line that was cut off a new one begins
        const isTorn = this.exists && !readFileSync(this.#file, 'utf8').endsWith('\n')
        this.#handle = openSync(this.#file, 'a')
        if (isTorn) writeSync(this.#handle, '\n')
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
    this.flush()
    if (this.#handle !== null) closeSync(this.#handle)
    this.#handle = null
  }

  /** When the run is written nobody needs it any more. */
  remove(): void {
    if (this.#handle !== null) closeSync(this.#handle)
    this.#handle = null
    this.#lines = []
    if (this.#dir !== null) rmSync(this.#dir, { recursive: true, force: true })
  }
}

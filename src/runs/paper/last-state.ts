import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { writeAtomic } from '../../data/index.ts'
import { Journal } from './journal.ts'
import type { JournalRecord } from './session-record.ts'
import type { PaperPhase, PaperSnapshot } from './snapshot.ts'

const NAME = 'last.json'
/** Between two writes, ms. */
const REST = 1000

/** Keeps what a session looks like in its folder, a second late at most, for whoever asks when its process is gone. */
export class LastState {
  readonly #file: string
  readonly #snapshot: () => PaperSnapshot
  #timer: NodeJS.Timeout | null = null

  constructor(dir: string, snapshot: () => PaperSnapshot) {
    this.#file = join(dir, NAME)
    this.#snapshot = snapshot
  }

  /** It looks otherwise now. */
  touch(): void {
    this.#timer ??= setTimeout(() => this.write(), REST).unref()
  }

  write(): void {
    this.drop()
    try {
      writeAtomic(this.#file, `${JSON.stringify(this.#snapshot())}\n`)
    } catch {
      // a disk that is full is told of by the journal, which says it all
    }
  }

  /** What is not written yet is not wanted any more. */
  drop(): void {
    if (this.#timer !== null) clearTimeout(this.#timer)
    this.#timer = null
  }
}

/** A session whose process is gone: as it ended, or as it was last seen by a process that said no farewell. */
export interface Gone {
  readonly state: PaperPhase | 'crashed'
  readonly snapshot: PaperSnapshot
  /** Records of its journal that have come after that. */
  readonly later: number
  /** Last instant of those, UTC ms; `null` where none of them has one. */
  readonly laterTo: number | null
  /** Fills that an exchange tells of in them; those of orders that meet the bars are no records. */
  readonly laterFills: number
}

/** What a session that does not run has left; `null` where it never ran. */
export async function readGone(dir: string): Promise<Gone | null> {
  const file = join(dir, NAME)
  if (!existsSync(file)) return null
  const snapshot = JSON.parse(readFileSync(file, 'utf8')) as PaperSnapshot
  const [none, seen] = [{ later: 0, laterTo: null, laterFills: 0 }, snapshot.counters.journalRecords]
  if (['stopped', 'ended', 'failed'].includes(snapshot.state)) return { state: snapshot.state, snapshot, ...none }
  let [records, laterTo, laterFills] = [0, null as number | null, 0]
  // one that is damaged is told of by whoever starts it again
  await Journal.read(join(dir, 'journal.log'), (line) => {
    const record = line as JournalRecord
    if (++records <= seen) return
    if (record.kind === 'bars') laterTo = record.at
    if (record.kind === 'told' && record.told.kind === 'fill') laterFills++
  }).catch(() => undefined)
  return { state: 'crashed', snapshot, later: Math.max(0, records - seen), laterTo, laterFills }
}

import { join } from 'node:path'
import { loadStrategy } from '../../src/runs/load-strategy.ts'
import { Journal } from '../../src/runs/paper/journal.ts'
import { readSession, readWarmUp } from '../../src/runs/paper/session-file.ts'
import type { JournalRecord } from '../../src/runs/paper/session-record.ts'
import { SessionState } from '../../src/runs/paper/session-state.ts'
import { STRATEGY } from './places.ts'

/** A journal read again, without the process that wrote it. */
export interface ReplayedSession {
  readonly state: SessionState
  readonly records: readonly JournalRecord[]
  /** As `events.jsonl` has them. */
  readonly events: string
}

export async function replaySession(dir: string): Promise<ReplayedSession> {
  const file = readSession(dir)
  if (file === null) throw new Error(`${dir}: there is no session`)
  const { strategy } = await loadStrategy(STRATEGY)
  const state = new SessionState(file, strategy, readWarmUp(dir, file), [])
  const records: JournalRecord[] = []
  const journal = await Journal.open(join(dir, 'journal.log'), (record) => {
    records.push(record as JournalRecord)
    state.take(record as JournalRecord)
  })
  await journal.close()
  return { state, records, events: state.run.events.map((event) => `${JSON.stringify(event)}\n`).join('') }
}

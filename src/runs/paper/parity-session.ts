import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { openTimeOf } from '../../core/interval.ts'
import type { EngineResult } from '../../core/run.ts'
import type { Strategy } from '../../engine/index.ts'
import { UsageError } from '../usage-error.ts'
import { checkStart } from './begin-session.ts'
import type { FeedBar, FeedFunding, FeedRemark } from './feed.ts'
import { Journal } from './journal.ts'
import { PAUSES } from './live-run.ts'
import type { PreparedSession } from './paper-request.ts'
import { type Rows, rowsOf } from './parity-rows.ts'
import { readSession, readWarmUp, type SessionFile, type WarmSlot } from './session-file.ts'
import { barOf, type JournalRecord, type PaperCommand } from './session-record.ts'
import { SessionState } from './session-state.ts'

/** What a session has left in its folder. */
export interface RecordedSession {
  readonly file: SessionFile
  readonly warm: readonly WarmSlot[]
  readonly records: readonly JournalRecord[]
  /** Bars by slot, those before it included. */
  readonly own: readonly Rows[]
}

/** An instant of the session: what fell due before its bars, and the bars. */
export interface PlayedInstant {
  readonly at: number
  readonly funding: readonly FeedFunding[]
  readonly bars: readonly FeedBar[]
}

/** A command that acted, whoever gave it: a person, the broker, a rule. */
export interface PlayedCommand {
  /** Instants that came before it. */
  readonly after: number
  readonly at: number
  readonly command: PaperCommand
  readonly why: string
  readonly by: string
}

/** What a session did, of its journal alone. */
export interface PlayedSession {
  /** As if it had ended with its last record; what was told after its last instant is in its equity at the end. */
  readonly result: EngineResult
  readonly instants: readonly PlayedInstant[]
  readonly commands: readonly PlayedCommand[]
  readonly remarks: readonly FeedRemark[]
  /** Time on which it could trade, ms. */
  readonly traded: number
}

/**
 * Reads a session, which may be running.
 * @throws DataError where what it left is damaged, UsageError where it has not begun
 */
export async function readRecorded(dir: string): Promise<RecordedSession> {
  const file = readSession(dir)
  if (file === null) throw new UsageError(`${dir}: is no folder of a paper session`)
  const records: JournalRecord[] = []
  const journal = join(dir, 'journal.log')
  const digest = createHash('sha256')
    .update(readFileSync(join(dir, 'session.json')))
    .digest('hex')
  await Journal.read(journal, (record, line) => {
    const one = record as JournalRecord
    if (line === 1) checkStart(journal, one, digest)
    records.push(one)
  })
  if (!records.some(({ kind }) => kind === 'bars'))
    throw new UsageError(`${dir}: the session has had no bar yet: there is nothing to compare`)
  const warm = readWarmUp(dir, file)
  const bars = records.flatMap((record) => (record.kind === 'bars' ? record.bars.map(barOf) : []))
  const own = warm.map((one, k) =>
    rowsOf(
      one,
      bars.filter(({ slot }) => slot === k),
    ),
  )
  return { file, warm, records, own }
}

/** Takes a session's records once more, and notes what a backtest of it needs. */
export function playSession(
  { file, warm, records }: RecordedSession,
  strategy: Strategy,
  beside: PreparedSession['beside'],
): PlayedSession {
  const state = new SessionState(file, strategy, warm, beside)
  const intervals = file.slots.map((_, k) => state.seriesOf(k).interval)
  const instants: PlayedInstant[] = []
  const commands: PlayedCommand[] = []
  const remarks: FeedRemark[] = []
  let [traded, covered] = [0, file.from]
  let isToldSince = false
  for (const record of records) {
    const isHeld = state.isHalted
    const isAway = record.kind === 'command' && isIgnored(record, state)
    const { breaches } = state.take(record)
    if (record.kind === 'remark') remarks.push(record.remark)
    // it acts on the bar that has closed last, and the log says that instant
    if (record.kind === 'command' && !isAway)
      commands.push({ after: instants.length, ...record, at: state.run.at || record.at })
    if (record.kind === 'told') isToldSince = true
    if (record.kind === 'bars') {
      isToldSince = false
      const { at, funding = [] } = record
      instants.push({ at, funding, bars: record.bars.map(barOf) })
      const begun = Math.min(...record.bars.map(([slot]) => openTimeOf(at - 1, intervals[slot!]!)))
      // at an exchange nothing is opened on bars that come late
      if (!isHeld && (file.fills === 'bars' || record.how !== 'late')) traded += at - Math.max(covered, begun)
      covered = Math.max(covered, at)
    }
    for (const { rule, text } of breaches) {
      const command = rule === 'not-taken' ? 'halt' : file.safety.on[rule]
      if (command === 'none') continue
      commands.push({ after: instants.length, at: state.run.at, command, why: `${rule}: ${text}`, by: `rule ${rule}` })
    }
  }
  const ended = state.final ?? state.run.finish()
  const result = isToldSince ? { ...ended, endEquity: state.run.equityAsTold } : ended
  return { result, instants, commands, remarks, traded }
}

/** Pauses of what is paused already, and ends of what somebody else has paused, do nothing. */
function isIgnored({ command, by }: Extract<JournalRecord, { kind: 'command' }>, state: SessionState): boolean {
  return PAUSES.includes(by) && state.isPausedBy !== (command === 'resume' ? by : null)
}

import type { Told } from '../../core/told.ts'
import type { FeedBar, FeedFunding, FeedRemark } from './feed.ts'
import type { BrokerNote } from './paper-broker.ts'

/** A bar as the journal has it: slot, open time, open, high, low, close, volume and, where it is known, the mark's four prices. */
type BarRow = readonly number[]

/** Bars that were used before the session's first, by series: their range (open times, `to` exclusive) and the hash of their rows. */
export interface WarmUp {
  readonly series: string
  readonly rows: number
  readonly from: number | null
  readonly to: number | null
  readonly sha256: string
}

/** What is wanted of the account as a whole: nothing may be opened, or everything is closed as well, or it goes on. */
export type PaperCommand = 'halt' | 'flatten' | 'resume'

/**
 * A line of a session's journal. `bars`, `told` and `command` are inputs: the session's state is what the engine comes to when
 * it takes them one after the other. The others say what else was known, and change nothing.
 */
export type JournalRecord =
  /** The first: what the session is, so that a journal is never replayed as another's. */
  | { readonly kind: 'start'; readonly at: number; readonly session: string; readonly warmup: readonly WarmUp[] }
  /** A process took it up, and laid it down: `at` is the wall clock; `begun`: which simulated exchange it trades at, where that says so. */
  | { readonly kind: 'opened'; readonly at: number; readonly version: string; readonly begun?: string }
  | { readonly kind: 'stopped'; readonly at: number; readonly orders: 'keep' | 'cancel' }
  /** There is nothing more to come. */
  | { readonly kind: 'ended'; readonly at: number }
  | {
      /** An instant: the funding that fell due before its bars, and the bars, in one record, so that no kill comes between them. */
      readonly kind: 'bars'
      readonly at: number
      readonly how: 'replay' | 'live' | 'late'
      readonly bars: readonly BarRow[]
      readonly funding?: readonly FeedFunding[]
    }
  | { readonly kind: 'told'; readonly told: Told }
  | {
      readonly kind: 'command'
      readonly at: number
      readonly command: PaperCommand
      readonly why: string
      /** A person, the broker, or the rule of an alarm. */
      readonly by: string
    }
  | BrokerNote
  | { readonly kind: 'remark'; readonly at: number; readonly remark: FeedRemark }
  /** The machine's clock moved by so many ms beside the time that passed. */
  | { readonly kind: 'clock-jump'; readonly at: number; readonly by: number }

export function rowOf({ slot, openTime, open, high, low, close, volume, mark }: FeedBar): BarRow {
  const row = [slot, openTime, open, high, low, close, volume]
  return mark == null ? row : [...row, mark.open, mark.high, mark.low, mark.close]
}

export function barOf(row: BarRow): FeedBar {
  const [slot, openTime, open, high, low, close, volume] = row as [
    number,
    number,
    number,
    number,
    number,
    number,
    number,
  ]
  const bar = { slot, openTime, open, high, low, close, volume }
  if (row.length === 7) return bar
  return { ...bar, mark: { open: row[7]!, high: row[8]!, low: row[9]!, close: row[10]! } }
}

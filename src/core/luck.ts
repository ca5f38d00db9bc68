import type { Interval } from './findings.ts'

/** How much of a run may be luck: what it would have been with other orders, other draws and other entries. */

/** A figure of the run beside the same figure of many draws. */
export interface Spread {
  /** The run's own, reckoned as the draws are. */
  readonly observed: number
  readonly median: number
  /** Where 90 and 95 of 100 draws lie. */
  readonly within90: Interval
  readonly within95: Interval
}

/** Of closed trades, each a fraction of what the closed trades before it had left; falls are seen where a trade closes. */
export interface LuckOfTrades {
  readonly trades: number
  readonly resamples: number
  /** The same trades in other orders: the end is the same, the way there is another. */
  readonly shuffle: {
    readonly maxDrawdown: Spread
    /** Share of the orders that fall as deep as the run, or deeper. */
    readonly asDeep: number
  }
  /** As many trades, drawn from them with replacement. */
  readonly bootstrap: {
    readonly totalReturn: Spread
    readonly maxDrawdown: Spread
    /** Share of the draws that lose. */
    readonly losing: number
  }
}

/** Of daily returns, drawn in blocks by the stationary bootstrap (Politis & Romano 1994). */
export interface LuckOfDays {
  readonly days: number
  readonly resamples: number
  /** Mean length of the blocks, in days. */
  readonly blockLength: number
  readonly totalReturn: Spread
  /** Of the ends of days. */
  readonly maxDrawdown: Spread
  /** Annual; `null` with a reason. */
  readonly sharpe: Spread | null
  /** Share of the draws that lose. */
  readonly losing: number
}

/** The run beside random entries. */
export interface EntryTest extends Spread {
  /** (1 + draws that do at least as well) ÷ (1 + draws). */
  readonly p: number
  /** Of the draws: the 0th, 5th, 10th … 100th percentile. */
  readonly percentiles: readonly number[]
}

/**
 * Closed trades entered at random: as many on each symbol, of the same sides, shares of equity and holding times, at the
 * costs a side that the run paid there, none overlapping another of its symbol. Without funding, of the run too.
 */
export interface RandomEntries {
  readonly trades: number
  readonly resamples: number
  /** Share of the bars in which the trades are held. */
  readonly held: number
  readonly totalReturn: EntryTest
  /** Annual, of daily changes in value; `null` with a reason. */
  readonly sharpe: EntryTest | null
}

/** `luck` of run.json. A part is `null` where there is too little to say anything, and `notes` says what is missing. */
export interface Luck {
  readonly seed: number
  readonly trades: LuckOfTrades | null
  readonly days: LuckOfDays | null
  readonly randomEntries: RandomEntries | null
  /** `trades`, `days`, `days.sharpe`, `randomEntries`, `randomEntries.sharpe` → why it is null. */
  readonly notes: Readonly<Record<string, string>>
  /** One sentence for a person on each part, the reason where there is none. */
  readonly verdicts: { readonly trades: string; readonly days: string; readonly randomEntries: string }
}

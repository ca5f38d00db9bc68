import type { Bars } from '../core/bar.ts'
import type { Instrument } from '../core/instrument.ts'
import type { FundingColumns, MarginTerms, MarkColumns } from '../core/leverage.ts'
import type { Predictions } from '../core/predictor.ts'
import type { Costs } from './fee-model.ts'
import type { IndicatorColumns } from './view.ts'

/** Fills columns that keep their newest rows only, while the run goes on: row r lies at `r & mask`. */
export interface IndicatorFeed {
  readonly mask: number
  /** Computes rows until `row` is among them, and returns the first that is not. */
  fillTo(row: number): number
}

/** A higher interval beside an instrument's own: its bars, and which of them was closed at each own bar. */
export interface HigherColumns {
  readonly bars: Bars
  readonly indicators: IndicatorColumns
  /** For each own row, the last higher row closed by then, −1 before the first. */
  readonly rows: Int32Array
}

/**
 * The price that a filter compares with at the close of a row, other than the last close: an average over `minutes`.
 * NaN where it is not known.
 */
export type ReferenceAt = (row: number, minutes: number) => number

/** What the engine is given for one instrument. */
export interface SlotOptions {
  readonly instrument: Instrument
  readonly bars: Bars
  readonly indicators: IndicatorColumns
  /** Absent where the columns are whole. */
  readonly feed?: IndicatorFeed | null
  readonly also: Readonly<Record<string, HigherColumns>>
  /** What the strategy's models say, by row of the bars. */
  readonly models?: Predictions
  /** First row of the run's range; earlier rows only fed the indicators. */
  readonly startRow: number
  /** First row on which every indicator has a value: `onBar` runs from there. */
  readonly readyRow: number
  readonly costs: Costs
  readonly referenceAt?: ReferenceAt | null
  /** Of a perpetual; spot has none. */
  readonly margin?: MarginTerms | null
  /** Mark prices row by row, complete; the bars' own prices where absent. */
  readonly marks?: (MarkColumns & { readonly decimals: number }) | null
  readonly funding?: FundingColumns | null
  /** Bars of a finer interval, by which fills inside a bar are decided. */
  readonly detail?: Bars | null
}

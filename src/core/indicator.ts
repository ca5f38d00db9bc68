import type { BarField } from './bar.ts'

/** What a kernel is told before its first value. */
export interface Grid {
  /**
   * Decimals of the numbers that arrive: they are whole multiples of 10^-decimals, so sums can be kept as exact
   * integers. `null` where the input has no grid (another indicator's output).
   */
  readonly decimals: number | null
}

/**
 * The streaming form of an indicator: state, and one method that takes the next input values.
 * Outputs are plain number fields of the kernel, named as in `Indicator.outputs`.
 */
export interface Kernel {
  next(a: number, b: number, c: number, d: number, e: number): void
}

/** Where an indicator's input comes from: a column of the bar, or one output of another indicator. */
export type IndicatorInput = BarField | { readonly indicator: Indicator; readonly output: string }

/**
 * A declared indicator: a description, no state. `create` makes the kernel that both the batch column and the live
 * engine step through, so the two cannot differ.
 */
export interface Indicator<Output extends string = string> {
  /** e.g. `sma`. */
  readonly name: string
  /** Canonical text such as `sma(20, close)`: two indicators with one key compute the same numbers. */
  readonly key: string
  /** At most five, in the order in which `Kernel.next` takes them. */
  readonly inputs: readonly IndicatorInput[]
  /** `['value']`, or names such as `['macd', 'signal', 'histogram']`. */
  readonly outputs: readonly Output[]
  /** Bars needed before the first value of every output, sources included; the first value is at row lookback − 1. */
  readonly lookback: number
  create(grid: Grid): Kernel
}

/** What `ind.x` is for an indicator: a number, or an object of numbers where it has several outputs. */
export type IndicatorValue<I> =
  I extends Indicator<infer Output> ? ([Output] extends ['value'] ? number : { readonly [K in Output]: number }) : never

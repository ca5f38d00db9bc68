import { closeTimeOf, type Interval } from './interval.ts'
import type { Series } from './series.ts'

/** One closed OHLCV interval as a strategy sees it. Times are UTC ms; `closeTime` is exclusive. */
export interface Bar {
  readonly openTime: number
  readonly closeTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  /** In the base asset. */
  readonly volume: number
}

export const BAR_FIELDS = ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const
export type BarField = (typeof BAR_FIELDS)[number]

/** Bars as columns of equal length, oldest first, strictly rising `openTime`; gaps are simply absent rows. */
export interface BarColumns {
  readonly openTime: Float64Array
  readonly open: Float64Array
  readonly high: Float64Array
  readonly low: Float64Array
  readonly close: Float64Array
  readonly volume: Float64Array
}

/** The columns of one series, with what the store knows of them. */
export interface Bars extends BarColumns {
  readonly series: Series
  readonly length: number
  /** Most decimals any stored price has: prices are whole multiples of 10^-priceDecimals. */
  readonly priceDecimals: number
}

/** A view of rows [from, to) that shares memory with `bars`. */
export function sliceBars(bars: Bars, from: number, to: number): Bars {
  return {
    series: bars.series,
    priceDecimals: bars.priceDecimals,
    length: to - from,
    openTime: bars.openTime.subarray(from, to),
    open: bars.open.subarray(from, to),
    high: bars.high.subarray(from, to),
    low: bars.low.subarray(from, to),
    close: bars.close.subarray(from, to),
    volume: bars.volume.subarray(from, to),
  }
}

/**
 * First row whose `openTime` is at or after `time` (binary search); `length` where there is none.
 * @param guess a row that is probably the one: looked at first
 */
export function firstRowAt(openTime: Float64Array, time: number, guess = 0): number {
  if (guess > 0 && guess < openTime.length && openTime[guess]! >= time && openTime[guess - 1]! < time) return guess
  let low = 0
  let high = openTime.length
  while (low < high) {
    const middle = (low + high) >>> 1
    if (openTime[middle]! < time) low = middle + 1
    else high = middle
  }
  return low
}

/** Row of the last bar that is closed at `time`, UTC ms; −1 before the first. */
export function lastClosedBy(openTime: Float64Array, interval: Interval, time: number): number {
  let [low, high] = [-1, openTime.length]
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (closeTimeOf(openTime[middle]!, interval) <= time) low = middle
    else high = middle
  }
  return low
}

/** A stretch of the grid for which a series has no bars. */
export interface Gap {
  /** Open time of the first missing bar. */
  readonly start: number
  /** Open time of the first bar after the gap. */
  readonly end: number
  /** Missing bars. */
  readonly bars: number
}

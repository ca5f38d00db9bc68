import { type Bars, firstRowAt, sliceBars } from './bar.ts'
import { decimalsOf, fromUnits, POW10 } from './decimal.ts'
import { closeTimeOf, DAY, type Interval, intervalMs, openTimeOf } from './interval.ts'

/**
 * Bars of a coarser interval on the UTC grid: first open, highest high, lowest low, last close, summed volume. A coarse
 * bar exists where at least one fine bar does; a gap in the fine bars leaves it to what was traded. Volumes are summed as
 * whole units of the exchange's 8 decimals, so the sum is the decimal the exchange itself states.
 * @throws RangeError where `to` is not coarser, or its bars do not begin where bars of the fine interval do
 */
export function resampleBars(bars: Bars, to: Interval): Bars {
  const from = bars.series.interval
  if (intervalMs(to) <= intervalMs(from))
    throw new RangeError(`cannot resample ${from} bars to ${to}: it is not coarser`)
  if (!isNested(from, to))
    throw new RangeError(`cannot resample ${from} bars to ${to}: a ${from} bar can lie in two ${to} bars`)
  const n = bars.length
  const columns = { openTime: grow(n), open: grow(n), high: grow(n), low: grow(n), close: grow(n), volume: grow(n) }
  const { openTime, open, high, low, close, volume } = columns
  const decimals = volumeDecimals(bars.volume)
  let count = 0
  let units = 0
  let bucket = Number.NaN
  for (let row = 0; row < n; row++) {
    const start = openTimeOf(bars.openTime[row]!, to)
    if (start !== bucket) {
      bucket = start
      openTime[count] = start
      open[count] = bars.open[row]!
      high[count] = bars.high[row]!
      low[count] = bars.low[row]!
      units = 0
      count++
    }
    const at = count - 1
    if (bars.high[row]! > high[at]!) high[at] = bars.high[row]!
    if (bars.low[row]! < low[at]!) low[at] = bars.low[row]!
    close[at] = bars.close[row]!
    units += Math.round(bars.volume[row]! * POW10[decimals]!)
    volume[at] = fromUnits(units, decimals)
  }
  const cut = (column: Float64Array) => column.slice(0, count)
  return {
    series: { ...bars.series, interval: to },
    priceDecimals: bars.priceDecimals,
    length: count,
    openTime: cut(openTime),
    open: cut(open),
    high: cut(high),
    low: cut(low),
    close: cut(close),
    volume: cut(volume),
  }
}

/** Fine bars without those of a coarse bar that began before them: a part of it must not be taken for the whole. */
export function fromWholeBar(bars: Bars, to: Interval): Bars {
  const first = bars.openTime[0]
  if (first === undefined) return bars
  const start = openTimeOf(first, to)
  return start === first ? bars : sliceBars(bars, firstRowAt(bars.openTime, closeTimeOf(start, to)), bars.length)
}

/** Whether bars of one interval can be made of those of another. */
export function isFiner(from: Interval, to: Interval): boolean {
  return intervalMs(to) > intervalMs(from) && isNested(from, to)
}

/** Months have whole days only; weeks begin on Mondays, which the grid of 3d bars does not know. */
function isNested(from: Interval, to: Interval): boolean {
  return (to === '1M' ? DAY : intervalMs(to)) % intervalMs(from) === 0
}

function grow(n: number): Float64Array {
  return new Float64Array(n)
}

/** Decimals that write every volume exactly, at most 8; fewer where whole units of them would pass 2^53 in a month's sum. */
function volumeDecimals(volume: Float64Array): number {
  let most = 0
  let largest = 0
  for (const value of volume) {
    if (value > largest) largest = value
    if (most < 8 && Math.round(value * POW10[most]!) / POW10[most]! !== value) most = Math.min(8, decimalsOf(value))
  }
  while (most > 0 && largest * POW10[most]! * 45_000 > Number.MAX_SAFE_INTEGER) most--
  return most
}

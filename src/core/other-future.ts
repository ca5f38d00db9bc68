import { type Bars, lastClosedBy, sliceBars } from './bar.ts'
import { fromUnits, POW10 } from './decimal.ts'
import { seededRandom } from './random.ts'

/** How a future that has not happened is made: there is none, its bars come in another order, or they have other prices. */
export type FutureWay = 'cut off' | 'shuffled' | 'poisoned'

export const FUTURE_WAYS: readonly FutureWay[] = ['cut off', 'shuffled', 'poisoned']

/**
 * The same bars as far as they were closed by `time`, UTC ms, and another future after it. All columns are copies: nothing of
 * the true future lies behind them. Poisoned bars are possible ones, on the grid of prices, and the same whatever stretch of
 * a series is given; times stay as they are.
 */
export function otherFuture(bars: Bars, way: FutureWay, time: number, seed: number): Bars {
  const known = lastClosedBy(bars.openTime, bars.series.interval, time) + 1
  if (way === 'cut off') return copied(sliceBars(bars, 0, known))
  const made = copied(bars)
  if (way === 'shuffled') shuffle(made, known, seed)
  else poison(made, known, seed)
  return made
}

function copied(bars: Bars): Bars {
  const { openTime, open, high, low, close, volume } = bars
  return {
    ...bars,
    ...{ openTime: openTime.slice(), open: open.slice(), high: high.slice() },
    ...{ low: low.slice(), close: close.slice(), volume: volume.slice() },
  }
}

/** Whole bars change places (Fisher & Yates). */
function shuffle({ open, high, low, close, volume, length }: Bars, from: number, seed: number): void {
  const random = seededRandom(seed)
  const columns = [open, high, low, close, volume]
  for (let row = length - 1; row > from; row--) {
    const other = from + Math.floor(random() * (row - from + 1))
    for (const column of columns) {
      const value = column[row]!
      column[row] = column[other]!
      column[other] = value
    }
  }
}

/**
 * Each bar opens and closes somewhere between a half and one and a half times where it did, so that returns inside bars and
 * between them are others and larger ones; its wicks stay in proportion. Some bars lose their volume, others have more.
 */
function poison(bars: Bars, from: number, seed: number): void {
  const { openTime, open, high, low, close, volume, length, priceDecimals } = bars
  const scale = POW10[priceDecimals]!
  // a price of nothing would be none
  const units = (price: number) => Math.max(1, Math.round(price * scale))
  for (let row = from; row < length; row++) {
    const random = seededRandom(seed + openTime[row]! / 1000)
    const [top, bottom] = [Math.max(open[row]!, close[row]!), Math.min(open[row]!, close[row]!)]
    const [first, last] = [open[row]! * (0.5 + random()), close[row]! * (0.5 + random())]
    open[row] = fromUnits(units(first), priceDecimals)
    close[row] = fromUnits(units(last), priceDecimals)
    high[row] = fromUnits(units((Math.max(first, last) * high[row]!) / top), priceDecimals)
    low[row] = fromUnits(units((Math.min(first, last) * low[row]!) / bottom), priceDecimals)
    volume[row] = volume[row]! * Math.floor(4 * random())
  }
}

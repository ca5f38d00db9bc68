import type { Bars } from '../../src/core/bar.ts'
import { type Random, seededRandom } from '../../src/core/random.ts'
import { parseSeries } from '../../src/core/series.ts'

const HOUR = 3_600_000
const START = Date.UTC(2024, 0, 1)

export interface MadeBarsOptions {
  readonly rows: number
  readonly seed?: number
  /** Rows before which bars are missing. */
  readonly gaps?: readonly number[]
  readonly series?: string
}

/** Hourly bars of a price whose next return has half of the last one in it, so that there is something to be learnt. */
export function madeBars({ rows, seed = 1, gaps = [], series = 'binance:BTCUSDT:1h' }: MadeBarsOptions): Bars {
  const random = seededRandom(seed)
  const column = () => new Float64Array(rows)
  const [openTime, open, high, low, close, volume] = [column(), column(), column(), column(), column(), column()]
  let [time, price, last] = [START, 100, 0]
  for (let row = 0; row < rows; row++) {
    if (gaps.includes(row)) time += 3 * HOUR
    openTime[row] = time
    time += HOUR
    // opens a little away from where the last bar closed
    open[row] = price * (1 + 0.002 * spread(random))
    last = 0.5 * last + 0.01 * spread(random)
    price *= 1 + last
    close[row] = price
    high[row] = Math.max(open[row]!, price) * (1 + 0.003 * random())
    low[row] = Math.min(open[row]!, price) * (1 - 0.003 * random())
    volume[row] = 1 + random()
  }
  return { series: parseSeries(series), length: rows, priceDecimals: 8, openTime, open, high, low, close, volume }
}

/** From −1 to 1, more often near 0. */
function spread(random: Random): number {
  return random() + random() - 1
}

/** The same bars, with every price from row `from` on that of another walk. */
export function withOtherFuture(bars: Bars, from: number, seed = 99): Bars {
  const other = madeBars({ rows: bars.length, seed })
  const changed = (own: Float64Array, theirs: Float64Array) =>
    own.map((value, row) => (row < from ? value : theirs[row]! * 1.7))
  return {
    ...bars,
    open: changed(bars.open, other.open),
    high: changed(bars.high, other.high),
    low: changed(bars.low, other.low),
    close: changed(bars.close, other.close),
    volume: changed(bars.volume, other.volume),
  }
}

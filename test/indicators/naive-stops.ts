/** The two indicators that remember which side they are on, from their rules. */
import { atr, type Column, type Naive } from './naive.ts'

/** A stop line that only tightens while its side lasts; the side changes when the close passes the line. */
export const supertrend =
  (period: number, width: number): Naive =>
  (bars) => {
    const range = atr(period)(bars)['value']!
    const line: (number | undefined)[] = []
    const direction: (number | undefined)[] = []
    const upper: number[] = []
    const lower: number[] = []
    for (let row = 0; row < bars.length; row++) {
      if (range[row] === undefined) {
        line.push(undefined)
        direction.push(undefined)
        continue
      }
      const middle = (bars.high[row]! + bars.low[row]!) / 2
      const [high, low] = [middle + width * range[row]!, middle - width * range[row]!]
      const before = bars.close[row - 1]!
      const side = direction[row - 1]
      upper[row] = side === undefined || before > upper[row - 1]! ? high : Math.min(high, upper[row - 1]!)
      lower[row] = side === undefined || before < lower[row - 1]! ? low : Math.max(low, lower[row - 1]!)
      const price = bars.close[row]!
      if (side === undefined) direction[row] = price < middle ? -1 : 1
      else if (side === 1) direction[row] = price < lower[row]! ? -1 : 1
      else direction[row] = price > upper[row]! ? 1 : -1
      line[row] = direction[row] === 1 ? lower[row] : upper[row]
    }
    return { line, direction }
  }

interface Trade {
  readonly isLong: boolean
  /** First row of the trade; the row before it is where the other one was stopped. */
  readonly since: number
  readonly firstStop: number
}

/**
 * Wilder's rules, one trade after another: the stop moves towards the trade's extreme price by a factor that grows by
 * `step` with every new extreme; it never lies inside the last two bars; when it is touched from inside, the next trade
 * begins at the extreme.
 */
export const psar =
  (step: number, max: number): Naive =>
  (bars) => {
    const sar: (number | undefined)[] = [undefined]
    const direction: (number | undefined)[] = [undefined]
    let trade: Trade = { isLong: true, since: 0, firstStop: bars.low[0]! }
    const best = (isLong: boolean, row: number) => (isLong ? bars.high[row]! : bars.low[row]!)
    for (let row = 1; row < bars.length; row++) {
      const { isLong, since, firstStop } = trade
      const better = (a: number, b: number) => (isLong ? a > b : a < b)
      let extreme = best(isLong, since)
      let factor = step
      for (let k = since + 1; k < row; k++)
        if (better(best(isLong, k), extreme)) {
          extreme = best(isLong, k)
          factor = Math.min(max, factor + step)
        }
      const last = row - 1 === since ? firstStop : sar[row - 1]!
      const two = row < 2 ? [0] : [row - 1, row - 2]
      const twoBars = two.map((k) => (isLong ? bars.low[k]! : bars.high[k]!))
      const free = last + factor * (extreme - last)
      const stop = isLong ? Math.min(free, ...twoBars) : Math.max(free, ...twoBars)
      const isHit = isLong ? bars.low[row]! < stop : bars.high[row]! > stop
      if (isHit) {
        // the extreme, but outside the two bars before on the new side
        const others = two.map((k) => (isLong ? bars.high[k]! : bars.low[k]!))
        const first = isLong ? Math.max(extreme, ...others) : Math.min(extreme, ...others)
        trade = { isLong: !isLong, since: row, firstStop: first }
        sar[row] = first
      } else sar[row] = stop
      direction[row] = trade.isLong ? 1 : -1
    }
    return { sar: sar as Column, direction: direction as Column }
  }

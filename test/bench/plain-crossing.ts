import type { Bars } from '../../src/core/bar.ts'

/** BTCUSDT on Binance spot: cents, 1e-8 USDT, 0.1 % fees, 2 basis points of slippage. */
const CENTS = 100
const UNITS = 1e8
/** 0.1 BTC at one cent, in units of 1e-8 USDT; of that 0.1 % is the fee. Whole numbers, so nothing has to be rounded. */
const NOTIONAL = 100_000
const FEE = 100

/** Base asset of an order. */
const QTY = 0.1

export interface ExactRun {
  readonly fills: number
  /** At the last close, USDT. */
  readonly endEquity: number
}

/**
 * `crossing.ts` in whole numbers throughout: averages are compared by cross-multiplication of sums of cents, which are below
 * 2^53, and money is counted in units. So ties are ties.
 */
export function plainCrossing(
  { open, close, length, volume }: Bars,
  fast: number,
  slow: number,
  cash: number,
): ExactRun {
  const cents = Int32Array.from(close, (price) => Math.round(price * CENTS))
  let money = cash * UNITS
  let [fastSum, slowSum, fills] = [0, 0, 0]
  let [isLong, wantsIn, wantsOut] = [false, false, false]
  let before = 0
  for (let row = 0; row < length; row++) {
    if ((wantsIn || wantsOut) && volume[row]! > 0) {
      const reference = Math.round(open[row]! * CENTS)
      // a buy is worsened upwards to the next cent, a sale downwards
      const away = Math.ceil((reference * 2) / 10_000)
      money += wantsIn ? -(reference + away) * (NOTIONAL + FEE) : (reference - away) * (NOTIONAL - FEE)
      isLong = wantsIn
      wantsIn = false
      wantsOut = false
      fills++
    }
    fastSum += cents[row]! - (row >= fast ? cents[row - fast]! : 0)
    slowSum += cents[row]! - (row >= slow ? cents[row - slow]! : 0)
    if (row < slow - 1) continue
    const side = Math.sign(fastSum * slow - slowSum * fast)
    if (!isLong && side > 0 && row >= slow && before <= 0) wantsIn = true
    if (isLong && side < 0) wantsOut = true
    before = side
  }
  return { fills, endEquity: money / UNITS + (isLong ? QTY * close[length - 1]! : 0) }
}

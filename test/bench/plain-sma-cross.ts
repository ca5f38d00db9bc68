import type { Bars } from '../../src/core/bar.ts'
import type { PlainFills } from './setting.ts'

interface PlainRun {
  readonly fills: PlainFills
  readonly equity: Float64Array
}

/** BTCUSDT on Binance spot as the bench runs it: cents, 1e-8 USDT, 0.1 % fees, 2 basis points of slippage. */
const CENTS = 100
const UNITS = 1e8
const FAST = 60
const SLOW = 240
const ATR = 14
const QTY = 0.1
/** 0.1 BTC at one cent, in units of 1e-8 USDT; of that 0.1 % is the fee. Whole numbers, so nothing has to be rounded. */
const NOTIONAL = 100_000
const FEE = 100

/**
 * `strategies/sma-cross.ts` with its indicators, orders, fills, fees and equity column as one person would write it who
 * needs nothing else: one loop over flat arrays. It knows that 0.1 BTC breaks no filter and is always affordable.
 */
export function plainSmaCross(bars: Bars, cash: number, capacity: number): PlainRun {
  const { openTime, open, high, low, close, volume, length } = bars
  const time = new Float64Array(capacity)
  const price = new Float64Array(capacity)
  const qty = new Float64Array(capacity)
  const fee = new Float64Array(capacity)
  const equity = new Float64Array(length)
  const ticks = new Int32Array(length)
  let count = 0
  let money = cash * UNITS
  let isLong = false
  let wantsIn = false
  let wantsOut = false
  let stopAsked = 0
  let targetAsked = 0
  let stop = 0
  let target = 0
  let fastSum = 0
  let slowSum = 0
  let fastBefore = Number.NaN
  let slowBefore = Number.NaN
  let atr = Number.NaN
  let rangeSum = 0
  let closeBefore = close[0]!

  for (let row = 0; row < length; row++) {
    // orders decided earlier meet this bar, unless nobody traded
    if ((wantsIn || isLong) && volume[row] !== 0) {
      const first = Math.round(open[row]! * CENTS)
      if (wantsIn) {
        const paid = first + Math.ceil((first * 2) / 10_000)
        time[count] = openTime[row]!
        price[count] = paid / CENTS
        qty[count] = QTY
        fee[count++] = (paid * FEE) / UNITS
        money -= paid * (NOTIONAL + FEE)
        wantsIn = false
        isLong = true
        stop = stopAsked
        target = targetAsked
      }
      let got = 0
      if (first <= stop) got = first - Math.ceil((first * 2) / 10_000)
      else if (first > target) got = first
      else if (wantsOut) got = first - Math.ceil((first * 2) / 10_000)
      else if (Math.round(low[row]! * CENTS) <= stop) got = stop - Math.ceil((stop * 2) / 10_000)
      else if (Math.round(high[row]! * CENTS) > target) got = target
      if (got !== 0) {
        time[count] = openTime[row]!
        price[count] = got / CENTS
        qty[count] = -QTY
        fee[count++] = (got * FEE) / UNITS
        money += got * (NOTIONAL - FEE)
        isLong = false
        wantsOut = false
      }
    }
    const last = close[row]!
    equity[row] = isLong ? money / UNITS + QTY * last : money / UNITS

    // indicators
    const tick = Math.round(last * CENTS)
    ticks[row] = tick
    fastSum += tick
    slowSum += tick
    if (row >= FAST) fastSum -= ticks[row - FAST]!
    if (row >= SLOW) slowSum -= ticks[row - SLOW]!
    if (row > 0) {
      const range = Math.max(high[row]!, closeBefore) - Math.min(low[row]!, closeBefore)
      if (row > ATR) atr += (1 / ATR) * (range - atr)
      else {
        rangeSum += range
        if (row === ATR) atr = rangeSum / ATR
      }
    }
    closeBefore = last
    const fast = fastSum / (FAST * CENTS)
    const slow = slowSum / (SLOW * CENTS)

    // decisions
    if (row >= SLOW - 1) {
      if (isLong) {
        if (fast < slow) wantsOut = true
      } else if (fast > slow && fastBefore <= slowBefore) {
        const entry = tick + Math.ceil((tick * 2) / 10_000)
        stopAsked = ceilCents(last - 2 * atr)
        targetAsked = ceilCents(last + 4 * atr)
        wantsIn = stopAsked < entry && targetAsked > entry
      }
      fastBefore = fast
      slowBefore = slow
    }
  }
  return { fills: { count, time, price, qty, fee }, equity }
}

function ceilCents(value: number): number {
  const nearest = Math.round(value * CENTS)
  if (nearest / CENTS === value) return nearest
  const up = Math.ceil(value * CENTS)
  return up / CENTS < value ? up + 1 : up
}

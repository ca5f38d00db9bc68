/**
 * Buys weakness with resting limit orders: when the RSI is low it bids a little below the last close, with a bracket
 * around the fill; a bid that nobody hits within a day expires.
 *
 * What it is: a model of limit orders, GTD expiry and brackets. What it is not: free money from "oversold" prices. Bids
 * fill most readily when the price goes on falling; that is why touches do not count as fills here by default.
 */
import { buy, cancelAll, close, defineStrategy, int, num, rsi } from 'klinelab'

const DAY = 24 * 60 * 60 * 1000

export default defineStrategy({
  name: 'rsi-reversion',
  params: {
    period: int(14, { min: 2, max: 200 }),
    low: num(30, { min: 1, max: 49 }),
    high: num(55, { min: 50, max: 99 }),
    below: num(0.002, { min: 0, max: 0.1 }),
    stop: num(0.03, { min: 0.001, max: 0.5 }),
    target: num(0.03, { min: 0.001, max: 0.5 }),
    fraction: num(0.25, { min: 0.01, max: 1 }),
  },
  indicators: (p) => ({ rsi: rsi(p.period) }),
  onBar({ bar, at, ind, prev, position, orders, params }) {
    if (position.qty > 0) return ind.rsi > params.high ? close({ tag: 'recovered' }) : undefined
    if (orders.length > 0) return ind.rsi > 50 ? cancelAll() : undefined
    if (ind.rsi < params.low && prev.rsi >= params.low)
      return buy({
        fraction: params.fraction,
        limit: bar.close * (1 - params.below),
        tif: 'GTD',
        expiresAt: at + DAY,
        stopLoss: { percent: params.stop },
        takeProfit: { percent: params.target },
        tag: 'oversold',
      })
  },
})

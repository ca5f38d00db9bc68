/**
 * The trend of perpetual futures, in both directions: long while the fast average is above the slow one, short while it is
 * below, turning from one to the other at a cross. Each entry risks a fixed part of the equity on a stop some average
 * ranges away, which then follows the best price; after it has been hit, the next cross is waited for. Written for two
 * perpetuals in one account with cross margin at three times leverage:
 *
 *     klinelab backtest strategies/perp-trend.ts --data binance-usdm:BTCUSDT:1h binance-usdm:ETHUSDT:1h --margin cross --leverage 3
 *
 * What it is: a model of shorting, of turning a position in one bar, of a stop that moves on either side, and of an account
 * that pays funding and can be liquidated. What it is not: an edge, or a reason for leverage; two coins that fall together
 * are one bet, and the stop that bounds a loss does not bound a gap.
 */
import { atr, buy, chandelierStop, close, defineStrategy, ema, int, num, sell } from 'klinelab'

export default defineStrategy({
  name: 'perp-trend',
  params: {
    fast: int(48, { min: 2, max: 500 }),
    slow: int(168, { min: 5, max: 2000 }),
    ranges: num(8, { min: 0.5, max: 20 }),
    risk: num(0.04, { min: 0.0001, max: 0.2 }),
  },
  risk: { maxLeverage: 3 },
  indicators: (p) => ({ fast: ema(p.fast), slow: ema(p.slow), atr: atr(24) }),
  plots: ['fast', 'slow'],
  onBar({ bar, ind, prev, position, orders, params }) {
    const turnsUp = ind.fast > ind.slow && prev.fast <= prev.slow
    const turnsDown = ind.fast < ind.slow && prev.fast >= prev.slow
    if (!turnsUp && !turnsDown) return chandelierStop({ position, orders }, { atr: ind.atr, times: params.ranges })
    const distance = params.ranges * ind.atr
    const entry = turnsUp
      ? buy({ risk: params.risk, stopLoss: bar.close - distance, tag: 'up' })
      : sell({ risk: params.risk, stopLoss: bar.close + distance, tag: 'down' })
    return position.qty === 0 ? entry : [close({ tag: 'turned' }), entry]
  },
})

/**
 * Two moving averages: buy when the fast one rises above the slow one, with a stop and a target two and four average
 * ranges away; leave when it falls below again.
 *
 * What it is: the "hello, world" of backtesting, to show how a strategy reads. What it is not: an edge; after costs,
 * crossing averages of one price has lost money on most markets most of the time. Nor does it mind its size: `qty` is a
 * fixed amount of the base asset, and an order that the cash cannot pay is refused.
 */
import { atr, buy, close, defineStrategy, int, num, sma } from 'klinelab'

export default defineStrategy({
  name: 'sma-cross',
  params: {
    fast: int(60, { min: 2, max: 500 }),
    slow: int(240, { min: 5, max: 2000 }),
    qty: num(0.1, { min: 0.00001 }),
  },
  indicators: (p) => ({ fast: sma(p.fast), slow: sma(p.slow), atr: atr(14) }),
  plots: ['fast', 'slow'],
  onBar({ bar, ind, prev, position, params }) {
    if (position.qty === 0 && ind.fast > ind.slow && prev.fast <= prev.slow)
      return buy({ qty: params.qty, stopLoss: bar.close - 2 * ind.atr, takeProfit: bar.close + 4 * ind.atr })
    if (position.qty > 0 && ind.fast < ind.slow) return close()
  },
})

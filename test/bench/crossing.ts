/** Two moving averages, long or flat, market orders only: what `sweep.bench.ts` tries 200 pairs of. */
import { buy, close, defineStrategy, int, num, sma } from 'klinelab'

export default defineStrategy({
  name: 'crossing',
  params: {
    fast: int(60, { min: 2, max: 500 }),
    slow: int(240, { min: 5, max: 2000 }),
    qty: num(0.1, { min: 0.00001 }),
  },
  indicators: (p) => ({ fast: sma(p.fast), slow: sma(p.slow) }),
  onBar({ ind, prev, position, params }) {
    if (position.qty === 0 && ind.fast > ind.slow && prev.fast <= prev.slow) return buy({ qty: params.qty })
    if (position.qty > 0 && ind.fast < ind.slow) return close()
  },
})

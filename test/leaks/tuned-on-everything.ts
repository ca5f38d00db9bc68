/** Leaks: the level to buy at was looked for in all bars, in a helper that loads them. */
import { buy, close, defineStrategy, sma } from 'klinelab'
import { medianClose } from './tuned-level.ts'

export default defineStrategy({
  name: 'tuned-on-everything',
  indicators: () => ({ mean: sma(24) }),
  onBar({ ind, position }) {
    if (position.qty === 0 && ind.mean < medianClose) return buy({ fraction: 0.9 })
    if (position.qty > 0 && ind.mean > medianClose) return close()
  },
})

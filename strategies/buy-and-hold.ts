/**
 * Buys once and never sells: the bar every other strategy has to clear, in the same account, with the same costs. One
 * part in a hundred stays in cash, because the next open may be dearer than this close.
 *
 * What it is: a benchmark and the shortest strategy there is. What it is not: riskless (look at its drawdown), nor a
 * basket: of several series it buys the first.
 */
import { buy, defineStrategy, num } from 'klinelab'

export default defineStrategy({
  name: 'buy-and-hold',
  params: { fraction: num(0.99, { min: 0.01, max: 1 }) },
  state: () => ({ isBought: false }),
  onBar({ state, params }) {
    if (state.isBought) return
    state.isBought = true
    return buy({ fraction: params.fraction })
  },
})

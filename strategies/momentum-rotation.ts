/**
 * Once a week, ranks several coins by their return over the last weeks and holds the best few in equal parts, sells the
 * others, and stays in cash where even the best have fallen.
 *
 * What it is: a model of strategies that compare instruments in one account (`onBars`). What it is not: free of
 * survivorship: a list of today's coins leaves out those that died, and momentum looks better for it.
 */
import { buy, close, defineStrategy, int, num, type Request, roc } from 'klinelab'

const WEEK = 7 * 24 * 60 * 60 * 1000

export default defineStrategy({
  name: 'momentum-rotation',
  params: { period: int(672, { min: 2, max: 5000 }), hold: int(3, { min: 1, max: 20 }), invest: num(0.95, { min: 0.01, max: 1 }) },
  indicators: (p) => ({ roc: roc(p.period) }),
  state: () => ({ week: -1 }),
  onBars({ at, symbols, inds, positions, params, state }) {
    const week = Math.floor(at / WEEK)
    if (week === state.week) return
    state.week = week
    const best = symbols
      .filter((symbol) => inds[symbol]!.roc > 0)
      .sort((a, b) => inds[b]!.roc - inds[a]!.roc)
      .slice(0, params.hold)
    const orders: Request[] = []
    for (const symbol of symbols) {
      const isHeld = positions[symbol]!.qty > 0
      if (isHeld && !best.includes(symbol)) orders.push(close({ symbol, tag: 'dropped' }))
      if (!isHeld && best.includes(symbol)) orders.push(buy({ symbol, fraction: params.invest / params.hold, tag: 'joined' }))
    }
    return orders
  },
})

/**
 * Once a week, ranks several coins by their return over the last weeks, sells what is no longer among the best few, and
 * buys those that are with an equal part of the equity each; stays in cash where even the best have fallen. The sales go
 * first and the purchases a bar later: an order can only spend money that is there when it is made.
 *
 * With `universe` it first keeps those that traded most in these weeks, as they stood then: the universe is chosen anew at
 * every turn, out of what was known.
 *
 * What it is: a model of strategies that compare instruments in one account (`onBars`). What it is not: rebalanced (a
 * coin that stays is neither cut back nor topped up, so a newcomer may find less cash than its part), nor free of
 * survivorship: a list of today's coins leaves out those that died, and momentum looks better for it.
 */
import { buy, close, defineStrategy, int, num, rankMarkets, roc, sma } from 'klinelab'

const WEEK = 7 * 24 * 60 * 60 * 1000

export default defineStrategy({
  name: 'momentum-rotation',
  params: {
    period: int(672, { min: 2, max: 5000 }),
    hold: int(3, { min: 1, max: 20 }),
    invest: num(0.95, { min: 0.01, max: 1 }),
    universe: int(0, { min: 0, max: 1000 }),
  },
  indicators: (p) => ({ roc: roc(p.period), ...(p.universe > 0 && { traded: sma(p.period, 'volume') }) }),
  state: () => ({ week: -1, joining: [] as string[] }),
  onBars({ at, symbols, bars, inds, positions, params, state }) {
    const { joining } = state
    if (joining.length > 0) {
      state.joining = []
      return joining.map((symbol) => buy({ symbol, fraction: params.invest / params.hold, tag: 'joined' }))
    }
    const week = Math.floor(at / WEEK)
    if (week === state.week) return
    state.week = week
    const traded = (symbol: string) => ({ symbol, volume: inds[symbol]!.traded! * bars[symbol]!.close })
    const most = () => rankMarkets(symbols.map(traded), 'volume').slice(0, params.universe)
    const universe = params.universe > 0 ? most().map(({ symbol }) => symbol) : symbols
    const best = universe
      .filter((symbol) => inds[symbol]!.roc > 0)
      .sort((a, b) => inds[b]!.roc - inds[a]!.roc)
      .slice(0, params.hold)
    state.joining = best.filter((symbol) => positions[symbol]!.qty === 0)
    const dropped = symbols.filter((symbol) => positions[symbol]!.qty > 0 && !best.includes(symbol))
    return dropped.map((symbol) => close({ symbol, tag: 'dropped' }))
  },
})

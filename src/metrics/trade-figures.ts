import type { Trade } from '../core/trade.ts'
import { deviation, mean } from './daily.ts'
import type { Figures, PerformanceInput } from './performance.ts'

const NO_TRADES = 'no trade was closed'

/** The figures of the groups Trades and Orders. Open trades are counted apart and enter nothing else. */
export function tradeFigures(figures: Figures, input: PerformanceInput): void {
  const { trades, openTrades } = input
  const n = trades.length
  const wins = trades.filter((trade) => trade.pnl > 0)
  const losses = trades.filter((trade) => trade.pnl < 0)
  const returns = trades.map((trade) => trade.return)
  const pnls = trades.map((trade) => trade.pnl)
  const sum = (list: readonly Trade[]) => list.reduce((total, trade) => total + trade.pnl, 0)
  const some = (key: string, value: () => number, has = n > 0, reason = NO_TRADES) => figures.set(key, has ? value() : null, n > 0 ? reason : NO_TRADES)
  figures.set('trades', n)
  figures.set('openTrades', openTrades.length)
  figures.set('openTradePnl', openTrades.reduce((total, trade) => total + trade.pnl, 0))
  figures.set('longTrades', trades.filter((trade) => trade.side === 'long').length)
  figures.set('shortTrades', trades.filter((trade) => trade.side === 'short').length)
  some('winRate', () => wins.length / n)
  some('profitFactor', () => sum(wins) / -sum(losses), losses.length > 0, 'no trade lost')
  some('expectancy', () => mean(pnls))
  some('avgTrade', () => mean(returns))
  some('avgTradeGeometric', () => Math.exp(mean(returns.map((r) => Math.log1p(r)))) - 1, n > 0 && returns.every((r) => r > -1), 'a trade lost everything')
  some('bestTrade', () => returns.reduce((a, b) => Math.max(a, b)))
  some('worstTrade', () => returns.reduce((a, b) => Math.min(a, b)))
  const avgWin = mean(wins.map((trade) => trade.return))
  const avgLoss = mean(losses.map((trade) => trade.return))
  some('avgWin', () => avgWin, wins.length > 0, 'no trade won')
  some('avgLoss', () => avgLoss, losses.length > 0, 'no trade lost')
  const held = (list: readonly Trade[]) => list.map((trade) => trade.exitTime - trade.entryTime)
  some('avgTradeDuration', () => mean(held(trades)))
  some('maxTradeDuration', () => held(trades).reduce((a, b) => Math.max(a, b)))
  some('avgWinDuration', () => mean(held(wins)), wins.length > 0, 'no trade won')
  some('avgLossDuration', () => mean(held(losses)), losses.length > 0, 'no trade lost')
  figures.set('maxWinStreak', longestRun(trades, (trade) => trade.pnl > 0))
  figures.set('maxLossStreak', longestRun(trades, (trade) => trade.pnl < 0))
  some('firstTrade', () => trades.reduce((a, trade) => Math.min(a, trade.entryTime), Number.POSITIVE_INFINITY))
  some('lastTrade', () => trades.reduce((a, trade) => Math.max(a, trade.exitTime), 0))
  coverage(figures, input)
  const spread = n > 1 ? deviation(pnls) : 0
  some('sqn', () => (Math.sqrt(n) * mean(pnls)) / spread, spread > 0, 'fewer than two trades, or all alike')
  const rate = wins.length / n
  some('kelly', () => rate - (1 - rate) / (avgWin / -avgLoss), wins.length > 0 && losses.length > 0, 'it needs winners and losers')
  orderFigures(figures, input)
}

function longestRun(trades: readonly Trade[], isOne: (trade: Trade) => boolean): number {
  let longest = 0
  let run = 0
  for (const trade of trades) {
    run = isOne(trade) ? run + 1 : 0
    if (run > longest) longest = run
  }
  return longest
}

/** Time inside one trade or more, and inside two or more, by sweeping over entries and exits. */
function coverage(figures: Figures, input: PerformanceInput): void {
  const edges = input.trades.flatMap((trade) => [
    { at: trade.entryTime, step: 1 },
    { at: trade.exitTime, step: -1 },
  ])
  edges.sort((a, b) => a.at - b.at || a.step - b.step)
  let [open, one, two, last] = [0, 0, 0, 0]
  for (const { at, step } of edges) {
    if (open > 0) one += at - last
    if (open > 1) two += at - last
    open += step
    last = at
  }
  const duration = figures.metrics['duration'] ?? 0
  figures.set('coverage', duration > 0 ? one / duration : null, 'the run has no duration')
  figures.set('overlapCoverage', one > 0 ? two / one : null, NO_TRADES)
}

function orderFigures(figures: Figures, { fills }: PerformanceInput): void {
  const none = 'no order was filled'
  const buys = fills.filter((fill) => fill.side === 'buy')
  const sales = fills.filter((fill) => fill.side === 'sell')
  const sizes = fills.map((fill) => fill.qty)
  const fees = fills.map((fill) => fill.fee)
  const least = (list: readonly number[]) => (list.length > 0 ? list.reduce((a, b) => Math.min(a, b)) : null)
  const most = (list: readonly number[]) => (list.length > 0 ? list.reduce((a, b) => Math.max(a, b)) : null)
  const average = (list: readonly number[]) => (list.length > 0 ? mean(list) : null)
  figures.set('orders', fills.length)
  figures.set('buyOrders', buys.length)
  figures.set('sellOrders', sales.length)
  figures.set('minOrderSize', least(sizes), none)
  figures.set('maxOrderSize', most(sizes), none)
  figures.set('avgOrderSize', average(sizes), none)
  figures.set('avgBuyPrice', average(buys.map((fill) => fill.price)), 'nothing was bought')
  figures.set('avgSellPrice', average(sales.map((fill) => fill.price)), 'nothing was sold')
  figures.set('minFee', least(fees), none)
  figures.set('maxFee', most(fees), none)
  figures.set('avgFee', average(fees), none)
}

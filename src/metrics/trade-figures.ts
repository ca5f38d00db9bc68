import type { Trade } from '../core/trade.ts'
import type { Figures } from './figures.ts'
import { endTimeOf, type PerformanceInput } from './performance-input.ts'
import { deviation, largest, mean, smallest } from './statistics.ts'

const NO_TRADES = 'no trade was closed'
const NO_WINNER = 'no trade won'
const NO_LOSER = 'no trade lost'

/** Figures that need a closed trade. */
const OF_TRADES = [
  'winRate', 'profitFactor', 'expectancy', 'avgTrade', 'avgTradeGeometric', 'bestTrade', 'worstTrade', 'avgWin', 'avgLoss',
  'avgTradeDuration', 'maxTradeDuration', 'avgWinDuration', 'avgLossDuration', 'firstTrade', 'lastTrade', 'overlapCoverage',
  'sqn', 'kelly',
] as const // biome-ignore format: a list

/** The figures of the group Trades. Open trades are counted apart and enter nothing else. */
export function tradeFigures(figures: Figures, input: PerformanceInput): void {
  const { trades, openTrades } = input
  figures.set('trades', trades.length)
  figures.set('openTrades', openTrades.length)
  figures.set(
    'openTradePnl',
    openTrades.reduce((total, trade) => total + trade.pnl, 0),
  )
  figures.set('longTrades', trades.filter((trade) => trade.side === 'long').length)
  figures.set('shortTrades', trades.filter((trade) => trade.side === 'short').length)
  figures.set(
    'maxWinStreak',
    longestRun(trades, (trade) => trade.pnl > 0),
  )
  figures.set(
    'maxLossStreak',
    longestRun(trades, (trade) => trade.pnl < 0),
  )
  coverageFigures(figures, input)
  if (trades.length === 0) return figures.none(OF_TRADES, NO_TRADES)
  figures.set('firstTrade', smallest(trades.map((trade) => trade.entryTime)))
  figures.set('lastTrade', largest(trades.map((trade) => trade.exitTime)))
  profitFigures(figures, trades)
  durationFigures(figures, trades)
}

/** Those of them that need no times: a search asks for them once a run. */
export const OF_PROFITS: readonly string[] = [
  'trades', 'winRate', 'profitFactor', 'expectancy', 'avgTrade', 'avgTradeGeometric', 'bestTrade', 'worstTrade', 'avgWin', 'avgLoss',
  'sqn', 'kelly',
] // biome-ignore format: a list

export function profitFiguresAlone(figures: Figures, { trades }: PerformanceInput): void {
  figures.set('trades', trades.length)
  if (trades.length === 0) figures.none(OF_PROFITS.slice(1), NO_TRADES)
  else profitFigures(figures, trades)
}

function profitFigures(figures: Figures, trades: readonly Trade[]): void {
  const n = trades.length
  // each trade is looked at once: thousands of them lie all over the memory, and every look at one is a wait
  const [pnls, returns]: [number[], number[]] = [[], []]
  const [won, lost]: [number[], number[]] = [[], []]
  let [profit, loss] = [0, 0]
  for (const trade of trades) {
    const { pnl, return: gained } = trade
    pnls.push(pnl)
    returns.push(gained)
    if (pnl > 0) {
      profit += pnl
      won.push(gained)
    } else if (pnl < 0) {
      loss += pnl
      lost.push(gained)
    }
  }
  const winRate = won.length / n
  figures.set('winRate', winRate)
  figures.set('profitFactor', lost.length > 0 ? profit / -loss : null, NO_LOSER)
  figures.set('expectancy', mean(pnls))
  figures.set('avgTrade', mean(returns))
  const hasAll = returns.every((value) => value > -1)
  const geometric = hasAll ? Math.expm1(mean(returns.map((value) => Math.log1p(value)))) : null
  figures.set('avgTradeGeometric', geometric, 'a trade lost everything')
  figures.set('bestTrade', largest(returns))
  figures.set('worstTrade', smallest(returns))
  const avgWin = won.length > 0 ? mean(won) : null
  const avgLoss = lost.length > 0 ? mean(lost) : null
  figures.set('avgWin', avgWin, NO_WINNER)
  figures.set('avgLoss', avgLoss, NO_LOSER)
  const kelly = avgWin !== null && avgLoss !== null ? winRate - (1 - winRate) / (avgWin / -avgLoss) : null
  figures.set('kelly', kelly, 'it needs winners and losers')
  // money is whole units: profits that are alike are equal, while their computed deviation may be a rounding error
  const isAlike = pnls.every((value) => value === pnls[0])
  figures.set(
    'sqn',
    isAlike ? null : (Math.sqrt(n) * mean(pnls)) / deviation(pnls),
    'fewer than two trades, or all alike',
  )
}

function durationFigures(figures: Figures, trades: readonly Trade[]): void {
  const held = (list: readonly Trade[]) => list.map((trade) => trade.exitTime - trade.entryTime)
  const wins = held(trades.filter((trade) => trade.pnl > 0))
  const losses = held(trades.filter((trade) => trade.pnl < 0))
  figures.set('avgTradeDuration', mean(held(trades)))
  figures.set('maxTradeDuration', largest(held(trades)))
  figures.set('avgWinDuration', wins.length > 0 ? mean(wins) : null, NO_WINNER)
  figures.set('avgLossDuration', losses.length > 0 ? mean(losses) : null, NO_LOSER)
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
function coverageFigures(figures: Figures, input: PerformanceInput): void {
  const edges = input.trades.flatMap((trade) => [
    { at: trade.entryTime, step: 1 },
    { at: trade.exitTime, step: -1 },
  ])
  edges.sort((a, b) => a.at - b.at)
  let [open, one, two, last] = [0, 0, 0, 0]
  for (const { at, step } of edges) {
    if (open > 0) one += at - last
    if (open > 1) two += at - last
    open += step
    last = at
  }
  const duration = endTimeOf(input) - input.from
  figures.set('coverage', duration > 0 ? one / duration : null, 'the run has no duration')
  figures.set('overlapCoverage', two / one, 'no trade outlived its first bar')
}

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { METRICS } from '../../src/metrics/index.ts'

/** Every name that the two print, read out of their own packages: test/golden/metrics/rivals.py. */
const file = join(import.meta.dirname, '..', 'golden', 'metrics', 'rivals.json')
const { lists } = JSON.parse(readFileSync(file, 'utf8')) as { lists: Readonly<Record<string, readonly string[]>> }

const RANGE = { Start: 'start', End: 'end', Period: 'duration' }

/** Their name → our key or keys. */
const OURS: Readonly<Record<string, Readonly<Record<string, string | readonly string[]>>>> = {
  'backtesting.py': {
    Start: 'start',
    End: 'end',
    Duration: 'duration',
    'Exposure Time': 'exposure',
    'Equity Final': 'endEquity',
    'Equity Peak': 'equityPeak',
    Commissions: 'fees',
    Return: 'totalReturn',
    'Buy & Hold Return': 'buyAndHold',
    // (1 + geometric mean of daily returns)^365 − 1 is the compound growth of whole days, which is cagr
    'Return (Ann.)': 'cagr',
    'Volatility (Ann.)': 'volatility',
    CAGR: 'cagr',
    'Sharpe Ratio': 'sharpe',
    'Sortino Ratio': 'sortino',
    'Calmar Ratio': 'calmar',
    Alpha: 'alpha',
    Beta: 'beta',
    'Max. Drawdown': 'maxDrawdown',
    'Avg. Drawdown': 'avgDrawdown',
    'Max. Drawdown Duration': ['maxDrawdownDuration', 'maxDrawdownBars'],
    'Avg. Drawdown Duration': 'avgDrawdownDuration',
    '# Trades': 'trades',
    'Win Rate': 'winRate',
    'Best Trade': 'bestTrade',
    'Worst Trade': 'worstTrade',
    'Avg. Trade': 'avgTradeGeometric',
    'Max. Trade Duration': 'maxTradeDuration',
    'Avg. Trade Duration': 'avgTradeDuration',
    'Profit Factor': 'profitFactor',
    Expectancy: 'avgTrade',
    SQN: 'sqn',
    'Kelly Criterion': 'kelly',
  },
  'vectorbt Portfolio.stats()': {
    ...RANGE,
    'Start Value': 'startEquity',
    'End Value': 'endEquity',
    'Total Return': 'totalReturn',
    'Benchmark Return': 'buyAndHold',
    'Max Gross Exposure': 'maxGrossExposure',
    'Total Fees Paid': 'fees',
    'Max Drawdown': 'maxDrawdown',
    'Max Drawdown Duration': 'maxDrawdownDuration',
    // they count open and closed trades together; here the two are never mixed
    'Total Trades': ['trades', 'openTrades'],
    'Total Closed Trades': 'trades',
    'Total Open Trades': 'openTrades',
    'Open Trade PnL': 'openTradePnl',
    'Win Rate': 'winRate',
    'Best Trade': 'bestTrade',
    'Worst Trade': 'worstTrade',
    'Avg Winning Trade': 'avgWin',
    'Avg Losing Trade': 'avgLoss',
    'Avg Winning Trade Duration': 'avgWinDuration',
    'Avg Losing Trade Duration': 'avgLossDuration',
    'Profit Factor': 'profitFactor',
    Expectancy: 'expectancy',
    'Sharpe Ratio': 'sharpe',
    'Calmar Ratio': 'calmar',
    'Omega Ratio': 'omega',
    'Sortino Ratio': 'sortino',
  },
  'vectorbt returns.stats()': {
    ...RANGE,
    'Total Return': 'totalReturn',
    'Benchmark Return': 'buyAndHold',
    'Annualized Return': 'cagr',
    'Annualized Volatility': 'volatility',
    'Max Drawdown': 'maxDrawdown',
    'Max Drawdown Duration': 'maxDrawdownDuration',
    'Sharpe Ratio': 'sharpe',
    'Calmar Ratio': 'calmar',
    'Omega Ratio': 'omega',
    'Sortino Ratio': 'sortino',
    Skew: 'skew',
    Kurtosis: 'kurtosis',
    'Tail Ratio': 'tailRatio',
    'Common Sense Ratio': 'commonSenseRatio',
    'Value at Risk': 'valueAtRisk',
    Alpha: 'alpha',
    Beta: 'beta',
  },
  'vectorbt trades.stats()': {
    ...RANGE,
    'First Trade Start': 'firstTrade',
    'Last Trade End': 'lastTrade',
    Coverage: 'coverage',
    'Overlap Coverage': 'overlapCoverage',
    'Total Records': ['trades', 'openTrades'],
    'Total Long Trades': 'longTrades',
    'Total Short Trades': 'shortTrades',
    'Total Closed Trades': 'trades',
    'Total Open Trades': 'openTrades',
    'Open Trade PnL': 'openTradePnl',
    'Win Rate': 'winRate',
    'Max Win Streak': 'maxWinStreak',
    'Max Loss Streak': 'maxLossStreak',
    'Best Trade': 'bestTrade',
    'Worst Trade': 'worstTrade',
    'Avg Winning Trade': 'avgWin',
    'Avg Losing Trade': 'avgLoss',
    'Avg Winning Trade Duration': 'avgWinDuration',
    'Avg Losing Trade Duration': 'avgLossDuration',
    'Profit Factor': 'profitFactor',
    Expectancy: 'expectancy',
    SQN: 'sqn',
  },
  'vectorbt drawdowns.stats()': {
    ...RANGE,
    Coverage: 'drawdownCoverage',
    'Total Records': 'drawdowns',
    'Total Recovered Drawdowns': 'recoveredDrawdowns',
    'Total Active Drawdowns': 'activeDrawdowns',
    'Active Drawdown': 'activeDrawdown',
    'Active Duration': 'activeDrawdownDuration',
    'Active Recovery': 'activeRecovery',
    'Active Recovery Return': 'activeRecoveryReturn',
    'Active Recovery Duration': 'activeRecoveryDuration',
    'Max Drawdown': 'maxDrawdown',
    'Avg Drawdown': 'avgDrawdown',
    'Max Drawdown Duration': 'maxDrawdownDuration',
    'Avg Drawdown Duration': 'avgDrawdownDuration',
    'Max Recovery Return': 'maxRecoveryReturn',
    'Avg Recovery Return': 'avgRecoveryReturn',
    'Max Recovery Duration': 'maxRecoveryDuration',
    'Avg Recovery Duration': 'avgRecoveryDuration',
    'Avg Recovery Duration Ratio': 'avgRecoveryRatio',
  },
  'vectorbt orders.stats()': {
    ...RANGE,
    'Total Records': 'orders',
    'Total Buy Orders': 'buyOrders',
    'Total Sell Orders': 'sellOrders',
    'Min Size': 'minOrderSize',
    'Max Size': 'maxOrderSize',
    'Avg Size': 'avgOrderSize',
    'Avg Buy Size': 'avgBuySize',
    'Avg Sell Size': 'avgSellSize',
    'Avg Buy Price': 'avgBuyPrice',
    'Avg Sell Price': 'avgSellPrice',
    'Total Fees': 'fees',
    'Min Fees': 'minFee',
    'Max Fees': 'maxFee',
    'Avg Fees': 'avgFee',
    'Avg Buy Fees': 'avgBuyFee',
    'Avg Sell Fees': 'avgSellFee',
  },
}

const keys = new Set(METRICS.map(({ key }) => key))

describe('what the rivals print', () => {
  test('the lists are there', () => {
    expect(Object.keys(OURS)).toEqual(Object.keys(lists))
  })

  test.each(Object.keys(lists))('%s: each of its figures has a key here', (list) => {
    const missing = lists[list]!.filter((name) => {
      const ours = OURS[list]![name]
      return ours === undefined || [ours].flat().some((key) => !keys.has(key))
    })
    expect(missing).toEqual([])
    expect(Object.keys(OURS[list]!).sort()).toEqual([...lists[list]!].sort())
  })
})

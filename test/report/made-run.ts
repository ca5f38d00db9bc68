import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import { closeTimeOf, type Interval, openTimeOf } from '../../src/core/interval.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { RunDocument, RunResult } from '../../src/core/run.ts'
import type { Series } from '../../src/core/series.ts'
import type { Trade } from '../../src/core/trade.ts'
import { computeMetrics } from '../../src/metrics/index.ts'
import { luckOf } from '../../src/metrics/luck.ts'
import { peerMetrics } from '../../src/runs/peer.ts'

export interface MadeRun {
  readonly rows: number
  /** A trade every so many rows; 0: none. */
  readonly every: number
  readonly interval?: Interval
  readonly decimals?: number
  readonly cash?: number
  /** Rows left out of the series. */
  readonly gapAt?: number
  readonly held?: (trade: number) => number
}

const HASH = '0'.repeat(64)
const NOTHING = { low: 0, high: 0 }

/** A run that no engine made: a seeded walk of prices, equity beside it, trades at regular rows. For sizes and shapes only. */
export function madeRun({
  rows,
  every,
  interval = '1m',
  decimals = 2,
  cash = 10_000,
  gapAt = -1,
  held = (k) => 1 + (k % 9),
}: MadeRun): RunResult {
  const random = seededRandom(7)
  const series: Series = { venue: 'binance', symbol: 'BTCUSDT', interval }
  const scale = 10 ** decimals
  const column = () => new Float64Array(rows)
  const [openTime, open, high, low, close, volume] = [column(), column(), column(), column(), column(), column()]
  const equity = { length: rows, time: column(), equity: column(), cash: column(), exposure: column() }
  const benchmark = column()
  const line = column()
  let time = openTimeOf(Date.UTC(2023, 0, 1), interval)
  let units = 30_000 * scale
  let money = cash
  for (let row = 0; row < rows; row++) {
    if (row === gapAt) for (let k = 0; k < 80; k++) time = closeTimeOf(time, interval)
    const end = Math.max(scale, units + Math.round((random() - 0.5) * units * 0.001))
    openTime[row] = time
    open[row] = units / scale
    close[row] = end / scale
    high[row] = (Math.max(units, end) + Math.floor(random() * 50)) / scale
    low[row] = (Math.min(units, end) - Math.floor(random() * 50)) / scale
    volume[row] = 1
    units = end
    money *= 1 + (random() - 0.5) * 0.001
    time = closeTimeOf(time, interval)
    equity.time[row] = time
    equity.equity[row] = money
    benchmark[row] = (cash * close[row]!) / open[0]!
    line[row] = row < 20 ? Number.NaN : (close[row]! + close[row - 20]!) / 2
  }
  const trades: Trade[] = []
  for (let row = 1; every > 0 && row + held(trades.length) < rows; row += every) {
    const n = trades.length + 1
    const exit = row + held(trades.length)
    const [entryPrice, exitPrice] = [open[row]!, open[exit]!]
    const side = n % 3 === 0 ? 'short' : 'long'
    const profit = (exitPrice / entryPrice - 1) * (side === 'long' ? 1 : -1) - 0.002
    trades.push({
      n,
      symbol: series.symbol,
      side,
      qty: 0.01,
      entryTime: openTime[row]!,
      entryPrice,
      exitTime: openTime[exit]!,
      exitPrice,
      fees: entryPrice * 0.00002,
      funding: 0,
      pnl: entryPrice * 0.01 * profit,
      return: profit,
      bars: exit - row,
      mae: -random() * 0.01,
      mfe: random() * 0.01,
      entryTag: 'entry',
      exitTag: n % 2 === 0 ? 'stop' : 'target',
    })
  }
  const from = openTime[0]!
  const money2 = { fees: 1, slippage: 0.5, funding: 0 }
  const { metrics, notes, split } = computeMetrics({
    ...{ equity, from, trades, benchmark, ...money2, riskFree: 0 },
    ...{ startEquity: cash, openTrades: [], fills: [] },
  })
  const { peer } = peerMetrics({ equity, benchmark, from, cash, riskFree: 0 })
  const to = equity.time[rows - 1]!
  const bars = [{ series, length: rows, priceDecimals: decimals, openTime, open, high, low, close, volume }]
  const luck = luckOf({ bars, equity, from, trades, openTrades: [], fills: [], startEquity: cash, riskFree: 0 })
  const document: RunDocument = {
    run: 'made-000000000000',
    strategy: 'made',
    params: { every },
    tradeHash: HASH,
    data: [{ series: `binance:BTCUSDT:${interval}`, rows, from, to, sha256: HASH, gaps: { count: 0, bars: 0 } }],
    range: { from, to, warmup: 0 },
    engine: { version: '0.0.0', bars: rows },
    costs: {
      feeMaker: 0.001,
      feeTaker: 0.001,
      feeTier: 'VIP0',
      feeDiscount: 0,
      slippageBps: 2,
      ...money2,
      none: false,
    },
    execution: PLAIN_EXECUTION,
    ...{ cash, quote: 'USDT', metrics, peer, notes, split, remarks: [] },
    stress: null,
    band: { method: 'repriced', bars: 0, endEquity: NOTHING, totalReturn: NOTHING, maxDrawdown: NOTHING, share: null },
    portfolio: { symbols: [], drawdown: null, correlation: [], margin: null },
    models: { used: [], inSample: false },
    perpetuals: [],
    luck,
    nearFaults: { within: 3, trades: 0, pnl: 0, netProfitWithout: 0 },
    orders: { accepted: 2 * trades.length, cut: 0, rejected: 0, byFilter: {} },
    ...{ openTrades: [], filters: [], certificates: [] },
    ...{ benchmark: 'buy and hold BTCUSDT', riskFree: 0, seed: 0 },
    reproduce: {
      command: 'klinelab backtest made.ts',
      request: null,
      code: HASH,
      config: HASH,
      inputs: {},
      versions: {},
    },
  }
  return {
    document,
    bars,
    ...{ equity, benchmark, trades, fills: [], events: [], margin: null },
    plots: [{ slot: 0, name: 'line', values: line }],
  }
}

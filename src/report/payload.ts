import { intervalMs } from '../core/interval.ts'
import type { EquityColumns, RunResult } from '../core/run.ts'
import { underwater } from '../metrics/index.ts'
import { extremeRows, priceBand } from './downsample.ts'
import { tradeViews } from './trade-views.ts'

/** Points a chart has across: the widest one is 1100 CSS pixels. */
const PIXELS = 1100

interface Line {
  readonly t: readonly number[]
  readonly v: readonly number[]
}

/** What the page's charts and trade table are drawn from. */
export function payload(result: RunResult) {
  const { equity, benchmark, trades, document } = result
  const held = benchmark === null ? null : { ...equity, equity: benchmark }
  const start = document.cash
  const step = intervalMs(result.bars[0]!.series.interval)
  return {
    quote: document.quote,
    step,
    equity: lineOf(equity.time, equity.equity, 8),
    benchmark: held === null ? null : lineOf(equity.time, held.equity, 8),
    drawdown: drawdownLine(equity, start),
    benchmarkDrawdown: held === null ? null : drawdownLine(held, start),
    prices: result.bars.map((bars, slot) => {
      const band = priceBand(bars, PIXELS)
      return {
        symbol: bars.series.symbol,
        t: band.rows.map((row) => bars.openTime[row]!),
        low: band.low,
        high: band.high,
        close: band.close,
        plots: result.plots
          .filter((plot) => plot.slot === slot)
          .map(({ name, values }) => ({ name, ...lineOf(bars.openTime, values, 7) })),
      }
    }),
    trades: {
      symbol: trades.map((trade) => trade.symbol),
      side: trades.map((trade) => trade.side),
      qty: trades.map((trade) => trade.qty),
      entryTime: trades.map((trade) => trade.entryTime),
      entryPrice: trades.map((trade) => trade.entryPrice),
      exitTime: trades.map((trade) => trade.exitTime),
      exitPrice: trades.map((trade) => trade.exitPrice),
      fees: trades.map((trade) => trade.fees),
      pnl: trades.map((trade) => trade.pnl),
      return: trades.map((trade) => short(trade.return)),
      bars: trades.map((trade) => trade.bars),
      mae: trades.map((trade) => short(trade.mae)),
      mfe: trades.map((trade) => short(trade.mfe)),
      entryTag: trades.map((trade) => trade.entryTag),
      exitTag: trades.map((trade) => trade.exitTag),
    },
    views: tradeViews(result, step),
  }
}

function lineOf(time: Float64Array, values: Float64Array, digits: number): Line {
  const rows = extremeRows(values, PIXELS).filter((row) => Number.isFinite(values[row]!))
  return { t: rows.map((row) => time[row]!), v: rows.map((row) => Number(values[row]!.toPrecision(digits))) }
}

function drawdownLine(equity: EquityColumns, start: number): Line {
  return lineOf(equity.time, underwater(equity, start), 5)
}

function short(fraction: number): number {
  return Number(fraction.toPrecision(6))
}

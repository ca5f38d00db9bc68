import { intervalMs } from '../core/interval.ts'
import type { EquityColumns, RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import { underwater } from '../metrics/index.ts'
import { accountLines, type Line, lineOf, PIXELS } from './account-lines.ts'
import { priceBand } from './downsample.ts'
import { amountDigits } from './format.ts'
import { type Bins, histogram } from './histogram.ts'
import { packTexts, packTimes, rounded } from './pack.ts'
import { tradeSample } from './trade-sample.ts'
import { tradeViews } from './trade-views.ts'

/** Trades the page's table holds; more would make a file too large to open. */
export const TRADES = 25_000

/** What the page's charts and trade table are drawn from. */
export function payload(result: RunResult) {
  const { equity, benchmark, document } = result
  const held = benchmark === null ? null : { ...equity, equity: benchmark }
  const start = document.cash
  const kept = tradeSample(result.trades, TRADES)
  const trades = kept.map((index) => result.trades[index]!)
  return {
    quote: document.quote,
    digits: amountDigits(start),
    equity: lineOf(equity.time, equity.equity, 8),
    benchmark: held === null ? null : lineOf(equity.time, held.equity, 8),
    drawdown: drawdownLine(equity, start),
    benchmarkDrawdown: held === null ? null : drawdownLine(held, start),
    account: accountLines(result),
    prices: result.bars.map((bars, slot) => {
      const band = priceBand(bars, PIXELS)
      return {
        symbol: bars.series.symbol,
        step: intervalMs(bars.series.interval),
        t: packTimes(band.rows.map((row) => bars.openTime[row]!)),
        low: band.low,
        high: band.high,
        close: band.close,
        plots: result.plots
          .filter((plot) => plot.slot === slot)
          .map(({ name, values }) => ({ name, ...lineOf(bars.openTime, values, 7) })),
      }
    }),
    trades: { of: result.trades.length, number: packTimes(kept), ...tradeColumns(trades) },
    open: document.openTrades.map(({ symbol, side, entryTime, entryPrice }) => ({
      symbol,
      t: entryTime,
      v: entryPrice,
      what: `${side} entry`,
    })),
    bins: binsOf(result.trades),
    views: tradeViews(result, trades),
  }
}

/** How returns and holding times are spread over all trades, those beyond the table's limit too. */
function binsOf(trades: readonly Trade[]): { readonly return: Bins; readonly bars: Bins } | null {
  if (trades.length === 0) return null
  return {
    return: histogram(trades.map((trade) => trade.return)),
    bars: histogram(
      trades.map((trade) => trade.bars),
      1,
    ),
  }
}

/** Nine digits: two more roundings, by the page and by its reader, then show the same as one. */
function tradeColumns(trades: readonly Trade[]) {
  const numbers = (of: (trade: Trade) => number, digits: number) => rounded(trades.map(of), digits)
  const texts = (of: (trade: Trade) => string) => packTexts(trades.map(of))
  const times = (of: (trade: Trade) => number) => packTimes(trades.map(of))
  return {
    symbol: texts((trade) => trade.symbol),
    side: texts((trade) => trade.side),
    qty: numbers((trade) => trade.qty, 9),
    entryTime: times((trade) => trade.entryTime),
    entryPrice: numbers((trade) => trade.entryPrice, 9),
    exitTime: times((trade) => trade.exitTime),
    exitPrice: numbers((trade) => trade.exitPrice, 9),
    fees: numbers((trade) => trade.fees, 9),
    pnl: numbers((trade) => trade.pnl, 9),
    return: numbers((trade) => trade.return, 9),
    bars: trades.map((trade) => trade.bars),
    mae: numbers((trade) => trade.mae, 9),
    mfe: numbers((trade) => trade.mfe, 9),
    entryTag: texts((trade) => trade.entryTag),
    exitTag: texts((trade) => trade.exitTag),
  }
}

function drawdownLine(equity: EquityColumns, start: number): Line {
  return lineOf(equity.time, underwater(equity, start), 5)
}

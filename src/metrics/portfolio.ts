import { lastClosedBy } from '../core/bar.ts'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import type { Figure, Portfolio } from '../core/findings.ts'
import { closeTimeOf, DAY } from '../core/interval.ts'
import type { EquityColumns, MarginColumns } from '../core/run.ts'
import { type Drawdown, findDrawdowns } from './drawdown.ts'
import { type Holding, holdingsOf, type Traded } from './holdings.ts'
import { highestOf, marginColumns } from './margin-use.ts'
import { covariance, deviation } from './statistics.ts'

export interface PortfolioInput {
  /** In declared order. */
  readonly traded: readonly Traded[]
  readonly events: readonly RunEvent[]
  readonly fills: readonly Fill[]
  readonly equity: EquityColumns
  readonly startEquity: number
  /** Open time of the first bar of the range, UTC ms. */
  readonly from: number
  /** Of the equity, where they are known already. */
  readonly drawdowns?: readonly Drawdown[]
}

interface PortfolioFigures {
  readonly portfolio: Portfolio
  /** Instant by instant; `null` where nothing was held on margin. */
  readonly margin: MarginColumns | null
  /** Why a correlation is null: `portfolio.correlation.A.B` → reason. */
  readonly notes: Readonly<Record<string, string>>
}

/** What each symbol did to the account, how alike they moved, and how much of the margin was used. */
export function portfolioOf(input: PortfolioInput): PortfolioFigures {
  const { traded, events, equity, startEquity, from } = input
  const holdings = holdingsOf(traded, events, equity.time)
  const held = traded.flatMap((one, k) => (holdings[k]!.length > 0 ? [{ one, holdings: holdings[k]! }] : []))
  const deepest = deepestOf(input.drawdowns ?? findDrawdowns(equity.equity, startEquity))
  const timeOf = (row: number) => (row < 0 ? from : equity.time[row]!)
  const symbols = held.map(({ one, holdings: life }) => {
    const { symbol } = one.bars.series
    const profitAt = (row: number) => profitOf(one, life, row, timeOf(row))
    const netProfit = profitAt(equity.length - 1)
    const lost = deepest === null ? 0 : profitAt(deepest.peakRow) - profitAt(deepest.valleyRow)
    return {
      symbol,
      netProfit: amount(netProfit),
      returnShare: netProfit / startEquity,
      drawdownShare: deepest === null ? 0 : lost / deepest.peak,
      ...costsOf(symbol, input),
      exposure: rowsHeld(life, equity.length) / equity.length,
    }
  })
  const alike = correlations(held.map(({ one }) => one))
  const margin = held.some(({ one }) => one.margin !== null) ? marginColumns(traded, holdings, equity) : null
  return {
    portfolio: {
      symbols,
      drawdown: deepest === null ? null : { from: timeOf(deepest.peakRow), to: timeOf(deepest.valleyRow) },
      correlation: alike.matrix,
      margin:
        margin === null
          ? null
          : {
              initial: highestOf(margin.initial, equity.time),
              maintenance: highestOf(margin.maintenance, equity.time),
            },
    },
    margin,
    notes: alike.notes,
  }
}

/** The one that `maxDrawdown` is of. */
function deepestOf(drawdowns: readonly Drawdown[]): Drawdown | null {
  const depth = ({ peak, valley }: Drawdown) => (peak - valley) / peak
  return drawdowns.reduce<Drawdown | null>(
    (most, one) => (most === null || depth(one) > depth(most) ? one : most),
    null,
  )
}

/** What an instrument has made by an instant: cash that it brought or took, and what is held at the last mark. */
function profitOf({ bars, marks }: Traded, holdings: readonly Holding[], row: number, time: number): number {
  const holding = holdings.findLast(({ from }) => from <= row)
  if (holding === undefined) return 0
  const { cash, qty } = holding
  return qty === 0 ? cash : cash + qty * marks[lastClosedBy(bars.openTime, bars.series.interval, time)]!
}

function rowsHeld(holdings: readonly Holding[], length: number): number {
  return holdings.reduce(
    (sum, { isOpen, from }, k) => (!isOpen ? sum : sum + (holdings[k + 1]?.from ?? length) - from),
    0,
  )
}

function costsOf(symbol: string, { fills, events }: PortfolioInput) {
  let [fees, slippage, funding] = [0, 0, 0]
  for (const fill of fills) {
    if (fill.symbol !== symbol) continue
    fees += fill.fee
    slippage += fill.slippage
  }
  for (const event of events) if (event.type === 'funding' && event.symbol === symbol) funding += event.paid
  return { fees: amount(fees), slippage: amount(slippage), funding: amount(funding) }
}

/** Without what sums in doubles leave below an asset's unit. */
function amount(sum: number): number {
  return Number(sum.toFixed(8)) + 0
}

/** Fewer common days than this and any two series look alike. */
const FEWEST = 3
const ROUNDING = 1e-15

/** Pearson's, of daily UTC returns of the closes, over the days that both series have. */
function correlations(traded: readonly Traded[]) {
  const notes: Record<string, string> = {}
  const days = traded.length < 2 ? [] : traded.map(({ bars }) => dailyReturns(bars))
  const between = (a: number, b: number): Figure => {
    if (a === b) return 1
    const first = Math.max(days[a]!.day, days[b]!.day)
    const [x, y] = [a, b].map((k) => days[k]!.returns.slice(first - days[k]!.day))
    const n = Math.min(x!.length, y!.length)
    const [left, right] = [x!.slice(0, n), y!.slice(0, n)]
    const reason = n < FEWEST ? `${n} days in common: at least ${FEWEST} are needed` : null
    const spread = n < FEWEST ? 0 : deviation(left) * deviation(right)
    if (spread > ROUNDING ** 2) return Math.max(-1, Math.min(1, covariance(left, right) / spread))
    const [one, other] = [a, b].map((k) => traded[k]!.bars.series.symbol)
    notes[`portfolio.correlation.${one}.${other}`] = reason ?? 'a price that never moved has no correlation'
    return null
  }
  return { matrix: traded.map((_, a) => traded.map((__, b) => between(a, b))), notes }
}

/** Close against close of each UTC day from the first on; a day without a bar keeps the price of the day before. */
function dailyReturns({ openTime, open, close, length, series }: Traded['bars']) {
  const day = Math.floor(openTime[0]! / DAY)
  const returns: number[] = []
  let before = open[0]!
  const last = closeTimeOf(openTime[length - 1]!, series.interval)
  for (let end = (day + 1) * DAY; end - DAY < last; end += DAY) {
    const row = lastClosedBy(openTime, series.interval, end)
    const price = row < 0 ? before : close[row]!
    returns.push(price / before - 1)
    before = price
  }
  return { day, returns }
}

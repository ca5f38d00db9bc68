import { DAY } from '../core/interval.ts'
import type { EquityColumns, Figure, Metrics, RunDocument } from '../core/run.ts'
import type { Fill } from '../core/fill.ts'
import type { OpenTrade, Trade } from '../core/trade.ts'
import { type Daily, daily, deviation, mean, quantile } from './daily.ts'
import { findDrawdowns } from './drawdown.ts'
import { splitTrades } from './split.ts'
import { tradeFigures } from './trade-figures.ts'

export interface PerformanceInput {
  readonly equity: EquityColumns
  /** Open time of the first bar of the range, UTC ms. */
  readonly from: number
  readonly startEquity: number
  readonly trades: readonly Trade[]
  readonly openTrades: readonly OpenTrade[]
  readonly fills: readonly Fill[]
  readonly fees: number
  readonly slippage: number
  readonly funding: number
  /** Equity of the benchmark on the same instants. */
  readonly benchmark: Float64Array | null
  /** A year's risk-free return as a fraction. */
  readonly riskFree: number
}

export interface Performance {
  readonly metrics: Metrics
  readonly notes: Readonly<Record<string, string>>
  readonly split: RunDocument['split']
}

/** Collects figures; one that cannot be computed is `null` with its reason, never 0, NaN or Infinity. */
export class Figures {
  readonly metrics: Record<string, Figure> = {}
  readonly notes: Record<string, string> = {}

  set(key: string, value: number | null, reason = 'not finite'): void {
    const isThere = value !== null && Number.isFinite(value)
    this.metrics[key] = isThere ? value : null
    if (!isThere) this.notes[key] = reason
  }
}

const YEAR = 365

/** Every figure of `METRICS`. Annual ones use daily UTC returns and 365 days: crypto trades on all of them. */
export function computeMetrics(input: PerformanceInput): Performance {
  const figures = new Figures()
  resultFigures(figures, input)
  const days = daily(input.equity, input.equity.equity, input.startEquity)
  riskFigures(figures, input, days)
  drawdownFigures(figures, input)
  tradeFigures(figures, input)
  return { metrics: figures.metrics, notes: figures.notes, split: splitTrades(input.trades) }
}

function resultFigures(figures: Figures, input: PerformanceInput): void {
  const { equity, startEquity, from, fills } = input
  const n = equity.length
  const end = n > 0 ? equity.equity[n - 1]! : startEquity
  const endTime = n > 0 ? equity.time[n - 1]! : from
  const duration = endTime - from
  const none = 'the range has no bars'
  figures.set('start', n > 0 ? equity.time[0]! : null, none)
  figures.set('end', n > 0 ? endTime : null, none)
  figures.set('duration', duration)
  figures.set('startEquity', startEquity)
  figures.set('endEquity', end)
  figures.set('netProfit', end - startEquity)
  figures.set('totalReturn', end / startEquity - 1)
  const { benchmark } = input
  figures.set('buyAndHold', benchmark !== null && n > 0 ? benchmark[n - 1]! / startEquity - 1 : null, 'there is no benchmark')
  const years = duration / (YEAR * DAY)
  const ratio = end / startEquity
  if (duration < DAY) figures.set('cagr', null, 'the run is shorter than a day')
  else if (ratio <= 0) figures.set('cagr', null, 'nothing is left to grow')
  else figures.set('cagr', ratio ** (1 / years) - 1, 'the run is too short to be annualised')
  let held = 0
  let most = 0
  let peak = startEquity
  let sum = 0
  for (let row = 0; row < n; row++) {
    const exposure = equity.exposure[row]!
    if (exposure !== 0) held++
    if (exposure > most) most = exposure
    const value = equity.equity[row]!
    if (value > peak) peak = value
    sum += value
  }
  figures.set('equityPeak', peak)
  figures.set('exposure', n > 0 ? held / n : null, none)
  figures.set('maxGrossExposure', most)
  const traded = fills.reduce((total, fill) => total + fill.price * fill.qty, 0)
  figures.set('turnover', n > 0 ? traded / (sum / n) : null, none)
  const costs = input.fees + input.slippage + input.funding
  figures.set('fees', input.fees)
  figures.set('slippage', input.slippage)
  figures.set('funding', input.funding)
  const gross = end - startEquity + costs
  figures.set('costShare', gross > 0 ? costs / gross : null, 'there is no profit before costs to share')
}

function riskFigures(figures: Figures, input: PerformanceInput, days: Daily): void {
  const { returns } = days
  const perDay = input.riskFree / YEAR
  const excess = returns.map((value) => value - perDay)
  const n = returns.length
  const few = `${n} daily return${n === 1 ? '' : 's'}: at least 2 are needed`
  const keys = ['volatility', 'sharpe', 'sharpeLow', 'sharpeHigh', 'sortino', 'omega', 'skew', 'kurtosis', 'tailRatio', 'commonSenseRatio', 'valueAtRisk', 'alpha', 'beta']
  if (n < 2) {
    for (const key of keys) figures.set(key, null, few)
    return
  }
  const still = 'daily returns never differ'
  const spread = deviation(returns)
  figures.set('volatility', spread * Math.sqrt(YEAR))
  const average = mean(excess)
  const moments = standardMoments(returns)
  const isFlat = !(spread > 1e-15)
  const s = average / spread
  figures.set('sharpe', isFlat ? null : s * Math.sqrt(YEAR), still)
  figures.set('skew', isFlat ? null : moments.skew, still)
  figures.set('kurtosis', isFlat ? null : moments.kurtosis, still)
  const error = Math.sqrt(Math.max(0, 1 + s ** 2 / 2 - moments.skew * s + (moments.kurtosis / 4) * s ** 2) / n)
  figures.set('sharpeLow', isFlat ? null : (s - 1.96 * error) * Math.sqrt(YEAR), still)
  figures.set('sharpeHigh', isFlat ? null : (s + 1.96 * error) * Math.sqrt(YEAR), still)
  const downside = Math.sqrt(mean(excess.map((value) => Math.min(0, value) ** 2)))
  figures.set('sortino', downside > 0 ? (average / downside) * Math.sqrt(YEAR) : null, 'no day lost money')
  const gains = sumOf(excess, 1)
  const losses = sumOf(excess, -1)
  figures.set('omega', losses > 0 ? gains / losses : null, 'no day lost money')
  const sorted = [...returns].sort((a, b) => a - b)
  const low = quantile(sorted, 0.05)
  const tail = Math.abs(quantile(sorted, 0.95) / low)
  figures.set('valueAtRisk', low)
  figures.set('tailRatio', low === 0 ? null : tail, 'the 5th percentile of daily returns is 0')
  const [up, down] = [sumOf(returns, 1), sumOf(returns, -1)]
  figures.set('commonSenseRatio', low === 0 || down === 0 ? null : tail * (up / down), 'no day lost money, or the 5th percentile is 0')
  benchmarkFigures(figures, input, excess, perDay)
}

function benchmarkFigures(figures: Figures, input: PerformanceInput, excess: readonly number[], perDay: number): void {
  const other = input.benchmark === null ? [] : daily(input.equity, input.benchmark, input.startEquity).returns.map((r) => r - perDay)
  const spread = other.length > 1 ? deviation(other) ** 2 : 0
  if (!(spread > 1e-30)) {
    for (const key of ['alpha', 'beta']) figures.set(key, null, 'there is no benchmark that moves')
    return
  }
  const [a, b] = [mean(excess), mean(other)]
  const covariance = excess.reduce((sum, value, k) => sum + (value - a) * (other[k]! - b), 0) / (excess.length - 1)
  const beta = covariance / spread
  figures.set('beta', beta)
  figures.set('alpha', YEAR * (a - beta * b))
}

function drawdownFigures(figures: Figures, input: PerformanceInput): void {
  const { equity, from, startEquity } = input
  const all = findDrawdowns(equity.equity, startEquity)
  const timeOf = (row: number) => (row < 0 ? from : equity.time[row]!)
  const last = equity.length - 1
  const rows = all.map((d) => (d.endRow < 0 ? last : d.endRow) - d.peakRow)
  const lasted = all.map((d) => timeOf(d.endRow < 0 ? last : d.endRow) - timeOf(d.peakRow))
  const recovered = all.filter((d) => d.endRow >= 0)
  const recovery = recovered.map((d) => timeOf(d.endRow) - timeOf(d.valleyRow))
  const active = all.find((d) => d.endRow < 0)
  const depths = all.map((d) => d.depth)
  const largest = depths.reduce((a, b) => Math.max(a, b), 0)
  figures.set('maxDrawdown', largest)
  figures.set('maxDrawdownBars', rows.reduce((a, b) => Math.max(a, b), 0))
  figures.set('maxDrawdownDuration', lasted.reduce((a, b) => Math.max(a, b), 0))
  figures.set('avgDrawdown', all.length > 0 ? mean(depths) : null, 'equity never fell')
  figures.set('avgDrawdownDuration', all.length > 0 ? mean(lasted) : null, 'equity never fell')
  figures.set('drawdowns', all.length)
  figures.set('recoveredDrawdowns', recovered.length)
  figures.set('activeDrawdown', active === undefined ? 0 : 1 - equity.equity[last]! / (active.peakRow < 0 ? startEquity : equity.equity[active.peakRow]!))
  figures.set('activeDrawdownDuration', active === undefined ? 0 : timeOf(last) - timeOf(active.peakRow))
  figures.set('maxRecoveryDuration', recovery.length > 0 ? recovery.reduce((a, b) => Math.max(a, b), 0) : null, 'no drawdown recovered')
  figures.set('avgRecoveryDuration', recovery.length > 0 ? mean(recovery) : null, 'no drawdown recovered')
  const cagr = figures.metrics['cagr'] ?? null
  if (cagr === null) figures.set('calmar', null, figures.notes['cagr'])
  else figures.set('calmar', largest > 0 ? cagr / largest : null, 'equity never fell')
}

function sumOf(values: readonly number[], sign: 1 | -1): number {
  return values.reduce((sum, value) => (value * sign > 0 ? sum + value * sign : sum), 0)
}

function standardMoments(values: readonly number[]): { skew: number; kurtosis: number } {
  const average = mean(values)
  let [two, three, four] = [0, 0, 0]
  for (const value of values) {
    const d = value - average
    two += d ** 2
    three += d ** 3
    four += d ** 4
  }
  const n = values.length
  const variance = two / n
  return variance > 0 ? { skew: three / n / variance ** 1.5, kurtosis: four / n / variance ** 2 - 3 } : { skew: 0, kurtosis: 0 }
}

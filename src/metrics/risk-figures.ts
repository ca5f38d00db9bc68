import { daily } from './daily.ts'
import type { Figures } from './figures.ts'
import type { PerformanceInput } from './performance-input.ts'
import { covariance, deviation, mean, quantile, standardMoments } from './statistics.ts'

const YEAR = 365
/** What is left of a deviation of equal returns after rounding in doubles. */
const ROUNDING = 1e-15

const OF_SPREAD = ['sharpe', 'sharpeLow', 'sharpeHigh', 'skew', 'kurtosis'] as const
const OF_BENCHMARK = ['alpha', 'beta'] as const
const ALL = [
  'volatility', ...OF_SPREAD, 'sortino', 'omega', 'tailRatio', 'commonSenseRatio', 'valueAtRisk', 'valueAtRisk99',
  'expectedShortfall', 'expectedShortfall99', ...OF_BENCHMARK,
] as const // biome-ignore format: a list

/** The figures of the group Risk that come from daily returns; `calmar` stands with the drawdowns. */
export function riskFigures(figures: Figures, input: PerformanceInput): void {
  const { equity, from, startEquity } = input
  const { returns, equity: ends } = daily(equity, equity.equity, from, startEquity)
  const n = returns.length
  if (n < 2) return figures.none(ALL, `${n} daily return${n === 1 ? '' : 's'}: at least 2 are needed`)
  // a day that begins with nothing, or with debt, has no return
  if (ends.slice(0, -1).some((value) => value <= 0))
    return figures.none(ALL, 'equity fell to 0 or below: there is no daily return from there')
  const perDay = input.riskFree / YEAR
  const excess = returns.map((value) => value - perDay)
  const spread = deviation(returns)
  figures.set('volatility', spread * Math.sqrt(YEAR))
  if (spread > ROUNDING) sharpeFigures(figures, returns, mean(excess) / spread)
  else figures.none(OF_SPREAD, 'daily returns never differ')
  const none = 'no daily return was below the risk-free rate'
  const downside = Math.sqrt(mean(excess.map((value) => Math.min(0, value) ** 2)))
  figures.set('sortino', downside > 0 ? (mean(excess) / downside) * Math.sqrt(YEAR) : null, none)
  const losses = sumOf(excess, -1)
  figures.set('omega', losses > 0 ? sumOf(excess, 1) / losses : null, none)
  tailFigures(figures, returns)
  benchmarkFigures(figures, input, excess)
}

/** `s` is the daily Sharpe ratio; its standard error after Mertens (2002), for returns of any distribution. */
function sharpeFigures(figures: Figures, returns: readonly number[], s: number): void {
  const { skew, kurtosis } = standardMoments(returns)
  const error = Math.sqrt(Math.max(0, 1 + s ** 2 / 2 - skew * s + (kurtosis / 4) * s ** 2) / returns.length)
  figures.set('sharpe', s * Math.sqrt(YEAR))
  figures.set('sharpeLow', (s - 1.96 * error) * Math.sqrt(YEAR))
  figures.set('sharpeHigh', (s + 1.96 * error) * Math.sqrt(YEAR))
  figures.set('skew', skew)
  figures.set('kurtosis', kurtosis)
}

function tailFigures(figures: Figures, returns: readonly number[]): void {
  const sorted = [...returns].sort((a, b) => a - b)
  const low = quantile(sorted, 0.05)
  figures.set('valueAtRisk', low)
  figures.set('valueAtRisk99', quantile(sorted, 0.01))
  figures.set('expectedShortfall', shortfall(sorted, 0.05))
  figures.set('expectedShortfall99', shortfall(sorted, 0.01))
  if (low === 0) return figures.none(['tailRatio', 'commonSenseRatio'], 'the 5th percentile of daily returns is 0')
  const tail = Math.abs(quantile(sorted, 0.95) / low)
  const losses = sumOf(returns, -1)
  figures.set('tailRatio', tail)
  figures.set('commonSenseRatio', losses > 0 ? tail * (sumOf(returns, 1) / losses) : null, 'no day lost money')
}

/** Mean of the lowest part of returns that ascend: as many as there are up to the rank of that quantile. */
function shortfall(sorted: readonly number[], part: number): number {
  return mean(sorted.slice(0, Math.floor((sorted.length - 1) * part) + 1))
}

function benchmarkFigures(figures: Figures, input: PerformanceInput, excess: readonly number[]): void {
  const { equity, benchmark, from, startEquity, riskFree } = input
  if (benchmark === null) return figures.none(OF_BENCHMARK, 'there is no benchmark')
  const other = daily(equity, benchmark, from, startEquity).returns.map((value) => value - riskFree / YEAR)
  if (!(deviation(other) > ROUNDING)) return figures.none(OF_BENCHMARK, 'the benchmark never moves')
  const beta = covariance(excess, other) / deviation(other) ** 2
  figures.set('beta', beta)
  figures.set('alpha', YEAR * (mean(excess) - beta * mean(other)))
}

function sumOf(values: readonly number[], sign: 1 | -1): number {
  return values.reduce((sum, value) => (value * sign > 0 ? sum + value * sign : sum), 0)
}

import type { Metrics, RunDocument } from '../core/run.ts'
import type { Drawdown } from './drawdown.ts'
import { drawdownFigures } from './drawdown-figures.ts'
import { Figures } from './figures.ts'
import { orderFigures } from './order-figures.ts'
import type { PerformanceInput } from './performance-input.ts'
import { resultFigures } from './result-figures.ts'
import { riskFigures } from './risk-figures.ts'
import { splitTrades } from './split.ts'
import { METRICS } from './table.ts'
import { OF_PROFITS, profitFiguresAlone, tradeFigures } from './trade-figures.ts'

export interface Performance {
  readonly metrics: Metrics
  /** Why a figure is null: its key, or `split.long.winRate`, → reason. */
  readonly notes: Readonly<Record<string, string>>
  readonly split: RunDocument['split']
  /** Of the equity, oldest first. */
  readonly drawdowns: readonly Drawdown[]
}

/** Every figure of `METRICS`. Annual ones use daily UTC returns and 365 days: crypto trades on all of them. */
export function computeMetrics(input: PerformanceInput): Performance {
  const figures = new Figures()
  resultFigures(figures, input)
  riskFigures(figures, input)
  const drawdowns = drawdownFigures(figures, input)
  tradeFigures(figures, input)
  orderFigures(figures, input)
  const split = splitTrades(input.trades)
  const notes = { ...figures.notes }
  for (const side of ['long', 'short'] as const)
    if (split[side].winRate === null) notes[`split.${side}.winRate`] = `no ${side} trade was closed`
  return { metrics: figures.metrics, notes, split, drawdowns }
}

const CURVE: readonly string[] = ['equityPeak', 'exposure', 'maxGrossExposure', 'turnover']

/**
 * Some of the figures of `METRICS`: what a search asks of each of its runs, without the columns that only a report needs.
 * @param wanted keys; `notes` has why one of them is null
 */
export function someMetrics(
  input: PerformanceInput,
  wanted: readonly string[],
): { readonly metrics: Metrics; readonly notes: Readonly<Record<string, string>> } {
  const figures = new Figures()
  resultFigures(
    figures,
    input,
    wanted.some((key) => CURVE.includes(key)),
  )
  const groups = new Set(wanted.map((key) => GROUP_OF.get(key)))
  if (groups.has('Risk')) riskFigures(figures, input)
  // calmar is of the group Risk, and reckoned with the drawdowns
  if (groups.has('Drawdown') || wanted.includes('calmar')) drawdownFigures(figures, input)
  const ofTrades = wanted.filter((key) => GROUP_OF.get(key) === 'Trades')
  if (ofTrades.every((key) => OF_PROFITS.includes(key))) profitFiguresAlone(figures, input)
  else tradeFigures(figures, input)
  if (groups.has('Orders')) orderFigures(figures, input)
  const { metrics, notes } = figures
  return {
    metrics: Object.fromEntries(wanted.map((key) => [key, metrics[key] ?? null])),
    notes: Object.fromEntries(wanted.flatMap((key) => (notes[key] === undefined ? [] : [[key, notes[key]]]))),
  }
}

/** Whether one of these figures is made of the run's fills; the others are made of trades, equity and sums. */
export function needsFills(wanted: readonly string[]): boolean {
  return wanted.some((key) => key === 'turnover' || GROUP_OF.get(key) === 'Orders')
}

const GROUP_OF = new Map(METRICS.map(({ key, group }) => [key, group]))

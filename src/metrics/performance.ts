import type { Metrics, RunDocument } from '../core/run.ts'
import type { Drawdown } from './drawdown.ts'
import { drawdownFigures } from './drawdown-figures.ts'
import { Figures } from './figures.ts'
import { orderFigures } from './order-figures.ts'
import type { PerformanceInput } from './performance-input.ts'
import { resultFigures } from './result-figures.ts'
import { riskFigures } from './risk-figures.ts'
import { splitTrades } from './split.ts'
import { tradeFigures } from './trade-figures.ts'

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

import type { Dimension, Trial, TrialOutcome } from '../core/search.ts'
import { csvCell } from './csv.ts'

/**
 * `trials.csv`: a trial a line, by number: what was tried, what became of it. Columns of parameters carry
 * `param.` before the name.
 * @param windows of a walk-forward, the window of each trial
 */
export function trialsCsv(
  trials: readonly Trial[],
  outcomes: readonly TrialOutcome[],
  dimensions: readonly Dimension[],
  figures: readonly string[],
  windows: readonly number[] | null = null,
): string {
  const header = [
    'trial',
    ...(windows === null ? [] : ['window']),
    'status',
    'objective',
    ...dimensions.map(({ name }) => `param.${name}`),
    ...figures,
    'reason',
  ]
  const lines = trials.map(({ number, params }, k) => {
    const { status, objective, metrics, reason } = outcomes[k]!
    const cells = [
      number,
      ...(windows === null ? [] : [windows[k]!]),
      status,
      objective,
      ...dimensions.map(({ name }) => text(params[name])),
      ...figures.map((key) => metrics[key] ?? null),
      reason,
    ]
    return cells.map(csvCell).join(',')
  })
  return `${[header.map(csvCell).join(','), ...lines].join('\n')}\n`
}

function text(value: number | string | boolean | undefined): string | number | null {
  if (value === undefined) return null
  return typeof value === 'boolean' ? String(value) : value
}

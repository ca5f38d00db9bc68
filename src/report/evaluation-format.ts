import type { BaselineJudged, Judged } from '../core/evaluation.ts'
import type { Figure } from '../core/findings.ts'
import { CLASSIFICATION_METRICS, type ClassificationRow } from '../metrics/classification-table.ts'
import { count, decimal, NONE, percent } from './format.ts'
import { escapeHtml } from './html.ts'

/** Fractions that nobody reads as percent. */
export const SCORES: readonly string[] = ['auc', 'aucWeighted', 'prAuc', 'f1', 'macroF1', 'weightedF1']

/** What the baselines are called. */
export const BASELINE_NAMES = { majority: 'commonest class', previousSign: 'last bar’s sign' } as const
export const BASELINE_KEYS = ['majority', 'previousSign'] as const

export function rowOf(key: string): ClassificationRow {
  return CLASSIFICATION_METRICS.find((row) => row.key === key)!
}

/** A figure as its unit is read. */
export function judgedText(key: string, value: Figure | undefined): string {
  if (value === null || value === undefined) return NONE
  const { unit } = rowOf(key)
  if (unit === 'count') return count(value)
  return unit === 'fraction' && !SCORES.includes(key) ? percent(value) : decimal(value, 4)
}

/** Where a figure lies in 95 of 100 resamples. */
export function rangeText(
  key: string,
  range: { readonly low: number; readonly high: number } | null | undefined,
): string {
  return range === null || range === undefined ? '' : `${judgedText(key, range.low)} to ${judgedText(key, range.high)}`
}

/** A figure, or why there is none. */
export function judgedCell(judged: Judged, key: string): string {
  const value = judged.metrics[key]
  return value === null || value === undefined ? withReason(judged.notes[key]) : judgedText(key, value)
}

/** A figure with its interval under it. */
export function judgedWithRange(judged: Judged, key: string): string {
  const range = rangeText(key, judged.intervals[key])
  return `${judgedCell(judged, key)}${range === '' ? '' : `<span class="how">${range}</span>`}`
}

export function withReason(reason: string | undefined): string {
  return `${NONE}${reason === undefined ? '' : ` <span class="reason">${escapeHtml(reason)}</span>`}`
}

type Standing = 'better' | 'worse' | 'inside' | 'even'

/** How the model stands to a baseline; `null` where one of them lacks the figure. */
export function standing(baseline: BaselineJudged, key: string): Standing | null {
  const compared = baseline.compared[key]
  if (compared === null || compared === undefined) return null
  if (compared.isBetter) return 'better'
  const { difference } = compared
  const isWorse = difference !== null && (rowOf(key).better === 'lower' ? difference.low > 0 : difference.high < 0)
  return isWorse ? 'worse' : compared.isInside ? 'inside' : 'even'
}

const STANDINGS: Readonly<Record<Standing, string>> = {
  better: '<span class="good">better</span>',
  worse: '<span class="bad">worse</span>',
  inside: '<span class="mark">inside its interval</span>',
  even: 'not told apart',
}

export function standingText(baseline: BaselineJudged, key: string): string {
  const one = standing(baseline, key)
  return one === null ? '' : STANDINGS[one]
}

/** Text that ends like a sentence, whoever wrote it. */
export function ended(text: string): string {
  return /[.!?]$/.test(text) ? text : `${text}.`
}

import type { Figure } from '../core/findings.ts'
import type { Dimension, Params, SearchRequest, SweepResult } from '../core/search.ts'
import { CLASSIFICATION_METRICS } from '../metrics/classification-table.ts'
import { METRICS } from '../metrics/index.ts'
import { SCORES } from './evaluation-format.ts'
import { amount, count, decimal, duration, moment, NONE, percent, price, signedPercent } from './format.ts'
import { escapeHtml } from './html.ts'

/** How a figure is written; the page writes it so too (`page-search.ts`). */
export type Form = 'percent' | 'gain' | 'ratio' | 'score' | 'count' | 'money' | 'span' | 'moment' | 'plain'

/** A figure of a search: what it is called and how it is written. */
export interface Shape {
  readonly key: string
  readonly label: string
  readonly form: Form
}

/** Fractions that are gains or losses. */
const GAINS = ['totalReturn', 'cagr', 'buyAndHold', 'alpha', 'avgTrade', 'bestTrade', 'worstTrade', 'avgWin', 'avgLoss']

const OF_RUNS: Readonly<Record<(typeof METRICS)[number]['unit'], Form>> = {
  ...{ fraction: 'percent', quote: 'money', base: 'plain', count: 'count', ratio: 'ratio', ms: 'span', bars: 'count' },
  time: 'moment',
}

/** A figure by its key; one that no table knows is the user's own, and called as it was written. */
export function shapeOf(key: string): Shape {
  const run = METRICS.find((row) => row.key === key)
  if (run !== undefined) return { key, label: run.label, form: GAINS.includes(key) ? 'gain' : OF_RUNS[run.unit] }
  const judged = CLASSIFICATION_METRICS.find((row) => row.key === key)
  if (judged === undefined) return { key, label: key, form: 'plain' }
  const isShare = judged.unit === 'fraction' && !SCORES.includes(key)
  return { key, label: judged.label, form: judged.unit === 'count' ? 'count' : isShare ? 'percent' : 'score' }
}

/** A figure as its form is read. */
export function shapeText(form: Form, value: Figure | undefined, account: { readonly cash: number }): string {
  if (value === null || value === undefined) return NONE
  switch (form) {
    case 'percent':
      return percent(value)
    case 'gain':
      return signedPercent(value)
    case 'ratio':
      return decimal(value, 2)
    case 'score':
      return decimal(value, 4)
    case 'count':
      return count(value)
    case 'money':
      return amount(value, account)
    case 'span':
      return duration(value)
    case 'moment':
      return moment(value)
    case 'plain':
      return price(value)
  }
}

/** A figure, or why there is none. HTML. */
export function orTooFew(text: string, value: Figure | undefined, note: string | undefined): string {
  if (value !== null && value !== undefined) return text
  return `${NONE} <span class="reason">${tooFew(note)}</span>`
}

/** Why a figure is not there: for want of trials or of days, where nothing else is said. HTML. */
export function tooFew(note: string | undefined): string {
  return note === undefined ? 'too few to say' : escapeHtml(note)
}

/** A parameter's value; of a number that was drawn from a range six digits. */
export function valueText(value: Params[string]): string {
  if (typeof value !== 'number') return String(value)
  return String(Number.isInteger(value) ? value : Number(value.toPrecision(6))).replace('-', '−')
}

/** `fast = 20, slow = 340`. */
export function paramsText(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${name} = ${valueText(value)}`)
    .join(', ')
}

const LISTED = 6

/** What a parameter is tried with: `10 to 100 by 10`. */
export function rangeOf(dimension: Dimension): string {
  if (dimension.kind === 'list') {
    const { values } = dimension
    if (values.length <= LISTED) return values.map(valueText).join(', ')
    return `${values
      .slice(0, LISTED - 2)
      .map(valueText)
      .join(', ')} … ${valueText(values.at(-1)!)} (${count(values.length)} values)`
  }
  const { from, to, step, isLog, kind } = dimension
  const by = step === null ? (kind === 'int' ? ', whole numbers' : '') : ` by ${valueText(step)}`
  return `${valueText(from)} to ${valueText(to)}${by}${isLog ? ', logarithmic' : ''}`
}

/** What a search looks for: `highest Sharpe`. */
export function goalText({ objective }: SearchRequest): string {
  return `${objective.goal === 'max' ? 'highest' : 'lowest'} ${shapeOf(objective.name).label}`
}

/** Trials that figures of all are of, where some were given up, failed or have no objective: `the 101 that were finished`. */
export function finishedText({ outcomes }: Pick<SweepResult, 'outcomes'>, all: string): string {
  const done = outcomes.filter(({ status }) => status === 'done')
  const n = done.filter(({ objective }) => objective !== null).length
  if (n === outcomes.length) return all
  return `the ${count(n)} that ${n === 1 ? 'was' : 'were'} finished${n < done.length ? ' with an objective' : ''}`
}

/** A number of trials that need not be a whole one: 14.2, 91. */
export function effectiveText(value: number): string {
  return decimal(value, 1).replace(/\.0$/, '')
}

import type { SeriesEvaluation } from '../core/evaluation.ts'
import type { Figure } from '../core/findings.ts'
import { type Block, blockSection } from './evaluation-block.ts'
import { rowOf, withReason } from './evaluation-format.ts'
import { count, decimal, NONE, percent, plural, quantity } from './format.ts'
import { type Column, escapeHtml, figure, tableHtml } from './html.ts'

type Feature = SeriesEvaluation['features'][number]

/** Features that a chart has room for. */
const CHARTED = 40
/** Height of one of them, CSS pixels. */
const LINE = 24
/** PSI from which values have moved some, and much (Siddiqi 2006). */
export const DRIFT_LEVELS = [0.1, 0.25] as const

const number = (title: string): Column => ({ title, kind: 'number' })

/** The most important first; without importance in their own order. */
export function chartedFeatures(features: readonly Feature[]): readonly Feature[] {
  const weight = ({ importance }: Feature) => importance?.mean ?? Number.NEGATIVE_INFINITY
  return features
    .filter((feature) => feature.importance !== null)
    .sort((a, b) => weight(b) - weight(a))
    .slice(0, CHARTED)
}

/** Those that moved most first. */
export function driftedFeatures(features: readonly Feature[]): readonly Feature[] {
  return features
    .filter(({ drift }) => drift.some((value) => value !== null))
    .sort((a, b) => most(b.drift) - most(a.drift))
    .slice(0, CHARTED)
}

function most(values: readonly Figure[]): number {
  return values.reduce<number>(
    (high, value) => Math.max(high, value ?? Number.NEGATIVE_INFINITY),
    Number.NEGATIVE_INFINITY,
  )
}

/** What the model leans on, and whether that is still what it was when it learnt. */
export function importanceSection(block: Block): string {
  const { one, tail } = block
  const { features, importanceBy } = one
  if (features.length === 0) return ''
  const [important, drifted] = [chartedFeatures(features), driftedFeatures(features)]
  const by = importanceBy === null ? '' : rowOf(importanceBy).label
  const some = (shown: number, all: number) =>
    shown < all ? ` The first ${shown} of ${all}; the tables have every one.` : ''
  const far = features.filter(({ drift }) => most(drift) > DRIFT_LEVELS[1]).length
  const parts = [
    important.length === 0
      ? `<p class="off">No importance: ${importanceBy === null ? 'the model’s figures could not be compared on any test rows' : 'no feature was shuffled'}.</p>`
      : figure(
          `chart-importance${tail}`,
          `Importance: how much worse ${by} gets when a feature is shuffled`,
          `Bars: mean over folds; ticks: each fold. At or below 0 the model does as well without the feature.${some(important.length, features.length)}`,
          60 + LINE * important.length,
          importanceTable(features),
        ),
    drifted.length === 0
      ? '<p class="off">No drift: there are no rows to compare.</p>'
      : figure(
          `chart-drift${tail}`,
          'Drift: PSI between training and test, by fold',
          `Dashed: ${DRIFT_LEVELS[0]} and ${DRIFT_LEVELS[1]}. Beyond the second the feature is no longer what was learnt from: ${far === 0 ? 'none is' : `${plural(far, 'feature')} of ${features.length}`}. The scale is a root.${some(drifted.length, features.length)}`,
          60 + LINE * drifted.length,
          driftTable(features),
        ),
  ]
  return blockSection(block, 'importance', 'What it leans on, and drift', `<div class="pair">${parts.join('')}</div>`)
}

function importanceTable(features: readonly Feature[]): string {
  const folds = Math.max(0, ...features.map(({ importance }) => importance?.folds.length ?? 0))
  const text = (value: Figure | undefined) => (value === null || value === undefined ? NONE : decimal(value, 4))
  return tableHtml(
    'Importance by fold',
    [{ title: 'Feature' }, number('mean'), ...Array.from({ length: folds }, (_, k) => number(`fold ${k + 1}`))],
    features.map(({ name, importance }) => [
      escapeHtml(name),
      text(importance?.mean),
      ...Array.from({ length: folds }, (_, k) => text(importance?.folds[k])),
    ]),
  )
}

function driftTable(features: readonly Feature[]): string {
  const folds = Math.max(0, ...features.map(({ drift }) => drift.length))
  const cell = (value: Figure | undefined) => {
    if (value === null || value === undefined) return NONE
    const tone = value > DRIFT_LEVELS[1] ? 'bad' : value > DRIFT_LEVELS[0] ? 'mark' : ''
    return tone === '' ? decimal(value, 3) : `<span class="${tone}">${decimal(value, 3)}</span>`
  }
  return tableHtml(
    'PSI by fold',
    [{ title: 'Feature' }, ...Array.from({ length: folds }, (_, k) => number(`fold ${k + 1}`))],
    features.map(({ name, drift }) => [escapeHtml(name), ...Array.from({ length: folds }, (_, k) => cell(drift[k]))]),
  )
}

const DROPPED = {
  lookback: 'a feature has not settled yet',
  infinite: 'a feature is infinite',
  missing: 'a feature has no value',
  label: 'the label is not known',
  window: 'too few usable rows before it for a window',
} as const

/** What the model was given: features, what was found about them, rows that could not be used. */
export function featuresSection(block: Block): string {
  const { one, document } = block
  const formulas = (document.definition['features'] ?? {}) as Readonly<Record<string, unknown>>
  const errors = one.findings.filter(({ severity }) => severity === 'error').length
  const dropped = Object.entries(DROPPED).filter(([key]) => one.dropped[key as keyof typeof DROPPED] > 0)
  return blockSection(
    block,
    'features',
    'Features and rows',
    findingsTable(one, errors),
    tableHtml(
      'Features, over all bars; AUC alone is of training rows, at least 0.5',
      [
        { title: 'Feature' },
        { title: 'computed by', kind: 'prose' },
        ...['AUC alone', 'from', 'to', 'missing', 'infinite'].map(number),
      ],
      one.features.map((feature) => [
        escapeHtml(feature.name),
        `<code>${escapeHtml(formulaOf(feature.name, formulas))}</code>`,
        feature.auc === null ? withReason('one class alone') : decimal(feature.auc, 4),
        feature.low === null ? withReason('no value') : short(feature.low),
        feature.high === null ? withReason('no value') : short(feature.high),
        count(feature.missing),
        feature.infinite === 0 ? '0' : `<span class="bad">${count(feature.infinite)}</span>`,
      ]),
    ),
    tableHtml(
      `${count(one.used)} of ${plural(one.bars, 'bar')} can be used; the others by the first reason that applies`,
      [{ title: 'Left out because' }, number('bars'), number('of all')],
      (dropped.length === 0 ? [] : dropped).map(([key, why]) => {
        const n = one.dropped[key as keyof typeof DROPPED]
        return [why, count(n), percent(one.bars === 0 ? null : n / one.bars)]
      }),
    ),
  )
}

/** A feature of several outputs is a column each, named after it. */
function formulaOf(name: string, formulas: Readonly<Record<string, unknown>>): string {
  const own = formulas[name] ?? formulas[name.split('.')[0]!]
  return typeof own === 'string' ? own : NONE
}

function short(value: number): string {
  return quantity(Number(value.toPrecision(5)))
}

function findingsTable({ findings }: SeriesEvaluation, errors: number): string {
  if (findings.length === 0) return '<p>Nothing was found wrong with features or labels.</p>'
  const warnings = findings.length - errors
  const counts = [
    ...(errors > 0 ? [plural(errors, 'error')] : []),
    ...(warnings > 0 ? [plural(warnings, 'warning')] : []),
  ]
  return tableHtml(
    `Found about features and labels: ${counts.join(', ')}`,
    [{ title: 'How bad' }, { title: 'What', kind: 'prose' }, { title: 'Feature' }, number('Fold')],
    findings.map(({ severity, message, feature, fold }) => [
      `<span class="${severity === 'error' ? 'bad' : 'mark'}">${severity}</span>`,
      escapeHtml(message),
      feature === null ? NONE : escapeHtml(feature),
      fold === null ? NONE : String(fold),
    ]),
  )
}

import type { FoldEvaluation } from '../core/evaluation.ts'
import { CLASSIFICATION_METRICS } from '../metrics/classification-table.ts'
import { type Block, blockSection } from './evaluation-block.ts'
import {
  BASELINE_KEYS,
  BASELINE_NAMES,
  ended,
  judgedCell,
  judgedText,
  judgedWithRange,
  rangeText,
  rowOf,
  standingText,
} from './evaluation-format.ts'
import { count, decimal, moment, plural, signedPercent } from './format.ts'
import { type Column, escapeHtml, figure, tableHtml } from './html.ts'

const number = (title: string): Column => ({ title, kind: 'number' })

/** Each fold by itself: whether one of them carries all the others. */
export function foldsSection(block: Block): string {
  const { one, tail, document } = block
  if (one.folds.length === 0)
    return blockSection(block, 'folds', 'Fold by fold', '<p class="off">No fold was trained.</p>')
  const known = one.folds.filter(({ metrics }) => metrics['auc'] != null)
  const words =
    known.length === 0
      ? ''
      : `Lines reach over each fold’s interval; dashed: 0.5, what guessing gets. ${count(known.filter(({ metrics }) => metrics['auc']! > 0.5).length)} of ${plural(known.length, 'fold')} with an AUC are above it.`
  return blockSection(
    block,
    'folds',
    'Fold by fold',
    known.length === 0 ? '' : figure(`chart-folds${tail}`, 'AUC by fold', words, 220),
    foldTable(one.folds, document.classes),
    trainingTable(one.folds),
    `<details><summary>Every figure of every fold</summary>${everyFigure(one.folds)}</details>`,
  )
}

/** Days alone: to the bar they are under the price. */
function daysOf(spans: FoldEvaluation['test']): string {
  const day = (time: number) => moment(time).slice(0, 10)
  const shown = spans.slice(0, 3).map((span) => `${day(span.first)} to ${day(span.last)}`)
  return [...shown, ...(spans.length > 3 ? [`and ${count(spans.length - 3)} more`] : [])].join('<br>')
}

function foldTable(folds: readonly FoldEvaluation[], classes: 2 | 3): string {
  const f1 = classes === 2 ? 'f1' : 'macroF1'
  return tableHtml(
    'What each fold was tested on (UTC), with 95 % intervals',
    [{ title: 'Fold' }, { title: 'tested on' }, ...['rows', 'AUC', 'log loss', rowOf(f1).label].map(number)],
    folds.map((fold) => [
      String(fold.fold),
      daysOf(fold.test),
      count(fold.rows.test),
      ...['auc', 'logLoss', f1].map((key) => judgedWithRange(fold, key)),
    ]),
  )
}

function trainingTable(folds: readonly FoldEvaluation[]): string {
  const weight = (n: number) => decimal(n, Number.isInteger(n) || n >= 100 ? 0 : 1)
  return tableHtml(
    'What each fold learnt from (UTC), and rows kept away from it',
    [
      ...[{ title: 'Fold' }, { title: 'learnt from' }, number('rows learnt'), number('by class, weighed')],
      ...['to stop by', 'to calibrate', 'purged', 'embargoed'].map(number),
    ],
    folds.map(({ fold, train, rows, balance }) => [
      String(fold),
      daysOf([train]),
      count(rows.learnt),
      balance.map(weight).join(' / '),
      ...[rows.validation, rows.calibration, rows.purged, rows.embargoed].map(count),
    ]),
  )
}

function everyFigure(folds: readonly FoldEvaluation[]): string {
  return tableHtml(
    'Figures of each fold, with 95 % intervals',
    [{ title: 'Figure' }, ...folds.map(({ fold }) => number(`fold ${fold}`))],
    CLASSIFICATION_METRICS.filter(({ key }) => folds.some(({ metrics }) => key in metrics)).map(({ key, label }) => [
      escapeHtml(label),
      ...folds.map((fold) => judgedWithRange(fold, key)),
    ]),
  )
}

/** The model beside what is said without one, figure by figure. */
export function baselinesSection(block: Block): string {
  const { pooled } = block.one
  const rows = CLASSIFICATION_METRICS.filter(({ better, key }) => better !== null && key in pooled.metrics).map(
    ({ key, label, better }) => [
      `${escapeHtml(label)}<span class="how">${better} is better</span>`,
      judgedWithRange(pooled, key),
      ...BASELINE_KEYS.flatMap((who) => {
        const baseline = pooled.baselines[who]
        const difference = rangeText(key, baseline.compared[key]?.difference)
        const how = standingText(baseline, key)
        return [
          judgedWithRange(baseline, key),
          `${how === '' ? '–' : how}${difference === '' ? '' : `<span class="how">${difference}</span>`}`,
        ]
      }),
    ],
  )
  const { blocks } = pooled
  const how =
    blocks === null
      ? 'There were too few rows to resample, so there are no intervals.'
      : `Intervals: where a figure lies in 95 of 100 of ${count(blocks.resamples)} resamples in ${escapeHtml(blocks.kind)} blocks of ${plural(blocks.blockLength, 'row')}, because neighbouring bars are not independent.`
  return blockSection(
    block,
    'baselines',
    'Beside what needs no model',
    `<p>All test rows together. “Better” is said where the difference is beyond 0 in its whole interval and the model outside the baseline’s; the interval of an AUC must be beyond 0.5 as well, that of Matthews’ correlation beyond 0, that of balanced accuracy beyond what guessing gets. ${how}</p>`,
    tableHtml(
      'The model, the commonest class of each training part, and the sign of the last bar; small: 95 % intervals',
      [
        { title: 'Figure' },
        number('model'),
        ...BASELINE_KEYS.flatMap((who) => [number(BASELINE_NAMES[who]), number('model is, by')]),
      ],
      rows,
    ),
  )
}

/** Every figure of all rows together, with its formula and where the formula comes from. */
export function judgedSection(block: Block): string {
  const { pooled } = block.one
  const all = CLASSIFICATION_METRICS.filter(({ key }) => key in pooled.metrics)
  const table = tableHtml(
    'All test rows together',
    [{ title: 'Figure' }, number('Value'), { title: 'Formula (and whose figure it matches)', kind: 'prose' }],
    all.map(({ key, label, formula, source }) => [
      escapeHtml(label),
      judgedCell(pooled, key),
      `<span class="formula">${escapeHtml(formula)} <span class="source">(${escapeHtml(source)})</span></span>`,
    ]),
  )
  return blockSection(
    block,
    'metrics',
    'All figures',
    `<details><summary>${plural(all.length, 'figure')} with formulas</summary>${table}</details>`,
  )
}

/** Series beside each other, where there are several. */
export function overviewTable(blocks: readonly Block[]): string {
  return tableHtml(
    'Series beside each other',
    [
      { title: 'Series' },
      ...['AUC', 'log loss', 'accuracy', 'rows', 'folds', 'net, a trade'].map(number),
      { title: 'in words', kind: 'prose' },
    ],
    blocks.map(({ one, tail }) => [
      `<a href="#verdict${tail}">${escapeHtml(one.series)}</a>`,
      ...['auc', 'logLoss', 'accuracy'].map((key) => judgedWithRange(one.pooled, key)),
      judgedText('rows', one.pooled.metrics['rows']),
      String(one.folds.length),
      signedPercent(one.money.best?.single.expectancy, 3),
      escapeHtml(one.verdicts.map(ended).join(' ')),
    ]),
  )
}

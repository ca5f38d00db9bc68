import type { SeriesEvaluation } from '../core/evaluation.ts'
import { type Block, blockSection, classNames } from './evaluation-block.ts'
import { judgedText, rangeText, withReason } from './evaluation-format.ts'
import type { SpreadOfP } from './evaluation-spread.ts'
import { count, decimal, percent, plural } from './format.ts'
import { escapeHtml, figure, tableHtml } from './html.ts'

type Curves = SeriesEvaluation['curves']

/** How well classes are told apart, how far probabilities can be believed, and how sure the model is. */
export function curvesSection(block: Block, spread: SpreadOfP | null): string {
  return blockSection(
    block,
    'curves',
    'Telling classes apart',
    `<div class="pair">${rocFigure(block)}${precisionFigure(block)}</div>`,
    `<div class="pair">${calibrationFigure(block)}${spread === null ? '' : spreadFigure(block, spread)}</div>`,
  )
}

function rocFigure(block: Block): string {
  const { one, tail } = block
  const { roc } = one.curves
  if (roc.length === 0) return missing('ROC', one.pooled.notes['auc'])
  const { pooled } = one
  const range = rangeText('auc', pooled.intervals['auc'])
  const words = `The area under it is ${judgedText('auc', pooled.metrics['auc'])}${range === '' ? '' : ` (95\u202f%: ${range})`}: how likely a bar of the class has a higher p than one of another. Without skill the curve is the dashed diagonal.`
  return figure(
    `chart-roc${tail}`,
    'ROC: hits against false alarms',
    words,
    300,
    curveTable(block, roc, ['false alarms', 'hits']),
  )
}

function precisionFigure(block: Block): string {
  const { one, tail } = block
  const { precisionRecall } = one.curves
  if (precisionRecall.length === 0) return missing('precision and recall', one.pooled.notes['prAuc'])
  const range = rangeText('prAuc', one.pooled.intervals['prAuc'])
  const words = `The area under it is ${judgedText('prAuc', one.pooled.metrics['prAuc'])}${range === '' ? '' : ` (95\u202f%: ${range})`}. Dashed: how often ${block.document.classes === 2 ? 'the class came, which is' : 'each class came,'} what guessing gets. The scale is that of a recall above 2\u202f%: below, a few bars decide.`
  return figure(
    `chart-pr${tail}`,
    'Precision against recall',
    words,
    300,
    curveTable(block, precisionRecall, ['recall', 'precision']),
  )
}

function missing(what: string, reason: string | undefined): string {
  return `<p class="off">No curve of ${what}: ${withReason(reason)}</p>`
}

/** Of each curve the points that are nearest to every tenth. */
function curveTable({ document }: Block, curves: Curves['roc'], [x, y]: readonly [string, string]): string {
  const names = classNames(document)
  const rows = curves.flatMap((curve) => {
    const nearest = (to: number) =>
      curve.x.reduce((best, at, k) => (Math.abs(at - to) < Math.abs(curve.x[best]! - to) ? k : best), 0)
    const points = [...new Set(Array.from({ length: 11 }, (_, k) => nearest(k / 10)))]
    return points.map((k) => [names[curve.class]!, percent(curve.x[k], 1), percent(curve.y[k], 1)])
  })
  return tableHtml(
    `Points of the curve: ${y} at ${x}`,
    [{ title: 'Class' }, { title: x, kind: 'number' }, { title: y, kind: 'number' }],
    rows,
  )
}

function calibrationFigure({ one, document, tail }: Block): string {
  const { calibration } = one.curves
  const { metrics, notes } = one.pooled
  if (calibration.length === 0) return missing('what was said and what came', notes['calibrationError'])
  const error = metrics['calibrationError'] ?? null
  const off = error === null ? '' : ` On average they are ${percent(error)} apart.`
  const of = document.classes === 2 ? 'p' : 'the probability of the class that was said'
  const table = tableHtml(
    'What was said and what came, by bin of probability',
    [
      { title: 'said, from' },
      { title: 'to', kind: 'number' },
      { title: 'rows', kind: 'number' },
      { title: 'said on average', kind: 'number' },
      { title: 'came', kind: 'number' },
    ],
    calibration.map((bin) => [
      decimal(bin.low, 3),
      decimal(bin.high, 3),
      count(bin.weight),
      percent(bin.predicted, 1),
      percent(bin.observed, 1),
    ]),
  )
  return figure(
    `chart-calibration${tail}`,
    'Reliability: what was said against what came',
    `Bins of ${of}; a point is as large as its bin has rows. On the dashed line a probability is what it says: below it the model is too sure.${off}`,
    300,
    table,
  )
}

function spreadFigure({ document, tail }: Block, spread: SpreadOfP): string {
  const { bins, own, quartiles } = spread
  const [low, middle, high] = quartiles
  const table = tableHtml(
    'Rows by p',
    [
      { title: 'p from' },
      { title: 'to below', kind: 'number' },
      { title: 'rows', kind: 'number' },
      { title: 'of the class', kind: 'number' },
    ],
    bins.counts.flatMap((n, k) => {
      if (n === 0) return []
      const edge = (at: number) => decimal((bins.first + at) * bins.width, 4)
      return [[edge(k), edge(k + 1), count(n), `${count(own[k]!)} (${percent(own[k]! / n, 1)})`]]
    }),
  )
  return figure(
    `chart-spread${tail}`,
    'How sure it is: bars by p',
    `Half of all p lie between ${decimal(low, 3)} and ${decimal(high, 3)}, around ${decimal(middle, 3)}. Full: bars on which class ${document.classes - 1} came; pale: the others.`,
    300,
    table,
  )
}

/** What was said against what came, and each class against the rest. */
export function classesSection(block: Block): string {
  const { one, document } = block
  const { confusion, perClass } = one.pooled
  const names = classNames(document)
  const total = confusion.flat().reduce((sum, n) => sum + n, 0)
  const saidOf = (k: number) => confusion.reduce((sum, row) => sum + row[k]!, 0)
  const rows = confusion.map((row, came) => {
    const sum = row.reduce((all, n) => all + n, 0)
    const cells = row.map((n, said) => {
      const share = sum === 0 ? 0 : n / sum
      return `<span class="heat ${said === came ? 'good' : 'bad'}" style="--s:${Math.round(share * 100)}%">${count(n)}</span><span class="how">${sum === 0 ? '–' : percent(share, 1)}</span>`
    })
    return [
      escapeHtml(names[came]!),
      ...cells,
      `${count(sum)}<span class="how">${total === 0 ? '–' : percent(sum / total, 1)}</span>`,
    ]
  })
  const together = [
    '<strong>Said</strong>',
    ...names.map(
      (_, k) => `${count(saidOf(k))}<span class="how">${total === 0 ? '–' : percent(saidOf(k) / total, 1)}</span>`,
    ),
    count(total),
  ]
  const when =
    document.classes === 2 ? `class 1 is said at p ≥ ${decimal(document.threshold, 3)}` : 'the likeliest class is said'
  const each = perClass.map((row, k) => [
    escapeHtml(names[k]!),
    count(row.support),
    figureOr(row.precision, 'never said', (value) => percent(value)),
    figureOr(row.recall, 'never came', (value) => percent(value)),
    figureOr(row.f1, 'neither said nor came', (value) => judgedText('f1', value)),
    figureOr(row.auc, 'one class alone', (value) => judgedText('auc', value)),
    figureOr(row.prAuc, 'one class alone', (value) => judgedText('prAuc', value)),
  ])
  return blockSection(
    block,
    'classes',
    'Class by class',
    `<p>${plural(total, 'row')} of all folds together; ${when}.</p>`,
    `<div class="pair">${tableHtml(
      'Confusion: rows that came, by what was said, with shares of each row',
      [
        { title: 'Came' },
        ...names.map((name) => ({ title: `said ${name}`, kind: 'number' as const })),
        { title: 'together', kind: 'number' },
      ],
      [...rows, together],
    )}${tableHtml(
      'Each class against the rest',
      [
        { title: 'Class' },
        ...['rows', 'precision', 'recall', 'F1', 'AUC', 'PR-AUC'].map((title) => ({ title, kind: 'number' as const })),
      ],
      each,
    )}</div>`,
  )
}

function figureOr(value: number | null, reason: string, text: (value: number) => string): string {
  return value === null ? withReason(reason) : text(value)
}

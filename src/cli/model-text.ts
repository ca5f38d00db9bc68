import type { EvaluationDocument, SeriesEvaluation } from '../core/evaluation.ts'
import { timeName } from '../core/time.ts'
import { amount, count, percent, plural, tableText } from './text.ts'

const RED = '\x1b[31m'
const PLAIN = '\x1b[0m'

/** What a person wants to know of a trained model at once: how far it is from its baselines, and what is left in money. */
export function modelText(document: EvaluationDocument, isColourful: boolean): string {
  const { definition } = document
  const { kind } = definition['model'] as { readonly kind: string }
  const features = document.series[0]?.features.length ?? 0
  const remarks = document.remarks.map((remark) => {
    const isAlarm = document.stopped !== null || document.costs.none
    return isAlarm && isColourful ? `${RED}! ${remark}${PLAIN}` : `! ${remark}`
  })
  return [
    `${document.model}: ${kind} on ${plural(features, 'feature')}, ${document.classes} classes`,
    ...document.series.flatMap((one, k) => ['', ...seriesLines(one, document.data[k]!)]),
    ...(remarks.length > 0 ? ['', ...remarks.map((remark) => `  ${remark}`)] : []),
  ].join('\n')
}

const FIGURES = [
  ['auc', 'AUC-ROC', 3],
  ['logLoss', 'Log loss', 4],
  ['brier', 'Brier', 4],
  ['accuracy', 'Accuracy', 3],
  ['f1', 'F1', 3],
  ['mcc', 'MCC', 3],
] as const

function seriesLines(one: SeriesEvaluation, data: EvaluationDocument['data'][number]): string[] {
  const { pooled, folds, dropped } = one
  const out = Object.entries(dropped)
    .filter(([, rows]) => rows > 0)
    .map(([reason, rows]) => `${reason} ${count(rows)}`)
    .join(', ')
  const figure = (value: number | null | undefined, digits: number) => amount(value, digits)
  const rows = FIGURES.map(([key, label, digits]) => {
    const around = pooled.intervals[key]
    const { majority, previousSign } = pooled.baselines
    return [
      label,
      figure(pooled.metrics[key], digits),
      around ? `${around.low.toFixed(digits)} to ${around.high.toFixed(digits)}` : '–',
      figure(majority.metrics[key], digits),
      figure(previousSign.metrics[key], digits),
      majority.compared[key]?.isBetter && (previousSign.compared[key]?.isBetter ?? true) ? 'better' : '',
    ]
  })
  const table = tableText(['out of sample', 'model', '95 % interval', 'majority', 'last sign', 'than both'], rows)
  return [
    `  ${one.series}, ${timeName(data.from)} to ${timeName(data.to)} UTC, ${plural(one.bars, 'bar')}`,
    `  ${plural(folds.length, 'fold')}, ${count(pooled.metrics['rows'] ?? 0)} bars foretold, the last class came in ${percent(pooled.metrics['upperShare'], 1)}${out === '' ? '' : `; left out: ${out}`}`,
    '',
    ...table.split('\n').map((line) => `  ${line}`),
    '',
    ...one.verdicts.map((sentence) => `  ${sentence}`),
    ...one.findings.filter(({ severity }) => severity === 'warning').map(({ message }) => `  ! ${message}`),
  ]
}

export function modelJson(document: EvaluationDocument, dir: string): unknown {
  const { run, ...rest } = document
  return { run, dir, report: `${dir}/report.html`, ...rest }
}

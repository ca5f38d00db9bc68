import type { FoldEvaluation } from '../core/evaluation.ts'
import { ZOOM_CONTROLS } from './equity-section.ts'
import { type Block, blockSection } from './evaluation-block.ts'
import { count, date, plural } from './format.ts'
import { figure } from './html.ts'

/** What was said of which bar: the price, and p under it, moved together. */
export function pricedSection(block: Block): string {
  const { predictions, tail, one, document } = block
  if (predictions === null)
    return blockSection(
      block,
      'price',
      'Predictions on the price',
      '<p class="off">Nothing was said of this series.</p>',
    )
  const { bars, fold, p } = predictions
  const said = p.reduce((sum, value, row) => (fold[row]! > 0 && !Number.isNaN(value) ? sum + 1 : sum), 0)
  const best = one.money.best
  const spans = (all: FoldEvaluation['test']) =>
    all.map((span) => `${date(span.first)} to ${date(span.last)}`).join(', ')
  const where = one.folds.map(
    (each) => `<li>Fold ${each.fold}: learns from ${spans([each.train])}, tested on ${spans(each.test)}</li>`,
  )
  const range =
    bars.length === 0
      ? ''
      : ` of ${plural(bars.length, 'bar')} from ${date(bars.openTime[0]!)} to ${date(bars.openTime[bars.length - 1]!)}`
  const folded =
    where.length === 0
      ? ''
      : `<details><summary>Where folds learn and are tested, to the bar</summary><ul>${where.join('')}</ul></details>`
  const lines = [
    document.classes === 2 ? `Dashed: class 1 is said from ${document.threshold} on` : '',
    best === null ? '' : `Dotted: the best threshold in money, ${best.threshold.toFixed(4)}`,
  ]
    .filter((text) => text !== '')
    .join('. ')
  return blockSection(
    block,
    'price',
    'Predictions on the price',
    ZOOM_CONTROLS,
    figure(
      `chart-price${tail}`,
      `Price of ${one.series}`,
      `Shaded and numbered: what each fold is tested on; elsewhere nothing is said, bars are only learnt from. ${count(said)}${range} have a p.`,
      280,
    ),
    figure(
      `chart-p${tail}`,
      `p: the probability of class ${document.classes - 1}`,
      `Every pixel keeps its lowest and highest p.${lines === '' ? '' : ` ${lines}.`}`,
      170,
    ),
    folded,
  )
}

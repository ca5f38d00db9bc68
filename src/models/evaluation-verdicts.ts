import type { BaselineJudged, SeriesEvaluation } from '../core/evaluation.ts'

const percent = (value: number, digits = 2) => `${(100 * value).toFixed(digits)} %`

const grouped = (count: number) => String(count).replace(/\B(?=(\d{3})+$)/g, ',')

const BASELINES = ['majority', 'previousSign'] as const
const SAYS = {
  majority: 'always saying the commonest class',
  previousSign: 'saying the last bar’s sign again',
} as const

/** How a model stands to a baseline that it does not beat. */
function insideOf(one: keyof typeof SAYS, { compared, intervals }: BaselineJudged): string {
  const around = intervals['auc']
  if (!compared['auc']?.isInside || !around) return `not told apart from ${SAYS[one]}`
  return `within the interval of ${SAYS[one]}, [${around.low.toFixed(3)}, ${around.high.toFixed(3)}]`
}

/** What a reader must not miss, in plain sentences: how far the figures are from nothing, and what is left of them in money. */
export function verdictsOf({ pooled, money }: Omit<SeriesEvaluation, 'verdicts'>): readonly string[] {
  const { metrics, notes, intervals, baselines } = pooled
  const auc = metrics['auc'] ?? null
  const around = intervals['auc'] ?? null
  const sentences: string[] = []
  if (auc === null) sentences.push(`There is no AUC: ${notes['auc'] ?? 'it cannot be computed'}.`)
  else {
    const range = around === null ? '' : ` [${around.low.toFixed(3)}, ${around.high.toFixed(3)}]`
    const rank = `AUC ${auc.toFixed(3)}${range} on ${grouped(metrics['rows'] ?? 0)} test bars`
    const unbeaten = BASELINES.filter((one) => !baselines[one].compared['auc']?.isBetter)
    sentences.push(
      unbeaten.length === 0
        ? `${rank}: better than ${SAYS.majority} and than ${SAYS.previousSign}.`
        : `${rank}: ${around !== null && around.low <= 0.5 ? 'not told apart from chance, which is 0.5' : insideOf(unbeaten[0]!, baselines[unbeaten[0]!])}; whatever follows may be luck.`,
    )
    const loss = baselines.majority.compared['logLoss']
    if (loss && !(loss.difference !== null && loss.difference.high < 0))
      sentences.push(
        'Its probabilities are no closer to what came than the classes’ shares in the training part, by log loss.',
      )
  }
  const { fee, slippage } = money.costs
  const cost = 2 * (fee + slippage)
  if (money.isEdgeGone)
    sentences.push(
      `The ranking is good and the edge is gone after costs: no threshold with enough trades gains once ${percent(cost)} a round trip is paid.`,
    )
  else if (money.best === null) sentences.push(`In money it cannot be judged: ${money.notes['best']}.`)
  else if (money.best.single.expectancy! <= 0)
    sentences.push(
      `No threshold with enough trades gains after ${percent(cost)} a round trip: that which loses least, p ≥ ${money.best.threshold.toFixed(3)}, loses ${percent(-money.best.single.expectancy!)} a trade over ${grouped(money.best.single.trades)}.`,
    )
  else
    sentences.push(
      `With hindsight the best threshold, p ≥ ${money.best.threshold.toFixed(3)}, gains ${percent(money.best.single.expectancy!)} a trade after costs over ${grouped(money.best.single.trades)} trades, one at a time; picked on the bars it is judged by, so expect less.`,
    )
  return sentences
}

import type { SeriesEvaluation } from '../core/evaluation.ts'

const percent = (value: number, digits = 2) => `${(100 * value).toFixed(digits)} %`

/** What a reader must not miss, in plain sentences: how far the figures are from nothing, and what is left of them in money. */
export function verdictsOf({ pooled, money }: Omit<SeriesEvaluation, 'verdicts'>): readonly string[] {
  const { metrics, notes, intervals, baselines } = pooled
  const auc = metrics['auc'] ?? null
  const around = intervals['auc'] ?? null
  const sentences: string[] = []
  if (auc === null) sentences.push(`There is no AUC: ${notes['auc'] ?? 'it cannot be computed'}.`)
  else {
    const range = around === null ? '' : ` [${around.low.toFixed(3)}, ${around.high.toFixed(3)}]`
    const rank = `AUC ${auc.toFixed(3)}${range} on ${metrics['rows']} bars that it has not learnt from`
    const beaten = (['majority', 'previousSign'] as const).filter((one) => baselines[one].compared['auc']?.isBetter)
    sentences.push(
      beaten.length === 2
        ? `${rank}: better than always saying the commonest class and than saying the last bar’s sign again.`
        : `${rank}: not told apart from ${beaten.length === 1 && beaten[0] === 'majority' ? 'saying the last bar’s sign again' : 'always saying the commonest class'}; whatever follows may be luck.`,
    )
    const loss = baselines.majority.compared['logLoss']
    if (loss && !loss.isBetter)
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
      `No threshold with enough trades gains after ${percent(cost)} a round trip: the best loses ${percent(-money.best.single.expectancy!)} a trade.`,
    )
  else
    sentences.push(
      `With hindsight the best threshold, p ≥ ${money.best.threshold.toFixed(3)}, gains ${percent(money.best.single.expectancy!)} a trade after costs over ${money.best.single.trades} trades, one at a time; picked on the bars it is judged by, so expect less.`,
    )
  return sentences
}

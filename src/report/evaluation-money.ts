import type { ThresholdInMoney, ThresholdTrades } from '../core/evaluation.ts'
import { type Block, blockSection } from './evaluation-block.ts'
import { count, decimal, percent, plural, rate, signedPercent } from './format.ts'
import { escapeHtml, figure, tableHtml } from './html.ts'

/** Trades that a threshold needs before it sets the scale of the chart. */
export const ENOUGH = 30

/** What would have been left of acting on p, after costs, at every threshold. */
export function moneySection(block: Block): string {
  const { one, tail, document } = block
  const { money } = one
  const { fee, slippage } = money.costs
  const side = `Each side of a trade costs a fee of ${rate(fee)} and ${rate(slippage)} of slippage, about ${percent(2 * (fee + slippage))} for a trade.`
  const notes = Object.entries(money.notes).map(
    ([key, text]) => `<li><code>${escapeHtml(key)}</code>: ${escapeHtml(text)}</li>`,
  )
  const words = `Bought at the next open where p is at or above the threshold, held until the label ends. ${side} The gap between before and after costs is what they eat.`
  return blockSection(
    block,
    'money',
    'In money',
    document.costs.none
      ? '<p class="bad">Costs were none: what is left of a trade is more than anybody could have.</p>'
      : '',
    money.isEdgeGone
      ? '<p><strong>The edge is gone after costs:</strong> the AUC is good, and no threshold with enough trades gains.</p>'
      : '',
    bestWords(money.best, money.notes['best']),
    money.rows.length === 0
      ? '<p class="off">No threshold was tried.</p>'
      : `<div class="pair">${figure(`chart-money${tail}`, 'Mean return of a trade by threshold', `${words} Thresholds with at least ${ENOUGH} trades set the scale; where there are fewer, lines may leave it.`, 280)}${figure(`chart-trades${tail}`, 'Trades by threshold', tradesWords(money.rows), 280)}</div>`,
    notes.length === 0 ? '' : `<ul class="hint">${notes.join('')}</ul>`,
    money.rows.length === 0
      ? ''
      : `<details><summary>Every threshold as a table</summary>${thresholdTable(money.rows)}</details>`,
  )
}

function bestWords(best: ThresholdInMoney | null, reason: string | undefined): string {
  if (best === null) return `<p>No best threshold${reason === undefined ? '' : `: ${escapeHtml(reason)}`}.</p>`
  const { single, every, threshold } = best
  const which = single.total > 0 ? 'Best' : 'Least lost'
  return `<p>${which} with one trade at a time: <strong>p ≥ ${decimal(threshold, 4)}</strong>, ${plural(single.trades, 'trade')} of ${signedPercent(single.expectancy, 3)} each after costs (${signedPercent(single.gross, 3)} before), ${signedPercent(single.total)} together with equal stakes, ${percent(single.winRate, 1)} won; with every chance taken ${plural(every.trades, 'trade')} of ${signedPercent(every.expectancy, 3)}. <span class="mark">It was chosen on the rows that it is judged by: it promises too much.</span></p>`
}

function tradesWords(rows: readonly ThresholdInMoney[]): string {
  const [first, last] = [rows[0]!, rows.at(-1)!]
  return `At the lowest threshold, ${decimal(first.threshold, 3)}, ${plural(first.every.trades, 'trade')} if every chance is taken and ${count(first.single.trades)} one at a time; at the highest, ${decimal(last.threshold, 3)}, ${count(last.every.trades)} and ${count(last.single.trades)}. The scale is a root, so that few can be seen beside many.`
}

function thresholdTable(rows: readonly ThresholdInMoney[]): string {
  const cells = ({ trades, gross, expectancy, total, winRate }: ThresholdTrades) => [
    count(trades),
    signedPercent(gross, 3),
    signedPercent(expectancy, 3),
    signedPercent(total),
    percent(winRate, 1),
  ]
  const titles = ['trades', 'before costs', 'net', 'net, sum', 'won']
  return tableHtml(
    'By threshold: every chance, then one trade at a time; before costs and net are means of a trade',
    [
      { title: 'p ≥' },
      ...titles.map((title) => ({ title: `every: ${title}`, kind: 'number' as const })),
      ...titles.map((title) => ({ title: `single: ${title}`, kind: 'number' as const })),
    ],
    rows.map(({ threshold, every, single }) => [decimal(threshold, 4), ...cells(every), ...cells(single)]),
  )
}

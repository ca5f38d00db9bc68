import type { RunResult } from '../core/run.ts'
import { amount, count, date, duration, plural, rate } from './format.ts'
import { escapeHtml } from './html.ts'
import { marginWords } from './margin-section.ts'

/** The head of the page: strategy, parameters, data. */
export function whatWasRun({ document }: RunResult): string {
  const { range } = document
  const params = Object.entries(document.params).map(
    ([name, value]) => `<span class="param">${escapeHtml(name)} = ${escapeHtml(String(value))}</span>`,
  )
  const gaps = document.data.reduce((sum, one) => sum + one.gaps.bars, 0)
  const made = document.data.reduce((sum, one) => sum + (one.made ?? 0), 0)
  const facts = [
    seriesText(document.data.map((one) => one.series)),
    `${date(range.from)} to ${date(range.to)} UTC (${duration(range.to - range.from)})`,
    `${plural(document.engine.bars, 'bar')}${made > 0 ? `, ${count(made)} of them made` : ''}${gaps > 0 ? `, ${count(gaps)} missing` : ''}${range.warmup > 0 ? `, after ${count(range.warmup)} of warm-up` : ''}`,
    `started with ${amount(document.cash, document)} ${escapeHtml(document.quote)}`,
    ...(document.perpetuals.length === 0 ? [] : [escapeHtml(marginWords(document.perpetuals))]),
    ...(document.costs.none ? [] : [feesText(document.costs)]),
  ]
  return `<p class="eyebrow">Backtest ${escapeHtml(document.run)}</p><h1>${escapeHtml(document.strategy)}</h1>
${params.length === 0 ? '' : `<p class="params">${params.join(' ')}</p>`}
<p class="facts">${facts.join(' · ')}</p>`
}

/** Of the first series' venue. */
function feesText({ feeMaker, feeTaker, feeTier, feeDiscount }: RunResult['document']['costs']): string {
  const off = feeDiscount === 0 ? '' : ` less ${rate(feeDiscount)}`
  const of = feeTier === null ? 'fees as given' : `fees of tier ${escapeHtml(feeTier)}${off}`
  return `${of}: maker ${rate(feeMaker)}, taker ${rate(feeTaker)}`
}

/** Two by their names; more by what they share, so that ten do not fill the screen of a phone. */
export function seriesText(names: readonly string[]): string {
  if (names.length <= 2) return escapeHtml(names.join(', '))
  const groups = new Map<string, string[]>()
  for (const name of names) {
    const [venue, symbol, interval] = name.split(':')
    const group = `${venue}, ${interval} bars`
    groups.set(group, [...(groups.get(group) ?? []), symbol!])
  }
  return escapeHtml([...groups].map(([group, symbols]) => `${symbols.join(' ')} (${group})`).join('; '))
}

import type { SearchMethod, SweepDocument, WalkForwardDocument } from '../core/search.ts'
import { amount, count, date, decimal, duration, plural, rate } from './format.ts'
import { escapeHtml } from './html.ts'
import { goalText, rangeOf, valueText } from './search-format.ts'
import { seriesText } from './what-was-run.ts'

export type SearchDocument = SweepDocument | WalkForwardDocument

/** How trials were chosen, in words. */
export const METHODS: Readonly<Record<SearchMethod, string>> = {
  grid: 'every set of a grid',
  random: 'sets drawn at random',
  sobol: 'sets spread evenly (Sobol)',
  tpe: 'sets proposed from what earlier ones came to (TPE)',
}

/** The head of the page: what was searched for what, on which data. @param more facts of its own, HTML */
export function whatWasSearched(document: SearchDocument, eyebrow: string, more: readonly string[]): string {
  const { data, range, engine, costs, search, fixed, cash, quote } = document
  const chips = [
    ...search.dimensions.map((one) => `<span class="param">${escapeHtml(`${one.name} = ${rangeOf(one)}`)}</span>`),
    ...Object.entries(fixed).map(
      ([name, value]) =>
        `<span class="param still">${escapeHtml(`${name} = ${valueText(value)}, not searched`)}</span>`,
    ),
  ]
  const isModel = document.kind === 'sweep' && document.subject === 'model'
  const gaps = data.reduce((sum, one) => sum + one.gaps.bars, 0)
  const facts = [
    ...more,
    `for the ${escapeHtml(goalText(search))}`,
    ...(search.where === null ? [] : [`only where <code>${escapeHtml(search.where)}</code>`]),
    seriesText(data.map((one) => one.series)),
    `${date(range.from)} to ${date(range.to)} UTC (${duration(range.to - range.from)})`,
    `${plural(engine.bars, 'bar')}${gaps > 0 ? `, ${count(gaps)} missing` : ''}`,
    ...(isModel ? [] : [`each with ${amount(cash, document)} ${escapeHtml(quote)}`]),
    ...(costs.none || isModel
      ? []
      : [
          `fees: maker ${rate(costs.feeMaker)}, taker ${rate(costs.feeTaker)}; slippage ${decimal(costs.slippageBps, 1)} basis points`,
        ]),
  ]
  return `<p class="eyebrow">${eyebrow} ${escapeHtml(document.run)}</p><h1>${escapeHtml(document.name)}</h1>
<p class="params">${chips.join(' ')}</p>
<p class="facts">${facts.join(' · ')}</p>`
}

/** What nobody may miss, in red. */
export function costAlarm({ costs }: SearchDocument): string {
  return costs.none
    ? '<p class="alarm" role="alert"><strong>All costs were set to zero.</strong> Nobody could have had these results, and what is best without costs is seldom best with them.</p>'
    : ''
}

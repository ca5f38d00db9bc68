import type { Figure, Portfolio } from '../core/findings.ts'
import { DAY } from '../core/interval.ts'
import type { RunDocument, RunResult } from '../core/run.ts'
import { amount, count, date, moment, percent, ratio, signedPercent } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'

/** Symbols that a table of correlations has room for. */
const SHOWN = 20

/** How much was held and on which margin, what a bad day costs, and what each symbol did to the account. */
export function portfolioSection(result: RunResult): string {
  const { document, fills } = result
  if (fills.length === 0) return ''
  const { portfolio } = document
  const several = portfolio.symbols.length > 1
  return section(
    'portfolio',
    'Portfolio',
    exposureFigure(result),
    marginFigure(document),
    `<div class="pair">${tailTable(document)}${several ? correlationTable(portfolio, document) : ''}</div>`,
    several ? contributionTable(document) : '',
  )
}

function exposureFigure({ document, margin, equity }: RunResult): string {
  const { metrics } = document
  const held = percent(metrics['exposure'], 1)
  const mean = sumOf(equity.exposure) / equity.length
  const gross = `Gross is the notional of all positions ÷ equity: ${percent(metrics['maxGrossExposure'], 1)} at most, ${percent(mean, 1)} on average; something was held on ${held} of the bars.`
  const net = margin === null ? '' : ` Net, shorts counted below 0, lay between ${range(margin.net)}.`
  return figure('chart-exposure', 'Exposure: positions ÷ equity, at the closes', gross + net, 200)
}

/** In a loop, as `reduce` calls a function a value: it takes three times as long. */
function sumOf(values: Float64Array): number {
  let sum = 0
  for (let row = 0; row < values.length; row++) sum += values[row]!
  return sum
}

function range(values: Float64Array): string {
  let [low, high] = [0, 0]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  return `${percent(low, 1)} and ${percent(high, 1)}`
}

function marginFigure({ portfolio: { margin }, perpetuals }: RunDocument): string {
  if (margin === null) return ''
  const when = (highest: { value: number; at: number } | null) =>
    highest === null ? 'never any' : `${percent(highest.value)} at most (${moment(highest.at)} UTC)`
  const isIsolated = perpetuals.some((one) => one.margin === 'isolated')
  const balance = isIsolated
    ? 'Initial margin is what positions bind, ÷ the account’s equity; maintenance margin is of the position that is nearest to its liquidation, ÷ its own balance.'
    : 'What positions bind and what they need, ÷ the margin balance, which is the account’s equity.'
  return figure(
    'chart-margin',
    'Use of margin, at the closes',
    `${balance} Initial margin ${when(margin.initial)}, maintenance margin ${when(margin.maintenance)}; at 100\u202f% of maintenance liquidation begins.`,
    200,
  )
}

function tailTable(document: RunDocument): string {
  const { metrics, range } = document
  const days = Math.floor((range.to - 1) / DAY) - Math.floor(range.from / DAY) + 1
  const cell = (key: string) => signedPercent(metrics[key])
  return tableHtml(
    `Bad days among ${count(days)} daily returns (UTC): where the worst of them begin, and what these come to on average`,
    [
      { title: 'The worst' },
      { title: 'value at risk', kind: 'number' },
      { title: 'expected shortfall', kind: 'number' },
    ],
    [
      ['5\u202f% of days', cell('valueAtRisk'), cell('expectedShortfall')],
      ['1\u202f% of days', cell('valueAtRisk99'), cell('expectedShortfall99')],
    ],
  )
}

function correlationTable({ symbols, correlation }: Portfolio, { notes }: RunDocument): string {
  const names = symbols.slice(0, SHOWN).map(({ symbol }) => symbol)
  const cell = (value: Figure, a: string, b: string) => {
    if (value === null)
      return `<span class="off" title="${escapeHtml(notes[`portfolio.correlation.${a}.${b}`] ?? '')}">–</span>`
    const strength = Math.round(Math.abs(value) * 100)
    return `<span class="heat alike" style="--s:${strength}%">${ratio(value)}</span>`
  }
  const some = symbols.length > SHOWN ? `, the first ${SHOWN} of ${count(symbols.length)} symbols` : ''
  return tableHtml(
    `Correlation of daily returns of the closes${some}`,
    [{ title: '' }, ...names.map((title) => ({ title, kind: 'number' as const }))],
    names.map((name, a) => [escapeHtml(name), ...names.map((other, b) => cell(correlation[a]![b]!, name, other))]),
  )
}

function contributionTable(document: RunDocument): string {
  const { portfolio, metrics, quote, perpetuals } = document
  const { symbols, drawdown } = portfolio
  const onMargin = perpetuals.length > 0
  const money = (value: number) => amount(value, document)
  const sum = (of: (one: Portfolio['symbols'][number]) => number) => symbols.reduce((all, one) => all + of(one), 0)
  const rows = symbols.map((one) => [
    escapeHtml(one.symbol),
    money(one.netProfit),
    signedPercent(one.returnShare),
    percent(one.drawdownShare),
    money(one.fees),
    money(one.slippage),
    ...(onMargin ? [money(one.funding)] : []),
    percent(one.exposure, 1),
  ])
  const together = [
    '<strong>Together</strong>',
    money(metrics['netProfit'] ?? 0),
    signedPercent(metrics['totalReturn']),
    percent(metrics['maxDrawdown']),
    money(sum((one) => one.fees)),
    money(sum((one) => one.slippage)),
    ...(onMargin ? [money(sum((one) => one.funding))] : []),
    percent(metrics['exposure'], 1),
  ]
  const when = drawdown === null ? '' : `; the largest drawdown from ${date(drawdown.from)} to ${date(drawdown.to)} UTC`
  return tableHtml(
    `What each symbol added, ${quote}${when}`,
    [
      { title: 'Symbol' },
      { title: 'net', kind: 'number' },
      { title: 'of the return', kind: 'number' },
      { title: 'of the drawdown', kind: 'number' },
      { title: 'fees', kind: 'number' },
      { title: 'slippage', kind: 'number' },
      ...(onMargin ? [{ title: 'funding', kind: 'number' as const }] : []),
      { title: 'in the market', kind: 'number' },
    ],
    [...rows, together],
  )
}

import type { RunDocument, RunResult, SplitRow } from '../core/run.ts'
import { METRICS, type MetricRow } from '../metrics/index.ts'
import { amount, count, decimal, figureText, percent, plural, rate } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'

/** Every figure, with its formula and where the formula comes from. */
export function metricsSection({ document }: RunResult): string {
  const groups = [...new Set(METRICS.map((metric) => metric.group))]
  const account = { cash: document.cash, quote: escapeHtml(document.quote) }
  const table = (group: MetricRow['group']) => {
    const rows = METRICS.filter((metric) => metric.group === group && metric.key in document.metrics).map((metric) => {
      const value = document.metrics[metric.key]
      const reason = document.notes[metric.key]
      const shown =
        value === null && reason !== undefined
          ? `– <span class="reason">${escapeHtml(reason)}</span>`
          : figureText(value, metric.unit, account)
      const { label, formula, source } = metric
      return [
        escapeHtml(label),
        shown,
        `<span class="formula">${escapeHtml(formula)} <span class="source">(${escapeHtml(source)})</span></span>`,
      ]
    })
    return tableHtml(
      group,
      [
        { title: 'Figure' },
        { title: 'Value', kind: 'number' },
        { title: 'Formula (and whose figure it matches)', kind: 'prose' },
      ],
      rows,
    )
  }
  return section(
    'metrics',
    'All figures',
    `<details><summary>${plural(Object.keys(document.metrics).length, 'figure')} with formulas</summary>${groups.map(table).join('\n')}</details>`,
  )
}

function slippageText({ costs, execution: { slippage } }: RunDocument): string {
  if (slippage.model === 'ticks') return `${plural(slippage.ticks, 'tick')}`
  if (slippage.model === 'bps') return `${decimal(costs.slippageBps, 1)} basis points`
  return `a spread of ${decimal(slippage.spreadBps, 1)} basis points and impact of ${slippage.impact} × σ × √(qty ÷ volume)`
}

export function costsSection({ document }: RunResult): string {
  const { costs, metrics, quote } = document
  const paid = costs.fees + costs.slippage + costs.funding
  const gross = (metrics['netProfit'] ?? 0) + paid
  const trades = metrics['trades'] ?? 0
  const money = (value: number) => amount(value, document)
  const share = (value: number) => (gross > 0 ? percent(value / gross, 1) : '–')
  const { perpetuals } = document
  const largest = Math.max(Number.MIN_VALUE, ...[costs.fees, costs.slippage, costs.funding].map(Math.abs))
  const bar = (value: number) =>
    `<span class="bar${value < 0 ? ' good' : ''}" style="--w:${((Math.abs(value) / largest) * 100).toFixed(1)}%"></span>`
  const row = (name: string, value: number, how: string, hasBar = perpetuals.length > 0) => [
    `${name}<span class="how">${how}</span>${hasBar ? bar(value) : ''}`,
    money(value),
    share(value),
  ]
  const rows = [
    row('Fees', costs.fees, `maker ${rate(costs.feeMaker)}, taker ${rate(costs.feeTaker)} of the notional`),
    row(
      'Slippage',
      costs.slippage,
      `${slippageText(document)} on market and stop fills, rounded to the tick against the trader`,
    ),
    row('Funding', costs.funding, fundingWords(document)),
    row(
      '<strong>Together</strong>',
      paid,
      `profit before costs ${money(gross)}, after ${money(metrics['netProfit'] ?? 0)}${trades === 0 ? '' : `; ${money(paid / trades)} per closed trade`}`,
      false,
    ),
  ]
  return section(
    'costs',
    'Costs',
    tableHtml(
      `What trading took, ${quote}`,
      [
        { title: 'Kind', kind: 'prose' },
        { title: quote, kind: 'number' },
        { title: 'of gross profit', kind: 'number' },
      ],
      rows,
    ),
  )
}

function fundingWords(document: RunDocument): string {
  const all = document.perpetuals.flatMap(({ funding }) => (funding === null ? [] : [funding]))
  if (document.perpetuals.length === 0) return 'spot has none'
  if (all.length === 0) return '<span class="mark">switched off</span>'
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0)
  const [paid, received] = [sum((one) => one.paid), sum((one) => one.received)]
  return `paid ${amount(paid, document)}, received ${amount(received, document)}, in ${plural(
    sum((one) => one.charges),
    'charge',
  )} at the recorded rates`
}

export function splitSection({ document }: RunResult): string {
  const { long, short, byTag, bySymbol } = document.split
  const table = (caption: string, entries: readonly (readonly [string, SplitRow])[]) =>
    entries.length === 0
      ? ''
      : tableHtml(
          caption,
          [
            { title: caption.replace('By ', ''), kind: 'prose' },
            { title: 'trades', kind: 'number' },
            { title: 'won', kind: 'number' },
            { title: `net, ${document.quote}`, kind: 'number' },
          ],
          entries.map(([name, row]) => [
            escapeHtml(name),
            count(row.trades),
            percent(row.winRate, 1),
            amount(row.netProfit, document),
          ]),
        )
  const sides = [
    ['long', long],
    ['short', short],
  ] as const
  return section(
    'split',
    'Where it came from',
    `<div class="pair">${table('By side', sides)}${table('By entry tag', Object.entries(byTag))}${table('By symbol', Object.entries(bySymbol))}</div>`,
  )
}

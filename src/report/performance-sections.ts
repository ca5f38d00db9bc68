import type { RunResult } from '../core/run.ts'
import { METRICS, type MetricRow, monthlyReturns } from '../metrics/index.ts'
import { count, decimal, figureText, percent, plural, signedPercent } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']

export function equitySection({ document, benchmark }: RunResult): string {
  const { metrics, quote } = document
  const end = `From ${decimal(metrics['startEquity'] ?? 0, 2)} to ${decimal(metrics['endEquity'] ?? 0, 2)} ${escapeHtml(quote)}, highest ${decimal(metrics['equityPeak'] ?? 0, 2)}; ${escapeHtml(document.benchmark)} ${benchmark === null ? 'has no curve' : `returned ${signedPercent(metrics['buyAndHold'])}`}. The months below are the same curve as a table.`
  const depth = `Largest fall ${percent(metrics['maxDrawdown'])}; ${plural(metrics['drawdowns'] ?? 0, 'drawdown')}, ${count(metrics['recoveredDrawdowns'] ?? 0)} of them recovered; ${percent(metrics['activeDrawdown'])} below the peak at the end.`
  const hint =
    '<p class="hint">Drag to move through time; hold Ctrl or Shift and scroll to zoom; double-click to go back. Every pixel keeps its lowest and highest value, so no spike is lost.</p>'
  return section(
    'equity',
    'Equity and drawdown',
    figure('chart-equity', `Equity in ${quote}`, end, 300),
    figure('chart-drawdown', 'Below the highest equity so far', depth, 180),
    hint,
  )
}

/** A year a row, a month a column, shaded by size; every shade has its figure in it. */
export function monthlySection(result: RunResult): string {
  const rows = monthlyReturns(result.equity, result.document.cash)
  const largest = Math.max(1e-9, ...rows.flatMap((row) => row.months.map((value) => Math.abs(value ?? 0))))
  const cell = (value: number | null) => {
    if (value === null) return '<span class="off">·</span>'
    const strength = Math.round((Math.abs(value) / largest) * 100)
    return `<span class="heat ${value < 0 ? 'bad' : 'good'}" style="--s:${strength}%">${signedPercent(value, 1)}</span>`
  }
  const columns = [
    { title: 'Year' },
    ...MONTHS.map((title) => ({ title, isNumber: true })),
    { title: 'Year’s total', isNumber: true },
  ]
  return section(
    'months',
    'Months',
    tableHtml(
      'Return of each calendar month, UTC',
      columns,
      rows.map((row) => [String(row.year), ...row.months.map(cell), `<strong>${signedPercent(row.total, 1)}</strong>`]),
    ),
  )
}

/** Every figure, with its formula for whoever wants to know. */
export function metricsSection({ document }: RunResult): string {
  const groups = [...new Set(METRICS.map((metric) => metric.group))]
  const table = (group: MetricRow['group']) => {
    const rows = METRICS.filter((metric) => metric.group === group && metric.key in document.metrics).map((metric) => {
      const value = document.metrics[metric.key]
      const reason = document.notes[metric.key]
      const shown =
        value === null && reason !== undefined
          ? `– <span class="reason">${escapeHtml(reason)}</span>`
          : figureText(value, metric.unit, escapeHtml(document.quote))
      return [
        `<abbr title="${escapeHtml(`${metric.formula} (${metric.source})`)}">${escapeHtml(metric.label)}</abbr>`,
        shown,
        `<span class="formula">${escapeHtml(metric.formula)}</span>`,
      ]
    })
    return tableHtml(group, [{ title: 'Figure' }, { title: 'Value', isNumber: true }, { title: 'Formula' }], rows)
  }
  return section(
    'metrics',
    'All figures',
    `<details><summary>${plural(Object.keys(document.metrics).length, 'figure')} with formulas</summary>${groups.map(table).join('\n')}</details>`,
  )
}

export function costsSection({ document }: RunResult): string {
  const { costs, metrics, quote } = document
  const paid = costs.fees + costs.slippage + costs.funding
  const gross = (metrics['netProfit'] ?? 0) + paid
  const share = (value: number) => (gross > 0 ? percent(value / gross, 1) : '–')
  const rows = [
    ['Fees', costs.fees, `maker ${percent(costs.feeMaker, 3)}, taker ${percent(costs.feeTaker, 3)}`],
    [
      'Slippage',
      costs.slippage,
      `${decimal(costs.slippageBps, 1)} basis points on market and stop fills, rounded to the tick against the trader`,
    ],
    ['Funding', costs.funding, 'spot has none'],
  ] as const
  const cells = rows.map(([name, value, how]) => [name, decimal(value, 2), share(value), how])
  const total = [
    '<strong>Together</strong>',
    `<strong>${decimal(paid, 2)}</strong>`,
    `<strong>${share(paid)}</strong>`,
    `profit before costs ${decimal(gross, 2)}, after ${decimal(metrics['netProfit'] ?? 0, 2)}`,
  ]
  return section(
    'costs',
    'Costs',
    tableHtml(
      `What trading took, ${quote}`,
      [
        { title: 'Kind' },
        { title: quote, isNumber: true },
        { title: 'of gross profit', isNumber: true },
        { title: 'How' },
      ],
      [...cells, total],
    ),
  )
}

export function splitSection({ document }: RunResult): string {
  const { long, short, byTag, bySymbol } = document.split
  const rows = (entries: readonly (readonly [string, typeof long])[]) =>
    entries.map(([name, row]) => [
      escapeHtml(name),
      count(row.trades),
      percent(row.winRate, 1),
      decimal(row.netProfit, 2),
    ])
  const table = (caption: string, entries: readonly (readonly [string, typeof long])[]) =>
    entries.length === 0
      ? ''
      : tableHtml(
          caption,
          [
            { title: '' },
            { title: 'trades', isNumber: true },
            { title: 'won', isNumber: true },
            { title: `net, ${document.quote}`, isNumber: true },
          ],
          rows(entries),
        )
  return section(
    'split',
    'Where it came from',
    `<div class="pair">${table('By side', [
      ['long', long],
      ['short', short],
    ])}${table('By entry tag', Object.entries(byTag))}${table('By symbol', Object.entries(bySymbol))}</div>`,
  )
}

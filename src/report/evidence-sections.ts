import type { RunResult } from '../core/run.ts'
import { count, moment, percent, plural, price } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'

const SHOWN = 50

export function remarksSection({ document }: RunResult): string {
  if (document.remarks.length === 0) return ''
  return section(
    'remarks',
    'What to know before believing it',
    `<ul>${document.remarks.map((remark) => `<li>${escapeHtml(remark)}</li>`).join('')}</ul>`,
  )
}

export function ordersSection({ document, events }: RunResult): string {
  const { accepted, rejected, byFilter } = document.orders
  const examples = new Map<string, string>()
  for (const event of events)
    if (event.type === 'rejected' && !examples.has(event.reason))
      examples.set(event.reason, `${event.symbol}, ${moment(event.at)}: ${event.value} against ${event.limit}`)
  const rows = Object.entries(byFilter).map(([filter, n]) => [
    escapeHtml(filter),
    count(n),
    escapeHtml(examples.get(filter) ?? ''),
  ])
  const refused =
    rows.length === 0
      ? '<p>None was refused.</p>'
      : tableHtml(
          'Refused, by filter or reason',
          [{ title: 'Filter' }, { title: 'orders', isNumber: true }, { title: 'the first: value against limit' }],
          rows,
        )
  const filters = document.filters.map((one) => [
    escapeHtml(one.symbol),
    escapeHtml(one.source),
    one.validFrom === null ? 'not known' : moment(one.validFrom),
    one.assumed ? '<span class="mark">assumed for the bars before</span>' : 'in force',
    escapeHtml(one.notSimulated.join(', ') || 'all'),
  ])
  return section(
    'orders',
    'Orders',
    `<p>${plural(accepted, 'order')} accepted, ${count(rejected)} refused.</p>`,
    refused,
    tableHtml(
      'Exchange filters the orders were held to',
      [{ title: 'Symbol' }, { title: 'Snapshot' }, { title: 'From (UTC)' }, { title: '' }, { title: 'Not simulated' }],
      filters,
    ),
  )
}

/** What the data are like; nothing in them was repaired. */
export function certificateSection({ document }: RunResult): string {
  const parts = document.certificates.map((one) => {
    const missing = one.gaps.reduce((sum, gap) => sum + gap.bars, 0)
    const facts = [
      plural(one.rows, 'bar'),
      one.gaps.length === 0 ? 'no gaps' : `${plural(one.gaps.length, 'gap')}, ${plural(missing, 'bar')} missing`,
      `${plural(one.zeroVolumeBars, 'bar')} without volume`,
      plural(one.flatRuns.length, 'flat run'),
      plural(one.outliers.length, 'outlier'),
      plural(one.outages.length, 'outage mark'),
      one.skippedRows === 0
        ? 'no row skipped at import'
        : `<span class="mark">${plural(one.skippedRows, 'row')} skipped at import</span>`,
    ]
    const some = <T>(caption: string, rows: readonly T[], cells: (row: T) => string[], titles: readonly string[]) =>
      rows.length === 0
        ? ''
        : tableHtml(
            rows.length > SHOWN ? `${caption}: the first ${SHOWN} of ${rows.length}` : caption,
            titles.map((title, k) => ({ title, isNumber: k > 0 && title !== 'next bar' && title !== 'field' })),
            rows.slice(0, SHOWN).map(cells),
          )
    const details = [
      some('Gaps', one.gaps, (gap) => [moment(gap.start), moment(gap.end), count(gap.bars)], [
        'first missing',
        'next bar',
        'bars',
      ]),
      some('Flat runs', one.flatRuns, (run) => [moment(run.start), count(run.bars)], ['from', 'bars']),
      some('Outliers', one.outliers, (row) => [moment(row.openTime), row.field, price(row.value), price(row.median)], [
        'bar',
        'field',
        'price',
        'median around it',
      ]),
      some('Outage marks: bars whose close time came early', one.outages, (time) => [moment(time)], ['bar']),
    ].join('')
    return `<h3>${escapeHtml(one.series)}</h3><p>${facts.join(' · ')}</p>${details === '' ? '' : `<details><summary>where</summary>${details}</details>`}`
  })
  return section(
    'data',
    'The data',
    '<p>Checked bar by bar, as stored. Nothing was repaired or filled in: a gap stays a gap, and an order that waits across one meets the next real bar.</p>',
    ...parts,
  )
}

export function reproduceSection({ document }: RunResult): string {
  const { reproduce } = document
  const rows: [string, string][] = [
    ['Run', document.run],
    ...document.data.map((one): [string, string] => [`Bars of ${one.series}`, `sha256 ${one.sha256}`]),
    ['Code', `sha256 ${reproduce.code}`],
    ['Settings', `sha256 ${reproduce.config}`],
    ['Fills', `sha256 ${document.tradeHash}`],
    ...Object.entries(reproduce.versions),
    ['Seed', String(document.seed)],
    ['Risk-free rate', percent(document.riskFree)],
    ['Benchmark', document.benchmark],
  ]
  return section(
    'reproduce',
    'Make it again',
    `<p>The same data, code and settings give the same bytes. This command makes this run; <code>klinelab verify ${escapeHtml(document.run)}</code> checks it.</p>
<div class="command"><code id="command">${escapeHtml(reproduce.command)}</code><button type="button" id="copy">Copy</button></div>`,
    tableHtml(
      'What it was made of',
      [{ title: '' }, { title: 'value' }],
      rows.map(([name, value]) => [escapeHtml(name), `<code>${escapeHtml(value)}</code>`]),
    ),
  )
}

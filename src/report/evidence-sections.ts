import type { RunEvent } from '../core/event.ts'
import type { Certificate, RunResult } from '../core/run.ts'
import { count, date, moment, percent, plural, price } from './format.ts'
import { type Column, escapeHtml, section, tableHtml } from './html.ts'

const SHOWN = 50

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
      ? ''
      : tableHtml(
          'Refused, by filter or reason',
          [
            { title: 'Filter or reason' },
            { title: 'orders', kind: 'number' },
            { title: 'the first of them: value against limit', kind: 'prose' },
          ],
          rows,
        )
  const held = new Map<string, string[]>()
  for (const one of document.filters) {
    const cells = [
      escapeHtml(one.source),
      one.validFrom === null ? 'not known' : moment(one.validFrom),
      one.validFrom === null
        ? '<span class="mark">assumed</span>'
        : one.assumed
          ? '<span class="mark">assumed for the bars before</span>'
          : 'in force',
      escapeHtml(one.notSimulated.join(', ') || 'none'),
    ]
    const key = JSON.stringify(cells)
    held.set(key, [...(held.get(key) ?? []), one.symbol])
  }
  const filters = [...held].map(([cells, symbols]) => [
    escapeHtml(symbols.join(', ')),
    ...(JSON.parse(cells) as string[]),
  ])
  return section(
    'orders',
    'Orders',
    `<p>${plural(accepted, 'order')} accepted${became(events)}; ${rejected === 0 ? 'none was refused' : `<strong>${count(rejected)} refused</strong>`}.</p>`,
    refused,
    tableHtml(
      'Exchange filters the orders were held to',
      [
        { title: 'Symbol', kind: 'prose' },
        { title: 'Snapshot', kind: 'prose' },
        { title: 'From (UTC)' },
        { title: 'State', kind: 'prose' },
        { title: 'Filters not simulated', kind: 'prose' },
      ],
      filters,
    ),
  )
}

const ENDINGS = {
  requested: 'cancelled by the strategy',
  oco: 'cancelled because the other leg of its bracket filled',
  flat: 'cancelled because the position was gone',
  expired: 'expired',
  'post-only': 'expired because it would have taken',
  liquidation: 'cancelled with a liquidation',
  risk: 'cancelled when a risk limit halted trading',
  end: 'open at the end of the data',
} as const

/** What the accepted orders came to, from the run's events. */
function became(events: readonly RunEvent[]): string {
  const counts = new Map<string, number>()
  const add = (what: string) => counts.set(what, (counts.get(what) ?? 0) + 1)
  // an id may come again once its order has ended
  const filled = new Set<string>()
  const keyOf = ({ symbol, id }: { symbol: string; id: string }) => `${symbol} ${id}`
  let [cut, capped, parts] = [0, 0, 0]
  for (const event of events) {
    if (event.type === 'accepted') filled.delete(keyOf(event.order))
    else if (event.type === 'fill') {
      const key = keyOf({ symbol: event.fill.symbol, id: event.fill.order })
      parts++
      if (filled.has(key)) continue
      filled.add(key)
      add('filled')
    } else if (event.type === 'cancelled') add(ENDINGS[event.reason])
    else if (event.type === 'cut') event.reason === 'MAX_NOTIONAL_AT_LEVERAGE' ? capped++ : cut++
  }
  const orders = counts.get('filled') ?? 0
  const inParts = parts > orders ? ` in ${count(parts)} parts` : ''
  const texts = [...counts].map(([what, n]) => `${count(n)} ${what}${what === 'filled' ? inParts : ''}`)
  const ends = texts.length === 0 ? '' : `: ${texts.join(', ')}`
  const cuts = [
    ...(cut === 0 ? [] : [`${count(cut)} cut to what could be paid for or sold`]),
    ...(capped === 0 ? [] : [`${count(capped)} cut to the largest position that their leverage allows`]),
  ]
  return [ends, ...cuts].join('; ')
}

/** What the data are like; nothing in them was repaired. */
export function certificateSection({ document }: RunResult): string {
  const number = (n: number) => (n === 0 ? 'none' : count(n))
  const rows = document.certificates.map((one) => [
    escapeHtml(one.series),
    count(one.rows),
    `${date(one.from)} to ${date(one.to)}`,
    one.gaps.length === 0
      ? 'none'
      : `${count(one.gaps.length)} (${plural(
          one.gaps.reduce((sum, gap) => sum + gap.bars, 0),
          'bar',
        )})`,
    number(one.zeroVolumeBars),
    number(one.flatRuns.length),
    number(one.outliers.length),
    number(one.outages.length),
    'nothing',
  ])
  const titles: readonly (readonly [string, Column['kind']?])[] = [
    ['Series'],
    ['Bars', 'number'],
    ['Range (UTC)'],
    ['Gaps', 'number'],
    ['Bars without volume', 'number'],
    ['Flat runs', 'number'],
    ['Outliers', 'number'],
    ['Outage marks', 'number'],
    ['Repaired', 'number'],
  ]
  return section(
    'data',
    'The data',
    '<p>Checked bar by bar, as stored. Nothing was repaired or filled in: a gap stays a gap, and an order that waits across one meets the next real bar.</p>',
    tableHtml(
      'Data certificate',
      titles.map(([title, kind]) => (kind === undefined ? { title } : { title, kind })),
      rows,
    ),
    whereabouts(document.certificates),
  )
}

/** Where the findings of the certificates are. */
function whereabouts(certificates: readonly Certificate[]): string {
  const found = certificates
    .map((one) => [one.series, findings(one)] as const)
    .filter(([, tables]) => tables !== '')
    .map(([series, tables]) => `<h3>${escapeHtml(series)}</h3><div class="pair">${tables}</div>`)
  return found.length === 0
    ? ''
    : `<details><summary>Where the gaps and marks are</summary>${found.join('\n')}</details>`
}

function findings(one: Certificate): string {
  const some = <T>(what: string, all: readonly T[], cells: (row: T) => string[], titles: readonly string[]) =>
    all.length === 0
      ? ''
      : tableHtml(
          all.length > SHOWN ? `${what}: the first ${SHOWN} of ${count(all.length)}` : what,
          titles.map((title) =>
            ['bars', 'price', 'median around it'].includes(title) ? { title, kind: 'number' } : { title },
          ),
          all.slice(0, SHOWN).map(cells),
        )
  const outlier = ['bar', 'field', 'price', 'median around it']
  return [
    some('Gaps', one.gaps, (gap) => [moment(gap.start), moment(gap.end), count(gap.bars)], [
      'first missing',
      'next bar',
      'bars',
    ]),
    some('Flat runs', one.flatRuns, (run) => [moment(run.start), count(run.bars)], ['from', 'bars']),
    some(
      'Outliers',
      one.outliers,
      (row) => [moment(row.openTime), row.field, price(row.value), price(row.median)],
      outlier,
    ),
    some('Outage marks: bars whose close time came early', one.outages, (time) => [moment(time)], ['bar']),
  ].join('')
}

export function reproduceSection({ document }: RunResult): string {
  const { reproduce } = document
  const rows: [string, string][] = [
    ['Run', document.run],
    ...document.data.map((one): [string, string] => [`Bars of ${one.series}`, `sha256 ${one.sha256}`]),
    ['Code', `sha256 ${reproduce.code}`],
    ['Settings', `sha256 ${reproduce.config}`],
    ['Fills', `sha256 ${document.tradeHash}`],
    ...Object.entries(reproduce.versions).map(([name, version]): [string, string] => [`Version of ${name}`, version]),
    ['Seed', String(document.seed)],
    ['Risk-free rate', percent(document.riskFree)],
    ['Benchmark', document.benchmark],
  ]
  return reproduceHtml(
    `The same data, code and settings give the same bytes. This command makes this run; <code>klinelab verify ${escapeHtml(document.run)}</code> checks it.`,
    reproduce.command,
    rows,
  )
}

/** The command and all that decides what comes of it. @param intro HTML */
export function reproduceHtml(intro: string, command: string, rows: readonly (readonly [string, string])[]): string {
  return section(
    'reproduce',
    'Make it again',
    `<p>${intro}</p>
<div class="command"><code id="command">${escapeHtml(command)}</code><button type="button" id="copy">Copy</button></div>`,
    tableHtml(
      'What it was made of',
      [{ title: 'Part' }, { title: 'Value', kind: 'prose' }],
      rows.map(([name, value]) => [escapeHtml(name), `<code>${escapeHtml(value)}</code>`]),
    ),
  )
}

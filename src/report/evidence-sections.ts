import type { RunEvent } from '../core/event.ts'
import type { RunResult } from '../core/run.ts'
import { count, moment, percent, plural } from './format.ts'
import { escapeHtml, section, tableHtml } from './html.ts'

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

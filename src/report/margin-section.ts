import type { RunEvent } from '../core/event.ts'
import type { PerpetualUsed } from '../core/findings.ts'
import type { RunDocument, RunResult } from '../core/run.ts'
import { amount, count, date, moment, percent, plural, price, quantity } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'

const SHOWN = 50

type Of<T extends RunEvent['type']> = Extract<RunEvent, { readonly type: T }>

/** What perpetuals were held to, what was taken away, and what funding came to; nothing of it is on spot. */
export function marginSection(result: RunResult): string {
  const { document, events } = result
  if (document.perpetuals.length === 0) return ''
  const taken = events.filter((event): event is Of<'liquidation'> => event.type === 'liquidation')
  return section(
    'margin',
    'On margin',
    termsTable(document.perpetuals),
    '<h3>Liquidations</h3>',
    taken.length === 0 ? noneTaken(document) : liquidations(taken, document),
    '<h3>Funding</h3>',
    fundingPart(result),
  )
}

/** `cross margin at 3× leverage`, or what each symbol has. */
export function marginWords(perpetuals: readonly PerpetualUsed[]): string {
  const words = perpetuals.map(({ margin, leverage }) => `${margin} margin at ${leverage}× leverage`)
  return new Set(words).size === 1
    ? words[0]!
    : perpetuals.map(({ symbol }, k) => `${symbol} with ${words[k]}`).join(', ')
}

function termsTable(perpetuals: readonly PerpetualUsed[]): string {
  return tableHtml(
    'What positions were held to',
    [
      { title: 'Symbol' },
      { title: 'Margin' },
      { title: 'Leverage', kind: 'number' },
      { title: 'Marked and liquidated by', kind: 'prose' },
      { title: 'Leverage tiers', kind: 'prose' },
      { title: 'Liquidation fee', kind: 'number' },
      { title: 'Liquidated', kind: 'number' },
    ],
    perpetuals.map((one) => [
      escapeHtml(one.symbol),
      one.margin,
      `${one.leverage}×`,
      marksWords(one),
      `${escapeHtml(one.tiers.source)}, ${date(one.tiers.asOf)}${one.tiers.assumed ? ' <span class="mark">assumed for the time before</span>' : ''}`,
      percent(one.liquidationFee),
      one.liquidations.count === 0 ? 'never' : `<span class="bad">${count(one.liquidations.count)}×</span>`,
    ]),
  )
}

function marksWords({ marks, marksMissing }: PerpetualUsed): string {
  if (marks === null) return '<span class="mark">the last price</span>: no mark prices as fine as the bars are stored'
  const missing =
    marksMissing === 0 ? '' : `; <span class="mark">${plural(marksMissing, 'bar')} by the last price</span>`
  return `mark prices, ${escapeHtml(marks)}${missing}`
}

/** How near the account came to a liquidation. */
function noneTaken({ portfolio: { margin } }: RunDocument): string {
  const highest = margin?.maintenance ?? null
  const near =
    highest === null
      ? ''
      : ` The nearest a close came: maintenance margin was ${percent(highest.value)} of the margin balance on ${moment(highest.at)} UTC; liquidation begins at 100\u202f%.`
  return `<p>No position was liquidated.${near}</p>`
}

function liquidations(taken: readonly Of<'liquidation'>[], document: RunDocument): string {
  const money = (value: number) => amount(value, document)
  const signed = (value: number) => (value < 0 ? `− ${money(-value)}` : `+ ${money(value)}`)
  const how = (text: string) => `<span class="how">${text}</span>`
  const rows = taken
    .slice(0, SHOWN)
    .map((one) => [
      moment(one.at),
      `${one.qty === one.held ? '' : `${quantity(one.qty)} of `}${one.side} ${quantity(one.held)} ${escapeHtml(one.symbol)}${how(`${one.mode} margin, entered at ${price(one.entryPrice)}${one.qty === one.held ? '' : '; down to the tier below'}`)}`,
      `<span class="sum">${money(one.balance)} behind it ${signed(one.unrealised)} unrealised = <strong>${money(one.balance + one.unrealised)}</strong></span> <span class="sum">≤ <strong>${money(one.maintenance)}</strong> = ${quantity(one.held)} × ${price(one.mark)} × ${percent(one.ratio)} − ${money(one.cum)}</span>${how(`at the mark ${price(one.mark)}, bracket ${one.bracket}${one.isGap ? '; a gap: the bar opened beyond the liquidation price' : ''}`)}`,
      money(one.fee),
      `${money(one.walletAfter)}${how(`of ${money(one.walletBefore)}`)}${one.shortfall > 0 ? how(`<span class="bad">${money(one.shortfall)} beyond the margin, by the gap</span>`) : ''}`,
    ])
  const all = taken.length > SHOWN ? `: the first ${SHOWN} of ${count(taken.length)}; events.jsonl has every one` : ''
  return [
    '<p>A position is liquidated where its margin balance, which is what stands behind it and its unrealised profit, is no longer above its maintenance margin: quantity × mark × the tier’s ratio − the tier’s amount.</p>',
    tableHtml(
      `Liquidations, ${document.quote}${all}`,
      [
        { title: 'When (UTC)' },
        { title: 'Taken away', kind: 'prose' },
        { title: 'Margin balance against maintenance margin', kind: 'prose' },
        { title: 'Fee', kind: 'number' },
        { title: 'Left in the wallet', kind: 'number' },
      ],
      rows,
    ),
  ].join('\n')
}

function fundingPart({ document, events }: RunResult): string {
  const { perpetuals, quote } = document
  if (perpetuals.every(({ funding }) => funding === null))
    return '<p><strong>Funding was switched off.</strong> Whoever holds a perpetual pays or earns it.</p>'
  const charged = events.filter((event): event is Of<'funding'> => event.type === 'funding')
  if (charged.length === 0) return '<p>No funding fell due while a position was held.</p>'
  const words = `${plural(charged.length, 'charge')} on the mark notional held at that instant; above 0 is paid, below 0 received.`
  return [
    figure('chart-funding', `Funding paid so far, ${quote}`, words, 200, monthsTable(charged, document)),
    symbolsTable(document),
  ].join('\n')
}

function symbolsTable(document: RunDocument): string {
  const { perpetuals, quote } = document
  const money = (value: number) => amount(value, document)
  const total = { charges: 0, paid: 0, received: 0, missing: 0 }
  const cells = (name: string, of: typeof total) => [
    name,
    count(of.charges),
    money(of.paid),
    money(of.received),
    money(of.paid - of.received),
    of.missing === 0 ? 'none' : `<span class="mark">${count(of.missing)}</span>`,
  ]
  const rows = perpetuals.flatMap(({ symbol, funding }) => {
    if (funding === null) return []
    for (const key of ['charges', 'paid', 'received', 'missing'] as const) total[key] += funding[key]
    return [cells(escapeHtml(symbol), funding)]
  })
  return tableHtml(
    `Funding by symbol, ${quote}`,
    [
      { title: 'Symbol' },
      { title: 'charges', kind: 'number' },
      { title: 'paid', kind: 'number' },
      { title: 'received', kind: 'number' },
      { title: 'net paid', kind: 'number' },
      { title: 'rates missing', kind: 'number' },
    ],
    rows.length > 1 ? [...rows, cells('<strong>Together</strong>', total)] : rows,
  )
}

/** The chart as a table: what each symbol paid in each month. */
function monthsTable(charged: readonly Of<'funding'>[], document: RunDocument): string {
  const symbols = document.perpetuals.map(({ symbol }) => symbol)
  const months = new Map<string, number[]>()
  for (const { at, symbol, paid } of charged) {
    const month = moment(at).slice(0, 7)
    const sums = months.get(month) ?? symbols.map(() => 0)
    sums[symbols.indexOf(symbol)]! += paid
    months.set(month, sums)
  }
  return tableHtml(
    `Net funding paid in each month, ${document.quote}`,
    [{ title: 'Month (UTC)' }, ...symbols.map((title) => ({ title, kind: 'number' as const }))],
    [...months]
      .sort(([a], [b]) => (a < b ? -1 : 1))
      .map(([month, sums]) => [month, ...sums.map((sum) => amount(sum, document))]),
  )
}

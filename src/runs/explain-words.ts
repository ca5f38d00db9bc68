import type { Bar } from '../core/bar.ts'
import type { RunEvent } from '../core/event.ts'
import type { Fill } from '../core/fill.ts'
import { timeName } from '../core/time.ts'
import type { Part } from '../report/trade-page.ts'
import { eventText, orderText, plain, requestText, valueText } from './event-text.ts'
import type { Explanation } from './explain.ts'
import type { Decided, Filled, Step } from './explain-steps.ts'
import type { Sight, Values } from './explain-watch.ts'

type Fact = readonly [label: string, text: string]

/** Events told one by one; JSON has all of them. */
const TOLD = 12
const TITLES = { entry: 'Entry', exit: 'Exit', order: 'Order' } as const

/** An explanation as labelled facts and tables, for a terminal and for a page. */
export function explanationParts(explanation: Explanation): Part[] {
  const { steps, trade } = explanation
  return [
    ...(trade === null ? [] : [tradePart(explanation)]),
    ...steps.map((step) => stepPart(step, explanation)),
    ...meanwhile(explanation),
  ]
}

function tradePart({ trade, quote, params, changed }: Explanation): Part {
  const { n, side, symbol, qty, entryTime, entryPrice, exitTime, exitPrice, ...of } = trade!
  const facts: Fact[] = [
    ['In', `${plain(qty)} at ${plain(entryPrice)} on ${timeName(entryTime)} (${of.entryTag})`],
    ['Out', `at ${plain(exitPrice)} on ${timeName(exitTime)} (${of.exitTag}), after ${counted(of.bars, 'bar')}`],
    [
      'Result',
      `${plain(of.pnl)} ${quote} (${percent(of.return)}), fees ${plain(of.fees)}${of.funding === 0 ? '' : `, funding ${plain(of.funding)}`} taken off; at worst ${percent(of.mae)}, at best ${percent(of.mfe)}`,
    ],
    ...(Object.keys(params).length === 0 ? [] : [['Parameters', named(params)] as const]),
    ...changed.map((text): Fact => ['Changed since', `${text}; the trade came out the same`]),
  ]
  return { id: 'trade', title: `Trade ${n}: ${side} ${symbol}`, facts }
}

function stepPart(step: Step, explanation: Explanation): Part {
  const { name, decided, changed, order, rejected, checks, filled } = step
  const own = step.events.filter(({ type }) => type === 'cut' || type === 'triggered' || type === 'rejected')
  const changes = step.events.filter(({ type }) => type === 'amended').length
  const facts: Fact[] = [
    ['Decided by', decider(step, explanation)],
    ...(decided === null
      ? []
      : step.by === 'bracket'
        ? requestFacts(decided, 'With its entry')
        : decisionFacts(decided)),
    ...(rejected === null ? [] : [['Refused', eventText(rejected)] as const]),
    ...(order === null
      ? []
      : [
          [
            'Accepted',
            `${orderText(order)}, at ${timeName(step.acceptedAt)}${step.decidedAt < step.acceptedAt ? `, where it arrived, decided at ${timeName(step.decidedAt)}` : ''}`,
          ] as const,
        ]),
    ...own.filter((event) => event !== rejected).map((event): Fact => ['On the way', eventText(event)]),
    ...(checks === null ? [] : [['Filters', checks.source] as const]),
    ...(checks?.rows ?? []).map(({ filter, value, bounds }): Fact => [`  ${filter}`, `${value}: ${bounds}`]),
    ...(step.by === 'strategy' ? riskFacts(explanation) : []),
    ...(changed === null
      ? []
      : [
          [
            'Amended',
            `${changes === 1 ? 'once' : `${changes} times, the last`} at ${timeName(changed.at)} to ${orderText(changed.order)}`,
          ] as const,
          // a bracket grows with its entry's fills, and nobody is asked
          ...(changed.decided.answers.length === 0 ? [] : decisionFacts(changed.decided)),
        ]),
    ...(filled === null
      ? [['Filled', endOf(step.events)] as const]
      : fillFacts(filled, explanation.quote, filled.before?.at !== decided?.sight?.at)),
  ]
  const table = barTable(step)
  return { id: name, title: TITLES[name], facts, ...(table !== null && { table }) }
}

function decider({ by, order, parent, acceptedAt, decided, filled }: Step, { events }: Explanation): string {
  switch (by) {
    case 'strategy':
      return decided?.sight == null
        ? `the strategy, by ${timeName(acceptedAt)}`
        : `the strategy, at the close of the bar of ${timeName(decided.sight.bar.openTime)} (${timeName(decided.sight.at)})`
    case 'bracket':
      return `the ${order!.role} leg of the bracket of ${parent === null ? 'its entry' : parent.id}, live from the entry's fill`
    case 'end':
      return '--close-at-end: the data ended'
    case 'risk': {
      const halted = events.findLast((event) => event.type === 'halted')
      return `a risk limit: ${halted === undefined ? 'everything was closed' : eventText(halted)}`
    }
    case 'liquidation': {
      // a larger position goes tier by tier, each with its own arithmetic
      const taken = events.filter((event) => event.type === 'liquidation' && event.at === filled?.fill.time)
      return taken.length === 0 ? 'the exchange: liquidation' : `the exchange: ${taken.map(eventText).join('; then ')}`
    }
  }
}

function decisionFacts(decided: Decided): Fact[] {
  const { sight, others } = decided
  const elsewhere = others.map((one) => `${one.symbol} ${plain(one.qty)} held, ${counted(one.orders, 'order')} open`)
  return [
    ...requestFacts(decided, 'Returned'),
    ...(sight === null ? [] : sightFacts(sight)),
    ...(elsewhere.length === 0 ? [] : [['Elsewhere', elsewhere.join('; ')] as const]),
  ]
}

/** What was asked for of the instrument; told with its time where it waited for a longer bar's close. */
function requestFacts({ sight, answers }: Decided, label: string): Fact[] {
  return answers.flatMap(({ at, requests }) => {
    const when = sight !== null && at === sight.at ? '' : `, at ${timeName(at)}`
    return requests.map((request): Fact => [label, `${requestText(request)}${when}`])
  })
}

function sightFacts({ account, position, orders, state }: Sight): Fact[] {
  return [
    ['Account', named(account)],
    ['Position', positionText({ position })],
    ['Open orders', orders.length === 0 ? 'none' : orders.map(orderText).join('; ')],
    ...(state === undefined ? [] : [['State', valueText(state)] as const]),
  ]
}

function positionText({ position }: Pick<Sight, 'position'>): string {
  return position['qty'] === 0 ? 'flat' : named(position)
}

function riskFacts({ risk }: Explanation): Fact[] {
  return (['account', 'strategy'] as const)
    .filter((who) => Object.keys(risk[who]).length > 0)
    .map((who) => [`Risk, ${who}`, valueText(risk[who])])
}

function fillFacts(
  { fill, bar, rule, order, bars, account, before, after, open }: Filled,
  quote: string,
  isNew: boolean,
): Fact[] {
  const place = { open: 'at the open of', inside: 'inside', close: 'at the close of' }[fill.phase]
  const away =
    fill.slippage === 0
      ? ''
      : `, from ${plain(fill.reference)} on the bar with slippage of ${plain(fill.slippage)} ${quote}`
  return [
    [
      'Filled',
      `${fill.side} ${plain(fill.qty)} at ${plain(fill.price)} ${place} the bar of ${timeName(bar.openTime)}${away}; ${fill.liquidity}, fee ${plain(fill.fee)} ${quote}${fill.feeAsset === quote ? '' : `, taken in ${fill.feeAsset}`}`,
    ],
    ...(order?.type === 'trailing-stop' ? [['Trigger then', plain(order.trigger)] as const] : []),
    ['Rule', `fills.md ${rule.rules.join(', ')}: ${rule.text}`],
    ...(bars > 1 ? [['On the book', `for ${counted(bars, 'bar')}`] as const] : []),
    [
      'Other orders',
      open.length === 0
        ? 'none was open on that bar'
        : open
            .map(
              ({ order: other, isReached }) =>
                `${orderText(other)} (${isReached ? 'reached by that bar too' : 'not reached'})`,
            )
            .join('; '),
    ],
    ...(isNew && before !== null
      ? [[`Account before`, named(before.account)] as const, ['Position before', positionText(before)] as const]
      : []),
    ...(account === null ? [] : [['Account after', named(account)] as const]),
    ...(after === null
      ? []
      : [['Position after', after.position['qty'] === 0 ? 'flat' : named(after.position)] as const]),
  ]
}

/** How an order ended that was never filled. */
function endOf(events: readonly RunEvent[]): string {
  const end = events.findLast(({ type }) => type === 'cancelled' || type === 'rejected')
  return end === undefined ? 'never' : `never: ${eventText(end)}, at ${timeName(end.at)}`
}

/** The bar before the decision, its own, the last before the fill, and that of the fill, with the indicators at their closes. */
function barTable({ by, decided, changed, filled }: Step): Part['table'] | null {
  const rows: {
    readonly label: string
    readonly bar: Bar
    readonly ind: Values | null
    readonly also: Values
  }[] = []
  const add = (label: string, sight: Sight | null) => {
    if (sight === null || rows.some(({ bar }) => bar.openTime === sight.bar.openTime)) return
    rows.push({ label, bar: sight.bar, ind: sight.ind, also: alsoOf(sight) })
  }
  // a leg was decided with its entry, which is told there
  const first = by === 'bracket' ? null : (decided?.sight ?? null)
  if (first !== null && decided!.previous !== null)
    rows.push({ label: 'before', bar: decided!.previous, ind: first.prev, also: {} })
  add('decision', first)
  add('amended', changed?.decided.sight ?? null)
  add(filled?.before?.bar.openTime === filled?.bar.openTime ? 'fill' : 'last before', filled?.before ?? null)
  if (filled !== null && !rows.some(({ bar }) => bar.openTime === filled.bar.openTime))
    rows.push({
      label: 'fill',
      bar: filled.bar,
      ind: filled.after?.ind ?? null,
      also: filled.after === null ? {} : alsoOf(filled.after),
    })
  if (rows.length === 0) return null
  const prices = ['open', 'high', 'low', 'close', 'volume'] as const
  const inds = [...new Set(rows.flatMap(({ ind }) => Object.keys(ind ?? {})))]
  const higher = [...new Set(rows.flatMap(({ also }) => Object.keys(also)))]
  return {
    header: ['', 'bar', ...prices, ...inds, ...higher],
    rows: rows.map(({ label, bar, ind, also }) => [
      label,
      timeName(bar.openTime),
      ...prices.map((key) => plain(bar[key])),
      ...inds.map((key) => plain(ind?.[key])),
      ...higher.map((key) => plain(also[key])),
    ]),
  }
}

/** Indicators of higher intervals, and what models said. */
function alsoOf({ also, models }: Sight): Values {
  const higher = Object.entries(also).flatMap(([name, { ind }]) =>
    Object.entries(ind).map(([key, value]): [string, number] => [`${name}.${key}`, value]),
  )
  return { ...Object.fromEntries(higher), ...models }
}

/** What else happened between the decision and the end, and the fills where there were more than the two. */
function meanwhile({ events, fills, steps, trade, quote }: Explanation): Part[] {
  const own = new Set(steps.flatMap((step) => step.events))
  // funding is summed up, and a liquidation told where it decided
  const isTold = (event: RunEvent) =>
    !own.has(event) && event.type !== 'funding' && event.type !== 'liquidation' && event.type !== 'arrived'
  const told = events.filter(isTold)
  const funding = events.filter((event) => event.type === 'funding')
  const facts: Fact[] = [
    ...(fills.length > 2 || (trade === null && fills.length > 1)
      ? fills.map((fill): Fact => [timeName(fill.time), fillText(fill, quote)])
      : []),
    ...(funding.length === 0
      ? []
      : [
          [
            'Funding',
            `${counted(funding.length, 'payment')}, ${plain(funding.reduce((sum, { paid }) => sum + paid, 0))} ${quote} paid in all`,
          ] as const,
        ]),
    ...told.slice(0, TOLD).map((event): Fact => [timeName(event.at), eventText(event)]),
    ...(told.length > TOLD ? [['…', `and ${told.length - TOLD} more events; --json has all of them`] as const] : []),
  ]
  return facts.length === 0 ? [] : [{ id: 'meanwhile', title: 'What else happened', facts }]
}

function fillText(fill: Fill, quote: string): string {
  return `fill ${fill.n}, order ${fill.order}: ${fill.side} ${plain(fill.qty)} at ${plain(fill.price)}, fee ${plain(fill.fee)} ${quote}, position ${plain(fill.position)}`
}

function named(values: Readonly<Record<string, unknown>>): string {
  return Object.entries(values)
    .map(
      ([name, value]) =>
        `${name} ${name === 'entryTime' && typeof value === 'number' ? timeText(value) : typeof value === 'number' ? plain(value) : String(value)}`,
    )
    .join(', ')
}

function timeText(time: number): string {
  return Number.isFinite(time) ? timeName(time) : '–'
}

function percent(fraction: number): string {
  return `${(fraction * 100).toFixed(2)} %`
}

function counted(n: number, one: string): string {
  return `${n} ${n === 1 ? one : `${one}s`}`
}

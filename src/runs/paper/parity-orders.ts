import type { RunEvent } from '../../core/event.ts'
import type { Fill } from '../../core/fill.ts'
import type { Ledger } from '../../core/money.ts'
import type { ParityCause } from '../../core/parity.ts'
import { timeName } from '../../core/time.ts'
import type { OpenTrade } from '../../core/trade.ts'
import { type CostOptions, costsOf } from '../../engine/index.ts'
import { exactly, exactText, factor, type Item, modelFee } from './parity-money.ts'
import { type BarOf, type OrderStory, ordersOf, type Pair, pairOrders, type Told } from './parity-pairs.ts'

/** What of a run is compared. */
export interface Traded {
  readonly events: readonly RunEvent[]
  readonly openTrades: readonly OpenTrade[]
}

export interface CompareOptions {
  readonly ledger: Ledger
  readonly costs: Readonly<Record<string, CostOptions>>
  readonly barOf: BarOf
}

/** A part of a fill, signed: bought above 0. Money × 10^28, the others × 10^14. */
interface Portion {
  readonly fill: Fill
  readonly qty: bigint
  readonly fee: bigint
}

/** A part of an order that only one of the two has filled. */
interface Lone {
  readonly order: OrderStory
  readonly of: 'paper' | 'backtest'
  readonly portion: Portion
  /** `null`: it follows from something that was otherwise before. */
  readonly cause: ParityCause | null
  readonly text: string
}

/**
 * What the fills of two runs on the same bars make different, each with its money: price by price, fee by fee, and what only one of
 * them has filled. The parts add up to the difference of what both came to, before funding.
 */
export function compareOrders(paper: Traded, backtest: Traded, options: CompareOptions): Item[] {
  const [own, other] = [ordersOf(paper.events), ordersOf(backtest.events)]
  const items: Item[] = []
  const lone: Lone[] = []
  for (const pair of pairOrders(own.orders, other.orders, options.barOf)) {
    const matched = matchFills(pair, options)
    items.push(...itemsOf(pair, matched, options))
    lone.push(...loneOf(pair, matched, { own, other }, options))
    items.push(...unfilledOf(pair))
  }
  return [...items, ...episodesOf(lone, items, [...paper.openTrades, ...backtest.openTrades], options)].sort(
    (a, b) => a.at - b.at,
  )
}

interface Matched {
  readonly both: readonly { readonly paper: Portion; readonly backtest: Portion }[]
  readonly paper: readonly Portion[]
  readonly backtest: readonly Portion[]
  /** What the session was charged beyond the fee model of the backtest, by fill. */
  readonly fees: readonly { readonly fill: Fill; readonly model: bigint }[]
}

/** Fills of one order by their order, quantity by quantity. */
function matchFills({ paper, backtest }: Pair, { ledger, costs }: CompareOptions): Matched {
  const peer = backtest?.fills[0]
  const fees: { fill: Fill; model: bigint }[] = []
  const whole = (fill: Fill, fee: bigint): Portion => ({ fill, qty: factor(fill.qty), fee })
  const own = (paper?.fills ?? []).map((fill) => {
    if (peer === undefined || fill.role === 'liquidation') return whole(fill, exactly(fill.fee))
    const { maker, taker } = costsOf(costs[fill.symbol]!)
    const model = modelFee(ledger, fill.price, fill.qty, peer.liquidity === 'maker' ? maker : taker)
    if (model !== exactly(fill.fee)) fees.push({ fill, model })
    return whole(fill, model)
  })
  const other = (backtest?.fills ?? []).map((fill) => whole(fill, exactly(fill.fee)))
  const both: { paper: Portion; backtest: Portion }[] = []
  while (own.length > 0 && other.length > 0) {
    let { qty } = own[0]!
    if (other[0]!.qty < qty) qty = other[0]!.qty
    both.push({ paper: take(own, qty), backtest: take(other, qty) })
  }
  return { both, paper: own, backtest: other, fees }
}

/** Takes so much off the first of the list; the fee is parted with it, and the last part has what is left of it. */
function take(list: Portion[], qty: bigint): Portion {
  const [first] = list as [Portion]
  if (first.qty === qty) return list.shift()!
  const fee = (first.fee * qty) / first.qty
  list[0] = { ...first, qty: first.qty - qty, fee: first.fee - fee }
  return { ...first, qty, fee }
}

/** What a portion adds to the result when what is held is worth `mark` × 10^14 in the end. */
function worth({ fill, qty, fee }: Portion, mark: bigint): bigint {
  const away = mark - factor(fill.price)
  return (fill.side === 'buy' ? away : -away) * qty - fee
}

function itemsOf({ paper }: Pair, { both, fees }: Matched, { barOf }: CompareOptions): Item[] {
  const items: Item[] = []
  for (const cause of ['price', 'timing'] as const) {
    const parts = both.filter(({ paper: own, backtest: other }) => {
      const isLate = barOf(own.fill.symbol, own.fill.time) !== barOf(other.fill.symbol, other.fill.time)
      return isLate ? cause === 'timing' : cause === 'price' && own.fill.price !== other.fill.price
    })
    if (parts.length === 0) continue
    const exact = parts.reduce((sum, one) => sum + worth(one.paper, 0n) - worth(one.backtest, 0n), 0n)
    const [first] = parts as [Matched['both'][number]]
    const said = (of: 'paper' | 'backtest') =>
      [...new Set(parts.map((one) => fillText(one[of].fill, cause === 'timing')))].join(', ')
    const text = cause === 'price' ? 'filled at another price' : 'filled on another bar'
    items.push({
      ...{ cause, symbol: first.paper.fill.symbol, at: first.paper.fill.time, exact },
      ...{ text: `${orderText(paper!)} ${text}`, paper: said('paper'), backtest: said('backtest') },
    })
  }
  // the same price, and a fee that the model rounds otherwise when it is parted
  const rest = both.reduce((sum, { paper: own, backtest: other }) => {
    const isSame =
      own.fill.price === other.fill.price &&
      barOf(own.fill.symbol, own.fill.time) === barOf(other.fill.symbol, other.fill.time)
    return isSame ? sum + other.fee - own.fee : sum
  }, 0n)
  const charged = fees.reduce((sum, { fill, model }) => sum + model - exactly(fill.fee), rest)
  if (charged !== 0n) {
    const fills = fees.length > 0 ? fees.map((one) => one.fill) : [both[0]!.paper.fill]
    const paid = fills.reduce((sum, { fee }) => sum + exactly(fee), 0n)
    const [{ symbol, time: at, liquidity }] = fills as [Fill]
    items.push({
      ...{ cause: 'fee', symbol, at, exact: charged },
      text: `${orderText(paper!)} was charged another fee`,
      paper: `${exactText(paid)} as ${liquidity}`,
      backtest: `${exactText(paid + charged)} as ${both[0]!.backtest.fill.liquidity}`,
    })
  }
  return items
}

function loneOf(
  { paper, backtest }: Pair,
  matched: Matched,
  told: { readonly own: Told; readonly other: Told },
  { barOf }: CompareOptions,
): Lone[] {
  const lone = (of: 'paper' | 'backtest', order: OrderStory, portions: readonly Portion[]) => {
    const why = whyLone(of, { paper, backtest }, of === 'paper' ? told.other : told.own, barOf)
    return portions.map((portion): Lone => ({ order, of, portion, ...why }))
  }
  return [
    ...(matched.paper.length > 0 ? lone('paper', paper!, matched.paper) : []),
    ...(matched.backtest.length > 0 ? lone('backtest', backtest!, matched.backtest) : []),
  ]
}

/** Why one of the two filled more of an order than the other, which `other` is. */
function whyLone(
  of: 'paper' | 'backtest',
  { paper, backtest }: Pair,
  other: Told,
  barOf: BarOf,
): Pick<Lone, 'cause' | 'text'> {
  const order = of === 'paper' ? paper! : backtest!
  const peer = of === 'paper' ? backtest : paper
  const where = of === 'paper' ? 'the backtest' : 'the session'
  const refusal = peer === null ? refusalOf(order, other, barOf) : peer.refused
  if (refusal !== null && refusal !== undefined) {
    const said = refusal.reason === 'EXCHANGE' ? refusal.value : `${refusal.reason} ${refusal.value} (${refusal.limit})`
    return { cause: 'filter', text: `${orderText(order)} was refused in ${where}: ${said}` }
  }
  if (peer === null) return { cause: null, text: `${orderText(order)} was not sent in ${where}` }
  if (peer.qty !== order.qty) return { cause: null, text: `${orderText(order)} was of another size in ${where}` }
  const ended = peer.ended?.reason
  if (ended === 'requested' || ended === 'risk')
    return { cause: 'state', text: `${orderText(order)} was taken off the book in ${where}` }
  const how = ended === 'expired' || ended === 'post-only' ? `, where it ended (${ended})` : ''
  const what = peer.fills.length > 0 ? 'was not filled in full' : 'was not filled'
  return { cause: 'timing', text: `${orderText(order)} ${what} in ${where}${how}` }
}

function refusalOf(order: OrderStory, { refusals }: Told, barOf: BarOf) {
  const isBeside = (at: number) => barOf(order.symbol, at) === barOf(order.symbol, order.at)
  return refusals.find(({ symbol, id, at }) => symbol === order.symbol && isBeside(at) && id === order.id)
}

/** Refused by the exchange, and nothing would have come of it. */
function unfilledOf({ paper, backtest }: Pair): Item[] {
  if (paper?.refused == null || paper.fills.length > 0 || (backtest?.fills.length ?? 0) > 0) return []
  return [
    {
      ...{ cause: 'filter', symbol: paper.symbol, at: paper.at, exact: 0n },
      text: `${orderText(paper)} was refused in the session, and not filled in the backtest`,
      ...{ paper: paper.refused.value, backtest: 'accepted' },
    },
  ]
}

/**
 * What only one of the two has filled, from where they part until both hold the same again: what was refused is worth what it would
 * have brought by its end. The first that was otherwise gives its cause to what followed from it.
 */
function episodesOf(
  lone: readonly Lone[],
  known: readonly Item[],
  open: readonly OpenTrade[],
  { barOf }: CompareOptions,
): Item[] {
  const symbols = [...new Set(lone.map(({ order }) => order.symbol))]
  const episodes: { readonly symbol: string; readonly parts: Lone[] }[] = []
  for (const symbol of symbols) {
    const own = lone.filter(({ order }) => order.symbol === symbol)
    own.sort((a, b) => a.portion.fill.time - b.portion.fill.time || a.portion.fill.n - b.portion.fill.n)
    let [held, parts]: [bigint, Lone[]] = [0n, []]
    for (const one of own) {
      const { fill, qty } = one.portion
      held += (fill.side === 'buy') === (one.of === 'paper') ? qty : -qty
      parts.push(one)
      if (held !== 0n) continue
      episodes.push({ symbol, parts })
      parts = []
    }
    if (parts.length > 0) episodes.push({ symbol, parts })
  }
  episodes.sort((a, b) => timeOf(a.parts[0]!) - timeOf(b.parts[0]!))
  const items: Item[] = []
  for (const { symbol, parts } of episodes) {
    const [first] = parts as [Lone]
    const at = timeOf(first)
    const mark = factor(open.find((trade) => trade.symbol === symbol)?.markPrice ?? 0)
    const exact = parts.reduce(
      (sum, { of, portion }) => sum + (of === 'paper' ? worth(portion, mark) : -worth(portion, mark)),
      0n,
    )
    const isBefore = (one: Item) => one.cause !== null && barOf(symbol, one.at) <= barOf(symbol, at)
    const before = [...known, ...items].filter(isBefore).sort((a, b) => a.at - b.at)
    const cause = first.cause ?? before.at(-1)?.cause ?? parts.find((one) => one.cause !== null)?.cause ?? null
    const last = parts.at(-1)!
    const until = timeOf(last) === at ? '' : `, and what followed until ${timeName(timeOf(last))}`
    const said = (of: 'paper' | 'backtest') =>
      parts
        .filter((one) => one.of === of)
        .map(({ portion }) => fillText(portion.fill, true))
        .join(', ') || 'nothing'
    items.push({
      ...{ cause, symbol, at, exact },
      ...{ text: `${first.text}${until}`, paper: said('paper'), backtest: said('backtest') },
    })
  }
  return items
}

function timeOf({ portion }: Lone): number {
  return portion.fill.time
}

function orderText({ id, side, role, tag }: OrderStory): string {
  const what = role === 'order' ? side : `${role}, ${side}`
  return `order ${id} (${what}${tag === null ? '' : `, ${tag}`})`
}

function fillText({ side, qty, price, time }: Fill, isTimed: boolean): string {
  return `${side} ${qty} at ${price}${isTimed ? `, ${timeName(time)}` : ''}`
}

import type { RunEvent } from '../../core/event.ts'
import type { Fill } from '../../core/fill.ts'
import type { Ledger } from '../../core/money.ts'
import type { OpenTrade } from '../../core/trade.ts'
import { type CostOptions, costsOf } from '../../engine/index.ts'
import { episodesOf, type Lone, loneOf } from './parity-episodes.ts'
import { exactly, exactText, factor, type Item, modelFee } from './parity-money.ts'
import { type BarOf, ordersOf, type Pair, pairOrders } from './parity-pairs.ts'
import { fillText, orderText, type Portion, worth } from './parity-portion.ts'

/** What of a run is compared. */
export interface Traded {
  readonly events: readonly RunEvent[]
  readonly openTrades: readonly OpenTrade[]
}

export interface CompareOptions {
  readonly ledger: Ledger
  readonly costs: Readonly<Record<string, CostOptions>>
  readonly barOf: BarOf
  /** When the last bar closed, UTC ms: an exchange fills after it, and a backtest does not. */
  readonly end?: number
  /** What was otherwise beside the orders: it moves the equity that orders are sized by. */
  readonly beside?: readonly Item[]
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
    const shared = itemsOf(pair, matched, options)
    items.push(...shared, ...unfilledOf(pair))
    lone.push(...loneOf(pair, matched, { own, other, shared }, options))
  }
  const known = [...items, ...(options.beside ?? [])]
  const open = [...paper.openTrades, ...backtest.openTrades]
  return [...items, ...episodesOf(lone, { known, open, barOf: options.barOf })].sort((a, b) => a.at - b.at)
}

interface Matched {
  readonly both: readonly { readonly paper: Portion; readonly backtest: Portion }[]
  readonly paper: readonly Portion[]
  readonly backtest: readonly Portion[]
  /** What the session was charged beyond the fee model of the backtest, by fill. */
  readonly fees: readonly { readonly fill: Fill; readonly model: bigint }[]
}

/** Fills of one order by their order, quantity by quantity. */
function matchFills({ paper, backtest }: Pair, { ledger, costs, barOf }: CompareOptions): Matched {
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
  return sized({ both, paper: own, backtest: other, fees }, barOf)
}

/** A fee that is parted by size ends in a fraction of a unit: that goes with the size that differs, and is no other fee. */
function sized(matched: Matched, barOf: BarOf): Matched {
  const { both, paper, backtest } = matched
  if (paper.length === 0 && backtest.length === 0) return matched
  const alike = both.filter((one) => isAlike(one, barOf))
  const rest = alike.reduce((sum, one) => sum + one.backtest.fee - one.paper.fee, 0n)
  const first = ([one, ...more]: readonly Portion[], fee: bigint) =>
    one === undefined ? [] : [{ ...one, fee: one.fee + fee }, ...more]
  return {
    ...matched,
    both: both.map((one) => (isAlike(one, barOf) ? { ...one, paper: { ...one.paper, fee: one.backtest.fee } } : one)),
    paper: first(paper, -rest),
    backtest: first(backtest, rest),
  }
}

/** In the same bar, at the same price. */
function isAlike({ paper, backtest }: Matched['both'][number], barOf: BarOf): boolean {
  const [own, other] = [paper.fill, backtest.fill]
  return own.price === other.price && barOf(own.symbol, own.time) === barOf(other.symbol, other.time)
}

/** Takes so much off the first of the list; the fee is parted with it, and the last part has what is left of it. */
function take(list: Portion[], qty: bigint): Portion {
  const [first] = list as [Portion]
  if (first.qty === qty) return list.shift()!
  const fee = (first.fee * qty) / first.qty
  list[0] = { ...first, qty: first.qty - qty, fee: first.fee - fee }
  return { ...first, qty, fee }
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
      [...new Set(parts.map((one) => fillText(one[of], cause === 'timing')))].join(', ')
    const text = cause === 'price' ? 'filled at another price' : 'filled on another bar'
    items.push({
      ...{ cause, symbol: first.paper.fill.symbol, at: first.paper.fill.time, exact },
      ...{ text: `${orderText(paper!)} ${text}`, paper: said('paper'), backtest: said('backtest') },
    })
  }
  // the same price, and a fee that the model rounds otherwise when it is parted
  const rest = both.reduce((sum, one) => (isAlike(one, barOf) ? sum + one.backtest.fee - one.paper.fee : sum), 0n)
  const charged = fees.reduce((sum, { fill, model }) => sum + model - exactly(fill.fee), rest)
  // a fraction of a unit is of the parting alone: no fee was another, and it goes with what is another about the order
  if (fees.length === 0 && items.length > 0) items[0] = { ...items[0]!, exact: items[0]!.exact + charged }
  else if (charged !== 0n) {
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

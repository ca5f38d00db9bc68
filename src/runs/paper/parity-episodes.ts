import type { Rejected } from '../../core/event.ts'
import type { ParityCause } from '../../core/parity.ts'
import { timeName } from '../../core/time.ts'
import type { OpenTrade } from '../../core/trade.ts'
import { systemText } from './parity-foreign.ts'
import { factor, type Item } from './parity-money.ts'
import type { BarOf, OrderStory, Pair, Told } from './parity-pairs.ts'
import { fillText, orderText, type Portion, worth } from './parity-portion.ts'

/** A part of an order that only one of the two has filled. */
export interface Lone {
  readonly order: OrderStory
  readonly of: 'paper' | 'backtest'
  readonly portion: Portion
  /** `null`: it follows from something that was otherwise before. */
  readonly cause: ParityCause | null
  /** Whether both sent the order, and filled all of it, in two sizes. */
  readonly isSize: boolean
  readonly text: string
  /** What else the two made of the order. */
  readonly shared: readonly Item[]
}

interface Portions {
  readonly paper: readonly Portion[]
  readonly backtest: readonly Portion[]
}

/** What only one of the two filled of an order, and why. */
export function loneOf(
  { paper, backtest }: Pair,
  portions: Portions,
  { own, other, shared }: { readonly own: Told; readonly other: Told; readonly shared: readonly Item[] },
  { barOf, end = Number.POSITIVE_INFINITY }: { readonly barOf: BarOf; readonly end?: number },
): Lone[] {
  const lone = (of: 'paper' | 'backtest', order: OrderStory) => {
    const isAfter = of === 'paper' && portions.paper[0]!.fill.time >= end
    const why = whyLone(of, { paper, backtest }, of === 'paper' ? other : own, { barOf, isAfter })
    return portions[of].map((portion): Lone => ({ order, of, portion, shared, ...why }))
  }
  return [
    ...(portions.paper.length > 0 ? lone('paper', paper!) : []),
    ...(portions.backtest.length > 0 ? lone('backtest', backtest!) : []),
  ]
}

type Why = Pick<Lone, 'cause' | 'text' | 'isSize'>

/**
 * Why one of the two filled more of an order than the other, which `other` is.
 * @param isAfter whether it was filled after the last bar
 */
function whyLone(
  of: 'paper' | 'backtest',
  { paper, backtest }: Pair,
  other: Told,
  { barOf, isAfter }: { readonly barOf: BarOf; readonly isAfter: boolean },
): Why {
  const order = of === 'paper' ? paper! : backtest!
  const peer = of === 'paper' ? backtest : paper
  const where = of === 'paper' ? 'the backtest' : 'the session'
  const why = (cause: ParityCause | null, what: string): Why => ({
    ...{ cause, isSize: false, text: `${pairText(paper, backtest)} ${what}` },
  })
  const refusal = peer === null ? refusalOf(order, other, barOf) : peer.refused
  if (refusal !== null && refusal !== undefined) {
    const said = refusal.reason === 'EXCHANGE' ? refusal.value : `${refusal.reason} ${refusal.value} (${refusal.limit})`
    return why(HALTED.includes(refusal.reason) ? 'state' : 'filter', `was refused in ${where}: ${said}`)
  }
  if (peer === null && of === 'paper' && order.role === 'liquidation')
    return { cause: 'foreign', isSize: false, text: systemText(order.id) }
  if (peer === null) return why(null, `was not sent in ${where}`)
  // what it did not fill of its own size it ended or waits with: that, and no size, is what differs
  if (peer.qty < order.qty && filledOf(peer) >= factor(peer.qty)) {
    const size = `was of another size in ${where}: ${peer.qty} for ${order.qty}`
    if (barOf(peer.symbol, peer.at) === barOf(order.symbol, order.at)) return { ...why(null, size), isSize: true }
    const [at, beside] = [peer.at, order.at].map((time) => timeName(time))
    return why('timing', `${size}, sent at ${at} and not at ${beside}`)
  }
  const ended = peer.ended?.reason
  if (ended === 'requested' || ended === 'risk') return why('state', `was taken off the book in ${where}`)
  const isEnded = ended === 'expired' || ended === 'post-only'
  const how = isAfter ? ', whose bars end before that' : isEnded ? `, where it ended (${ended})` : ''
  return why('timing', `${peer.fills.length > 0 ? 'was not filled in full' : 'was not filled'} in ${where}${how}`)
}

/** Rules that halt trading: what is refused then is no filter's doing. */
const HALTED: readonly Rejected['reason'][] = ['RISK_HALT', 'RISK_DAILY_LOSS', 'RISK_DRAWDOWN']

function filledOf({ fills }: OrderStory): bigint {
  return fills.reduce((sum, { qty }) => sum + factor(qty), 0n)
}

/** By the session's id, and the backtest's where it counted otherwise. */
function pairText(paper: OrderStory | null, backtest: OrderStory | null): string {
  if (paper === null || backtest === null || paper.id === backtest.id) return orderText((paper ?? backtest)!)
  return `${orderText(paper)}, which is ${backtest.id} in the backtest,`
}

function refusalOf(order: OrderStory, { refusals }: Told, barOf: BarOf) {
  const isBeside = (at: number) => barOf(order.symbol, at) === barOf(order.symbol, order.at)
  return refusals.find(({ symbol, id, at }) => symbol === order.symbol && isBeside(at) && id === order.id)
}

interface Known {
  /** What was otherwise beside what only one has filled. */
  readonly known: readonly Item[]
  readonly open: readonly OpenTrade[]
  readonly barOf: BarOf
}

/**
 * What only one of the two has filled, from where they part until both hold the same again: what was refused is worth what it would
 * have brought by its end. What was otherwise before gives its cause to what follows from it.
 */
export function episodesOf(lone: readonly Lone[], { known, open, barOf }: Known): Item[] {
  const items: Item[] = []
  for (const { symbol, parts } of partedOf(lone)) {
    const at = timeOf(parts[0]!)
    // what the exchange itself took is nobody's consequence, and the stop or exit that it left no work is one of it
    const first = parts.find(({ cause }) => cause === 'foreign') ?? parts[0]!
    const mark = factor(open.find((trade) => trade.symbol === symbol)?.markPrice ?? 0)
    const exact = parts.reduce(
      (sum, { of, portion }) => sum + (of === 'paper' ? worth(portion, mark) : -worth(portion, mark)),
      0n,
    )
    const before = [...known, ...items]
      .filter((one) => one.cause !== null && barOf(symbol, one.at) <= barOf(symbol, at) && !first.shared.includes(one))
      .sort((a, b) => a.at - b.at)
    const root = first.cause === null ? rootOf(first, before) : null
    const cause = first.cause ?? root?.cause ?? parts.find((one) => one.cause !== null)?.cause ?? null
    const last = parts.at(-1)!
    const until = timeOf(last) === at ? '' : `, and what followed until ${timeName(timeOf(last))}`
    const said = (of: 'paper' | 'backtest') =>
      parts
        .filter((one) => one.of === of)
        .map(({ portion }) => fillText(portion, true))
        .join(', ') || 'nothing'
    items.push({
      ...{ cause, symbol, at, exact },
      text: `${first.text}${root === null ? '' : root.text}${until}`,
      ...{ paper: said('paper'), backtest: said('backtest') },
    })
  }
  return items
}

/** By symbol, each until both hold the same again; in the order of their beginnings. */
function partedOf(lone: readonly Lone[]): { readonly symbol: string; readonly parts: readonly Lone[] }[] {
  const episodes: { readonly symbol: string; readonly parts: Lone[] }[] = []
  for (const symbol of new Set(lone.map(({ order }) => order.symbol))) {
    const own = lone.filter(({ order }) => order.symbol === symbol)
    own.sort((a, b) => timeOf(a) - timeOf(b) || a.portion.fill.n - b.portion.fill.n)
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
  return episodes.sort((a, b) => timeOf(a.parts[0]!) - timeOf(b.parts[0]!))
}

/**
 * What an order follows from that one of the two sent otherwise. A size follows from equity, so from what first moved it; that there
 * is an order at all follows from what is held, so from what parted last. Fees and funding move equity as well, and what comes of
 * that is equity carried over: no other rate.
 */
function rootOf(
  { isSize }: Lone,
  before: readonly Item[],
): { readonly cause: ParityCause; readonly text: string } | null {
  const moved = isSize ? before.filter(({ exact }) => exact !== 0n) : before
  const deeds = moved.filter(({ cause }) => cause !== 'fee' && cause !== 'funding')
  const root = isSize ? deeds[0] : deeds.at(-1)
  const since = isSize ? ', as equity had moved since ' : ', which follows from '
  if (root !== undefined) return { cause: root.cause!, text: `${since}${timeName(root.at)} (${root.cause})` }
  const [amount] = moved
  if (amount === undefined) return null
  return { cause: 'state', text: `, as equity had moved since ${timeName(amount.at)} (${amount.cause})` }
}

function timeOf({ portion }: Lone): number {
  return portion.fill.time
}

import type { Bar } from '../core/bar.ts'
import type { Fill } from '../core/fill.ts'
import type { Interval } from '../core/interval.ts'
import type { OrderView } from '../core/order.ts'
import { timeName } from '../core/time.ts'

/** Why an order filled where it did: numbers of the rule book (fills.md), and the rule in a sentence. */
export interface FillRule {
  readonly rules: readonly number[]
  readonly text: string
}

export interface FillCase {
  readonly fill: Fill
  /** As it stood when its bar began; `null` for a liquidation. */
  readonly order: OrderView | null
  readonly bar: Bar
  /** Interval of the finer bars that decide where the path matters; a fill at the open of one has the phase `open` too. */
  readonly detail: Interval | null
  /** Where finer bars make up the bar: open time of the first of them that comes to what a fill inside it was at. */
  readonly finerAt: number | null
  /** Whether a stop-limit or touch-limit was triggered on this bar; one that was triggered before is a limit now. */
  readonly isTriggered: boolean
  /** Whether it has been triggered on an earlier bar. */
  readonly wasTriggered: boolean
  /** A leg that met the very bar in which its entry was filled: at the open, or inside. */
  readonly entered: 'open' | 'inside' | null
}

/** The rule by which an order was filled. */
export function fillRule(one: FillCase): FillRule {
  const { fill, order, entered, detail, bar, finerAt } = one
  const found = ruleOf(one)
  const bracket =
    entered === 'inside' && finerAt === null
      ? 'the entry was filled inside this bar, so the bar’s extreme on the stop’s side is taken to have come after it'
      : entered === 'open'
        ? 'the entry was filled at this open, so the leg met the same bar'
        : null
  const finer =
    detail !== null && fill.phase === 'open' && fill.reference !== bar.open
      ? `“the open” is that of one of its ${detail} bars (--detail)`
      : finerAt !== null
        ? `of its ${detail} bars (--detail), which decide what comes first, that of ${timeName(finerAt)} is the first to come there`
        : null
  const isLeg = order !== null && ['stop', 'target', 'trail'].includes(order.role)
  return {
    rules: [...new Set([...found.rules, ...(isLeg ? [11] : []), ...(fill.slippage > 0 ? [13] : [])])].sort(
      (a, b) => a - b,
    ),
    text: [found.text, bracket, finer].filter((part) => part !== null).join('; '),
  }
}

function ruleOf({ fill, order, bar, isTriggered, wasTriggered }: FillCase): FillRule {
  if (fill.phase === 'close') return { rules: [4], text: 'the data ended, and --close-at-end closes at the last close' }
  if (order === null)
    return fill.phase === 'open'
      ? { rules: [7], text: 'liquidation: the bar opened beyond the liquidation price' }
      : { rules: [7], text: 'liquidation: the worst mark of the bar reached the liquidation price' }
  const isOpen = fill.phase === 'open'
  // with a limit it rests as one from then on; without, what the volume left of it waits for the next open
  if (wasTriggered && order.limit === null)
    return {
      rules: [5],
      text: 'it was triggered on an earlier bar; what that bar’s volume left of it fills at the open',
    }
  const type = wasTriggered ? 'limit' : order.type
  if (order.role === 'close')
    return { rules: [5, 19], text: 'close() fills at the open, for the position as it then is' }
  if (type === 'market') return { rules: [5], text: 'a market order fills at the open of the next bar' }
  if (type === 'limit') return limitRule(fill, order, bar)
  if (type === 'stop-limit' || type === 'touch-limit')
    return {
      rules: isOpen ? [5, 10] : [9, 10],
      text: `the trigger was reached ${isOpen ? 'by the open' : 'inside the bar'}, and the limit allows the price${isTriggered ? '' : ' there'}`,
    }
  if (isOpen) return { rules: [5], text: 'the bar opened at or beyond the trigger, so it fills at the open' }
  if (type === 'trailing-stop')
    return { rules: [9, 12], text: 'the bar reached the level that earlier bars had given the trailing stop' }
  return { rules: [9], text: `the bar reached the trigger, so it fills there${type === 'touch' ? '' : ', as a stop'}` }
}

function limitRule(fill: Fill, { tif, side, limit }: OrderView, bar: Bar): FillRule {
  if (fill.phase === 'open' && (tif === 'IOC' || tif === 'FOK'))
    return { rules: [6], text: `${tif}: the open is within the limit, so it fills there` }
  if (fill.phase === 'open') return { rules: [5], text: 'the bar opened beyond the limit, so it fills at the open' }
  const isThrough = side === 'buy' ? bar.low < limit! : bar.high > limit!
  const what = isThrough ? 'the bar traded through the limit' : 'the bar touched the limit (--limit-touch)'
  return { rules: [8], text: `${what}, so it fills there as maker` }
}

/** Whether a bar's range comes to where an order waits; a limit has to be traded through, or touched (fills.md 8 and 9). */
export function isReached(order: OrderView, { high, low }: Bar, limitTouch: boolean): boolean {
  if (order.type === 'market') return true
  if (order.type === 'limit') {
    const beyond = order.side === 'buy' ? order.limit! - low : high - order.limit!
    return limitTouch ? beyond >= 0 : beyond > 0
  }
  const isTouch = order.type === 'touch' || order.type === 'touch-limit'
  return (order.side === 'buy') !== isTouch ? high >= order.trigger! : low <= order.trigger!
}

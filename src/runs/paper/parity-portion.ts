import { unitsText } from '../../core/decimal.ts'
import type { Fill } from '../../core/fill.ts'
import { timeName } from '../../core/time.ts'
import { FACTOR, factor } from './parity-money.ts'
import type { OrderStory } from './parity-pairs.ts'

/** A part of a fill. Money × 10^28, the quantity × 10^14. */
export interface Portion {
  readonly fill: Fill
  readonly qty: bigint
  readonly fee: bigint
}

/** What a portion adds to the result when what is held is worth `mark` × 10^14 in the end. */
export function worth({ fill, qty, fee }: Portion, mark: bigint): bigint {
  const away = mark - factor(fill.price)
  return (fill.side === 'buy' ? away : -away) * qty - fee
}

export function orderText({ id, side, role, tag }: OrderStory): string {
  const what = role === 'order' ? side : `${role}, ${side}`
  return `order ${id} (${what}${tag === null ? '' : `, ${tag}`})`
}

export function fillText({ fill: { side, price, time }, qty }: Portion, isTimed: boolean): string {
  return `${side} ${unitsText(qty, FACTOR)} at ${price}${isTimed ? `, ${timeName(time)}` : ''}`
}

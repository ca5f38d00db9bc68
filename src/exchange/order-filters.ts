import { type Decimal, parseDecimal, unitsText } from '../core/decimal.ts'
import type { Filters } from '../core/instrument.ts'
import { compare, isOnGrid, product } from './amounts.ts'
import { Refused } from './error-codes.ts'
import { writtenDecimals } from './fixed-text.ts'
import type { WrittenDecimal } from './params.ts'
import type { Precision } from './wire.ts'

/** An order's figures as they were sent. */
export interface Asked {
  readonly side: 'BUY' | 'SELL'
  readonly isMarket: boolean
  /** Absent where the order closes whatever is held. */
  readonly quantity: WrittenDecimal | undefined
  readonly price: WrittenDecimal | undefined
  readonly trigger?: WrittenDecimal
  readonly reduceOnly: boolean
  /** The mark price, decimal text. */
  readonly mark: string
}

const ZERO: Decimal = { digits: 0n, decimals: 0 }

/**
 * The filters of a symbol as USDS-M judges them, with its codes; a rule that is "0" is off.
 * @throws Refused
 */
export function checkFilters(filters: Filters, precision: Precision, gridFrom: 'minimum' | 'zero', asked: Asked): void {
  const { quantity, price, trigger } = asked
  const isTooFine = (written: WrittenDecimal | undefined, decimals: number) =>
    written !== undefined && writtenDecimals(written.text) > decimals
  if (
    isTooFine(quantity, precision.quantity) ||
    isTooFine(price, precision.price) ||
    isTooFine(trigger, precision.price)
  )
    throw new Refused(-1111)
  for (const one of [price, trigger]) if (one !== undefined) checkPrice(filters, gridFrom, one.value)
  if (price !== undefined) checkPercent(filters, asked, price.value)
  if (quantity === undefined) return
  if (quantity.value.digits === 0n) throw new Refused(-4003)
  for (const lot of [filters.lot, asked.isMarket ? filters.marketLot : undefined])
    if (lot !== undefined) checkLot(lot, gridFrom, quantity.value)
  checkNotional(filters, asked, quantity.value)
}

function checkPrice({ price: rule }: Filters, gridFrom: 'minimum' | 'zero', price: Decimal): void {
  if (price.digits === 0n) throw new Refused(-4013)
  if (rule === undefined) return
  const [min, max, tick] = [rule.min, rule.max, rule.tick].map(parseDecimal) as [Decimal, Decimal, Decimal]
  if (compare(price, min) < 0) throw new Refused(-4013)
  if (isOn(max) && compare(price, max) > 0) throw new Refused(-4002)
  if (isOn(tick) && !isOnGrid(price, gridFrom === 'minimum' ? min : ZERO, tick)) throw new Refused(-4014)
}

/** A buy is bounded above the mark price, a sell below it; spot states both bounds for both sides. */
function checkPercent({ percentPrice: rule }: Filters, { side, mark }: Asked, price: Decimal): void {
  if (rule === undefined) return
  const at = parseDecimal(mark)
  const [up, down] = [parseDecimal(rule.up), parseDecimal(rule.down)]
  if (isOn(up) && (side === 'BUY' || !rule.oneSided) && compare(price, product(at, up)) > 0) throw new Refused(-4016)
  if (isOn(down) && (side === 'SELL' || !rule.oneSided) && compare(price, product(at, down)) < 0)
    throw new Refused(-4024)
}

function checkLot(rule: NonNullable<Filters['lot']>, gridFrom: 'minimum' | 'zero', quantity: Decimal): void {
  const [min, max, step] = [rule.min, rule.max, rule.step].map(parseDecimal) as [Decimal, Decimal, Decimal]
  if (compare(quantity, min) < 0) throw new Refused(-4004)
  if (isOn(max) && compare(quantity, max) > 0) throw new Refused(-4005)
  if (isOn(step) && !isOnGrid(quantity, gridFrom === 'minimum' ? min : ZERO, step)) throw new Refused(-4023)
}

/** Of a market order at the mark price. */
function checkNotional(
  { notional: rule }: Filters,
  { price, trigger, reduceOnly, mark }: Asked,
  quantity: Decimal,
): void {
  if (rule === undefined || (rule.reduceOnlyExempt && reduceOnly)) return
  const isMarket = price === undefined && trigger === undefined
  if (isMarket && !rule.applyMinToMarket) return
  const at = price?.value ?? trigger?.value ?? parseDecimal(mark)
  const min = parseDecimal(rule.min)
  if (compare(product(at, quantity), min) < 0) throw new Refused(-4164, unitsText(min.digits, min.decimals))
}

function isOn({ digits }: Decimal): boolean {
  return digits !== 0n
}

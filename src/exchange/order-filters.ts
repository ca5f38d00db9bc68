import { type Decimal, parseDecimal, unitsText } from '../core/decimal.ts'
import type { Filters } from '../core/instrument.ts'
import type { Traded } from './account-book.ts'
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

/** A rule's figures, read once. */
interface Grid {
  readonly min: Decimal
  readonly max: Decimal
  readonly step: Decimal
}

interface Compiled {
  readonly price: Grid | null
  readonly lot: Grid | null
  readonly marketLot: Grid | null
  readonly up: Decimal
  readonly down: Decimal
  readonly isOneSided: boolean
  readonly minNotional: Decimal
}

const compiled = new WeakMap<Filters, Compiled>()

/** The filters in force at a time, UTC ms. */
export function filtersAt({ slot }: Traded, now: number): Filters {
  const { snapshots } = slot.instrument
  return (snapshots.findLast(({ validFrom }) => validFrom <= now) ?? snapshots[0]!).filters
}

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
  const rules = compile(filters)
  for (const one of [price, trigger]) if (one !== undefined) checkPrice(rules, gridFrom, one.value)
  if (price !== undefined) checkPercent(rules, asked, price.value)
  if (quantity === undefined) return
  if (quantity.value.digits === 0n) throw new Refused(-4003)
  if (rules.lot !== null) checkLot(rules.lot, gridFrom, quantity.value)
  if (asked.isMarket && rules.marketLot !== null) checkLot(rules.marketLot, gridFrom, quantity.value)
  checkNotional(filters, rules, asked, quantity.value)
}

function compile(filters: Filters): Compiled {
  const known = compiled.get(filters)
  if (known !== undefined) return known
  const { price, lot, marketLot, percentPrice, notional } = filters
  const grid = (rule: { min: string; max: string } | undefined, step = '0') =>
    rule === undefined ? null : { min: parseDecimal(rule.min), max: parseDecimal(rule.max), step: parseDecimal(step) }
  const rules = {
    price: grid(price, price?.tick),
    lot: grid(lot, lot?.step),
    marketLot: grid(marketLot, marketLot?.step),
    up: parseDecimal(percentPrice?.up ?? '0'),
    down: parseDecimal(percentPrice?.down ?? '0'),
    isOneSided: percentPrice?.oneSided ?? true,
    minNotional: parseDecimal(notional?.min ?? '0'),
  }
  compiled.set(filters, rules)
  return rules
}

function checkPrice({ price: rule }: Compiled, gridFrom: 'minimum' | 'zero', price: Decimal): void {
  if (price.digits === 0n) throw new Refused(-4013)
  if (rule === null) return
  const { min, max, step } = rule
  if (compare(price, min) < 0) throw new Refused(-4013)
  if (isOn(max) && compare(price, max) > 0) throw new Refused(-4002)
  if (isOn(step) && !isOnGrid(price, gridFrom === 'minimum' ? min : ZERO, step)) throw new Refused(-4014)
}

/** A buy is bounded above the mark price, a sell below it; spot states both bounds for both sides. */
function checkPercent({ up, down, isOneSided }: Compiled, { side, mark }: Asked, price: Decimal): void {
  const at = parseDecimal(mark)
  if (isOn(up) && (side === 'BUY' || !isOneSided) && compare(price, product(at, up)) > 0) throw new Refused(-4016)
  if (isOn(down) && (side === 'SELL' || !isOneSided) && compare(price, product(at, down)) < 0) throw new Refused(-4024)
}

function checkLot({ min, max, step }: Grid, gridFrom: 'minimum' | 'zero', quantity: Decimal): void {
  if (compare(quantity, min) < 0) throw new Refused(-4004)
  if (isOn(max) && compare(quantity, max) > 0) throw new Refused(-4005)
  if (isOn(step) && !isOnGrid(quantity, gridFrom === 'minimum' ? min : ZERO, step)) throw new Refused(-4023)
}

/** Of a market order at the mark price. */
function checkNotional(
  { notional: rule }: Filters,
  { minNotional }: Compiled,
  { price, trigger, reduceOnly, mark }: Asked,
  quantity: Decimal,
): void {
  if (rule === undefined || (rule.reduceOnlyExempt && reduceOnly)) return
  const isMarket = price === undefined && trigger === undefined
  if (isMarket && !rule.applyMinToMarket) return
  const at = price?.value ?? trigger?.value ?? parseDecimal(mark)
  if (compare(product(at, quantity), minNotional) < 0)
    throw new Refused(-4164, unitsText(minNotional.digits, minNotional.decimals))
}

function isOn({ digits }: Decimal): boolean {
  return digits !== 0n
}

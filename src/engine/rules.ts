import { type Decimal, parseDecimal, type Rounding } from '../core/decimal.ts'
import type { FilterSnapshot, Filters, Instrument } from '../core/instrument.ts'

/**
 * A grid of legal numbers: origin + k × step, between min and max; whole units. A minimum that is off is 0, a maximum
 * Infinity; a step that is off is one unit of the scale.
 */
export interface GridRule {
  readonly origin: number
  readonly step: number
  readonly min: number
  readonly max: number
}

/** One filter snapshot in whole units of the instrument's own price and quantity scales. */
export interface Rules {
  readonly snapshot: FilterSnapshot
  readonly price: GridRule
  readonly lot: GridRule
  readonly marketLot: GridRule | null
  /**
   * Smallest and largest notional as whole numbers of 10^-(priceDecimals + qtyDecimals), which pass 2^53 on fine grids;
   * `null` where there is no largest.
   */
  readonly minNotional: number | bigint
  readonly maxNotional: number | bigint | null
  /** PERCENT_PRICE and PERCENT_PRICE_BY_SIDE, as far as they are stated. */
  readonly percent: readonly PercentRule[]
  /** Units of the base asset, Infinity where there is no most. */
  readonly maxPosition: number
  readonly filters: Filters
}

/** A multiplier of the reference price. */
export interface Multiplier {
  readonly text: string
  readonly exact: Decimal
  readonly near: number
}

/** Bounds of a limit price by side; `null` where there is none. */
interface PercentRule {
  readonly filter: 'PERCENT_PRICE' | 'PERCENT_PRICE_BY_SIDE'
  readonly buy: PercentBounds
  readonly sell: PercentBounds
}

interface PercentBounds {
  readonly up: Multiplier | null
  readonly down: Multiplier | null
}

/**
 * The scales of one instrument, fixed for a run so that units mean the same under every snapshot: prices are whole
 * multiples of 10^-priceDecimals, quantities of 10^-qtyDecimals.
 */
export interface Scales {
  readonly priceDecimals: number
  readonly qtyDecimals: number
}

/** Where the exchange states no step, quantities are kept to its 8 decimals. */
const QTY_DECIMALS = 8

/**
 * @param priceDecimals of the stored bars, so that every stored price is a whole number of units
 * @param fineQty true where fees are taken in the received asset, which leaves quantities finer than a step
 */
export function scalesOf(instrument: Instrument, priceDecimals: number, fineQty: boolean): Scales {
  let price = priceDecimals
  let qty = fineQty ? Math.min(...instrument.snapshots.map(({ filters }) => fineDecimals(filters.lot?.max))) : 0
  for (const { filters } of instrument.snapshots) {
    price = Math.max(price, ...texts(filters.price?.tick, filters.price?.min))
    const steps = texts(filters.lot?.step, filters.lot?.min, filters.marketLot?.step, filters.marketLot?.min)
    qty = Math.max(qty, ...(isOff(filters.lot?.step) ? [QTY_DECIMALS] : steps))
  }
  return { priceDecimals: price, qtyDecimals: qty }
}

/** The exchange's 8 decimals, fewer where 2^53 would not hold the largest order: a coin of which billions cost a dollar. */
function fineDecimals(maxQty: string | undefined): number {
  if (isOff(maxQty)) return QTY_DECIMALS
  let decimals = QTY_DECIMALS
  while (decimals > 0 && units(maxQty, decimals, 'up') > BigInt(Number.MAX_SAFE_INTEGER)) decimals--
  return decimals
}

function texts(...values: (string | undefined)[]): number[] {
  return values.filter((text) => text !== undefined).map((text) => parseDecimal(text).decimals)
}

function isOff(text: string | undefined): boolean {
  return text === undefined || parseDecimal(text).digits === 0n
}

export function compileRules(instrument: Instrument, snapshot: FilterSnapshot, scales: Scales): Rules {
  const { filters } = snapshot
  const { priceDecimals, qtyDecimals } = scales
  const fromMinimum = instrument.gridFrom === 'minimum'
  const grid = (
    rule: { min: string; max: string } | undefined,
    step: string | undefined,
    decimals: number,
  ): GridRule => {
    const min = Number(units(rule?.min, decimals, 'up'))
    return {
      origin: fromMinimum ? min : 0,
      step: Math.max(1, Number(units(step, decimals, 'up'))),
      min,
      max: isOff(rule?.max) ? Number.POSITIVE_INFINITY : Number(units(rule?.max, decimals, 'down')),
    }
  }
  return {
    snapshot,
    filters,
    price: grid(filters.price, filters.price?.tick, priceDecimals),
    lot: grid(filters.lot, filters.lot?.step, qtyDecimals),
    marketLot: filters.marketLot ? grid(filters.marketLot, filters.marketLot.step, qtyDecimals) : null,
    minNotional: counted(units(filters.notional?.min, priceDecimals + qtyDecimals, 'up')),
    maxNotional: isOff(filters.notional?.max)
      ? null
      : counted(units(filters.notional?.max, priceDecimals + qtyDecimals, 'down')),
    percent: percentRules(filters),
    maxPosition: isOff(filters.maxPosition)
      ? Number.POSITIVE_INFINITY
      : Number(units(filters.maxPosition, qtyDecimals, 'down')),
  }
}

/** USDS-M bounds a buy above and a sell below only; spot's PERCENT_PRICE bounds both; …_BY_SIDE has its own pairs. */
function percentRules({ percentPrice: both, percentPriceBySide: bySide }: Filters): PercentRule[] {
  const rules: PercentRule[] = []
  if (both) {
    const [up, down] = [multiplier(both.up), multiplier(both.down)]
    const { oneSided } = both
    rules.push({
      filter: 'PERCENT_PRICE',
      buy: { up, down: oneSided ? null : down },
      sell: { up: oneSided ? null : up, down },
    })
  }
  if (bySide)
    rules.push({
      filter: 'PERCENT_PRICE_BY_SIDE',
      buy: { up: multiplier(bySide.bidUp), down: multiplier(bySide.bidDown) },
      sell: { up: multiplier(bySide.askUp), down: multiplier(bySide.askDown) },
    })
  return rules
}

/** 0 disables a bound. */
function multiplier(text: string): Multiplier | null {
  return isOff(text) ? null : { text, exact: parseDecimal(text), near: Number(text) }
}

/** Decimal text as whole units, 0 where there is none; a bound finer than the scale is rounded to the stricter side. */
function units(text: string | undefined, decimals: number, rounding: Rounding): bigint {
  if (text === undefined) return 0n
  const value: Decimal = parseDecimal(text)
  if (value.decimals <= decimals) return value.digits * 10n ** BigInt(decimals - value.decimals)
  const divisor = 10n ** BigInt(value.decimals - decimals)
  const quotient = value.digits / divisor
  return rounding === 'up' && quotient * divisor !== value.digits ? quotient + 1n : quotient
}

/** As a number where it is exact: a comparison of a number with a BigInt costs as much as all other filters. */
function counted(value: bigint): number | bigint {
  return value <= BigInt(Number.MAX_SAFE_INTEGER) ? Number(value) : value
}

/** The grid number at or below `value` (whole units). */
export function gridDown(rule: GridRule, value: number): number {
  return rule.origin + Math.floor((value - rule.origin) / rule.step) * rule.step
}

/** The grid number at or above `value`. */
export function gridUp(rule: GridRule, value: number): number {
  return rule.origin + Math.ceil((value - rule.origin) / rule.step) * rule.step
}

export function isOnGrid(rule: GridRule, value: number): boolean {
  return gridDown(rule, value) === value
}

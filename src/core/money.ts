import { ceilUnits, floorUnits, fromUnits, POW10, type Rounding, safe, wholeQuotient } from './decimal.ts'

/** How many times its start an account may grow before its ledger's whole numbers run out. */
const GROWTH = 1000

/** Exchanges keep balances to 8 decimals. */
const SMALLEST = 1e-8

/**
 * The ledger's unit of one quote asset: money is a whole number of 10^-decimals of it. 1e-8 where 2^53 holds a
 * thousandfold account, coarser where it would not (10^12 rupiah are kept in whole rupiah).
 */
export interface Ledger {
  readonly decimals: number
}

/** @throws RangeError where cash is less than one unit, or even whole units of the asset could not hold the account */
export function ledgerFor(cash: number): Ledger {
  if (!(cash >= SMALLEST)) throw new RangeError(`cash ${cash} is less than 0.00000001, the smallest unit of account`)
  for (let decimals = 8; decimals >= 0; decimals--)
    if (cash * GROWTH * POW10[decimals]! <= Number.MAX_SAFE_INTEGER) return { decimals }
  throw new RangeError(
    `cash ${cash} is too large for exact accounting: at most ${Math.floor(Number.MAX_SAFE_INTEGER / GROWTH)} of the quote asset`,
  )
}

/** A fee rate as an exact fraction: `digits` ÷ 10^`decimals`. Below 0 where the exchange pays: a maker's rebate. */
export interface Rate {
  readonly digits: number
  readonly decimals: number
}

/**
 * `cost` is what a trader pays, `rebate` may also be what he is paid: makers on some tiers.
 * @throws RangeError where the rate is not a fraction in [0, 1), or (−1, 1), of at most 12 decimals
 */
export function rateOf(value: number, name: string, kind: 'cost' | 'rebate' = 'cost'): Rate {
  const isWithin = value < 1 && (kind === 'cost' ? value >= 0 : value > -1)
  for (let decimals = 0; isWithin && decimals <= 12; decimals++) {
    const digits = Math.round(value * POW10[decimals]!)
    // −0 is 0
    if (digits / POW10[decimals]! === value) return { digits: digits + 0, decimals }
  }
  const range = kind === 'cost' ? 'from 0 to below 1' : 'above -1 and below 1'
  throw new RangeError(`${name} ${value} is not a rate: write a fraction ${range} such as 0.001 (0.1 %)`)
}

/**
 * price × qty × rate in ledger units. `price` and `qty` are whole numbers of 10^-priceDecimals and 10^-qtyDecimals;
 * the product is exact and rounded once, so that costs can be rounded up and receipts down to the unit. A rebate is a
 * cost below 0: rounded up, less of it is received.
 */
export function notionalUnits(
  ledger: Ledger,
  price: number,
  priceDecimals: number,
  qty: number,
  qtyDecimals: number,
  rounding: Rounding,
  rate: Rate = ONE,
): number {
  if (rate.digits < 0) {
    const received = { digits: -rate.digits, decimals: rate.decimals }
    const opposite = rounding === 'up' ? 'down' : 'up'
    return 0 - notionalUnits(ledger, price, priceDecimals, qty, qtyDecimals, opposite, received)
  }
  const shift = priceDecimals + qtyDecimals + rate.decimals - ledger.decimals
  const product = price * qty * rate.digits
  if (shift >= 0 && shift <= 15 && product <= Number.MAX_SAFE_INTEGER) {
    const divisor = POW10[shift]!
    const quotient = wholeQuotient(product, divisor)
    return rounding === 'up' && quotient * divisor !== product ? quotient + 1 : quotient
  }
  const exact = BigInt(price) * BigInt(qty) * BigInt(rate.digits)
  if (shift <= 0) return safe(exact * 10n ** BigInt(-shift))
  const divisor = 10n ** BigInt(shift)
  const quotient = exact / divisor
  return safe(rounding === 'up' && quotient * divisor !== exact ? quotient + 1n : quotient)
}

const ONE: Rate = { digits: 1, decimals: 0 }

export function toLedger(ledger: Ledger, amount: number, rounding: Rounding = 'down'): number {
  return rounding === 'down' ? floorUnits(amount, ledger.decimals) : ceilUnits(amount, ledger.decimals)
}

export function fromLedger(ledger: Ledger, units: number): number {
  return fromUnits(units, ledger.decimals)
}

import { decimalOf, unitsText } from '../../core/decimal.ts'
import { type Ledger, notionalUnits, type Rate } from '../../core/money.ts'
import type { ParityCause } from '../../core/parity.ts'

/** Decimals of a price or a quantity, and of their product: finer than any market's, so that nothing is rounded on the way. */
export const FACTOR = 14
const PRODUCT = 2 * FACTOR
/** Decimals of an amount of an asset, as venues write it. */
const ASSET = 8

/** Something that was otherwise, with what it did to the result, exactly. */
export interface Item {
  /** `null`: nobody knows why. */
  readonly cause: ParityCause | null
  readonly symbol: string
  readonly at: number
  readonly text: string
  readonly paper: string
  readonly backtest: string
  /** Of the quote asset, × 10^28. */
  readonly exact: bigint
}

/** A price or quantity × 10^14. @throws RangeError where it is finer */
export function factor(value: number): bigint {
  const { digits, decimals } = decimalOf(value)
  if (decimals > FACTOR) throw new RangeError(`${value} has more than ${FACTOR} decimals`)
  return digits * 10n ** BigInt(FACTOR - decimals)
}

/** An amount of money × 10^28. */
export function exactly(amount: number): bigint {
  return factor(amount) * 10n ** BigInt(FACTOR)
}

/** The same in a ledger's units, rounded to the nearest. */
export function unitsOf(exact: bigint, { decimals }: Ledger): number {
  return Number(rounded(exact, decimals))
}

/** Half of a unit away from zero. */
function rounded(exact: bigint, decimals: number): bigint {
  const divisor = 10n ** BigInt(PRODUCT - decimals)
  const half = exact < 0n ? -divisor / 2n : divisor / 2n
  return (exact + half) / divisor
}

/** What a fee model takes of a fill, × 10^28. */
export function modelFee(ledger: Ledger, price: number, qty: number, rate: Rate): bigint {
  const [p, q] = [decimalOf(price), decimalOf(qty)]
  const units = notionalUnits(ledger, Number(p.digits), p.decimals, Number(q.digits), q.decimals, 'up', rate)
  return BigInt(units) * 10n ** BigInt(PRODUCT - ledger.decimals)
}

/** With no more decimals than its asset has: what is parted among fills has many. */
export function exactText(exact: bigint): string {
  return unitsText(rounded(exact, ASSET), ASSET)
}

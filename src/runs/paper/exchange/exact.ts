import { decimalOf, parseDecimal, unitsText } from '../../../core/decimal.ts'

/** Amounts are compared and added as whole numbers of 10^-16: finer than any asset of any exchange. */
const DECIMALS = 16

/** @throws RangeError for what is no plain decimal, or has more than 16 decimals */
export function unitsOf(amount: string | number): bigint {
  const { digits, decimals } = typeof amount === 'number' ? decimalOf(amount) : parseDecimal(amount)
  if (decimals > DECIMALS) throw new RangeError(`${amount} has more than ${DECIMALS} decimals`)
  return digits * 10n ** BigInt(DECIMALS - decimals)
}

export function textOf(units: bigint): string {
  return unitsText(units, DECIMALS)
}

/** Decimals in which an exchange takes its fees. */
const FEE_DECIMALS = 8

/** qty × price × rate, rounded against the trader. */
export function feeText(qty: string, price: string, rate: string | number): string {
  const product = unitsOf(qty) * unitsOf(price) * unitsOf(rate)
  const divisor = 10n ** BigInt(3 * DECIMALS - FEE_DECIMALS)
  const cut = product / divisor
  return unitsText(cut * divisor < product ? cut + 1n : cut, FEE_DECIMALS)
}

/** A double as plain decimal text: 1e-7 is "0.0000001", which an exchange takes. */
export function plainText(value: number): string {
  const { digits, decimals } = decimalOf(value)
  return unitsText(digits, decimals)
}

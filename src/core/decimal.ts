/**
 * Exact decimals as whole numbers of 10^-decimals. Everything that decides legality or moves money goes through here,
 * because binary floats cannot: `0.010 % 0.001 !== 0` although 0.010 is a whole number of steps.
 */

/** 10^0 … 10^22, every one exact in a double. */
export const POW10: readonly number[] = Array.from({ length: 23 }, (_, k) => Number(`1e${k}`))

/** A plain decimal number as exchanges write it: no sign prefix but '-', no exponent, digits on both sides of a point. */
const PLAIN = /^-?\d+(\.\d+)?$/

/** A decimal read from text without loss: `digits` × 10^-`decimals`, trailing zeros dropped. */
export interface Decimal {
  readonly digits: bigint
  readonly decimals: number
}

/**
 * Reads an exchange's decimal text exactly.
 * @throws RangeError for anything but plain decimal digits ("1e-7", "+1", ".5", "NaN", " 1" are refused)
 */
export function parseDecimal(text: string): Decimal {
  if (!PLAIN.test(text)) throw new RangeError(`"${text}" is not a plain decimal number`)
  const point = text.indexOf('.')
  if (point < 0) return { digits: BigInt(text), decimals: 0 }
  const fraction = text.slice(point + 1).replace(/0+$/, '')
  return { digits: BigInt(text.slice(0, point) + fraction), decimals: fraction.length }
}

/**
 * A double as the decimal it prints as: 0.07 is seven hundredths, not the binary number nearest to it.
 * @throws RangeError for NaN and the infinities
 */
export function decimalOf(value: number): Decimal {
  const [mantissa, exponent = '0'] = String(value).split('e')
  const { digits, decimals } = parseDecimal(mantissa!)
  const shift = decimals - Number(exponent)
  return shift >= 0 ? { digits, decimals: shift } : { digits: digits * 10n ** BigInt(-shift), decimals: 0 }
}

/** Fewest decimals that write `value` exactly as a double prints it: 0.1 → 1, 1e-8 → 8, 1e21 → 0. */
export function decimalsOf(value: number): number {
  const text = String(Math.abs(value))
  const e = text.indexOf('e')
  const mantissa = e < 0 ? text : text.slice(0, e)
  const exponent = e < 0 ? 0 : Number(text.slice(e + 1))
  const point = mantissa.indexOf('.')
  const fraction = point < 0 ? 0 : mantissa.length - point - 1
  return Math.max(0, fraction - exponent)
}

/**
 * The whole number n with n × 10^-decimals equal to `value`, or `null` where `value` is not such a decimal.
 * Exact: n / 10^d is correctly rounded, so it equals `value` only if `value` is the double of that very decimal.
 */
export function exactUnits(value: number, decimals: number): number | null {
  const scale = POW10[decimals]!
  const n = Math.round(value * scale)
  if (n / scale === value) return Number.isSafeInteger(n) ? n : null
  // beyond 2^51 the product itself is rounded, by a unit at the most: 4450095359181.818 × 1000 ends in 819
  if (Math.abs(n) < 2 ** 51 || !Number.isSafeInteger(n)) return null
  if ((n - 1) / scale === value) return n - 1
  return (n + 1) / scale === value ? n + 1 : null
}

/** The largest whole number of units that is not above `value`. */
export function floorUnits(value: number, decimals: number): number {
  const exact = exactUnits(value, decimals)
  if (exact !== null) return exact
  const scale = POW10[decimals]!
  const n = Math.floor(value * scale)
  if (n / scale > value) return n - 1
  // the product may have been rounded down past the whole number that it holds
  return (n + 1) / scale <= value ? n + 1 : n
}

/** The smallest whole number of units that is not below `value`. */
export function ceilUnits(value: number, decimals: number): number {
  return -floorUnits(-value, decimals)
}

/** Units back to the nearest double, correctly rounded. */
export function fromUnits(units: number, decimals: number): number {
  return units / POW10[decimals]!
}

/** Decimal text of whole units, e.g. (−12340, 4) → "-1.234". */
export function unitsText(units: number | bigint, decimals: number): string {
  const negative = units < 0
  const digits = String(negative ? -BigInt(units) : BigInt(units)).padStart(decimals + 1, '0')
  const whole = digits.slice(0, digits.length - decimals)
  const fraction = decimals === 0 ? '' : digits.slice(-decimals).replace(/0+$/, '')
  return `${negative ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`
}

export type Rounding = 'down' | 'up'

/**
 * ⌊a ÷ b⌋ of whole numbers 0 ≤ a ≤ 2^53 − 1 and b > 0. Exact: a quotient that is not whole lies 1 ÷ b or more below the next whole number,
 * and rounding, by a ÷ b ÷ 2^53 at most, does not take it there. A remainder costs a processor several times as much.
 */
export function wholeQuotient(a: number, b: number): number {
  return Math.floor(a / b)
}

/** ⌊a × b ÷ divisor⌋ or ⌈…⌉ of whole numbers a, b ≥ 0, exact whatever their size; BigInt only where 2^53 is passed. */
export function mulDiv(a: number, b: number, divisor: number, rounding: Rounding): number {
  const product = a * b
  if (product <= Number.MAX_SAFE_INTEGER && Number.isSafeInteger(divisor)) {
    const quotient = wholeQuotient(product, divisor)
    return rounding === 'up' && quotient * divisor !== product ? quotient + 1 : quotient
  }
  const exact = BigInt(a) * BigInt(b)
  const big = BigInt(divisor)
  const quotient = exact / big
  return safe(rounding === 'up' && quotient * big !== exact ? quotient + 1n : quotient)
}

/** An account has outgrown the whole numbers that its ledger is kept in: nobody's mistake but that of its size. */
export class LedgerError extends RangeError {}

/** A bigint as a number. @throws LedgerError where a digit would be lost */
export function safe(value: bigint): number {
  const n = Number(value)
  if (!Number.isSafeInteger(n))
    throw new LedgerError(`${value} units are beyond 2^53: the account has outgrown its ledger; start with less cash`)
  return n
}

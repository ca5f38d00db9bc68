/**
 * Arithmetic that shares nothing with src/core: a double taken apart into its bits, decimals as fractions of BigInts.
 * What the property tests of core compare with.
 */

/** num ÷ den, den > 0. */
export interface Fraction {
  readonly num: bigint
  readonly den: bigint
}

/** The exact value of a finite double: ± mantissa × 2^exponent. */
export function fractionOf(value: number): Fraction {
  const bits = new DataView(new ArrayBuffer(8))
  bits.setFloat64(0, value)
  const word = bits.getBigUint64(0)
  const exponent = Number((word >> 52n) & 0x7ffn)
  const mantissa = (word & 0xfffffffffffffn) | (exponent === 0 ? 0n : 1n << 52n)
  const power = (exponent === 0 ? 1 : exponent) - 1075
  const num = word >> 63n ? -mantissa : mantissa
  return power >= 0 ? { num: num << BigInt(power), den: 1n } : { num, den: 1n << BigInt(-power) }
}

/** Rounds towards −∞, which BigInt division does not. */
export function floorDiv(a: bigint, b: bigint): bigint {
  const quotient = a / b
  return a % b !== 0n && a < 0n !== b < 0n ? quotient - 1n : quotient
}

export function ceilDiv(a: bigint, b: bigint): bigint {
  return -floorDiv(-a, b)
}

/** n × 10^-decimals as plain text, written digit by digit. */
export function plainText(n: bigint, decimals: number): string {
  const sign = n < 0n ? '-' : ''
  const scale = 10n ** BigInt(decimals)
  const size = n < 0n ? -n : n
  const fraction = String(size % scale).padStart(decimals, '0')
  return decimals === 0 ? `${sign}${size}` : `${sign}${size / scale}.${fraction}`
}

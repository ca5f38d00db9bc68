import { type Decimal, exactUnits, unitsText } from '../core/decimal.ts'

/** A double that prints as a decimal of the scale, as the engine's events have them. */
export function unitsOf(value: number, decimals: number): bigint {
  const units = exactUnits(value, decimals)
  if (units === null) throw new RangeError(`${value} has more than ${decimals} decimals`)
  return BigInt(units)
}

/** Text with at least so many decimals, trailing zeros kept: Binance pads its amounts. */
export function padded(units: bigint | number, decimals: number, least = decimals): string {
  const text = unitsText(units, decimals)
  const point = text.indexOf('.')
  const has = point < 0 ? 0 : text.length - point - 1
  if (has >= least) return text
  return `${text}${point < 0 ? '.' : ''}${'0'.repeat(least - has)}`
}

/** n ÷ d as units of 10^-decimals, to the nearest, halves away from 0. */
export function quotient(n: bigint, d: bigint, decimals: number): bigint {
  const negative = n < 0n !== d < 0n
  const [top, bottom] = [(n < 0n ? -n : n) * 10n ** BigInt(decimals), d < 0n ? -d : d]
  const rounded = (2n * top + bottom) / (2n * bottom)
  return negative ? -rounded : rounded
}

/** A decimal on a scale that holds it. */
export function scaled({ digits, decimals }: Decimal, to: number): bigint {
  return digits * 10n ** BigInt(to - decimals)
}

/** The sign of a − b, exact. */
export function compare(a: Decimal, b: Decimal): number {
  const decimals = Math.max(a.decimals, b.decimals)
  const difference = scaled(a, decimals) - scaled(b, decimals)
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

export function product(a: Decimal, b: Decimal): Decimal {
  return { digits: a.digits * b.digits, decimals: a.decimals + b.decimals }
}

/** Whether value is origin and a whole number of steps. */
export function isOnGrid(value: Decimal, origin: Decimal, step: Decimal): boolean {
  const decimals = Math.max(value.decimals, origin.decimals, step.decimals)
  return (scaled(value, decimals) - scaled(origin, decimals)) % scaled(step, decimals) === 0n
}

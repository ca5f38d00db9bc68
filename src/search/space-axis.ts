import { decimalOf, POW10 } from '../core/decimal.ts'
import type { Dimension, Params } from '../core/search.ts'

export type Value = Params[string]

/** A dimension made ready to be asked for values. */
export interface Axis {
  readonly name: string
  /** How many values it has; Infinity where any number may be tried. */
  readonly size: number
  readonly isOrdered: boolean
  /** The value at k, from 0: lists in the order in which they were written. Only where `size` is finite. */
  at(k: number): Value
  /** The value that a point 0 ≤ u < 1 stands for: all values (on their scale) have equal shares of [0, 1). */
  from(u: number): Value
  /** The share of [0, 1] that `from` makes this value of; a point where any number may be tried. */
  cell(value: Value): readonly [low: number, high: number]
}

export function axisOf(dimension: Dimension): Axis {
  if (dimension.kind === 'list') return listed(dimension.name, dimension.values, hasOrder(dimension))
  if (dimension.step !== null) return stepped(dimension.name, dimension.from, dimension.to, dimension.step)
  if (dimension.kind === 'num') return continuous(dimension)
  return dimension.isLog ? wholeOnLog(dimension) : stepped(dimension.name, dimension.from, dimension.to, 1)
}

/** Whether one value lies beside another: numbers do, words do not. */
export function hasOrder(dimension: Dimension): boolean {
  return dimension.kind !== 'list' || dimension.values.every((value) => typeof value === 'number')
}

/** How many steps there are from one number to another, and whether they end on it: in decimal digits, so that nothing drifts. */
export function stepsBetween(
  from: number,
  to: number,
  step: number,
): { readonly steps: bigint; readonly ends: boolean } {
  const [a, b, s] = inUnits([from, to, step]).units
  return { steps: (b! - a!) / s!, ends: (b! - a!) % s! === 0n }
}

/** Numbers as whole numbers of one power of ten. */
export function inUnits(numbers: readonly number[]): { readonly units: readonly bigint[]; readonly decimals: number } {
  const read = numbers.map(decimalOf)
  const decimals = Math.max(...read.map((one) => one.decimals))
  return { units: read.map((one) => one.digits * 10n ** BigInt(decimals - one.decimals)), decimals }
}

/** The double nearest to units × 10^-decimals. */
export function unitsToNumber(units: bigint, decimals: number): number {
  return Number(`${units}e-${decimals}`)
}

function listed(name: string, values: readonly Value[], isOrdered: boolean): Axis {
  const indices = new Map(values.map((value, k) => [value, k]))
  return {
    name,
    size: values.length,
    isOrdered,
    at: (k) => values[k]!,
    from: (u) => values[Math.floor(u * values.length)]!,
    cell: (value) => share(indices.get(value)!, values.length),
  }
}

function stepped(name: string, from: number, to: number, step: number): Axis {
  const { units, decimals } = inUnits([from, step])
  const size = Number(stepsBetween(from, to, step).steps) + 1
  const [first, by] = units.map(Number)
  // quotients of whole numbers that doubles hold are correctly rounded: 3 ÷ 10 is the double that 0.3 reads as
  const isPlain =
    decimals < POW10.length && Number.isSafeInteger(first! + by! * (size - 1)) && Number.isSafeInteger(first!)
  const scale = POW10[decimals]!
  const at = isPlain
    ? (k: number) => (first! + by! * k) / scale
    : (k: number) => unitsToNumber(units[0]! + units[1]! * BigInt(k), decimals)
  return {
    name,
    size,
    isOrdered: true,
    at,
    from: (u) => at(Math.floor(u * size)),
    cell: (value) => share(Math.round((Number(value) - from) / step), size),
  }
}

function share(k: number, size: number): [number, number] {
  return [k / size, (k + 1) / size]
}

interface Range {
  readonly name: string
  readonly from: number
  readonly to: number
  readonly isLog: boolean
}

function continuous({ name, from, to, isLog }: Range): Axis {
  const [low, high] = isLog ? [Math.log(from), Math.log(to)] : [from, to]
  const within = (value: number) => Math.min(to, Math.max(from, value))
  return {
    name,
    size: from === to ? 1 : Number.POSITIVE_INFINITY,
    isOrdered: true,
    at: () => from,
    from: (u) => {
      const point = low * (1 - u) + high * u
      return within(isLog ? Math.exp(point) : point)
    },
    cell: (value) => {
      const point = isLog ? Math.log(Number(value)) : Number(value)
      const u = from === to ? 0.5 : Math.min(1, Math.max(0, (point - low) / (high - low)))
      return [u, u]
    },
  }
}

/** Whole numbers of which each has the stretch from a half below to a half above it, on a logarithmic scale. */
function wholeOnLog({ name, from, to }: Range): Axis {
  const low = Math.log(from - 0.5)
  const width = Math.log(to + 0.5) - low
  return {
    name,
    size: to - from + 1,
    isOrdered: true,
    at: (k) => from + k,
    from: (u) => Math.min(to, Math.max(from, Math.round(Math.exp(low + u * width)))),
    cell: (value) => [
      Math.max(0, (Math.log(Number(value) - 0.5) - low) / width),
      Math.min(1, (Math.log(Number(value) + 0.5) - low) / width),
    ],
  }
}

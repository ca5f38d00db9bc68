import { type Random, seededRandom } from '../../src/core/random.ts'
import type { TrainingSet } from '../../src/models/classifier.ts'

/** Two numbers from a standard normal distribution (Box & Muller), of which one is used. */
function normal(random: Random): number {
  return Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
}

export interface MadeOptions {
  readonly rows: number
  readonly features?: number
  readonly classes?: 2 | 3
  readonly seed?: number
  /** Part of the values that is missing. */
  readonly missing?: number
}

/**
 * Standard normal features, of which the first two tell the class: log odds 1.5·a + sin(2·b), with b missing counting 0; of
 * three classes 1 has log odds a² − 1 against 0 as well.
 */
export function madeTraining({ rows, features = 4, classes = 2, seed = 1, missing = 0 }: MadeOptions): TrainingSet {
  const random = seededRandom(seed)
  const columns = Array.from({ length: features }, () =>
    Float64Array.from({ length: rows }, () => {
      const value = normal(random)
      return random() < missing ? Number.NaN : value
    }),
  )
  const known = (value: number) => (Number.isNaN(value) ? 0 : value)
  const y = Int8Array.from({ length: rows }, (_, row) => {
    const [a, b] = [known(columns[0]![row]!), known(columns[1]?.[row] ?? 0)]
    const up = Math.exp(1.5 * a + Math.sin(2 * b))
    if (classes === 2) return random() * (1 + up) < up ? 1 : 0
    const still = Math.exp(a * a - 1)
    const drawn = random() * (1 + still + up)
    return drawn < up ? 2 : drawn < up + still ? 1 : 0
  })
  return trainingOf(columns, y, classes)
}

export function trainingOf(
  columns: readonly (readonly number[] | Float64Array)[],
  y: ArrayLike<number>,
  classes: 2 | 3 = 2,
  weights: ArrayLike<number> | null = null,
): TrainingSet {
  return {
    names: columns.map((_, k) => String.fromCharCode(97 + k)),
    columns: columns.map((column) => Float64Array.from(column)),
    rows: upTo(y.length),
    y: Int8Array.from(y),
    classes,
    weights: weights && Float64Array.from(weights),
  }
}

/** 0, 1 … up to but without `count`. */
export function upTo(count: number, from = 0): Int32Array {
  return Int32Array.from({ length: count - from }, (_, k) => from + k)
}

/** The rows of `data`, each as often as `times` says, so that a weight can be told by counting. */
export function repeated(data: TrainingSet, times: readonly number[]): TrainingSet {
  const rows = Int32Array.from(times.flatMap((count, row) => Array.from({ length: count }, () => row)))
  return { ...data, rows, weights: null }
}

/** The largest distance between two lists of one length. */
export function farthest(a: ArrayLike<number>, b: ArrayLike<number>): number {
  if (a.length !== b.length) throw new RangeError(`${a.length} and ${b.length} numbers`)
  return Array.from(a).reduce((most, one, k) => Math.max(most, Math.abs(one - b[k]!)), 0)
}

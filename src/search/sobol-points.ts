import { seededRandom } from '../core/random.ts'

/**
 * Primitive polynomials (all their bits, the highest and the lowest too) and first direction numbers of dimensions 2 to 21:
 * S. Joe and F. Y. Kuo, "Constructing Sobol sequences with better two-dimensional projections", SIAM J. Sci. Comput. 30,
 * 2635–2654 (2008), file new-joe-kuo-6.21201. Copyright (c) 2008 Frances Y. Kuo and Stephen Joe, all rights reserved; used
 * under their licence (BSD, three clauses).
 */
// biome-ignore format: a table, one dimension a line
const DIRECTIONS: readonly (readonly [polynomial: number, first: readonly number[]])[] = [
  [3, [1]],
  [7, [1, 3]],
  [11, [1, 3, 1]],
  [13, [1, 1, 1]],
  [19, [1, 1, 3, 3]],
  [25, [1, 3, 5, 13]],
  [37, [1, 1, 5, 5, 17]],
  [41, [1, 1, 5, 5, 5]],
  [47, [1, 1, 7, 11, 19]],
  [55, [1, 1, 5, 1, 1]],
  [59, [1, 1, 1, 3, 11]],
  [61, [1, 3, 5, 5, 31]],
  [67, [1, 3, 3, 9, 7, 49]],
  [91, [1, 1, 1, 15, 21, 21]],
  [97, [1, 3, 1, 13, 27, 49]],
  [103, [1, 1, 1, 15, 7, 5]],
  [109, [1, 3, 1, 15, 13, 25]],
  [115, [1, 1, 5, 5, 19, 61]],
  [131, [1, 3, 7, 11, 23, 15, 103]],
  [137, [1, 3, 7, 13, 13, 15, 69]],
]
const BITS = 32
/** How many parameters it can search. */
export const SOBOL_DIMENSIONS = DIRECTIONS.length + 1

/**
 * The Sobol sequence, point by point, in Gray code order (Antonov and Saleev 1979).
 * @param seed scrambles it (Owen 1995), so that each point by itself is uniform; `null` leaves it as it is, with 0 first
 * @throws RangeError on more dimensions than there are numbers for
 */
export function sobolPoints(dimensions: number, seed: number | null): () => readonly number[] {
  if (dimensions > SOBOL_DIMENSIONS)
    throw new RangeError(
      `--method sobol searches at most ${SOBOL_DIMENSIONS} parameters, not ${dimensions}; fix some, or use random or tpe`,
    )
  const directions = Array.from({ length: dimensions }, (_, k) => directionsOf(k))
  const random = seededRandom(seed ?? 0)
  const scrambles = directions.map(() => (seed === null ? null : Math.floor(random() * 2 ** BITS)))
  const state = new Uint32Array(dimensions)
  let index = 0
  return () => {
    if (index > 0) {
      const changed = 31 - Math.clz32(index & -index)
      for (let k = 0; k < dimensions; k++) state[k] = state[k]! ^ directions[k]![changed]!
    }
    index++
    return scrambles.map((scramble, k) => (scramble === null ? state[k]! : scrambled(state[k]!, scramble)) / 2 ** BITS)
  }
}

/** Direction numbers of a dimension, from 0, as binary fractions of 32 bits. */
function directionsOf(dimension: number): Uint32Array {
  const numbers = new Uint32Array(BITS)
  if (dimension === 0) {
    for (let k = 0; k < BITS; k++) numbers[k] = 2 ** (BITS - 1 - k)
    return numbers
  }
  const [polynomial, first] = DIRECTIONS[dimension - 1]!
  const degree = first.length
  for (let k = 0; k < BITS; k++) {
    if (k < degree) {
      numbers[k] = first[k]! * 2 ** (BITS - 1 - k)
      continue
    }
    let value = numbers[k - degree]! ^ (numbers[k - degree]! >>> degree)
    for (let bit = 1; bit < degree; bit++) if ((polynomial >>> (degree - bit)) & 1) value ^= numbers[k - bit]!
    numbers[k] = value
  }
  return numbers
}

/**
 * Nested uniform scrambling by a hash in which no bit hangs on a lower one: B. Burley, "Practical Hash-based Owen
 * Scrambling", J. Computer Graphics Techniques 9(4), 2020.
 */
function scrambled(x: number, seed: number): number {
  let bits = reversed(x)
  bits = (bits + seed) | 0
  bits ^= Math.imul(bits, 0x6c50b47c)
  bits ^= Math.imul(bits, 0xb82f1e52)
  bits ^= Math.imul(bits, 0xc7afe638)
  bits ^= Math.imul(bits, 0x8d22f6e6)
  return reversed(bits) >>> 0
}

function reversed(x: number): number {
  let bits = ((x >>> 1) & 0x55555555) | ((x & 0x55555555) << 1)
  bits = ((bits >>> 2) & 0x33333333) | ((bits & 0x33333333) << 2)
  bits = ((bits >>> 4) & 0x0f0f0f0f) | ((bits & 0x0f0f0f0f) << 4)
  bits = ((bits >>> 8) & 0x00ff00ff) | ((bits & 0x00ff00ff) << 8)
  return (bits >>> 16) | (bits << 16)
}

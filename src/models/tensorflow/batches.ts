import { seededRandom } from '../../core/random.ts'

/** Writes the windows that end at the given rows one after the other, in each row after row, rounded to 32 bits. */
export function fillWindows(
  columns: readonly Float64Array[],
  rows: ArrayLike<number>,
  window: number,
  to: Float32Array | Float64Array,
): void {
  const features = columns.length
  for (const [j, column] of columns.entries()) {
    let at = j
    for (let k = 0; k < rows.length; k++) {
      const end = rows[k]!
      for (let row = end - window + 1; row <= end; row++, at += features) to[at] = Math.fround(column[row]!)
    }
  }
}

/** 0 … count − 1 in an order that hangs on the seed alone (Fisher and Yates). */
export function shuffled(count: number, seed: number): Int32Array {
  const random = seededRandom(seed)
  const order = Int32Array.from({ length: count }, (_, k) => k)
  for (let k = count - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1))
    const kept = order[k]!
    order[k] = order[other]!
    order[other] = kept
  }
  return order
}

/** What dropout multiplies by: 0 for a share of the places, for the others 1 ÷ (1 − share), so that the sum stays. */
export function dropoutMask(count: number, share: number, seed: number): Float32Array {
  const random = seededRandom(seed)
  const kept = 1 / (1 - share)
  return Float32Array.from({ length: count }, () => (random() < share ? 0 : kept))
}

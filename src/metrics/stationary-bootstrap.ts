import type { Random } from '../core/random.ts'

/**
 * One draw of the stationary bootstrap (Politis & Romano 1994): blocks begin anywhere alike, have geometric lengths of a
 * mean, and go on at the start where they pass the end. As many values as `drawn` has room for; the last block is cut.
 * @param meanLength 1 or more; at 1 every value is drawn by itself
 */
export function drawStationary(drawn: Float64Array, values: Float64Array, meanLength: number, random: Random): void {
  const n = values.length
  // a block goes on with the probability 1 − 1 ÷ mean
  const scale = meanLength > 1 ? 1 / Math.log(1 - 1 / meanLength) : 0
  const wanted = drawn.length
  for (let k = 0; k < wanted; ) {
    let row = Math.floor(random() * n)
    const length = scale === 0 ? 1 : 1 + Math.floor(Math.log(1 - random()) * scale)
    const end = Math.min(wanted, k + length)
    while (k < end) {
      drawn[k++] = values[row]!
      row = row + 1 === n ? 0 : row + 1
    }
  }
}

import type { ReturnsSummary } from '../core/search.ts'

const DOUBLE = new Float64Array(1)
const HALVES = new Int32Array(DOUBLE.buffer)
const HASH = new Int32Array(2)

/**
 * 53 bits of what a trial did, as a whole number: trials that did exactly the same have the same, others in all likelihood
 * another (one pair in 10¹⁶). Ordered by it, trials are shuffled as if at random, however they came.
 */
export function returnsHash({ sums, deviation, skew, kurtosis }: ReturnsSummary): number {
  HASH[0] = 0x9e3779b9
  HASH[1] = 0x85ebca6b
  for (let k = 0; k < sums.length; k++) stir(sums[k]!)
  // of days inside the blocks these tell
  stir(deviation)
  stir(skew)
  stir(kurtosis)
  return (mixed(HASH[0]!) >>> 0) * 2 ** 21 + (mixed(HASH[1]!) >>> 11)
}

function stir(value: number): void {
  // −0 is 0
  DOUBLE[0] = value + 0
  let [high, low] = [HASH[0]!, HASH[1]!]
  high = Math.imul(high ^ HALVES[0]!, 0x7feb352d)
  high ^= high >>> 15
  low = Math.imul(low ^ HALVES[1]!, 0x846ca68b)
  low ^= low >>> 16
  HASH[0] = high + Math.imul(low, 0x297a2d39)
  HASH[1] = low + Math.imul(high, 0x1b873593)
}

function mixed(bits: number): number {
  let z = Math.imul(bits ^ (bits >>> 16), 0x7feb352d)
  z = Math.imul(z ^ (z >>> 15), 0x846ca68b)
  return z ^ (z >>> 16)
}

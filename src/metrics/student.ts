import type { ConfidenceInterval } from './block-bootstrap.ts'
import { deviation, mean } from './statistics.ts'

/**
 * Interval of the mean of values that hang on nothing but themselves (Student 1908).
 * @param values at least 2
 */
export function meanInterval(values: readonly number[], level: number): ConfidenceInterval & { readonly mean: number } {
  const average = mean(values)
  const reach = (deviation(values) / Math.sqrt(values.length)) * studentReach(values.length - 1, level)
  return { mean: average, low: average - reach, high: average + reach }
}

/**
 * How far from 0 a share `level` of Student's distribution lies.
 * @throws RangeError for degrees of freedom that are no count from 1 on, or a level that is no fraction
 */
export function studentReach(degrees: number, level: number): number {
  if (!Number.isInteger(degrees) || degrees < 1) throw new RangeError(`${degrees} degrees of freedom: write a count`)
  if (!(level > 0 && level < 1)) throw new RangeError(`level ${level}: write a fraction between 0 and 1`)
  let [low, high] = [0, 1]
  while (shareWithin(high, degrees) < level) high *= 2
  // until no number lies between
  for (let middle = (low + high) / 2; middle > low && middle < high; middle = (low + high) / 2)
    if (shareWithin(middle, degrees) < level) low = middle
    else high = middle
  return high
}

/** P(|T| < t), a finite sum for whole degrees of freedom (Abramowitz & Stegun 26.7.3 and 26.7.4). */
function shareWithin(t: number, degrees: number): number {
  const angle = Math.atan(t / Math.sqrt(degrees))
  const square = Math.cos(angle) ** 2
  const isOdd = degrees % 2 === 1
  let term = isOdd ? Math.cos(angle) : 1
  let sum = 0
  for (let k = isOdd ? 3 : 2; k <= degrees; k += 2) {
    sum += term
    term *= ((k - 1) / k) * square
  }
  return isOdd ? (2 / Math.PI) * (angle + Math.sin(angle) * sum) : Math.sin(angle) * sum
}

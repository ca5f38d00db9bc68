// by index, here and below: compiled code of an iterator is thrown away whenever a list of another kind of elements comes by

export function mean(values: readonly number[]): number {
  let sum = 0
  for (let k = 0; k < values.length; k++) sum += values[k]!
  return sum / values.length
}

/** Sample standard deviation (n − 1). */
export function deviation(values: readonly number[]): number {
  const average = mean(values)
  let sum = 0
  for (let k = 0; k < values.length; k++) sum += (values[k]! - average) ** 2
  return Math.sqrt(sum / (values.length - 1))
}

/** Sample covariance (n − 1) of two lists of one length. */
export function covariance(a: readonly number[], b: readonly number[]): number {
  const [meanA, meanB] = [mean(a), mean(b)]
  let sum = 0
  for (let k = 0; k < a.length; k++) sum += (a[k]! - meanA) * (b[k]! - meanB)
  return sum / (a.length - 1)
}

/** Linear interpolation between ranks (Hyndman & Fan type 7). `sorted` ascends and is not empty. */
export function quantile(sorted: ArrayLike<number>, q: number): number {
  const h = (sorted.length - 1) * q
  const low = Math.floor(h)
  return sorted[low]! + (h - low) * ((sorted[low + 1] ?? sorted[low]!) - sorted[low]!)
}

/** Third and fourth standardised moments of a population, the fourth less the normal distribution's 3. */
export function standardMoments(values: readonly number[]): { readonly skew: number; readonly kurtosis: number } {
  const average = mean(values)
  let [two, three, four] = [0, 0, 0]
  for (let k = 0; k < values.length; k++) {
    const d = values[k]! - average
    two += d ** 2
    three += d ** 3
    four += d ** 4
  }
  const n = values.length
  const variance = two / n
  return { skew: three / n / variance ** 1.5, kurtosis: four / n / variance ** 2 - 3 }
}

export function largest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.max(a, b))
}

export function smallest(values: readonly number[]): number {
  return values.reduce((a, b) => Math.min(a, b))
}

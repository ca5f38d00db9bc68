/** Of a population, in two passes; the second takes away what the rounding of the mean left in it (Chan, Golub & LeVeque 1983). */
export function meanAndVariance(values: Float64Array): { readonly mean: number; readonly variance: number } {
  let sum = 0
  for (let k = 0; k < values.length; k++) sum += values[k]!
  const mean = sum / values.length
  let rest = 0
  let squares = 0
  for (let k = 0; k < values.length; k++) {
    const d = values[k]! - mean
    rest += d
    squares += d * d
  }
  return { mean, variance: Math.max(0, squares - (rest * rest) / values.length) / values.length }
}

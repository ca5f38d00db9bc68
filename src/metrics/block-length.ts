/**
 * Mean block length of the stationary bootstrap by the rule of Politis & White (2004), corrected by Patton, Politis &
 * White (2009): (2 G² ÷ D)^(1/3) × n^(1/3), where G = Σ λ(k ÷ M) |k| R(k) and D = 2 (Σ λ(k ÷ M) R(k))² over lags k from −M to M, R
 * are autocovariances, λ is the flat-top window, and M is twice the first of five lags in a row whose autocorrelations
 * lie within 2 √(log₁₀ n ÷ n). At least 1 and at most min(3 √n, n ÷ 3), as in their code. 1 where values never differ.
 */
export function stationaryBlockLength(values: Float64Array): number {
  const n = values.length
  const most = Math.ceil(Math.sqrt(n)) + IN_A_ROW
  const covariances = autocovariances(values, Math.min(n - 1, most + IN_A_ROW))
  const [variance] = covariances
  if (!(variance! > 0)) return 1
  const limit = 2 * Math.sqrt(Math.log10(n) / n) * variance!
  const isSmall = (lag: number) => Math.abs(covariances[lag] ?? 0) < limit
  let first = 1
  while (first <= most - IN_A_ROW && !FOLLOWING.every((k) => isSmall(first + k))) first++
  const lags = Math.min(2 * first, most, covariances.length - 1)
  let [bend, level] = [0, variance!]
  for (let lag = 1; lag <= lags; lag++) {
    const weight = Math.min(1, 2 * (1 - lag / lags))
    bend += 2 * weight * lag * covariances[lag]!
    level += 2 * weight * covariances[lag]!
  }
  const length = Math.cbrt((bend / level) ** 2 * n)
  const longest = Math.ceil(Math.min(3 * Math.sqrt(n), n / 3))
  return Number.isFinite(length) ? Math.max(1, Math.min(length, longest)) : longest
}

const IN_A_ROW = 5
const FOLLOWING = Array.from({ length: IN_A_ROW }, (_, k) => k)

/** Of lags 0 to `most`, each sum divided by the number of values. */
function autocovariances(values: Float64Array, most: number): Float64Array {
  const n = values.length
  const mean = values.reduce((sum, value) => sum + value, 0) / n
  const around = values.map((value) => value - mean)
  return Float64Array.from({ length: most + 1 }, (_, lag) => {
    let sum = 0
    for (let k = lag; k < n; k++) sum += around[k]! * around[k - lag]!
    return sum / n
  })
}

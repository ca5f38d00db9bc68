/** Rising corners; between them a line, beyond them level. */
export interface RisingCurve {
  readonly x: readonly number[]
  readonly y: readonly number[]
}

/**
 * The rising curve nearest to `y` by weighted squares, by pool adjacent violators (Ayer et al. 1955), with scikit-learn's
 * corners: rows of one x count as one at their mean, and a pool of several has a corner at either end.
 * @param weights above 0
 */
export function isotonicCurve(x: Float64Array, y: ArrayLike<number>, weights: Float64Array): RisingCurve {
  const order = Int32Array.from(x, (_, k) => k).sort((a, b) => x[a]! - x[b]! || a - b)
  const pools: { from: number; to: number; sum: number; weight: number }[] = []
  for (const k of order) {
    const last = pools.at(-1)
    const one = { from: x[k]!, to: x[k]!, sum: weights[k]! * y[k]!, weight: weights[k]! }
    if (last !== undefined && last.from === last.to && last.to === one.from) {
      last.sum += one.sum
      last.weight += one.weight
    } else pools.push(one)
  }
  const risen: typeof pools = []
  for (const pool of pools) {
    let one = pool
    for (let last = risen.at(-1); last !== undefined && meanOf(last) >= meanOf(one); last = risen.at(-1)) {
      one = { from: last.from, to: one.to, sum: last.sum + one.sum, weight: last.weight + one.weight }
      risen.pop()
    }
    risen.push(one)
  }
  const corners = risen.flatMap((pool) => {
    const mean = meanOf(pool)
    return pool.from === pool.to ? [[pool.from, mean] as const] : [[pool.from, mean] as const, [pool.to, mean] as const]
  })
  return { x: corners.map(([at]) => at), y: corners.map(([, mean]) => mean) }
}

function meanOf({ sum, weight }: { readonly sum: number; readonly weight: number }): number {
  return sum / weight
}

export function curveAt({ x, y }: RisingCurve, value: number): number {
  let [low, high] = [0, x.length - 1]
  if (!(value > x[low]!)) return Number.isNaN(value) ? value : y[low]!
  if (value >= x[high]!) return y[high]!
  while (high - low > 1) {
    const middle = (low + high) >> 1
    if (x[middle]! <= value) low = middle
    else high = middle
  }
  return y[low]! + ((y[high]! - y[low]!) * (value - x[low]!)) / (x[high]! - x[low]!)
}

/** Quantiles by selection: the values at a few ranks are put in their places, the rest stay where they fall. */

/**
 * Quantiles of `values` by linear interpolation between ranks (Hyndman & Fan type 7, numpy's default): h = (n − 1)·q,
 * x[⌊h⌋] + (h − ⌊h⌋)·(x[⌊h⌋ + 1] − x[⌊h⌋]). NaN are dropped; where nothing is left, all are NaN.
 * @param qs fractions from 0 to 1
 * @throws RangeError on a fraction outside that
 */
export function quantiles(values: Float64Array, qs: readonly number[]): number[] {
  const known = new Float64Array(values.length)
  let n = 0
  for (let k = 0; k < values.length; k++) {
    const value = values[k]!
    if (!Number.isNaN(value)) known[n++] = value
  }
  return quantilesOf(known.subarray(0, n), qs)
}

/** The same of values without NaN, which it puts into another order. */
export function quantilesOf(values: Float64Array, qs: readonly number[]): number[] {
  const wrong = qs.find((q) => !(q >= 0 && q <= 1))
  if (wrong !== undefined) throw new RangeError(`quantile ${wrong} is not a fraction from 0 to 1`)
  if (values.length === 0) return qs.map(() => Number.NaN)
  const last = values.length - 1
  const lows = qs.map((q) => Math.floor(last * q))
  const ranks = new Set(lows.flatMap((low) => [low, Math.min(low + 1, last)]))
  place(
    values,
    [...ranks].sort((a, b) => a - b),
    0,
    last,
  )
  return qs.map((q, k) => {
    const low = lows[k]!
    const part = last * q - low
    const a = values[low]!
    if (part === 0) return a
    return a + part * (values[low + 1]! - a)
  })
}

/** Puts the values of all `ranks` in their places within [left, right]: the middle one first, which halves the work of the rest. */
function place(values: Float64Array, ranks: readonly number[], left: number, right: number): void {
  if (ranks.length === 0) return
  const middle = ranks.length >> 1
  const rank = ranks[middle]!
  select(values, rank, left, right)
  place(values, ranks.slice(0, middle), left, rank - 1)
  place(values, ranks.slice(middle + 1), rank + 1, right)
}

/**
 * Floyd & Rivest, "Algorithm 489: SELECT" (CACM 18(3), 1975): afterwards values[rank] is what it would be if [left, right]
 * were sorted, with nothing larger before it and nothing smaller behind it. A sample around the rank is selected first, so
 * that its value splits off almost everything at once: 1.5 comparisons a value for a median.
 */
function select(values: Float64Array, rank: number, left: number, right: number): void {
  while (right > left) {
    if (right - left > 600) {
      const n = right - left + 1
      const i = rank - left + 1
      const z = Math.log(n)
      const s = 0.5 * Math.exp((2 * z) / 3)
      const spread = 0.5 * Math.sqrt((z * s * (n - s)) / n) * (i < n / 2 ? -1 : 1)
      select(
        values,
        rank,
        Math.max(left, Math.floor(rank - (i * s) / n + spread)),
        Math.min(right, Math.floor(rank + ((n - i) * s) / n + spread)),
      )
    }
    const pivot = values[rank]!
    let i = left
    let j = right
    swap(values, left, rank)
    if (values[right]! > pivot) swap(values, left, right)
    while (i < j) {
      swap(values, i, j)
      i++
      j--
      while (values[i]! < pivot) i++
      while (values[j]! > pivot) j--
    }
    if (values[left] === pivot) swap(values, left, j)
    else swap(values, ++j, right)
    if (j <= rank) left = j + 1
    if (rank <= j) right = j - 1
  }
}

function swap(values: Float64Array, a: number, b: number): void {
  const kept = values[a]!
  values[a] = values[b]!
  values[b] = kept
}

/**
 * Rows that draw the same line as all of them on `buckets` pixels: of every pixel's stretch its lowest and highest row, in
 * order, and the first and last row of all. A spike of a single row is one of the two, so it survives.
 */
export function extremeRows(values: Float64Array, buckets: number): number[] {
  const { length } = values
  if (length <= 2 * buckets) return Array.from({ length }, (_, row) => row)
  const rows: number[] = [0]
  const extremes = new Int32Array(2)
  const push = (row: number) => {
    if (row > rows.at(-1)!) rows.push(row)
  }
  for (let bucket = 0; bucket < buckets; bucket++) {
    const end = edge(bucket + 1, buckets, length)
    let first = edge(bucket, buckets, length)
    // a row without a value compares as neither less nor more, so only the first with one has to be looked for
    while (first < end - 1 && Number.isNaN(values[first]!)) first++
    extremesOf(extremes, values, first, end)
    const [low, high] = extremes as unknown as readonly [number, number]
    push(Math.min(low, high))
    push(Math.max(low, high))
  }
  push(length - 1)
  return rows
}

// a function of its own: called for every pixel it is compiled well after the first few, a loop over all rows never is

/** The first lowest and the first highest row of [from, to), which holds one or more; a row without a value (NaN) is none, unless it is the first. */
function extremesOf(found: Int32Array, values: Float64Array, from: number, to: number): void {
  let [lowest, highest] = [from, from]
  let least = values[from]!
  let most = least
  for (let row = from + 1; row < to; row++) {
    const value = values[row]!
    if (value < least) {
      least = value
      lowest = row
    } else if (value > most) {
      most = value
      highest = row
    }
  }
  found[0] = lowest
  found[1] = highest
}

export interface Band {
  /** First row of each stretch. */
  readonly rows: number[]
  readonly low: number[]
  readonly high: number[]
  /** Last close of each stretch. */
  readonly close: number[]
}

/** Bars on `buckets` pixels: each pixel's lowest low, highest high and last close. */
export function priceBand(
  bars: {
    readonly length: number
    readonly low: Float64Array
    readonly high: Float64Array
    readonly close: Float64Array
  },
  buckets: number,
): Band {
  const count = Math.min(buckets, bars.length)
  const band: Band = { rows: [], low: [], high: [], close: [] }
  for (let bucket = 0; bucket < count; bucket++) {
    const first = edge(bucket, count, bars.length)
    const end = edge(bucket + 1, count, bars.length)
    let low = bars.low[first]!
    let high = bars.high[first]!
    for (let row = first + 1; row < end; row++) {
      if (bars.low[row]! < low) low = bars.low[row]!
      if (bars.high[row]! > high) high = bars.high[row]!
    }
    band.rows.push(first)
    band.low.push(low)
    band.high.push(high)
    band.close.push(bars.close[end - 1]!)
  }
  return band
}

function edge(bucket: number, buckets: number, length: number): number {
  return Math.floor((bucket * length) / buckets)
}

/** Counts in bins of one width whose edges are multiples of it, so that 0 is an edge. */
export interface Bins {
  /** Edge below the first bin, in widths. */
  readonly first: number
  readonly width: number
  readonly counts: readonly number[]
}

const MOST = 40

/** At most about 40 bins, of a width a person would choose: 1, 2 or 5 times a power of ten, and no finer than `finest`: a billionth of a return says nothing. */
export function histogram(values: readonly number[], finest = 1e-9): Bins {
  let [low, high] = [Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY]
  for (const value of values) {
    if (value < low) low = value
    if (value > high) high = value
  }
  const width = Math.max(finest, niceWidth((high - low) / MOST || Math.abs(high) / MOST || 1))
  // what stands on an edge belongs above it, whatever the division leaves in the last digit
  const binOf = (value: number) => Math.floor(value / width + 1e-9)
  const first = binOf(low)
  const counts = new Array<number>(binOf(high) - first + 1).fill(0)
  for (const value of values) counts[binOf(value) - first]!++
  return { first, width, counts }
}

function niceWidth(least: number): number {
  const power = 10 ** Math.floor(Math.log10(least))
  const factor = [1, 2, 5, 10].find((one) => one * power >= least * (1 - 1e-9))!
  return Number((factor * power).toPrecision(1))
}

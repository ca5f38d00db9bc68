import { type Random, seededRandom } from '../../core/random.ts'

/** How one feature's values fall into bins; where a value is missing, it falls into a bin of its own, the last. */
export interface FeatureBins {
  /** Rising. Bin b holds what is above edges[b − 1] and at most edges[b]; the last one what is above all. */
  readonly edges: Float64Array
  /** Whether a training row lacks the value, so that the model has learnt where such rows go. */
  readonly hasMissing: boolean
}

/** Bin of a row without the value. */
export function missingBin({ edges }: FeatureBins): number {
  return edges.length + 1
}

/** A bin is a byte, and one of the 256 is kept for what is missing. */
export const MOST_BINS = 255

/** Edges come from so many rows at most, as in scikit-learn and LightGBM: more hardly move a quantile, and take long to sort. */
const SAMPLE = 200_000

/** A function that draws the places, ascending, of a sample of `size` among `rows`, the same for every feature. */
export function samplePlaces(rows: number, seed: number, size = SAMPLE): Int32Array {
  return drawPlaces(new Int32Array(Math.min(rows, size)), rows, seededRandom(seed))
}

/** Fills `out` with places among `rows`, ascending, all sets of them alike likely (Knuth, vol. 2, 3.4.2, S). */
export function drawPlaces(out: Int32Array, rows: number, random: Random): Int32Array {
  if (out.length === rows) {
    for (let place = 0; place < rows; place++) out[place] = place
    return out
  }
  let taken = 0
  for (let place = 0; taken < out.length; place++)
    if (random() * (rows - place) < out.length - taken) out[taken++] = place
  return out
}

/**
 * Bins of a feature: one a value where they are few, else such that each holds about as many rows. A value that alone has a
 * bin's share of the rows gets a bin of its own. Edges lie halfway between values, so that a model may be read, and never on
 * the upper one.
 * @param sample places of `rows` that edges are taken from
 * @param where name of the feature, for errors
 * @throws RangeError on an infinite value, which no edge lies beyond
 */
export function featureBins(
  column: Float64Array,
  rows: Int32Array,
  sample: Int32Array,
  maxBins: number,
  where: string,
): FeatureBins {
  let hasMissing = false
  for (let k = 0; k < rows.length; k++) {
    const value = column[rows[k]!]!
    // of finite values only, the difference with itself is 0
    if (value - value === 0) continue
    if (!Number.isNaN(value))
      throw new RangeError(`feature "${where}" is ${value} in training row ${rows[k]}: clip it or drop the row first`)
    hasMissing = true
  }
  const values = new Float64Array(sample.length)
  let known = 0
  for (let k = 0; k < sample.length; k++) {
    const value = column[rows[sample[k]!]!]!
    if (!Number.isNaN(value)) values[known++] = value
  }
  return { edges: edgesOf(values.subarray(0, known).sort(), hasMissing ? maxBins - 1 : maxBins), hasMissing }
}

function edgesOf(sorted: Float64Array, most: number): Float64Array {
  const counts: number[] = []
  for (let k = 0, end = 0; k < sorted.length; k = end) {
    end = runEnd(sorted, k)
    counts.push(end - k)
  }
  const isLone = (count: number) => counts.length <= most || count * most >= sorted.length
  // what the others share: a value with a bin of its own must not make theirs wider
  const others = counts.filter((count) => !isLone(count))
  let bins = most - (counts.length - others.length)
  let left = others.reduce((sum, count) => sum + count, 0)
  const edges: number[] = []
  let held = 0
  for (let at = 0, k = 0; k < counts.length - 1 && edges.length < most - 1; k++) {
    const count = counts[k]!
    at += count
    if (!isLone(count)) held += count
    if (isLone(count) || held * bins >= left || isLone(counts[k + 1]!)) {
      edges.push(halfway(sorted[at - 1]!, sorted[at]!))
      if (!isLone(count)) bins--
      left -= held
      held = 0
    }
  }
  return Float64Array.from(edges)
}

/** Behind the last of the values that equal the one at `from`; sorted values repeat far or not at all, so it gallops. */
function runEnd(sorted: Float64Array, from: number): number {
  const value = sorted[from]
  let step = 1
  let end = from + 1
  while (end < sorted.length && sorted[end] === value) {
    from = end
    end += step
    step *= 2
  }
  end = Math.min(end, sorted.length)
  while (end - from > 1) {
    const middle = (from + end) >> 1
    if (sorted[middle] === value) from = middle
    else end = middle
  }
  return end
}

/** A number from `low` on, below `high`: neighbouring doubles have none between them. */
function halfway(low: number, high: number): number {
  const middle = low + (high - low) / 2
  return middle < high ? middle : low
}

const CELLS = 1024

/**
 * A function that gives a value's bin. A grid over the edges' range says between which of them to look: mapping to a cell
 * rises with the value, so the edges of lower cells lie below it and those of higher cells do not.
 */
export function binFinder(bins: FeatureBins): (value: number) => number {
  const { edges } = bins
  const last = edges.length - 1
  const missing = missingBin(bins)
  if (last < 0) return (value) => (Number.isNaN(value) ? missing : 0)
  const low = edges[0]!
  const high = edges[last]!
  const scale = high > low ? Math.min((CELLS - 1) / (high - low), Number.MAX_VALUE) : 0
  const start = new Uint8Array(CELLS + 1).fill(0)
  for (let b = 0, cell = 0; cell <= CELLS; cell++) {
    while (b <= last && (((edges[b]! - low) * scale) | 0) < cell) b++
    start[cell] = b
  }
  return (value) => {
    if (value <= low) return 0
    if (value > high) return last + 1
    if (Number.isNaN(value)) return missing
    const cell = ((value - low) * scale) | 0
    let from = start[cell]!
    let to = start[cell + 1]!
    while (from < to) {
      const middle = (from + to) >> 1
      if (value <= edges[middle]!) to = middle
      else from = middle + 1
    }
    return from
  }
}

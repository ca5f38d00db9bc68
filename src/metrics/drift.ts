import type { Figure } from '../core/findings.ts'

export interface DriftOptions {
  /** Bins by the training part's quantiles, before those that fall together. Built in: 10. */
  readonly bins?: number
}

/** How far a feature's values moved between training and test. */
export interface FeatureDrift {
  readonly name: string
  /** Population stability index; `null` where a part has no rows. */
  readonly psi: Figure
  /** Siddiqi's (2006) reading: below 0.1 none, up to 0.25 some, above that much. */
  readonly level: 'none' | 'some' | 'much' | null
  /** Share of rows without a value. */
  readonly missing: { readonly train: Figure; readonly test: Figure }
}

/**
 * Drift of each feature between training and test rows.
 * @param columns in the order of `names`, one value a row; NaN is a missing value, and a bin of its own
 * @throws RangeError for lengths that differ or fewer than two bins
 */
export function featureDrift(
  names: readonly string[],
  columns: readonly Float64Array[],
  parts: { readonly train: Int32Array; readonly test: Int32Array },
  options: DriftOptions = {},
): FeatureDrift[] {
  if (names.length !== columns.length) throw new RangeError(`${names.length} names for ${columns.length} columns`)
  return names.map((name, k) => {
    const [train, test] = [valuesAt(columns[k]!, parts.train), valuesAt(columns[k]!, parts.test)]
    const psi = populationStability(train, test, options)
    const level = psi === null ? null : psi < 0.1 ? 'none' : psi <= 0.25 ? 'some' : 'much'
    return { name, psi, level, missing: { train: missingShare(train), test: missingShare(test) } }
  })
}

/**
 * Population stability index: Σ (test − training) × ln (test ÷ training) over the shares of bins, that is Jeffreys' divergence
 * of both (Siddiqi 2006). Bins are cut at the training part's quantiles and closed above, as deciles are; a value on which two
 * quantiles fall, least and greatest counted, is a bin of its own, so that a flag or a spike is seen to move; missing values
 * are a bin as well.
 *
 * Half a row is added to each bin of both parts (Krichevsky & Trofimov 1981), since one that is empty in one of them would
 * make the index infinite; a bin that is empty in both is none. The
 * index of two samples of one distribution is not 0 but about (bins − 1) × (1 ÷ training rows + 1 ÷ test rows).
 * @returns `null` where a part has no rows
 * @throws RangeError for fewer than two bins
 */
export function populationStability(train: Float64Array, test: Float64Array, options: DriftOptions = {}): Figure {
  return referenceOf(train, options).stability(test)
}

/** A training part cut into bins once, for many samples to be held against. */
export interface Reference {
  /** Population stability index of a sample. */
  stability(test: Float64Array): Figure
  /** The same of a stretch of the training part beside the rest of it; `null` where there is no rest. */
  ownStability(from: number, to: number): Figure
}

/** @throws RangeError for fewer than two bins */
export function referenceOf(train: Float64Array, { bins = 10 }: DriftOptions = {}): Reference {
  if (!Number.isInteger(bins) || bins < 2) throw new RangeError(`${bins} bins: write a whole number, at least 2`)
  const edges = edgesOf(train, bins)
  const all = countsOf(train, edges)
  return {
    stability: (test) => divergence(all, countsOf(test, edges)),
    ownStability(from, to) {
      const own = countsOf(train.subarray(from, to), edges)
      return divergence(
        all.map((count, bin) => count - own[bin]!),
        own,
      )
    },
  }
}

function divergence(before: Float64Array, after: Float64Array): Figure {
  const [trained, tested] = [before, after].map((counts) => counts.reduce((sum, count) => sum + count, 0)) as [
    number,
    number,
  ]
  if (trained === 0 || tested === 0) return null
  const used = [...before.keys()].filter((bin) => before[bin]! + after[bin]! > 0)
  const share = (counts: Float64Array, bin: number, rows: number) => (counts[bin]! + 0.5) / (rows + used.length / 2)
  return used.reduce((sum, bin) => {
    const [was, is] = [share(before, bin, trained), share(after, bin, tested)]
    return sum + (is - was) * Math.log(is / was)
  }, 0)
}

/** Ascending; values above an edge lie beyond it, and where it is closed below, values on it as well. */
interface Edge {
  readonly at: number
  readonly isClosedBelow: boolean
}

function edgesOf(train: Float64Array, bins: number): Edge[] {
  const known = train.slice().sort()
  let n = known.length
  // NaN are sorted to the end
  while (n > 0 && Number.isNaN(known[n - 1]!)) n--
  if (n === 0) return []
  // values of the sample themselves, at rank ⌈n × k ÷ bins⌉ (Hyndman & Fan type 1): equal parts where no two are alike
  const cuts = Array.from({ length: bins - 1 }, (_, k) => known[Math.max(0, Math.ceil((n * (k + 1)) / bins) - 1)]!)
  const all = [known[0]!, ...cuts, known[n - 1]!]
  return [...new Set(cuts)].flatMap((at) => {
    const edge = { at, isClosedBelow: false }
    return all.filter((cut) => cut === at).length > 1 ? [{ at, isClosedBelow: true }, edge] : [edge]
  })
}

function countsOf(values: Float64Array, edges: readonly Edge[]): Float64Array {
  const counts = new Float64Array(edges.length + 2)
  for (const value of values) counts[binOf(value, edges)]! += 1
  return counts
}

function binOf(value: number, edges: readonly Edge[]): number {
  if (Number.isNaN(value)) return edges.length + 1
  let [low, high] = [0, edges.length]
  while (low < high) {
    const middle = (low + high) >>> 1
    const { at, isClosedBelow } = edges[middle]!
    if (value > at || (isClosedBelow && value === at)) low = middle + 1
    else high = middle
  }
  return low
}

function valuesAt(column: Float64Array, rows: Int32Array): Float64Array {
  const values = new Float64Array(rows.length)
  for (let k = 0; k < rows.length; k++) values[k] = column[rows[k]!]!
  return values
}

function missingShare(values: Float64Array): Figure {
  let missing = 0
  for (const value of values) if (Number.isNaN(value)) missing++
  return values.length > 0 ? missing / values.length : null
}

import type { ReturnsInLittle } from '../core/search.ts'
import { columnsOf, type ReturnsColumns } from './returns-columns.ts'
import { LARGEST_SUM, type Stretch, stretchesOf, wholeSums } from './returns-hash.ts'

/** Trials whose block sums correlate at least so much are one: the leader's sums tell half of the variance of the other's. */
const ALIKE = Math.SQRT1_2
/** Trials that are compared pair by pair; of more, a sample is. */
const COMPARED = 2000
/** Compared at least, of each stretch, however many stretches share the above. */
const COMPARED_EACH = 40
/** What a correlation may be off by, that is judged by a part of its sum. */
const SLACK = 1e-9

/**
 * How many trials are unlike one another, by clusters of correlated returns, as López de Prado & Lewis, "Detection of false
 * investment strategies using unsupervised learning methods", Quantitative Finance 19(9), 2019, count them. Theirs are
 * clusters of k-means from random starts; these are those of leaders (Hartigan 1975), which need neither a start nor a number
 * of clusters and are the same in whatever order trials come: trials that did exactly the same are one, each of the others
 * joins the first leader with which its block sums correlate by √½ or more, or leads a cluster of its own, the highest Sharpe
 * ratio first. Mirror images are not alike, trials of different stretches never, trials that never moved always. A loose
 * family, whose members correlate by little more than that, counts as several: too many rather than too few. Sums count in
 * whole units, as the ledger keeps them, so that a trial and its line count alike.
 *
 * Of more than 2,000 different trials (shared among stretches by their size), 2,000 are compared, chosen by a hash as good as
 * at random, and the number of clusters is estimated from those that were met once and twice: Chao & Lin,
 * "Nonparametric lower bound for species richness … under sampling without replacement", Biometrics 68, 2012. Where many
 * clusters are rare that is too low by their proof's margin; it is exact where all trials differ, or none.
 * @returns a whole number, from 0 for no trials up to their number
 */
export function effectiveTrials(summaries: readonly ReturnsInLittle[]): number {
  const columns = columnsOf(summaries)
  return effectiveOf(columns, stretchesOf(columns))
}

/** Of stretches that are found already. */
export function effectiveOf(columns: ReturnsColumns, stretches: readonly Stretch[]): number {
  const all = stretches.map((one) => movingOf(columns, one))
  const different = all.reduce((sum, { moving }) => sum + moving.length, 0)
  let clusters = 0
  for (const { moving, hashes, still } of all) {
    clusters += still
    if (moving.length === 0) continue
    const share = Math.floor((COMPARED * moving.length) / different)
    clusters += clustersOf(columns, moving, hashes, Math.min(moving.length, Math.max(COMPARED_EACH, share)))
  }
  return Math.round(clusters)
}

/** Trials of a stretch that moved, and whether there are others. */
function movingOf(columns: ReturnsColumns, { trials, hashes }: Stretch) {
  const isMoving = Uint8Array.from(trials, (trial) => Number(moves(columns, trial)))
  if (!isMoving.includes(0)) return { moving: trials, hashes, still: 0 }
  return { moving: trials.filter((_, k) => isMoving[k]), hashes: hashes.filter((_, k) => isMoving[k]), still: 1 }
}

/** Whether returns differ from block to block by a unit of theirs: without that they correlate with nothing. */
function moves({ deviation, blocks, stride, sums, sumUnits }: ReturnsColumns, trial: number): boolean {
  const at = stride * trial
  const unit = sumUnits[trial]!
  let low = sums[at]! * unit
  let high = low
  for (let k = 1; k < blocks[trial]!; k++) {
    const sum = sums[at + k]! * unit
    low = Math.min(low, sum)
    high = Math.max(high, sum)
    // of both signs they differ by more than the largest
    if (low < 0 && high > 0) break
  }
  return deviation[trial]! > 0 && (high - low) * LARGEST_SUM > Math.max(high, -low)
}

/** Clusters of one stretch, of `compared` of its trials. */
function clustersOf(columns: ReturnsColumns, trials: Uint32Array, hashes: Float64Array, compared: number): number {
  const last = smallest(hashes, compared)
  const order: { readonly trial: number; readonly sharpe: number; readonly hash: number }[] = []
  for (let k = 0; k < trials.length; k++) {
    if (hashes[k]! > last) continue
    const trial = trials[k]!
    order.push({ trial, sharpe: columns.mean[trial]! / columns.deviation[trial]!, hash: hashes[k]! })
  }
  // mean and deviation stand in the ledger to the bit
  order.sort((a, b) => b.sharpe - a.sharpe || a.hash - b.hash)
  const leaders = new Leaders(columns.blocks[order[0]!.trial]!, compared)
  const members: number[] = []
  for (const { trial } of order) {
    const leader = leaders.find(columns, trial)
    members[leader] = (members[leader] ?? 0) + 1
  }
  if (compared === trials.length) return members.length
  const once = members.filter((count) => count === 1).length
  if (once === 0) return members.length
  const twice = members.filter((count) => count === 2).length
  const odds = compared / (trials.length - compared)
  return members.length + once ** 2 / ((2 * twice * compared) / (compared - 1) + odds * once)
}

/** The `count`th smallest. */
function smallest(hashes: Float64Array, count: number): number {
  // as even as chance over 53 bits: twice as many as are wanted are nearly always enough, and few to sort
  const few = hashes.filter((hash) => hash < (2 ** 54 * count) / hashes.length)
  return (few.length < count ? hashes.slice() : few).sort()[count - 1]!
}

class Leaders {
  readonly #width: number
  readonly #rows: Float64Array
  /** Length of each one's second half. */
  readonly #rests: Float64Array
  readonly #one: Float64Array
  #count = 0

  /** @param most leaders that there may be */
  constructor(blocks: number, most: number) {
    // two halves of whole fours, the rest of them 0
    this.#width = 8 * Math.ceil(blocks / 8)
    this.#rows = new Float64Array(most * this.#width)
    this.#rests = new Float64Array(most)
    this.#one = new Float64Array(this.#width)
  }

  /** The first that is alike, or a new one. */
  find(columns: ReturnsColumns, trial: number): number {
    const [rows, one, width] = [this.#rows, this.#one, this.#width]
    standardise(columns, trial, one)
    const half = width / 2
    const own = lengthOf(one, half)
    for (let leader = 0; leader < this.#count; leader++) {
      const at = leader * width
      // written out: what a function returns would be allocated, millions of times
      let a = 0
      let b = 0
      let c = 0
      let d = 0
      for (let k = 0; k < half; k += 4) {
        a += rows[at + k]! * one[k]!
        b += rows[at + k + 1]! * one[k + 1]!
        c += rows[at + k + 2]! * one[k + 2]!
        d += rows[at + k + 3]! * one[k + 3]!
      }
      const begun = a + b + c + d
      // what is left is no more than the product of the lengths: most are unlike by the first half already
      if (begun + own * this.#rests[leader]! < ALIKE - SLACK) continue
      if (begun + product(rows, at + half, one, half, half) >= ALIKE) return leader
    }
    rows.set(one, this.#count * width)
    this.#rests[this.#count] = own
    return this.#count++
  }
}

function lengthOf(one: Float64Array, from: number): number {
  let square = 0
  for (let k = from; k < one.length; k++) square += one[k]! ** 2
  return Math.sqrt(square)
}

function product(rows: Float64Array, at: number, one: Float64Array, from: number, count: number): number {
  // four sums side by side: one after the other they would wait for each other
  let [a, b, c, d] = [0, 0, 0, 0]
  for (let k = 0; k < count; k += 4) {
    a += rows[at + k]! * one[from + k]!
    b += rows[at + k + 1]! * one[from + k + 1]!
    c += rows[at + k + 2]! * one[from + k + 2]!
    d += rows[at + k + 3]! * one[from + k + 3]!
  }
  return a + b + c + d
}

/** With mean 0 and length 1, so that products are correlations. */
function standardise(columns: ReturnsColumns, trial: number, into: Float64Array): void {
  const width = columns.blocks[trial]!
  wholeSums(columns, trial, into)
  let mean = 0
  for (let k = 0; k < width; k++) mean += into[k]! / width
  let square = 0
  for (let k = 0; k < width; k++) square += (into[k]! - mean) ** 2
  const scale = 1 / Math.sqrt(square)
  for (let k = 0; k < width; k++) into[k] = (into[k]! - mean) * scale
}

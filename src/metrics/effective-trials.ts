import type { ReturnsSummary } from '../core/search.ts'
import { returnsHash } from './returns-hash.ts'

/** Trials whose block sums correlate at least so much are one: the leader's sums tell half of the variance of the other's. */
const ALIKE = Math.SQRT1_2
/** Trials that are compared pair by pair; of more, a sample is. */
const COMPARED = 2000
/** Compared at least, of each stretch, however many stretches share the above. */
const COMPARED_EACH = 40
/** Share of the largest sum that is rounding. */
const ROUNDING = 1e-12

/**
 * How many trials are unlike one another, by clusters of correlated returns, as López de Prado & Lewis, "Detection of false
 * investment strategies using unsupervised learning methods", Quantitative Finance 19(9), 2019, count them. Theirs are
 * clusters of k-means from random starts; these are those of leaders (Hartigan 1975), which need neither a start nor a number
 * of clusters and are the same in whatever order trials come: trials that did exactly the same are one, each of the others
 * joins the first leader with which its block sums correlate by √½ or more, or leads a cluster of its own, in the order of a
 * hash of what they did. Mirror images are not alike, trials of different stretches never, trials that never moved always.
 * A loose family, whose members correlate by little more than that, counts as several: too many rather than too few.
 *
 * Of more than 2,000 different trials (shared among stretches by their size), 2,000 are compared, chosen by that hash as
 * good as at random, and the number of clusters is estimated from those that were met once and twice: Chao & Lin,
 * "Nonparametric lower bound for species richness … under sampling without replacement", Biometrics 68, 2012. Where many
 * clusters are rare that is too low by their proof's margin; it is exact where all trials differ, or none.
 * @returns a whole number, from 0 for no trials up to their number
 */
export function effectiveTrials(summaries: readonly ReturnsSummary[]): number {
  const stretches = new Map<string, Stretch>()
  let stretch: Stretch | undefined
  for (const summary of summaries) {
    if (stretch === undefined || stretch.from !== summary.from || stretch.days !== summary.days) {
      const { from, days } = summary
      const key = `${from} ${days}`
      stretch = stretches.get(key) ?? { from, days, moving: new Map(), still: 0 }
      stretches.set(key, stretch)
    }
    if (moves(summary.sums)) stretch.moving.set(returnsHash(summary), summary)
    else stretch.still = 1
  }
  const all = [...stretches.values()]
  const different = all.reduce((sum, { moving }) => sum + moving.size, 0)
  let clusters = 0
  for (const { moving, still } of all) {
    clusters += still
    if (moving.size === 0) continue
    const share = Math.floor((COMPARED * moving.size) / different)
    clusters += clustersOf(moving, Math.min(moving.size, Math.max(COMPARED_EACH, share)))
  }
  return Math.round(clusters)
}

interface Stretch {
  readonly from: number
  readonly days: number
  /** Different trials by hash. */
  readonly moving: Map<number, ReturnsSummary>
  /** Clusters of trials that never moved: 1 or 0. */
  still: number
}

/** Whether returns differ from block to block: without that they correlate with nothing. */
function moves(sums: readonly number[]): boolean {
  let [low, high] = [sums[0]!, sums[0]!]
  for (let k = 1; k < sums.length; k++) {
    low = Math.min(low, sums[k]!)
    high = Math.max(high, sums[k]!)
  }
  return high - low > ROUNDING * Math.max(high, -low)
}

/** Clusters of one stretch, of `compared` of its trials. */
function clustersOf(trials: ReadonlyMap<number, ReturnsSummary>, compared: number): number {
  const order = Float64Array.from(trials.keys()).sort().subarray(0, compared)
  // whole fours, the rest of them 0
  const width = 4 * Math.ceil(trials.get(order[0]!)!.sums.length / 4)
  const leaders = new Float64Array(compared * width)
  const members: number[] = []
  const one = new Float64Array(width)
  for (const key of order) {
    standardise(trials.get(key)!.sums, one)
    const leader = alikeLeader(leaders, members.length, one)
    if (leader >= 0) members[leader]! += 1
    else {
      leaders.set(one, members.length * width)
      members.push(1)
    }
  }
  if (compared === trials.size) return members.length
  const once = members.filter((count) => count === 1).length
  if (once === 0) return members.length
  const twice = members.filter((count) => count === 2).length
  const odds = compared / (trials.size - compared)
  return members.length + once ** 2 / ((2 * twice * compared) / (compared - 1) + odds * once)
}

/** The first leader that is alike, −1 without one. */
function alikeLeader(leaders: Float64Array, count: number, one: Float64Array): number {
  const width = one.length
  for (let leader = 0, at = 0; leader < count; leader++) {
    // four sums side by side: one after the other they would wait for each other
    let [a, b, c, d] = [0, 0, 0, 0]
    for (let k = 0; k < width; k += 4, at += 4) {
      a += leaders[at]! * one[k]!
      b += leaders[at + 1]! * one[k + 1]!
      c += leaders[at + 2]! * one[k + 2]!
      d += leaders[at + 3]! * one[k + 3]!
    }
    if (a + b + c + d >= ALIKE) return leader
  }
  return -1
}

/** With mean 0 and length 1, so that products are correlations. */
function standardise(sums: readonly number[], into: Float64Array): void {
  const width = sums.length
  let mean = 0
  for (let k = 0; k < width; k++) mean += sums[k]! / width
  let square = 0
  for (let k = 0; k < width; k++) square += (sums[k]! - mean) ** 2
  const scale = 1 / Math.sqrt(square)
  for (let k = 0; k < width; k++) into[k] = (sums[k]! - mean) * scale
}

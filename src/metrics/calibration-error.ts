import type { Figure } from '../core/findings.ts'
import { type AgainstRest, type Tally, tallyOf } from './classification-ranking.ts'

/** `width`: bins of equal width over [0, 1]; `mass`: of equal weight, by the order of the probabilities. */
export type CalibrationBins = 'width' | 'mass'

export interface CalibrationOptions extends AgainstRest {
  /** Built in: 10. */
  readonly bins?: number
  /** Built in: `width`. */
  readonly by?: CalibrationBins
}

/** What was said and what came, in one bin of probabilities. */
export interface CalibrationBin {
  /** Lowest and highest probability in the bin. */
  readonly low: number
  readonly high: number
  /** Weight of its rows: their number where all weigh 1. */
  readonly weight: number
  /** Mean probability. */
  readonly predicted: number
  /** Share of the class. */
  readonly observed: number
}

/**
 * How often the class came where it was said with which probability (a reliability diagram). Bins are open below and closed
 * above, (0.1, 0.2], the first with 0; of equal mass, rows of one probability stay together, in the bin in which the middle
 * of their weight falls. Bins without a row are left out.
 * @throws RangeError for lengths that differ, rows without a class, p outside [0, 1], negative weights, fewer than one bin
 */
export function calibrationCurve(y: Int8Array, p: Float64Array, options: CalibrationOptions = {}): CalibrationBin[] {
  const { bins = 10, by = 'width' } = options
  const wrong = p.findIndex((one) => !(one >= 0 && one <= 1))
  if (wrong >= 0) throw new RangeError(`row ${wrong}: ${p[wrong]} is not a probability from 0 to 1`)
  return binned(tallyOf(y, p, options), bins, by)
}

/**
 * Expected calibration error: Σ weight of a bin ÷ all weight × |mean probability − share of the class| (Naeini, Cooper &
 * Hauskrecht 2015).
 * @returns `null` without rows
 * @throws RangeError as `calibrationCurve`
 */
export function calibrationError(y: Int8Array, p: Float64Array, options: CalibrationOptions = {}): Figure {
  return errorOf(calibrationCurve(y, p, options))
}

export function calibrationErrorOf(tally: Tally, bins: number, by: CalibrationBins): Figure {
  return errorOf(binned(tally, bins, by))
}

function errorOf(curve: readonly CalibrationBin[]): Figure {
  let [total, sum] = [0, 0]
  for (const { weight, predicted, observed } of curve) {
    total += weight
    sum += weight * Math.abs(predicted - observed)
  }
  return total > 0 ? sum / total : null
}

function binned({ scores, sums }: Tally, bins: number, by: CalibrationBins): CalibrationBin[] {
  if (!Number.isInteger(bins) || bins < 1) throw new RangeError(`${bins} bins: write a whole number, at least 1`)
  const ends = by === 'width' ? widthEnds(scores, bins) : massEnds(sums, bins)
  return ends.flatMap((end, bin) => {
    let first = bin === 0 ? 0 : ends[bin - 1]!
    let last = end - 1
    // scores of rows that weigh nothing, or were not drawn, are not there
    while (first <= last && sums[2 * first] === 0 && sums[2 * first + 1] === 0) first++
    while (first < last && sums[2 * last] === 0 && sums[2 * last + 1] === 0) last--
    return first > last ? [] : [binOf(scores, sums, first, last)]
  })
}

function binOf(scores: Float64Array, sums: Float64Array, first: number, last: number): CalibrationBin {
  let [weight, own, said] = [0, 0, 0]
  for (let k = first; k <= last; k++) {
    const here = sums[2 * k]! + sums[2 * k + 1]!
    weight += here
    own += sums[2 * k + 1]!
    said += here * scores[k]!
  }
  return { low: scores[first]!, high: scores[last]!, weight, predicted: said / weight, observed: own / weight }
}

/** Where each bin of scores ends: k ÷ bins < score ≤ (k + 1) ÷ bins, and 0 in the first. */
function widthEnds(scores: Float64Array, bins: number): number[] {
  return Array.from({ length: bins }, (_, bin) => {
    let [low, high] = [0, scores.length]
    while (low < high) {
      const middle = (low + high) >>> 1
      if (scores[middle]! <= (bin + 1) / bins) low = middle + 1
      else high = middle
    }
    return high
  })
}

/** The same of bins of equal weight: a score belongs to the bin in which the middle of its weight falls. */
function massEnds(sums: Float64Array, bins: number): number[] {
  let total = 0
  for (let k = 0; k < sums.length; k++) total += sums[k]!
  const ends: number[] = []
  let before = 0
  let next = bins > 1 ? total : Number.POSITIVE_INFINITY
  for (let k = 0; k < sums.length; k += 2) {
    const here = sums[k]! + sums[k + 1]!
    const middle = bins * (before + here / 2)
    while (middle >= next) {
      ends.push(k / 2)
      next = ends.length < bins - 1 ? (ends.length + 1) * total : Number.POSITIVE_INFINITY
    }
    before += here
  }
  while (ends.length < bins) ends.push(sums.length / 2)
  return ends
}

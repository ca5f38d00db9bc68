import type { CrossValidation, ReturnsInLittle } from '../core/search.ts'
import { HalfSplits, waysToHalve } from './half-splits.ts'
import { columnsOf, type ReturnsColumns } from './returns-columns.ts'
import { stretchesOf } from './returns-hash.ts'

const YEAR = 365
/** Blocks that the paper works with: 12,870 splits. */
const MOST_BLOCKS = 16
const LEAST_BLOCKS = 4
/** Days that a block has at least. */
const LEAST_DAYS = 2
/** Sharpe ratios that are reckoned, of all trials in all splits: about half a second of work. */
const WORK = 24_000_000
/** Bars of the histogram on each side of 0. */
const BARS = 10

/**
 * The probability of backtest overfitting by combinatorially symmetric cross-validation: Bailey, Borwein, López de Prado & Zhu,
 * "The Probability of Backtest Overfitting", Journal of Computational Finance 20(4), 2017. Days are laid into S blocks; for
 * each of the S! ÷ (S ÷ 2)!² choices of half of them, the trial with the best Sharpe ratio there is ranked among all in the
 * other half. A split is overfitted where the logit of its relative rank ω = rank ÷ (N + 1) is 0 or less: at the median or below,
 * so that of an odd few trials noise comes out above ½. Sharpe ratios are exact, of sums and squares. S is 16; with fewer than
 * 32 days, or with so many trials (from 1,865 on) that it would take over about half a second, it is the largest even number
 * for which that is not so, from 4 up. Where S does not divide 64, blocks differ by one 64th of the days.
 *
 * In doubt against the search: of trials that are equal in one half the worse in the other is chosen, and the chosen one ranks
 * below those that are equal to it there; a half without any spread has a Sharpe ratio of 0, whatever it earned. Trials that did
 * exactly the same are one, those that never traded too: `trials` counts the others. `null` where fewer than two are left, or
 * there are fewer than 8 days.
 * @param summaries of one stretch: `from` and `days` are the same
 * @throws RangeError for summaries of different stretches
 */
export function crossValidate(summaries: readonly ReturnsInLittle[]): CrossValidation | null {
  const [first] = summaries
  if (first === undefined) return null
  const odd = summaries.find((one) => one.from !== first.from || one.days !== first.days)
  if (odd !== undefined)
    throw new RangeError(`trials of ${first.days} and of ${odd.days} days, or from other days on, cannot be compared`)
  const columns = columnsOf(summaries)
  return crossValidateDifferent(columns, stretchesOf(columns)[0]!.trials)
}

/** Of different trials of one stretch, by number. */
export function crossValidateDifferent(columns: ReturnsColumns, trials: Uint32Array): CrossValidation | null {
  if (trials.length < 2) return null
  const days = columns.days[trials[0]!]!
  const blocks = blocksFor(trials.length, days)
  if (blocks < LEAST_BLOCKS) return null
  return outcome(trials.length, blocks, new HalfSplits(blocks, columns, trials))
}

function blocksFor(trials: number, days: number): number {
  let blocks = Math.min(MOST_BLOCKS, 2 * Math.floor(days / (2 * LEAST_DAYS)))
  while (blocks > LEAST_BLOCKS && waysToHalve(blocks) * trials > WORK) blocks -= 2
  return blocks
}

/** Of each split what its best trial is worth in its own half and in the other, and its rank there, the worst being 1. */
class Chosen {
  readonly inside: Float64Array
  readonly outside: Float64Array
  readonly ranks: Uint32Array

  constructor(splits: HalfSplits, trials: number) {
    const { count, tile } = splits
    this.inside = new Float64Array(count).fill(Number.NEGATIVE_INFINITY)
    this.outside = new Float64Array(count)
    this.ranks = new Uint32Array(count).fill(1)
    const last = tile * Math.floor((trials - 1) / tile)
    for (let first = 0; first <= last; first += tile) {
      const laid = splits.lay(first)
      for (let k = 0; k < count / 2; k++) {
        splits.rank(k, laid)
        this.#choose(splits, k, laid)
        // after the last of them the best is known
        if (first === last) this.#count(splits, k, laid)
      }
    }
    for (let first = 0; first < last; first += tile) {
      const laid = splits.lay(first)
      for (let k = 0; k < count / 2; k++) {
        splits.rank(k, laid)
        this.#count(splits, k, laid)
      }
    }
  }

  #choose({ count, own, other }: HalfSplits, split: number, laid: number): void {
    this.#takeBetter(split, laid, own, other)
    this.#takeBetter(count - 1 - split, laid, other, own)
  }

  /** Of equals the worse in the other half. */
  #takeBetter(split: number, laid: number, own: Float64Array, other: Float64Array): void {
    let [best, beside] = [this.inside[split]!, this.outside[split]!]
    for (let k = 0; k < laid; k++) {
      const rank = own[k]!
      if (rank < best || (rank === best && other[k]! >= beside)) continue
      best = rank
      beside = other[k]!
    }
    this.inside[split] = best
    this.outside[split] = beside
  }

  #count({ count, own, other }: HalfSplits, split: number, laid: number): void {
    this.ranks[split]! += countBelow(this.outside[split]!, other, laid)
    this.ranks[count - 1 - split]! += countBelow(this.outside[count - 1 - split]!, own, laid)
  }
}

function countBelow(value: number, ranks: Float64Array, count: number): number {
  let below = 0
  // half of all trials, as if at random: a branch would be mistaken as often
  for (let k = 0; k < count; k++) below = (below + Number(ranks[k]! < value)) | 0
  return below
}

function outcome(trials: number, blocks: number, splits: HalfSplits): CrossValidation {
  const { count } = splits
  const { inside, outside, ranks } = new Chosen(splits, trials)
  const yearly = Math.sqrt(YEAR)
  const own = inside.map((rank, k) => yearly * splits.sharpe(k, rank))
  const other = outside.map((rank, k) => yearly * splits.sharpe(count - 1 - k, rank))
  const meanInSample = meanOf(own)
  const meanOutOfSample = meanOf(other)
  let [covariance, variance] = [0, 0]
  for (let k = 0; k < count; k++) {
    covariance += (own[k]! - meanInSample) * (other[k]! - meanOutOfSample)
    variance += (own[k]! - meanInSample) ** 2
  }
  return {
    probability: shareOf(ranks, (rank) => 2 * rank <= trials + 1),
    blocks,
    splits: count,
    trials,
    probabilityOfLoss: shareOf(outside, (rank) => rank < 0),
    slope: variance > 1e-24 * count * (1 + meanInSample ** 2) ? covariance / variance : null,
    meanInSample,
    meanOutOfSample,
    logits: histogram(ranks, trials),
  }
}

/** From −ln N to ln N, all that there can be; a bar ends at 0 and holds what is 0, so that the bars up to it are the overfitted. */
function histogram(ranks: Uint32Array, trials: number): CrossValidation['logits'] {
  const width = Math.log(trials) / BARS
  const counts = Array<number>(2 * BARS).fill(0)
  for (const rank of ranks) {
    const bar = BARS - 1 + Math.ceil(Math.log(rank / (trials + 1 - rank)) / width)
    counts[Math.max(0, Math.min(2 * BARS - 1, bar))]!++
  }
  return counts.map((splits, bar) => ({ low: (bar - BARS) * width, high: (bar + 1 - BARS) * width, splits }))
}

function meanOf(values: Float64Array): number {
  let sum = 0
  for (const value of values) sum += value
  return sum / values.length
}

function shareOf(values: Float64Array | Uint32Array, counts: (value: number) => boolean): number {
  let sum = 0
  for (const value of values) if (counts(value)) sum++
  return sum / values.length
}

import type { ReturnsInLittle } from '../core/search.ts'
import { firstDay } from './returns-summary.ts'

/** Share of Σr² that must be left when the mean is taken out; less is rounding. */
const ROUNDING = 1e-12

/** Ways to choose half of an even number of blocks. */
export function waysToHalve(blocks: number): number {
  let ways = 1
  for (let k = 1; k <= blocks / 2; k++) ways = (ways * (blocks / 2 + k)) / k
  return ways
}

/**
 * All ways to choose half of the blocks that days are laid into, and what a trial did in each: split k's other half is split
 * `count − 1 − k`. A trial is ranked by (Σr)|Σr| ÷ Σr², which rises with the Sharpe ratio among halves of one number of days.
 */
export class HalfSplits {
  readonly count: number
  /** Of the trial that was laid last, split by split; 0 where returns have no spread. */
  readonly ranks: Float64Array
  /** Days of each split's half. */
  readonly days: Float64Array
  readonly #half: number
  /** Fine blocks of a summary: where each block begins, and where the last one ends. */
  readonly #starts: readonly number[]
  /** Choices among the lower half of the blocks as bits, by how many are chosen, ascending; where each number begins. */
  readonly #choices: readonly number[]
  readonly #begins: readonly number[]
  /** How many of the lower blocks go with each choice among the upper ones, ascending. */
  readonly #missing: readonly number[]
  /** Σr and Σr² of each choice as bits, and of the lower ones in the order of `#choices`. */
  readonly #sums: Float64Array
  readonly #squares: Float64Array
  readonly #lowerSums: Float64Array
  readonly #lowerSquares: Float64Array

  /**
   * @param blocks even
   * @param fine blocks of the summaries, over `days`
   */
  constructor(blocks: number, fine: number, days: number) {
    const half = blocks / 2
    const all = Array.from({ length: 1 << half }, (_, bits) => bits)
    const numbers = Array.from({ length: half + 1 }, (_, number) => all.filter((bits) => setBits(bits) === number))
    this.#half = half
    this.#starts = Array.from({ length: blocks + 1 }, (_, k) => Math.floor((k * fine) / blocks))
    this.#choices = numbers.flat()
    this.#begins = [0, ...numbers.map((_, k) => numbers.slice(0, k + 1).flat().length)]
    this.#missing = all.map((bits) => half - setBits(bits))
    this.#sums = new Float64Array(all.length)
    this.#squares = new Float64Array(all.length)
    this.#lowerSums = new Float64Array(all.length)
    this.#lowerSquares = new Float64Array(all.length)
    this.count = waysToHalve(blocks)
    this.ranks = new Float64Array(this.count)
    const first = this.#starts.map((start) => firstDay(start, fine, days))
    const daysOf = (bits: number, offset: number) => {
      let sum = 0
      for (let k = 0; k < half; k++) if ((bits >> k) & 1) sum += first[offset + k + 1]! - first[offset + k]!
      return sum
    }
    this.days = Float64Array.from(
      all.flatMap((upper) => numbers[half - setBits(upper)]!.map((lower) => daysOf(lower, 0) + daysOf(upper, half))),
    )
  }

  /** Σr and Σr² of the blocks of many trials, `2 × blocks` of each. */
  fold(trials: readonly ReturnsInLittle[]): Float64Array {
    const starts = this.#starts
    const folded = new Float64Array(2 * (starts.length - 1) * trials.length)
    let at = 0
    for (const { sums, squares } of trials)
      for (let block = 0; block + 1 < starts.length; block++) {
        let [sum, square] = [0, 0]
        for (let fine = starts[block]!; fine < starts[block + 1]!; fine++) {
          sum += sums[fine]!
          square += squares[fine]!
        }
        folded[at++] = sum
        folded[at++] = square
      }
    return folded
  }

  /** Reckons `ranks` of the trial of this number among the folded ones. */
  lay(folded: Float64Array, trial: number): void {
    const { ranks, days } = this
    const [sums, squares, lowerSums, lowerSquares] = [this.#sums, this.#squares, this.#lowerSums, this.#lowerSquares]
    const [choices, begins, missing] = [this.#choices, this.#begins, this.#missing]
    const at = 4 * this.#half * trial
    this.#fill(folded, at)
    for (let k = 0; k < choices.length; k++) {
      lowerSums[k] = sums[choices[k]!]!
      lowerSquares[k] = squares[choices[k]!]!
    }
    this.#fill(folded, at + 2 * this.#half)
    for (let upper = 0, split = 0; upper < sums.length; upper++) {
      const [upperSum, upperSquare] = [sums[upper]!, squares[upper]!]
      const end = begins[missing[upper]! + 1]!
      for (let lower = begins[missing[upper]!]!; lower < end; lower++, split++) {
        const sum = upperSum + lowerSums[lower]!
        const square = upperSquare + lowerSquares[lower]!
        const signed = sum * Math.abs(sum)
        ranks[split] = square * days[split]! * (1 - ROUNDING) > Math.abs(signed) ? signed / square : 0
      }
    }
  }

  /** The daily Sharpe ratio of split `k` whose rank is this: mean ÷ sample deviation, of the same Σr and Σr². */
  sharpe(k: number, rank: number): number {
    const days = this.days[k]!
    const size = Math.abs(rank)
    return Math.sign(rank) * Math.sqrt((size * (days - 1)) / (days * (days - size)))
  }

  /** Every choice is one block and the choice without it: so equal blocks add up to equal sums. */
  #fill(folded: Float64Array, at: number): void {
    const [ofSums, ofSquares] = [this.#sums, this.#squares]
    for (let block = 0; block < this.#half; block++) {
      const [sum, square] = [folded[at + 2 * block]!, folded[at + 2 * block + 1]!]
      const size = 1 << block
      for (let rest = 0; rest < size; rest++) {
        ofSums[size + rest] = ofSums[rest]! + sum
        ofSquares[size + rest] = ofSquares[rest]! + square
      }
    }
  }
}

function setBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest > 0; rest &= rest - 1) count++
  return count
}

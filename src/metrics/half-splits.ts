import type { ReturnsColumns } from './returns-columns.ts'
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
 * All ways to choose half of the blocks that days are laid into, and what trials did in each: split k's other half is split
 * `count − 1 − k`. A trial is ranked by (Σr)|Σr| ÷ Σr², which rises with the Sharpe ratio among halves of one number of days.
 * Trials are laid a tile at a time and gone through split by split: a loop over the few splits of one trial would cost more
 * than the arithmetic in it.
 */
export class HalfSplits {
  readonly count: number
  /** Trials of a full tile. */
  readonly tile: number
  /** Of the trials that were laid last, in the split that was ranked last and in its other half; 0 where returns have no spread. */
  readonly own: Float64Array
  readonly other: Float64Array
  /** Days of each split's half. */
  readonly #days: Float64Array
  readonly #half: number
  /** Fine blocks of a summary: where each block begins, and where the last one ends. */
  readonly #starts: readonly number[]
  /** The choice of each split among the lower half of the blocks and among the upper one, as bits. */
  readonly #lowers: Uint16Array
  readonly #uppers: Uint16Array
  /** Σr and Σr² of each choice, trial by trial of the tile. */
  readonly #lower: Sums
  readonly #upper: Sums

  /**
   * @param blocks even
   * @param fine blocks of the summaries, over `days`
   */
  constructor(blocks: number, fine: number, days: number) {
    const half = blocks / 2
    const all = Array.from({ length: 1 << half }, (_, bits) => bits)
    const pairs = all.flatMap((upper) =>
      all.filter((lower) => setBits(lower) === half - setBits(upper)).map((lower) => [upper, lower] as const),
    )
    this.#half = half
    this.#starts = Array.from({ length: blocks + 1 }, (_, k) => Math.floor((k * fine) / blocks))
    this.#uppers = Uint16Array.from(pairs, ([upper]) => upper)
    this.#lowers = Uint16Array.from(pairs, ([, lower]) => lower)
    this.count = pairs.length
    // as many as leave the sums near the processor
    this.tile = Math.max(16, 1024 >> half)
    this.own = new Float64Array(this.tile)
    this.other = new Float64Array(this.tile)
    this.#lower = sumsOf(all.length * this.tile)
    this.#upper = sumsOf(all.length * this.tile)
    const first = this.#starts.map((start) => firstDay(start, fine, days))
    const daysOf = (bits: number, offset: number) => {
      let sum = 0
      for (let k = 0; k < half; k++) if ((bits >> k) & 1) sum += first[offset + k + 1]! - first[offset + k]!
      return sum
    }
    this.#days = Float64Array.from(pairs, ([upper, lower]) => daysOf(lower, 0) + daysOf(upper, half))
  }

  /** Σr and Σr² of the blocks of many trials, `2 × blocks` of each. */
  fold(columns: ReturnsColumns, trials: Uint32Array): Float64Array {
    const width = 4 * this.#half
    const folded = new Float64Array(width * trials.length)
    for (let k = 0; k < trials.length; k++) this.#fold(columns, trials[k]!, folded, width * k)
    return folded
  }

  /** A function of its own: in a loop that is compiled while it runs every sum would be allocated. */
  #fold(columns: ReturnsColumns, trial: number, folded: Float64Array, at: number): void {
    const starts = this.#starts
    const { sums, squares } = columns
    const first = columns.stride * trial
    const sumUnit = columns.sumUnits[trial]!
    const squareUnit = columns.squareUnits[trial]!
    for (let block = 0; block + 1 < starts.length; block++) {
      let sum = 0
      let square = 0
      for (let fine = starts[block]!; fine < starts[block + 1]!; fine++) {
        sum += sums[first + fine]! * sumUnit
        square += squares[first + fine]! * squareUnit
      }
      folded[at + 2 * block] = sum
      folded[at + 2 * block + 1] = square
    }
  }

  /** Adds up all choices of the folded trials from `first` on; returns how many, a tile at most. */
  lay(folded: Float64Array, first: number): number {
    const width = 4 * this.#half
    const count = Math.min(this.tile, folded.length / width - first)
    for (let k = 0; k < count; k++) {
      const at = width * (first + k)
      this.#fill(this.#lower, k, folded, at)
      this.#fill(this.#upper, k, folded, at + width / 2)
    }
    return count
  }

  /** Reckons `own` and `other` of so many trials that are laid. */
  rank(split: number, count: number): void {
    this.#rank(split, count, this.own)
    this.#rank(this.count - 1 - split, count, this.other)
  }

  #rank(split: number, count: number, into: Float64Array): void {
    const lower = this.#lowers[split]! * this.tile
    const upper = this.#uppers[split]! * this.tile
    const days = this.#days[split]!
    const [lowerSums, lowerSquares] = [this.#lower.sums, this.#lower.squares]
    const [upperSums, upperSquares] = [this.#upper.sums, this.#upper.squares]
    for (let k = 0; k < count; k++) {
      const sum = upperSums[upper + k]! + lowerSums[lower + k]!
      const square = upperSquares[upper + k]! + lowerSquares[lower + k]!
      const signed = sum * Math.abs(sum)
      into[k] = square * days * (1 - ROUNDING) > Math.abs(signed) ? signed / square : 0
    }
  }

  /** The daily Sharpe ratio of split `k` whose rank is this: mean ÷ sample deviation, of the same Σr and Σr². */
  sharpe(k: number, rank: number): number {
    const days = this.#days[k]!
    const size = Math.abs(rank)
    return Math.sign(rank) * Math.sqrt((size * (days - 1)) / (days * (days - size)))
  }

  /** Every choice is one block and the choice without it: so equal blocks add up to equal sums. */
  #fill({ sums, squares }: Sums, trial: number, folded: Float64Array, at: number): void {
    const { tile } = this
    for (let block = 0; block < this.#half; block++) {
      const sum = folded[at + 2 * block]!
      const square = folded[at + 2 * block + 1]!
      const size = tile << block
      for (let rest = trial; rest < size; rest += tile) {
        sums[size + rest] = sums[rest]! + sum
        squares[size + rest] = squares[rest]! + square
      }
    }
  }
}

interface Sums {
  readonly sums: Float64Array
  readonly squares: Float64Array
}

function sumsOf(length: number): Sums {
  return { sums: new Float64Array(length), squares: new Float64Array(length) }
}

function setBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest > 0; rest &= rest - 1) count++
  return count
}

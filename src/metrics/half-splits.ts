import type { ReturnsColumns } from './returns-columns.ts'
import { firstDay } from './returns-summary.ts'

/** Share of Σr² that must be left when the mean is taken out; less is rounding. */
const ROUNDING = 1e-12

/** So many trials are laid at once: their sums take 4 MB. */
const ONE_TILE = 512
/** Of more, as many trials times choices as leave the sums near the processor. */
const NEAR = 1024

/** Ways to choose half of an even number of blocks. */
export function waysToHalve(blocks: number): number {
  let ways = 1
  for (let k = 1; k <= blocks / 2; k++) ways = (ways * (blocks / 2 + k)) / k
  return ways
}

/**
 * All ways to choose half of the blocks that days are laid into, and what trials did in each: split k's other half is split
 * `count − 1 − k`. A trial is ranked by (Σr)|Σr| ÷ Σr², which rises with the Sharpe ratio among halves of one number of days.
 * Trials are laid a tile at a time and gone through split by split: a loop over the few splits of one trial would cost more than the
 * arithmetic in it.
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
  /** Σr and Σr² of the blocks of all trials, `2 × blocks` of each. */
  readonly #folded: Float64Array
  /** Σr and Σr² of each choice, trial by trial of the tile. */
  readonly #lower: Sums
  readonly #upper: Sums

  /**
   * @param blocks even
   * @param trials of `columns`, all of one stretch
   */
  constructor(blocks: number, columns: ReturnsColumns, trials: Uint32Array) {
    const half = blocks / 2
    const fine = columns.blocks[trials[0]!]!
    const days = columns.days[trials[0]!]!
    const choices = 1 << half
    this.#half = half
    this.#starts = Array.from({ length: blocks + 1 }, (_, k) => Math.floor((k * fine) / blocks))
    this.count = waysToHalve(blocks)
    this.#uppers = new Uint16Array(this.count)
    this.#lowers = new Uint16Array(this.count)
    this.tile = trials.length <= ONE_TILE ? trials.length : Math.max(16, NEAR >> half)
    this.own = new Float64Array(this.tile)
    this.other = new Float64Array(this.tile)
    this.#lower = sumsOf(choices * this.tile)
    this.#upper = sumsOf(choices * this.tile)
    this.#days = new Float64Array(this.count)
    const first = this.#starts.map((start) => firstDay(start, fine, days))
    this.#pair(choices, daysOfChoices(choices, first, 0), daysOfChoices(choices, first, half))
    const width = 2 * blocks
    this.#folded = new Float64Array(width * trials.length)
    for (let k = 0; k < trials.length; k++) this.#fold(columns, trials[k]!, width * k)
  }

  /** Of every choice among the upper blocks those among the lower that make it a half. */
  #pair(choices: number, lowerDays: Float64Array, upperDays: Float64Array): void {
    const ofSize: number[][] = Array.from({ length: this.#half + 1 }, () => [])
    for (let bits = 0; bits < choices; bits++) ofSize[setBits(bits)]!.push(bits)
    let split = 0
    for (let upper = 0; upper < choices; upper++)
      for (const lower of ofSize[this.#half - setBits(upper)]!) {
        this.#uppers[split] = upper
        this.#lowers[split] = lower
        this.#days[split++] = lowerDays[lower]! + upperDays[upper]!
      }
  }

  /** Adds up all choices of the trials from `first` on; returns how many, a tile at most. */
  lay(first: number): number {
    const width = 4 * this.#half
    const count = Math.min(this.tile, this.#folded.length / width - first)
    for (let k = 0; k < count; k++) {
      const at = width * (first + k)
      this.#fill(this.#lower, k, at)
      this.#fill(this.#upper, k, at + width / 2)
    }
    return count
  }

  /** A function of its own: in a loop that is compiled while it runs every sum would be allocated. */
  #fold(columns: ReturnsColumns, trial: number, at: number): void {
    const starts = this.#starts
    const folded = this.#folded
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
  #fill({ sums, squares }: Sums, trial: number, at: number): void {
    const { tile } = this
    const folded = this.#folded
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

/** Days of each choice among the blocks from `offset` on. */
function daysOfChoices(choices: number, first: readonly number[], offset: number): Float64Array {
  const days = new Float64Array(choices)
  for (let block = 0; 1 << block < choices; block++) {
    const own = first[offset + block + 1]! - first[offset + block]!
    for (let rest = 0; rest < 1 << block; rest++) days[(1 << block) + rest] = days[rest]! + own
  }
  return days
}

function setBits(bits: number): number {
  let count = 0
  for (let rest = bits; rest > 0; rest &= rest - 1) count++
  return count
}

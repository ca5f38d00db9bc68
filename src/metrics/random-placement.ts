import type { Random } from '../core/random.ts'
import { shuffle } from './monte-carlo-trades.ts'

/**
 * Lays stretches of given lengths on a row of bars so that none overlaps another: all orders of the stretches and, for each,
 * all ways to divide the free bars among the places before, between and after them are equally likely. That is how entries
 * come that do not look at the market: with the same chance on each bar on which nothing is held.
 */
export class RandomPlacement {
  /** Stretches in the order in which they were laid, and where each begins. */
  readonly order: Int32Array
  readonly starts: Int32Array
  readonly #lengths: Int32Array
  readonly #first: number
  readonly #free: number
  readonly #subset: Subset

  /**
   * @param first bar on which a stretch can begin
   * @param end bar by which the last has to end
   * @throws RangeError where they do not fit
   */
  constructor(lengths: Int32Array, first: number, end: number) {
    this.#lengths = lengths
    this.#first = first
    this.#free = end - first - lengths.reduce((sum, length) => sum + length, 0)
    if (this.#free < 0)
      throw new RangeError(`stretches are ${-this.#free} bars longer than the ${end - first} there are`)
    this.order = Int32Array.from(lengths, (_, k) => k)
    this.starts = new Int32Array(lengths.length)
    this.#subset = new Subset(this.#free + lengths.length)
  }

  draw(random: Random): void {
    const { order, starts } = this
    shuffle(order, random)
    this.#subset.draw(starts, random)
    let held = 0
    for (let k = 0; k < starts.length; k++) {
      // what stands before the k-th chosen place are free bars and k chosen ones
      starts[k] = this.#first + starts[k]! - k + held
      held += this.#lengths[order[k]!]!
    }
  }
}

/** Distinct whole numbers in ascending order. Marks of marks lead to the few that are set; a sort takes longer. */
class Subset {
  readonly #among: number
  readonly #marks: Int32Array
  readonly #words: Int32Array

  constructor(among: number) {
    this.#among = among
    this.#marks = new Int32Array((among + 31) >> 5)
    this.#words = new Int32Array((this.#marks.length + 31) >> 5)
  }

  /** As many as there is room for, below `among`; each set of them is equally likely. */
  draw(chosen: Int32Array, random: Random): void {
    const marks = this.#marks
    const words = this.#words
    for (let have = 0; have < chosen.length; ) {
      const one = Math.floor(random() * this.#among)
      const word = one >> 5
      const marked = marks[word]!
      const mark = 1 << (one & 31)
      if ((marked & mark) !== 0) continue
      marks[word] = marked | mark
      words[word >> 5]! |= 1 << (word & 31)
      have++
    }
    let next = 0
    for (let group = 0; group < words.length; group++) {
      for (let few = words[group]!; few !== 0; few &= few - 1) {
        const word = 32 * group + 31 - Math.clz32(few & -few)
        for (let left = marks[word]!; left !== 0; left &= left - 1)
          chosen[next++] = 32 * word + 31 - Math.clz32(left & -left)
        marks[word] = 0
      }
      words[group] = 0
    }
  }
}

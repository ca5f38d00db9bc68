import { RETURN_BLOCKS } from '../core/search.ts'
import { emptyColumns, type ReturnsColumns } from '../metrics/returns-columns.ts'

const DOUBLES = 6
const SUMS_AT = 8 * DOUBLES
const SQUARES_AT = SUMS_AT + 2 * RETURN_BLOCKS
/** Bytes of a trial with all blocks: a whole number of doubles. */
const BYTES = SQUARES_AT + 2 * RETURN_BLOCKS

/**
 * Daily returns of many lines of the ledger: what stands in them in base64 is decoded where it stays, one trial after the other,
 * and its whole numbers are never copied. Typed arrays are little-endian wherever this runs.
 */
export class LedgerReturns implements ReturnsColumns {
  readonly length: number
  readonly from: Float64Array
  readonly days: Float64Array
  readonly mean: Float64Array
  readonly deviation: Float64Array
  readonly skew: Float64Array
  readonly kurtosis: Float64Array
  readonly blocks: Float64Array
  readonly stride = BYTES / 2
  readonly sums: Int16Array
  readonly squares: Uint16Array
  readonly sumUnits: Float64Array
  readonly squareUnits: Float64Array
  readonly #bytes: Buffer
  readonly #doubles: Float64Array
  /** `[from, days,` of the trial that was read last: those of one search have it in common. */
  #span = '['
  #from = 0
  #days = 0

  constructor(length: number) {
    const columns = emptyColumns(length)
    this.length = length
    this.from = columns.from
    this.days = columns.days
    this.mean = columns.mean
    this.deviation = columns.deviation
    this.skew = columns.skew
    this.kurtosis = columns.kurtosis
    this.blocks = columns.blocks
    this.sumUnits = columns.sumUnits
    this.squareUnits = columns.squareUnits
    // what squares are seen through begins later and ends with the others
    const room = new ArrayBuffer(BYTES * length + SQUARES_AT)
    this.#bytes = Buffer.from(room)
    this.#doubles = new Float64Array(room)
    this.sums = new Int16Array(room, SUMS_AT)
    this.squares = new Uint16Array(room, SQUARES_AT)
  }

  /** @param at where in the line the value of `r` begins */
  read(trial: number, line: string, at: number): void {
    if (line[at] !== '[') return
    if (!line.startsWith(this.#span, at) || line[at + this.#span.length] !== '"') {
      this.#span = line.slice(at, line.indexOf('"', at))
      ;[this.#from, this.#days] = this.#span.slice(1).split(',', 2).map(Number) as [number, number]
    }
    const begin = at + this.#span.length + 1
    const first = BYTES * trial
    const length = this.#bytes.write(line.slice(begin, line.indexOf('"', begin)), first, BYTES, 'base64')
    const blocks = (length - SUMS_AT) >> 2
    if (blocks < RETURN_BLOCKS) {
      const squares = first + SUMS_AT + 2 * blocks
      this.#bytes.copyWithin(first + SQUARES_AT, squares, squares + 2 * blocks)
    }
    const double = first / 8
    this.from[trial] = this.#from
    this.days[trial] = this.#days
    this.mean[trial] = this.#doubles[double]!
    this.deviation[trial] = this.#doubles[double + 1]!
    this.skew[trial] = this.#doubles[double + 2]!
    this.kurtosis[trial] = this.#doubles[double + 3]!
    this.sumUnits[trial] = this.#doubles[double + 4]!
    this.squareUnits[trial] = this.#doubles[double + 5]!
    this.blocks[trial] = blocks
  }
}

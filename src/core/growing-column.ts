/** Rows by which a column grows: a call for memory on every row would cost more than all else that a live bar does. */
const STEP = 1024

/**
 * A column that gets longer while others hold it: the array stays the same one. Address space is reserved for `most` rows, memory is
 * taken as they come. The array reaches a little beyond the last row; what lies there reads as `empty`.
 */
export class GrowingColumn<Values extends Float64Array | Int32Array = Float64Array> {
  readonly values: Values
  readonly #buffer: ArrayBuffer
  readonly #empty: number
  readonly #most: number

  constructor(Kind: new (buffer: ArrayBuffer) => Values, most: number, empty: number) {
    const { BYTES_PER_ELEMENT } = Kind as unknown as { readonly BYTES_PER_ELEMENT: number }
    this.#most = Math.ceil(most / STEP) * STEP
    this.#buffer = new ArrayBuffer(0, { maxByteLength: this.#most * BYTES_PER_ELEMENT })
    this.values = new Kind(this.#buffer)
    this.#empty = empty
  }

  /** Makes room for `rows` rows. @throws RangeError where they are more than was reserved */
  reserve(rows: number): void {
    const { values } = this
    const before = values.length
    if (rows <= before) return
    if (rows > this.#most)
      throw new RangeError(
        `a session has room for ${this.#most} rows of a column, and this is one more: begin a new one`,
      )
    this.#buffer.resize(Math.ceil(rows / STEP) * STEP * values.BYTES_PER_ELEMENT)
    values.fill(this.#empty, before)
  }

  set(row: number, value: number): void {
    if (row >= this.values.length) this.reserve(row + 1)
    this.values[row] = value
  }
}

/** Ten years. */
const AHEAD = 10 * 366 * 86_400_000

/** Rows that a live column may come to: those that there are, and ten years of bars of a length. */
export function mostRows(known: number, barMs: number): number {
  return known + Math.ceil(AHEAD / barMs)
}

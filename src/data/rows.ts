/** What an importer reads out of a file, before anything is believed: columns with the line each row came from. */

/** Fields that make the bar; every file has them. */
export const BAR_DECIMALS = ['open', 'high', 'low', 'close', 'volume'] as const
/** Fields that only some files have. */
export const EXTRA_DECIMALS = ['quoteVolume', 'takerBase', 'takerQuote'] as const
export const DECIMAL_FIELDS = [...BAR_DECIMALS, ...EXTRA_DECIMALS] as const
export type DecimalField = (typeof DECIMAL_FIELDS)[number]
export type Field = 'openTime' | 'closeTime' | 'trades' | DecimalField

/** Decimals kept exactly: a whole part and a fraction in 1e-8, each exact in a double whatever the size of the number. */
export const SCALE = 8
export const UNIT = 1e8

export interface DecimalColumn {
  /** NaN where the file does not say. */
  whole: Float64Array
  /** 0 … 99,999,999. */
  fraction: Float64Array
}

/** What the field is called of what is wrong with a whole file. */
export const WHOLE_FILE = 'file'

/** Why a row cannot be stored, or a whole file not be read. */
export interface BadRow {
  readonly file: string
  /** 1-based line of the file (row of a Parquet file); 0 of a whole file. */
  readonly row: number
  readonly field: string
  readonly value: string
  readonly reason: string
}

/** Sums that went through binary doubles on their way differ from the exchange's decimals in the last bits only. */
const LAST_BITS = 4 * Number.EPSILON

type Column = Float64Array | Uint32Array

/** A buffer as it comes from another thread: without its methods. */
export type Columns = Pick<
  RowBuffer,
  'length' | 'files' | 'openTime' | 'closeTime' | 'trades' | 'line' | 'file' | 'decimals'
>

/** Rows of one or more files as growing columns. */
export class RowBuffer {
  length = 0
  readonly files: string[] = []
  openTime: Float64Array
  /** Exclusive as the exchange states it plus 1 ms; NaN where the file does not say. */
  closeTime: Float64Array
  /** NaN where the file does not say. */
  trades: Float64Array
  line: Uint32Array
  file: Uint32Array
  readonly decimals: Record<DecimalField, DecimalColumn>

  constructor(capacity = 4096) {
    this.openTime = new Float64Array(capacity)
    this.closeTime = new Float64Array(capacity)
    this.trades = new Float64Array(capacity)
    this.line = new Uint32Array(capacity)
    this.file = new Uint32Array(capacity)
    const column = (): DecimalColumn => ({ whole: new Float64Array(capacity), fraction: new Float64Array(capacity) })
    this.decimals = {
      open: column(), high: column(), low: column(), close: column(),
      volume: column(), quoteVolume: column(), takerBase: column(), takerQuote: column(),
    } // biome-ignore format: eight alike
  }

  /** Makes room for `count` more rows. */
  reserve(count = 1): void {
    const needed = this.length + count
    if (needed <= this.openTime.length) return
    const size = Math.max(needed, this.openTime.length * 2)
    this.openTime = larger(this.openTime, new Float64Array(size))
    this.closeTime = larger(this.closeTime, new Float64Array(size))
    this.trades = larger(this.trades, new Float64Array(size))
    this.line = larger(this.line, new Uint32Array(size))
    this.file = larger(this.file, new Uint32Array(size))
    for (const field of DECIMAL_FIELDS) {
      const column = this.decimals[field]
      column.whole = larger(column.whole, new Float64Array(size))
      column.fraction = larger(column.fraction, new Float64Array(size))
    }
  }

  /** The rows from `first` on, numbered from 0, as they lie here: for as long as this buffer does not grow. */
  since(first: number): RowBuffer {
    const rows = new RowBuffer(0)
    rows.files.push(...this.files)
    rows.length = this.length - first
    return rows.#adopt(this, (column) => column.subarray(first, this.length) as typeof column)
  }

  /** An empty buffer in the memory of one that came from another thread. */
  static in(memory: Columns): RowBuffer {
    return new RowBuffer(0).#adopt(memory, (column) => column)
  }

  /** The rows of one that came from another thread, in their memory. */
  static of(other: Columns): RowBuffer {
    const rows = RowBuffer.in(other)
    rows.files.push(...other.files)
    rows.length = other.length
    return rows
  }

  #adopt(other: Columns, part: <T extends Column>(column: T) => T): this {
    this.openTime = part(other.openTime)
    this.closeTime = part(other.closeTime)
    this.trades = part(other.trades)
    this.line = part(other.line)
    this.file = part(other.file)
    for (const field of DECIMAL_FIELDS) {
      const { whole, fraction } = other.decimals[field]
      this.decimals[field].whole = part(whole)
      this.decimals[field].fraction = part(fraction)
    }
    return this
  }

  /** Puts the rows of another buffer behind the last. */
  append(other: Columns): void {
    const at = this.length
    const { length } = other
    const files = this.files.length
    this.#copy(other, 0, length)
    this.line.set(other.line.subarray(0, length), at)
    for (let row = 0; row < length; row++) this.file[at + row] = files + other.file[row]!
    this.files.push(...other.files)
  }

  /** Puts some rows of an answer behind those of the answers before it: all of them are one file, and numbered on. */
  join(answer: Columns, first: number, end: number): void {
    if (this.files.length === 0) this.files.push(...answer.files)
    const at = this.length
    this.#copy(answer, first, end)
    for (let row = at; row < this.length; row++) this.line[row] = row + 1
    this.file.fill(this.files.length - 1, at, this.length)
  }

  /** What rows say, without where they came from. */
  #copy(other: Columns, first: number, end: number): void {
    const at = this.length
    this.reserve(end - first)
    this.openTime.set(other.openTime.subarray(first, end), at)
    this.closeTime.set(other.closeTime.subarray(first, end), at)
    this.trades.set(other.trades.subarray(first, end), at)
    for (const field of DECIMAL_FIELDS) {
      this.decimals[field].whole.set(other.decimals[field].whole.subarray(first, end), at)
      this.decimals[field].fraction.set(other.decimals[field].fraction.subarray(first, end), at)
    }
    this.length += end - first
  }

  /** Compares two values exactly; both must be known. */
  compare(field: DecimalField, a: number, otherField: DecimalField, b: number): number {
    const x = this.decimals[field]
    const y = this.decimals[otherField]
    return x.whole[a]! - y.whole[b]! || x.fraction[a]! - y.fraction[b]!
  }

  /** Decimal text of one value. */
  text(field: DecimalField | 'trades', row: number): string {
    if (field === 'trades') return String(this.trades[row])
    const { whole, fraction } = this.decimals[field]
    const digits = String(fraction[row]!).padStart(SCALE, '0').replace(/0+$/, '')
    return `${BigInt(whole[row]!)}${digits === '' ? '' : `.${digits}`}`
  }

  /**
   * The first field in which two rows of one open time say different things; `null` where they state the same bar. What
   * makes the bar is compared exactly, what only some files have where both say it.
   */
  differingField(a: number, b: number): DecimalField | 'trades' | null {
    for (const field of BAR_DECIMALS) if (this.compare(field, a, field, b) !== 0) return field
    for (const field of EXTRA_DECIMALS) {
      const x = this.#value(field, a)
      if (Math.abs(x - this.#value(field, b)) > LAST_BITS * x) return field
    }
    return Math.abs(this.trades[a]! - this.trades[b]!) > 0 ? 'trades' : null
  }

  /** Takes over what only some files have, where one row of a bar does not know it and another does; whether there was any. */
  complete(row: number, from: number): boolean {
    let isMore = false
    for (const field of EXTRA_DECIMALS) {
      const { whole, fraction } = this.decimals[field]
      if (!Number.isNaN(whole[row]!) || Number.isNaN(whole[from]!)) continue
      whole[row] = whole[from]!
      fraction[row] = fraction[from]!
      isMore = true
    }
    if (!Number.isNaN(this.trades[row]!) || Number.isNaN(this.trades[from]!)) return isMore
    this.trades[row] = this.trades[from]!
    return true
  }

  name(row: number): string {
    return this.files[this.file[row]!]!
  }

  #value(field: DecimalField, row: number): number {
    const { whole, fraction } = this.decimals[field]
    return whole[row]! + fraction[row]! / UNIT
  }
}

/** The memory of a buffer's columns, to be handed to another thread rather than copied. */
export function memoryOf(rows: Columns): ArrayBufferLike[] {
  const decimals = DECIMAL_FIELDS.flatMap((field) => [rows.decimals[field].whole, rows.decimals[field].fraction])
  return [rows.openTime, rows.closeTime, rows.trades, rows.line, rows.file, ...decimals].map(({ buffer }) => buffer)
}

function larger<T extends { set(values: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

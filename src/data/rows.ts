/** What an importer reads out of a file, before anything is believed: columns with the line each row came from. */

export const DECIMAL_FIELDS = [
  'open',
  'high',
  'low',
  'close',
  'volume',
  'quoteVolume',
  'takerBase',
  'takerQuote',
] as const
export type DecimalField = (typeof DECIMAL_FIELDS)[number]
export type Field = 'openTime' | 'closeTime' | 'trades' | DecimalField

/** Decimals kept exactly: a whole part and a fraction in 1e-8, each exact in a double whatever the size of the number. */
export const SCALE = 8
export const UNIT = 1e8

export interface DecimalColumn {
  whole: Float64Array
  /** 0 … 99,999,999. */
  fraction: Float64Array
}

/** Why a row cannot be stored. */
export interface BadRow {
  readonly file: string
  /** 1-based line of the file (row of a Parquet file). */
  readonly row: number
  readonly field: string
  readonly value: string
  readonly reason: string
}

/** Rows of one or more files as growing columns. */
export class RowBuffer {
  length = 0
  readonly files: string[] = []
  openTime: Float64Array
  /** Exclusive as the exchange states it plus 1 ms; NaN where the file has none. */
  closeTime: Float64Array
  trades: Float64Array
  line: Uint32Array
  file: Uint16Array
  readonly decimals: Record<DecimalField, DecimalColumn>
  /** Optional fields that every file so far has had. */
  has: { closeTime: boolean; quoteVolume: boolean; trades: boolean; takerBase: boolean; takerQuote: boolean } = {
    closeTime: true,
    quoteVolume: true,
    trades: true,
    takerBase: true,
    takerQuote: true,
  }

  constructor(capacity = 4096) {
    this.openTime = new Float64Array(capacity)
    this.closeTime = new Float64Array(capacity)
    this.trades = new Float64Array(capacity)
    this.line = new Uint32Array(capacity)
    this.file = new Uint16Array(capacity)
    const column = (): DecimalColumn => ({ whole: new Float64Array(capacity), fraction: new Float64Array(capacity) })
    this.decimals = {
      open: column(), high: column(), low: column(), close: column(),
      volume: column(), quoteVolume: column(), takerBase: column(), takerQuote: column(),
    } // biome-ignore format: eight alike
  }

  reserve(): void {
    if (this.length < this.openTime.length) return
    const size = this.openTime.length * 2
    this.openTime = larger(this.openTime, new Float64Array(size))
    this.closeTime = larger(this.closeTime, new Float64Array(size))
    this.trades = larger(this.trades, new Float64Array(size))
    this.line = larger(this.line, new Uint32Array(size))
    this.file = larger(this.file, new Uint16Array(size))
    for (const field of DECIMAL_FIELDS) {
      const column = this.decimals[field]
      column.whole = larger(column.whole, new Float64Array(size))
      column.fraction = larger(column.fraction, new Float64Array(size))
    }
  }

  /** Compares two values of one field exactly. */
  compare(field: DecimalField, a: number, otherField: DecimalField, b: number): number {
    const x = this.decimals[field]
    const y = this.decimals[otherField]
    return x.whole[a]! - y.whole[b]! || x.fraction[a]! - y.fraction[b]!
  }

  /** Decimal text of one value. */
  text(field: DecimalField, row: number): string {
    const { whole, fraction } = this.decimals[field]
    const digits = String(fraction[row]!).padStart(SCALE, '0').replace(/0+$/, '')
    return `${BigInt(whole[row]!)}${digits === '' ? '' : `.${digits}`}`
  }

  /** Whether two rows state the same bar, in every field that both of their files have. */
  isSame(a: number, b: number): boolean {
    for (const field of ['open', 'high', 'low', 'close', 'volume'] as const)
      if (this.compare(field, a, field, b) !== 0) return false
    return true
  }

  name(row: number): string {
    return this.files[this.file[row]!]!
  }
}

function larger<T extends { set(values: T): void }>(from: T, to: T): T {
  to.set(from)
  return to
}

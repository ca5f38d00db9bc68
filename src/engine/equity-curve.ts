import type { EquityColumns } from '../core/run.ts'

/**
 * The equity curve while it grows. Only equity is written on every bar; times and cash are kept where they change and
 * spread into columns when somebody asks, and exposure is left at the zero its column starts with while nothing is held.
 */
export class EquityCurve {
  length = 0
  equity: Float64Array
  exposure: Float64Array
  #times: Float64Array
  #cash = 0
  readonly #changes: { readonly from: number; readonly cash: number }[] = []

  constructor(capacity: number) {
    this.equity = new Float64Array(capacity)
    this.exposure = new Float64Array(capacity)
    this.#times = new Float64Array(capacity)
  }

  get lastTime(): number {
    return this.length > 0 ? this.#times[this.length - 1]! : 0
  }

  /** Makes room for one more instant: a host that knows no end (paper trading) outgrows the columns. */
  reserve(): void {
    if (this.length === this.equity.length) this.#grow()
  }

  /** Ends the instant of the clock, whose equity has been written. */
  end(clock: Float64Array, { cash }: { readonly cash: number }): void {
    this.#times[this.length] = clock[0]!
    if (cash !== this.#cash || this.length === 0) {
      this.#cash = cash
      this.#changes.push({ from: this.length, cash })
    }
    this.length++
  }

  /** Takes the last instant back, to mark it again after positions were closed at its close. */
  reopen(): void {
    this.length--
    this.exposure[this.length] = 0
  }

  #grow(): void {
    const larger = (column: Float64Array) => {
      const copy = new Float64Array(Math.max(1024, column.length * 2))
      copy.set(column)
      return copy
    }
    this.equity = larger(this.equity)
    this.exposure = larger(this.exposure)
    this.#times = larger(this.#times)
  }

  columns(): EquityColumns {
    const { length } = this
    const changes = this.#changes
    let spread: Float64Array | null = null
    return {
      length,
      time: this.#times.subarray(0, length),
      equity: this.equity.subarray(0, length),
      exposure: this.exposure.subarray(0, length),
      get cash() {
        spread ??= spreadCash(changes, length)
        return spread
      },
    }
  }
}

function spreadCash(
  changes: readonly { readonly from: number; readonly cash: number }[],
  length: number,
): Float64Array {
  const column = new Float64Array(length)
  for (let k = 0; k < changes.length; k++)
    column.fill(changes[k]!.cash, changes[k]!.from, changes[k + 1]?.from ?? length)
  return column
}

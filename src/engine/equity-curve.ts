import { emptyList } from '../core/empty-list.ts'
import type { EquityColumns } from '../core/run.ts'
import { Exposure } from './exposure.ts'
import type { Slot } from './slot.ts'

/**
 * The equity curve while it grows. Only equity is written on every bar; cash and holdings are kept where they change, and
 * the columns made of them (times too, where the host knows them) are spread out when somebody asks.
 */
export class EquityCurve {
  length = 0
  equity: Float64Array
  readonly #clock: Float64Array
  /** Close times told so far; `null` where the host knows them all. */
  #times: Float64Array | null
  readonly #knownTimes: (() => Float64Array) | null
  #cash = 0
  readonly #changes: { readonly from: number; readonly cash: number }[] = emptyList()
  readonly #exposure: Exposure

  /**
   * @param clock holds the instant at hand, UTC ms
   * @param times the close times that will come, where they are known
   * @param memory written to where it is large enough: a search makes no new column for every run
   */
  constructor(
    capacity: number,
    clock: Float64Array,
    slots: readonly Slot[],
    times: (() => Float64Array) | null,
    memory: Float64Array | null,
  ) {
    this.equity = memory !== null && memory.length >= capacity ? memory : new Float64Array(capacity)
    this.#clock = clock
    this.#knownTimes = times
    this.#times = times === null ? new Float64Array(capacity) : null
    this.#exposure = new Exposure(slots)
  }

  /** Whether times are written down, since the host does not know them. */
  get keepsTimes(): boolean {
    return this.#times !== null
  }

  get lastTime(): number {
    return this.length > 0 ? this.#clock[0]! : 0
  }

  /**
   * Makes room for `count` more instants: a host that knows no end (paper trading) outgrows the columns.
   * @returns where their equity is to be written, from `length` on
   */
  reserve(count: number): Float64Array {
    while (this.length + count > this.equity.length) this.#grow()
    return this.equity
  }

  /** What an instrument holds at the instant at hand is no longer what it held before. */
  holds(slot: Slot, qty: number): void {
    this.#exposure.note(slot, this.length, qty)
  }

  /** Ends the instant of the clock, whose equity has been written. */
  end({ cash }: { readonly cash: number }): void {
    if (this.#times !== null) this.#times[this.length] = this.#clock[0]!
    if (cash !== this.#cash || this.length === 0) {
      this.#cash = cash
      this.#changes.push({ from: this.length, cash })
    }
    this.length++
  }

  /** Takes the last instant back, to mark it again after positions were closed at its close. */
  reopen(): void {
    this.length--
  }

  #grow(): void {
    this.equity = larger(this.equity)
    if (this.#times !== null) this.#times = larger(this.#times)
  }

  columns(): EquityColumns {
    const { length } = this
    const equity = this.equity.subarray(0, length)
    const time = once(() => (this.#knownTimes?.() ?? this.#times!).subarray(0, length))
    const cash = once(() => spreadCash(this.#changes, length))
    const exposure = once(() => this.#exposure.column(time(), equity))
    return {
      length,
      equity,
      get time() {
        return time()
      },
      get cash() {
        return cash()
      },
      get exposure() {
        return exposure()
      },
    }
  }
}

function larger(column: Float64Array): Float64Array {
  const copy = new Float64Array(Math.max(1024, column.length * 2))
  copy.set(column)
  return copy
}

function once(make: () => Float64Array): () => Float64Array {
  let made: Float64Array | null = null
  return () => {
    made ??= make()
    return made
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

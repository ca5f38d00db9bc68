import type { Kernel } from '../core/indicator.ts'
import { DAY } from '../core/interval.ts'
import { type Single, single } from './define.ts'

const HOUR = DAY / 24

/** UTC hour in which the bar opens, 0 … 23. */
export function hourOfDay(): Single {
  return single({
    name: 'hourOfDay',
    args: [],
    inputs: ['openTime'],
    lookback: 1,
    create: () => new Clock(HOUR, 0, 24),
  })
}

/** UTC day of the week on which the bar opens: 0 is Monday, as with the exchanges' weekly bars, 6 is Sunday. */
export function dayOfWeek(): Single {
  // 1970-01-01, day 0, was a Thursday
  return single({ name: 'dayOfWeek', args: [], inputs: ['openTime'], lookback: 1, create: () => new Clock(DAY, 3, 7) })
}

/** Whole steps since 1970 and some more, counted round and round. */
class Clock implements Kernel {
  value = Number.NaN
  readonly #step: number
  readonly #offset: number
  readonly #turn: number
  constructor(step: number, offset: number, turn: number) {
    this.#step = step
    this.#offset = offset
    this.#turn = turn
  }
  next(openTime: number): void {
    const count = Math.floor(openTime / this.#step) + this.#offset
    this.value = count - Math.floor(count / this.#turn) * this.#turn
  }
}

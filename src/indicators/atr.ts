import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, single } from './define.ts'
import { Wilder } from './ema.ts'

/** True range: the bar's range, widened to the close before (Wilder 1978). It needs that close, so it begins with bar 2. */
export function trueRange(): Single {
  return single({
    name: 'trueRange',
    args: [],
    inputs: ['high', 'low', 'close'],
    lookback: 2,
    create: () => new TrueRange(),
  })
}

export class TrueRange implements Kernel {
  value = Number.NaN
  #close = Number.NaN
  next(high: number, low: number, close: number): void {
    const before = this.#close
    this.#close = close
    this.value = before === before ? Math.max(high, before) - Math.min(low, before) : Number.NaN
  }
}

/** Average true range: Wilder's smoothing of the true range, seeded with the mean of its first `period` values (TA-Lib). */
export function atr(period = 14): Single {
  checkPeriod('atr', period)
  return single({
    name: 'atr',
    args: [period],
    inputs: ['high', 'low', 'close'],
    lookback: period + 1,
    create: () => new Atr(period),
  })
}

export class Atr implements Kernel {
  value = Number.NaN
  readonly #average: Wilder
  #close = Number.NaN
  constructor(period: number) {
    this.#average = new Wilder(period)
  }
  next(high: number, low: number, close: number): void {
    const before = this.#close
    this.#close = close
    if (before !== before) return
    this.#average.next(Math.max(high, before) - Math.min(low, before))
    this.value = this.#average.value
  }
}

import type { Kernel } from '../core/indicator.ts'
import { DAY } from '../core/interval.ts'
import { checkPeriod, type Single, single } from './define.ts'
import { RollingSum } from './windows.ts'

/** On-balance volume (Granville 1963): volume added on a higher close, taken away on a lower one; 0 on the first bar. */
export function obv(): Single {
  return single({ name: 'obv', args: [], inputs: ['close', 'volume'], lookback: 1, create: () => new Obv() })
}

class Obv implements Kernel {
  value = Number.NaN
  #close = Number.NaN
  #sum = 0
  /** What rounding has lost so far (Kahan), so that ten million bars add up like ten. */
  #lost = 0
  next(close: number, volume: number): void {
    const signed = close > this.#close ? volume : close < this.#close ? -volume : 0
    this.#close = close
    const add = signed - this.#lost
    const sum = this.#sum + add
    this.#lost = sum - this.#sum - add
    this.#sum = sum
    this.value = sum
  }
}

/** Volume-weighted average of the typical price over the last `period` bars; without any volume, the typical price. */
export function vwap(period: number): Single {
  checkPeriod('vwap', period)
  return single({
    name: 'vwap',
    args: [period],
    inputs: ['high', 'low', 'close', 'volume'],
    lookback: period,
    create: () => new Vwap(period),
  })
}

class Vwap implements Kernel {
  value = Number.NaN
  readonly #amount: RollingSum
  readonly #volume: RollingSum
  readonly #period: number
  constructor(period: number) {
    this.#period = period
    this.#amount = new RollingSum(period, { decimals: null })
    this.#volume = new RollingSum(period, { decimals: null })
  }
  next(high: number, low: number, close: number, volume: number): void {
    const typical = (high + low + close) / 3
    this.#amount.add(typical * volume)
    this.#volume.add(volume)
    if (this.#volume.count < this.#period) return
    // sums that are not taken anew on every bar may leave a speck where all volumes are zero
    this.value = this.#volume.sum > 1e-9 ? this.#amount.sum / this.#volume.sum : typical
  }
}

/** Volume-weighted average price since 00:00 UTC; without any volume that day, the typical price. */
export function dayVwap(): Single {
  return single({
    name: 'dayVwap',
    args: [],
    inputs: ['openTime', 'high', 'low', 'close', 'volume'],
    lookback: 1,
    create: () => new DayVwap(),
  })
}

class DayVwap implements Kernel {
  value = Number.NaN
  #day = Number.NaN
  #amount = 0
  #volume = 0
  next(openTime: number, high: number, low: number, close: number, volume: number): void {
    const day = Math.floor(openTime / DAY)
    if (day !== this.#day) {
      this.#day = day
      this.#amount = 0
      this.#volume = 0
    }
    const typical = (high + low + close) / 3
    this.#amount += typical * volume
    this.#volume += volume
    this.value = this.#volume > 0 ? this.#amount / this.#volume : typical
  }
}

/**
 * Money flow index, 0 … 100 (Quong and Soudack): typical price × volume on rising against falling typical prices over
 * `period` changes. 50 where no money flowed either way.
 */
export function mfi(period = 14): Single {
  checkPeriod('mfi', period)
  return single({
    name: 'mfi',
    args: [period],
    inputs: ['high', 'low', 'close', 'volume'],
    lookback: period + 1,
    create: () => new Mfi(period),
  })
}

class Mfi implements Kernel {
  value = Number.NaN
  readonly #period: number
  readonly #in: RollingSum
  readonly #out: RollingSum
  #typical = Number.NaN
  constructor(period: number) {
    this.#period = period
    this.#in = new RollingSum(period, { decimals: null })
    this.#out = new RollingSum(period, { decimals: null })
  }
  next(high: number, low: number, close: number, volume: number): void {
    const typical = (high + low + close) / 3
    const before = this.#typical
    this.#typical = typical
    if (before !== before) return
    const flow = typical * volume
    this.#in.add(typical > before ? flow : 0)
    this.#out.add(typical < before ? flow : 0)
    if (this.#in.count < this.#period) return
    const rising = Math.max(0, this.#in.sum)
    const both = rising + Math.max(0, this.#out.sum)
    this.value = both === 0 ? 50 : (100 * rising) / both
  }
}

import type { Kernel } from '../core/indicator.ts'
import { type Single, single } from './define.ts'

/**
 * On-balance volume (Granville 1963): volume added on a higher close, taken away on a lower one; 0 on the first bar, as in
 * Stock.Indicators (TA-Lib starts with that bar's volume).
 */
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

import type { Kernel } from '../core/indicator.ts'
import { Atr } from './atr.ts'
import { checkPeriod, checkPositive, type Multi, multi } from './define.ts'
import { Ema } from './ema.ts'

/** Keltner channel in Raschke's form: EMA(period) of the close ± `width` × ATR(atrPeriod). */
export function keltner(period = 20, width = 2, atrPeriod = 10): Multi<'upper' | 'middle' | 'lower'> {
  checkPeriod('keltner', period, 2)
  checkPeriod('keltner atr', atrPeriod)
  checkPositive('keltner', 'width', width)
  return multi({
    name: 'keltner',
    args: [period, width, atrPeriod],
    inputs: ['high', 'low', 'close'],
    outputs: ['upper', 'middle', 'lower'],
    lookback: Math.max(period, atrPeriod + 1),
    create: () => new Keltner(period, width, atrPeriod),
  })
}

class Keltner implements Kernel {
  upper = Number.NaN
  middle = Number.NaN
  lower = Number.NaN
  readonly #ema: Ema
  readonly #atr: Atr
  readonly #width: number
  constructor(period: number, width: number, atrPeriod: number) {
    this.#ema = new Ema(period)
    this.#atr = new Atr(atrPeriod)
    this.#width = width
  }
  next(high: number, low: number, close: number): void {
    this.#ema.next(close)
    this.#atr.next(high, low, close)
    const spread = this.#width * this.#atr.value
    if (spread !== spread || this.#ema.value !== this.#ema.value) return
    this.middle = this.#ema.value
    this.upper = this.middle + spread
    this.lower = this.middle - spread
  }
}

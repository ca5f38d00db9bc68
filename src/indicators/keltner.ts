import { AverageRange } from './atr.ts'
import { checkPeriod, checkPositive, type Multi, multi } from './define.ts'
import { Smoothing } from './ema.ts'
import { Stretch } from './stretch.ts'

/**
 * Keltner channel in Raschke's form: EMA(period) of the close ± `width` × ATR(atrPeriod), with the seeds of `ema` and `atr`
 * (as Stock.Indicators does; Keltner's own of 1960 used simple averages of the typical price and of the range).
 */
export function keltner(period = 20, width = 2, atrPeriod = 10): Multi<'upper' | 'middle' | 'lower'> {
  checkPeriod('keltner', period)
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

type Three = readonly [Float64Array, Float64Array, Float64Array]

class Keltner extends Stretch {
  readonly #ema: Smoothing
  readonly #range: AverageRange
  readonly #width: number
  constructor(period: number, width: number, atrPeriod: number) {
    super('upper', 'middle', 'lower')
    this.#ema = new Smoothing(period, 2 / (period + 1))
    this.#range = new AverageRange(atrPeriod)
    this.#width = width
  }
  run([high, low, close]: Three, [upper, middle, lower]: Three, from: number, to: number): void {
    const width = this.#width
    this.#ema.take(close, middle, from, to)
    this.#range.take(high, low, close, upper, from, to)
    for (let row = from; row < to; row++) {
      const spread = width * upper[row]!
      upper[row] = middle[row]! + spread
      lower[row] = middle[row]! - spread
      // all three begin together; before, one of the two is still NaN and with it the sum
      if (Number.isNaN(upper[row])) middle[row] = Number.NaN
    }
  }
}

import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Multi, multi } from './define.ts'
import { Extreme, Ring } from './windows.ts'

/**
 * Ichimoku kinko hyo (Hosoda): middles of the ranges of `conversion`, `base` and `span` bars. The two spans are those one
 * sees drawn at this bar, which were computed `base` bars ago: nothing here looks ahead. The lagging span is left out: it
 * is this bar's close drawn in the past, and reading it at a past bar would be reading the future.
 */
export function ichimoku(conversion = 9, base = 26, span = 52): Multi<'conversion' | 'base' | 'spanA' | 'spanB'> {
  checkPeriod('ichimoku conversion', conversion)
  checkPeriod('ichimoku base', base)
  checkPeriod('ichimoku span', span)
  return multi({
    name: 'ichimoku',
    args: [conversion, base, span],
    inputs: ['high', 'low'],
    outputs: ['conversion', 'base', 'spanA', 'spanB'],
    lookback: Math.max(conversion, base, span) + base,
    create: () => new Ichimoku(conversion, base, span),
  })
}

class Middle {
  readonly #high: Extreme
  readonly #low: Extreme
  value = Number.NaN
  constructor(period: number) {
    this.#high = new Extreme(period, 'max')
    this.#low = new Extreme(period, 'min')
  }
  add(high: number, low: number): void {
    this.#high.add(high)
    this.#low.add(low)
    this.value = (this.#high.value + this.#low.value) / 2
  }
}

class Ichimoku implements Kernel {
  conversion = Number.NaN
  base = Number.NaN
  spanA = Number.NaN
  spanB = Number.NaN
  readonly #conversion: Middle
  readonly #base: Middle
  readonly #span: Middle
  readonly #a: Ring
  readonly #b: Ring
  readonly #ready: number
  #count = 0

  constructor(conversion: number, base: number, span: number) {
    this.#conversion = new Middle(conversion)
    this.#base = new Middle(base)
    this.#span = new Middle(span)
    this.#a = new Ring(base)
    this.#b = new Ring(base)
    this.#ready = Math.max(conversion, base, span) + base
  }
  next(high: number, low: number): void {
    this.#conversion.add(high, low)
    this.#base.add(high, low)
    this.#span.add(high, low)
    const a = this.#a.push((this.#conversion.value + this.#base.value) / 2)
    const b = this.#b.push(this.#span.value)
    if (++this.#count < this.#ready) return
    this.conversion = this.#conversion.value
    this.base = this.#base.value
    this.spanA = a
    this.spanB = b
  }
}

import type { Grid } from '../core/indicator.ts'
import { checkPeriod, type Multi, multi } from './define.ts'
import { middleOf, type Ticks, ticksOf } from './grid.ts'
import { Stretch } from './stretch.ts'
import { Extreme, Ring } from './windows.ts'

/**
 * Ichimoku kinko hyo (Hosoda): middles of the ranges of `conversion`, `base` and `span` bars. The two spans are those one
 * sees drawn at this bar, which were computed `base` bars ago (as Stock.Indicators shifts them): nothing here looks ahead.
 * The lagging span is left out: it is this bar's close drawn in the past, and reading it at a past bar would be reading
 * the future. All four begin together.
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
    create: (grid) => new Ichimoku(conversion, base, span, grid),
  })
}

type Column = Float64Array

class Ichimoku extends Stretch {
  readonly #ticks: Ticks
  readonly #extremes: readonly (readonly [Extreme, Extreme])[]
  readonly #a: Ring
  readonly #b: Ring

  constructor(conversion: number, base: number, span: number, grid: Grid) {
    super('conversion', 'base', 'spanA', 'spanB')
    this.#ticks = ticksOf(grid)
    this.#extremes = [conversion, base, span].map((period) => [new Extreme('max', period), new Extreme('min', period)])
    this.#a = new Ring(base)
    this.#b = new Ring(base)
  }
  run(
    inputs: readonly [Column, Column],
    [conversion, base, spanA, spanB]: readonly [Column, Column, Column, Column],
    from: number,
    to: number,
  ): void {
    this.#middle(0, inputs, conversion, spanA, from, to)
    this.#middle(1, inputs, base, spanA, from, to)
    this.#middle(2, inputs, spanB, spanA, from, to)
    // a middle lies on a grid of half ticks
    const half = { scale: 2 * this.#ticks.scale, round: this.#ticks.round }
    for (let row = from; row < to; row++) {
      spanA[row] = this.#a.push(middleOf(conversion[row]!, base[row]!, half))
      spanB[row] = this.#b.push(spanB[row]!)
      if (!Number.isNaN(spanA[row]) && !Number.isNaN(spanB[row])) continue
      conversion[row] = Number.NaN
      base[row] = Number.NaN
      spanA[row] = Number.NaN
      spanB[row] = Number.NaN
    }
  }

  #middle(
    which: number,
    [high, low]: readonly [Column, Column],
    out: Column,
    scratch: Column,
    from: number,
    to: number,
  ) {
    const [highest, lowest] = this.#extremes[which]!
    const ticks = this.#ticks
    highest.take(high, out, from, to)
    lowest.take(low, scratch, from, to)
    for (let row = from; row < to; row++) out[row] = middleOf(out[row]!, scratch[row]!, ticks)
  }
}

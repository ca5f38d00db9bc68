import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { Ring } from './windows.ts'

/**
 * Rate of change in percent over `period` bars: 100 × (value ÷ value then − 1), and 0 where the value then was 0 (TA-Lib's
 * ROC does both).
 */
export function roc(period: number, source: Source = 'close'): Single {
  checkPeriod('roc', period)
  return single({
    name: 'roc',
    args: [period],
    inputs: [source],
    lookback: period + 1,
    create: () => new Back(period, 'roc'),
  })
}

/** The value `bars` bars ago. */
export function lag(source: Source, bars = 1): Single {
  checkPeriod('lag', bars)
  return single({
    name: 'lag',
    args: [bars],
    inputs: [source],
    lookback: bars + 1,
    create: () => new Back(bars, 'lag'),
  })
}

/** The value minus the value `bars` bars ago. */
export function change(source: Source, bars = 1): Single {
  checkPeriod('change', bars)
  return single({
    name: 'change',
    args: [bars],
    inputs: [source],
    lookback: bars + 1,
    create: () => new Back(bars, 'change'),
  })
}

/** One look back in a ring, three ways to use it. */
class Back implements Kernel {
  value = Number.NaN
  readonly #ring: Ring
  readonly #what: 'roc' | 'lag' | 'change'
  constructor(bars: number, what: 'roc' | 'lag' | 'change') {
    this.#ring = new Ring(bars)
    this.#what = what
  }
  next(x: number): void {
    const old = this.#ring.push(x)
    if (this.#what === 'lag') this.value = old
    else if (this.#what === 'change') this.value = x - old
    else this.value = old === 0 ? 0 : 100 * (x / old - 1)
  }
}

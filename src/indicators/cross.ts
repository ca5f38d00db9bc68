import type { Kernel } from '../core/indicator.ts'
import { type Single, type Source, single } from './define.ts'

/** 1 on the bar on which `a` rises above `b` (it was at or below before), else 0. */
export function crossUp(a: Source, b: Source): Single {
  return single({ name: 'crossUp', args: [], inputs: [a, b], lookback: 2, create: () => new Cross(1) })
}

/** 1 on the bar on which `a` falls below `b` (it was at or above before), else 0. */
export function crossDown(a: Source, b: Source): Single {
  return single({ name: 'crossDown', args: [], inputs: [a, b], lookback: 2, create: () => new Cross(-1) })
}

class Cross implements Kernel {
  value = Number.NaN
  readonly #sign: number
  #before = Number.NaN
  constructor(sign: number) {
    this.#sign = sign
  }
  next(a: number, b: number): void {
    const gap = (a - b) * this.#sign
    const before = this.#before
    this.#before = gap
    if (!Number.isNaN(before)) this.value = gap > 0 && before <= 0 ? 1 : 0
  }
}

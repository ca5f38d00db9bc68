import type { Grid, Kernel } from '../core/indicator.ts'
import { checkPeriod, type Single, type Source, single } from './define.ts'
import { Ring, RollingSum } from './windows.ts'

/** Weighted moving average: weights 1 … period, the newest heaviest. The weighted sum is taken anew each turn of the ring. */
export function wma(period: number, source: Source = 'close'): Single {
  checkPeriod('wma', period)
  return single({
    name: 'wma',
    args: [period],
    inputs: [source],
    lookback: period,
    create: (grid) => new Wma(period, grid),
  })
}

class Wma implements Kernel {
  value = Number.NaN
  readonly #period: number
  readonly #ring: Ring
  readonly #sum: RollingSum
  readonly #weights: number
  #weighted = 0
  #turn = 0

  constructor(period: number, grid: Grid) {
    this.#period = period
    this.#ring = new Ring(period)
    this.#sum = new RollingSum(period, grid)
    this.#weights = (period * (period + 1)) / 2
  }
  next(x: number): void {
    const before = this.#sum.sum
    const isFull = this.#ring.isFull
    this.#ring.push(x)
    this.#sum.add(x)
    // every weight falls by one, which takes the old plain sum away; the newcomer weighs most
    if (isFull) this.#weighted += this.#period * x - before
    else this.#weighted += this.#ring.count * x
    if (++this.#turn >= this.#period) {
      this.#turn = 0
      this.#renew()
    }
    if (this.#ring.isFull) this.value = this.#weighted / this.#weights
  }
  #renew(): void {
    let weighted = 0
    for (let k = 0; k < this.#period; k++) weighted += (k + 1) * this.#ring.values[k]!
    this.#weighted = weighted
  }
}

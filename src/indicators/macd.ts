import type { Kernel } from '../core/indicator.ts'
import { checkPeriod, type Multi, multi, type Source } from './define.ts'
import { Ema } from './ema.ts'

/**
 * Moving average convergence/divergence (Appel): EMA(fast) − EMA(slow), its EMA(signal), and their difference. Each EMA
 * is seeded with the mean of its own first values (TA-Lib seeds the fast one late and converges to the same).
 */
export function macd(
  fast = 12,
  slow = 26,
  signal = 9,
  source: Source = 'close',
): Multi<'macd' | 'signal' | 'histogram'> {
  checkPeriod('macd fast', fast)
  checkPeriod('macd slow', slow, fast + 1)
  checkPeriod('macd signal', signal)
  return multi({
    name: 'macd',
    args: [fast, slow, signal],
    inputs: [source],
    outputs: ['macd', 'signal', 'histogram'],
    lookback: slow + signal - 1,
    create: () => new Macd(fast, slow, signal),
  })
}

class Macd implements Kernel {
  macd = Number.NaN
  signal = Number.NaN
  histogram = Number.NaN
  readonly #fast: Ema
  readonly #slow: Ema
  readonly #signal: Ema
  readonly #slowPeriod: number
  #count = 0

  constructor(fast: number, slow: number, signal: number) {
    this.#fast = new Ema(fast)
    this.#slow = new Ema(slow)
    this.#signal = new Ema(signal)
    this.#slowPeriod = slow
  }
  next(x: number): void {
    this.#fast.next(x)
    this.#slow.next(x)
    if (this.#count < this.#slowPeriod && ++this.#count < this.#slowPeriod) return
    const line = this.#fast.value - this.#slow.value
    this.#signal.next(line)
    const signal = this.#signal.value
    // all three begin together, when the signal does
    if (signal === signal) {
      this.macd = line
      this.signal = signal
      this.histogram = line - signal
    }
  }
}

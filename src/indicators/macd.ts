import { checkPeriod, type Multi, multi, type Source } from './define.ts'
import { Stretch } from './stretch.ts'

/**
 * Moving average convergence/divergence (Appel): EMA(fast) − EMA(slow), its EMA(signal), and their difference; all three
 * begin with the signal, on bar slow + signal − 1. Each EMA is seeded with the mean of its own first values, as
 * Stock.Indicators does. TA-Lib seeds the fast one later, with the mean of the values slow − fast + 1 … slow; the lines
 * then differ by that seed's difference, which fades by 1 − α a bar.
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

/** Three averages as in `Smoothing`, in one loop: side by side they take the time of one. */
class Macd extends Stretch {
  readonly #periods: readonly [number, number, number]
  #fast = 0
  #slow = 0
  #signal = 0
  #count = 0

  constructor(fast: number, slow: number, signal: number) {
    super('macd', 'signal', 'histogram')
    this.#periods = [fast, slow, signal]
  }
  run(
    [x]: readonly [Float64Array],
    [macd, signals, histogram]: readonly [Float64Array, Float64Array, Float64Array],
    from: number,
    to: number,
  ): void {
    const [fastPeriod, slowPeriod, signalPeriod] = this.#periods
    const lookback = slowPeriod + signalPeriod - 1
    let keepFast = keepAt(Number.POSITIVE_INFINITY, fastPeriod)
    let keepSlow = keepAt(Number.POSITIVE_INFINITY, slowPeriod)
    let keepSignal = keepAt(Number.POSITIVE_INFINITY, signalPeriod)
    let fast = this.#fast
    let slow = this.#slow
    let signal = this.#signal
    let count = this.#count
    for (let row = from; row < to; row++) {
      if (count <= lookback) {
        count++
        keepFast = keepAt(count, fastPeriod)
        keepSlow = keepAt(count, slowPeriod)
        keepSignal = keepAt(count - slowPeriod + 1, signalPeriod)
      }
      const value = x[row]!
      fast = value - keepFast * (value - fast)
      slow = value - keepSlow * (value - slow)
      const line = fast - slow
      signal = line - keepSignal * (line - signal)
      const isReady = count >= lookback
      macd[row] = isReady ? line : Number.NaN
      signals[row] = isReady ? signal : Number.NaN
      histogram[row] = isReady ? line - signal : Number.NaN
    }
    this.#fast = fast
    this.#slow = slow
    this.#signal = signal
    this.#count = count
  }
}

/** What an average keeps of itself at its `count`-th value: as a mean while it is the seed, 1 − α from then on. */
function keepAt(count: number, period: number): number {
  return 1 - (count <= period ? 1 / Math.max(1, count) : 2 / (period + 1))
}

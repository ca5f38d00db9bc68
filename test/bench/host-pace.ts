import { plainSmaCross } from './plain-sma-cross.ts'
import { median } from './process.ts'
import { realMinuteBars } from './real-bars.ts'

const [WARM_UP, ROUNDS] = [6, 3]

/**
 * What the host gives from moment to moment, for rows in seconds, which no ratio makes comparable: the plain loop of `engine`, on the
 * machine of whose figures the bounds were made 15 ns a bar or less.
 */
export class HostPace {
  readonly #loop: () => number
  readonly #taken: number[] = []

  private constructor(loop: () => number) {
    this.#loop = loop
    for (let k = 0; k < WARM_UP; k++) loop()
  }

  static async begin(): Promise<HostPace> {
    const bars = await realMinuteBars()
    return new HostPace(() => {
      const start = performance.now()
      plainSmaCross(bars, 50_000, 20_000)
      return ((performance.now() - start) * 1e6) / bars.length
    })
  }

  /** Takes the pace of this moment: between two processes that are timed. */
  take(): void {
    for (let k = 0; k < ROUNDS; k++) this.#taken.push(this.#loop())
  }

  toString(): string {
    const [least, most] = [Math.min(...this.#taken), Math.max(...this.#taken)]
    return `the plain loop meanwhile at ${median(this.#taken).toFixed(1)} ns a bar (${least.toFixed(1)} to ${most.toFixed(1)}; bounds were set where it takes 15)`
  }
}

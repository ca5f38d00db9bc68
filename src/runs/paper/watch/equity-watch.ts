import { extremeRows } from '../../../report/downsample.ts'
import type { PaperSession } from '../session.ts'

/** A point of the curve: UTC ms, and the quote asset. */
export type Point = readonly [at: number, equity: number]

/** Twice as many points at most: of all so far, and of what came since a page was last told. */
const [ALL, SINCE] = [800, 100]

/** Equity as it comes, and how far it is below its highest. */
export class EquityWatch {
  readonly #state: PaperSession['state']
  #peak: number

  constructor({ state, file }: Pick<PaperSession, 'state' | 'file'>) {
    this.#state = state
    this.#peak = state.result().equity.equity.reduce((a, b) => Math.max(a, b), file.cash)
  }

  /** Right after an instant has been taken. */
  take(at: number): Point {
    const { equity } = this.#state.run.account()
    this.#peak = Math.max(this.#peak, equity)
    return [at, equity]
  }

  /** Fraction of the highest. */
  get drawdown(): number {
    return this.#peak > 0 ? Math.max(0, 1 - this.#state.run.account().equity / this.#peak) : 0
  }

  /** Everything so far, with no spike left out that a screen could show. */
  curve(): readonly Point[] {
    const { time, equity } = this.#state.result().equity
    return extremeRows(equity, ALL).map((row) => [time[row]!, equity[row]!])
  }
}

/** As many as show: a replay makes thousands at once. */
export function thinned(points: readonly Point[]): readonly Point[] {
  const rows = extremeRows(
    Float64Array.from(points, ([, equity]) => equity),
    SINCE,
  )
  return rows.map((row) => points[row]!)
}

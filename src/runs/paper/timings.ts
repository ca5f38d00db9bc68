import { createHistogram, type RecordableHistogram } from 'node:perf_hooks'

/** Microseconds, of all that was measured since the process began. */
export interface TimingFigures {
  readonly count: number
  readonly p50: number
  readonly p99: number
  readonly max: number
  readonly mean: number
}

/** Where the time goes between a bar and its orders. */
const TIMINGS = ['journal', 'engine', 'decision', 'order', 'total'] as const
export type Timing = (typeof TIMINGS)[number]

/**
 * `journal`: heard → on the disk. `engine`: the engine's own time. `decision`: heard → decided. `order`: decided → sent.
 * `total`: heard → sent, of the instants that sent something.
 */
export class Timings {
  readonly #histograms = new Map<Timing, RecordableHistogram>(TIMINGS.map((name) => [name, createHistogram()]))
  readonly #onTime: (name: Timing, ms: number) => void

  /** @param onTime hears of each as it is measured */
  constructor(onTime: (name: Timing, ms: number) => void = () => undefined) {
    this.#onTime = onTime
  }

  note(name: Timing, ms: number): void {
    // a histogram takes whole numbers from 1 on
    this.#histograms.get(name)!.record(Math.max(1, Math.round(ms * 1000)))
    this.#onTime(name, ms)
  }

  figures(): Readonly<Record<Timing, TimingFigures>> {
    const all = TIMINGS.map((name): [Timing, TimingFigures] => {
      const { count, max, mean } = this.#histograms.get(name)!
      const at = (share: number) => (count === 0 ? 0 : this.#histograms.get(name)!.percentile(share))
      return [name, { count, p50: at(50), p99: at(99), max: count === 0 ? 0 : max, mean: count === 0 ? 0 : mean }]
    })
    return Object.fromEntries(all) as Record<Timing, TimingFigures>
  }
}

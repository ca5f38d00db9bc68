import { setImmediate } from 'node:timers/promises'
import type { Params, Trial, TrialOutcome } from '../core/search.ts'
import type { Strategy } from '../engine/index.ts'
import type { TrialBackend } from '../search/backend.ts'
import type { Scene } from './scene.ts'
import { columnBudget } from './search-memory.ts'
import { IndicatorPlan, type MakeRoom, roomOf, SharedIndicators } from './shared-indicators.ts'
import { type Judging, TrialRunner } from './trial-runner.ts'

/** ms after which this thread lets others in. */
const BREATH_MS = 50

/** Computes trials on this thread: of a strategy that is an object no other can be told. */
export class TrialsHere implements TrialBackend {
  readonly #makeRoom: MakeRoom
  readonly #indicators: SharedIndicators
  readonly #runner: TrialRunner
  /** Until what was asked for before is done: one lot after the other, as threads take them. */
  #busy: Promise<void> = Promise.resolve()

  constructor(strategy: Strategy, fixed: Params, scene: Scene, judging: Judging) {
    const bars = scene.slots.map((slot) => slot.bars)
    this.#makeRoom = roomOf(strategy, fixed, new IndicatorPlan(bars, columnBudget(scene, 1)))
    this.#indicators = new SharedIndicators(bars)
    this.#runner = new TrialRunner(strategy, fixed, scene, this.#indicators, judging)
  }

  async run(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void, signal?: AbortSignal): Promise<void> {
    const before = this.#busy
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#busy = promise
    try {
      await before
      await this.#runAll(trials, tell, signal)
    } finally {
      resolve()
    }
  }

  async #runAll(
    trials: readonly Trial[],
    tell: (outcome: TrialOutcome) => void,
    signal: AbortSignal | undefined,
  ): Promise<void> {
    let last = performance.now()
    for (const trial of trials) {
      if (performance.now() - last > BREATH_MS) {
        await setImmediate()
        last = performance.now()
      }
      if (signal?.aborted) return
      this.#indicators.learn(this.#makeRoom(trial))
      tell(this.#runner.run(trial))
    }
  }

  async close(): Promise<void> {}
}

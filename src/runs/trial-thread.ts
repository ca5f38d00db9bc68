/**
 * What runs on each of the threads that `trial-threads.ts` starts: one trial after the other. It ends of its own accord when
 * nothing more can come, since a thread that is ended in the midst of its work leaves native code behind.
 */
import { parentPort, workerData } from 'node:worker_threads'
import type { Params, Trial, TrialOutcome } from '../core/search.ts'
import { loadStrategy } from './load-strategy.ts'
import { loadObjective } from './objective.ts'
import type { Scene } from './scene.ts'
import { type SharedIndicator, SharedIndicators } from './shared-indicators.ts'
import { TrialRunner } from './trial-runner.ts'

/** What a thread is told when it starts: plain data, columns in shared memory. */
export interface TrialBrief {
  readonly strategy: string
  readonly fixed: Params
  readonly scene: Scene
  readonly objective: { readonly name: string; readonly goal: 'max' | 'min'; readonly file: string | null }
  readonly figures: readonly string[]
  /** Above 0 once the search is to stop: trials that have not begun are left. */
  readonly stop: Int32Array
}

export interface TrialBatch {
  readonly trials: readonly Trial[]
  /** Columns that have been made room for since the last batch of this thread. */
  readonly shared: readonly SharedIndicator[]
}

export interface TrialAnswer {
  /** Fewer than trials where the search was to stop. */
  readonly outcomes: readonly TrialOutcome[]
  /** Why the thread cannot go on. */
  readonly fault?: string
}

const brief = workerData as TrialBrief
const indicators = new SharedIndicators(brief.scene.slots.map(({ bars }) => bars))
const runner = makeRunner()

async function makeRunner(): Promise<TrialRunner> {
  const { strategy } = await loadStrategy(brief.strategy)
  const { name, goal, file } = brief.objective
  const own = file === null ? null : (await loadObjective(file)).judge
  return new TrialRunner(strategy, brief.fixed, brief.scene, indicators, { name, goal, own, figures: brief.figures })
}

async function answer({ trials, shared }: TrialBatch): Promise<TrialAnswer> {
  indicators.learn(shared)
  const outcomes: TrialOutcome[] = []
  try {
    const ready = await runner
    for (const trial of trials) {
      if (Atomics.load(brief.stop, 0) > 0) break
      outcomes.push(ready.run(trial))
    }
  } catch (error) {
    return { outcomes, fault: (error as Error).message }
  }
  return { outcomes }
}

runner.catch(() => {})
parentPort!.on('message', async (batch: TrialBatch | null) => {
  if (batch === null) parentPort!.close()
  else parentPort!.postMessage(await answer(batch))
})

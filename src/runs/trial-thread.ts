/**
 * What runs on each of the threads that `trial-threads.ts` starts: one trial after the other. It ends of its own accord when
 * nothing more can come, since a thread that is ended in the midst of its work leaves native code behind.
 */
import { parentPort } from 'node:worker_threads'
import type { Bars } from '../core/bar.ts'
import type { Params, Trial, TrialOutcome } from '../core/search.ts'
import { seriesName } from '../core/series.ts'
import { loadModel, loadStrategy } from './load-strategy.ts'
import { loadObjective } from './objective.ts'
import type { Scene } from './scene.ts'
import { type SharedIndicator, SharedIndicators } from './shared-indicators.ts'
import { TrialRunner } from './trial-runner.ts'

/** What a thread is told before its first trial: plain data, columns in shared memory. */
export interface TrialBrief {
  readonly subject: StrategySubject | ModelSubject
}

interface StrategySubject {
  readonly kind: 'strategy'
  readonly strategy: string
  readonly fixed: Params
  readonly scene: Scene
  readonly objective: { readonly name: string; readonly goal: 'max' | 'min'; readonly file: string | null }
  readonly figures: readonly string[]
}

interface ModelSubject {
  readonly kind: 'model'
  readonly module: string
  readonly model: string
  readonly fixed: Params
  readonly bars: readonly Bars[]
  readonly objective: string
  readonly holdout: number
}

export interface TrialBatch {
  readonly trials: readonly Trial[]
  /** Columns that have been made room for since the last batch of this thread. */
  readonly shared: readonly SharedIndicator[]
  /** Above 0 once nobody waits for them: trials that have not begun are left. */
  readonly stop: Int32Array
}

export interface TrialAnswer {
  /** Fewer than trials where the search was to stop. */
  readonly outcomes: readonly TrialOutcome[]
  /** Why the thread cannot go on. */
  readonly fault?: string
}

/** Runs trials one after the other. */
interface Runner {
  learn(shared: readonly SharedIndicator[]): void
  run(trial: Trial): TrialOutcome | Promise<TrialOutcome>
}

let ready: Promise<Runner> | null = null

async function strategyRunner({ strategy: path, fixed, scene, objective, figures }: StrategySubject): Promise<Runner> {
  const { strategy } = await loadStrategy(path)
  const { name, goal, file } = objective
  const own = file === null ? null : (await loadObjective(file, name)).judge
  const indicators = new SharedIndicators(scene.slots.map(({ bars }) => bars))
  const runner = new TrialRunner(strategy, fixed, scene, indicators, { name, goal, own, figures })
  return { learn: (shared) => indicators.learn(shared), run: (trial) => runner.run(trial) }
}

async function modelRunner({ module, model, fixed, bars, objective, holdout }: ModelSubject): Promise<Runner> {
  // what models are made of no strategy's thread needs
  const { modelTrials, onSeries } = await import('./model-trial.ts')
  const series = bars.map((own) => seriesName(own.series))
  const { run } = modelTrials({ model: onSeries(await loadModel(module, model), series), bars, objective, holdout })
  return { learn: () => {}, run: (trial) => run({ ...trial, params: { ...fixed, ...trial.params } }) }
}

async function answer({ trials, shared, stop }: TrialBatch): Promise<TrialAnswer> {
  const outcomes: TrialOutcome[] = []
  try {
    const runner = await ready!
    runner.learn(shared)
    for (const trial of trials) {
      if (Atomics.load(stop, 0) > 0) break
      outcomes.push(await runner.run(trial))
    }
  } catch (error) {
    return { outcomes, fault: (error as Error).message }
  }
  return { outcomes }
}

parentPort!.on('message', async (told: TrialBrief | TrialBatch | null) => {
  if (told === null) parentPort!.close()
  else if ('subject' in told) {
    const { subject } = told
    ready = subject.kind === 'strategy' ? strategyRunner(subject) : modelRunner(subject)
    // what is wrong with it the first batch says
    ready.catch(() => {})
  } else parentPort!.postMessage(await answer(told))
})

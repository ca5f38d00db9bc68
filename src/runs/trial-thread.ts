/**
 * What runs on each of the threads that `trial-threads.ts` starts: one trial after the other. It ends of its own accord when
 * nothing more can come, since a thread that is ended in the midst of its work leaves native code behind; only one that never comes to
 * an end is ended.
 */
import { setImmediate } from 'node:timers/promises'
import { parentPort, workerData } from 'node:worker_threads'
import type { Bars } from '../core/bar.ts'
import type { Params, Trial, TrialOutcome } from '../core/search.ts'
import { seriesName } from '../core/series.ts'
import { StrategyError } from '../engine/index.ts'
import { loadModel, loadStrategy } from './load-strategy.ts'
import { loadObjective } from './objective.ts'
import type { Scene } from './scene.ts'
import { type SharedIndicator, SharedIndicators } from './shared-indicators.ts'
import { logToStderr, type ThreadLogs } from './strategy-logs.ts'
import { watchStrays } from './stray.ts'
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

/** One trial is done. Each is told by itself: one that never ends must not take with it what came of those before. */
interface TrialDone {
  readonly outcome: TrialOutcome
}

/** The thread is free for another batch. Fewer are done than it was handed where the search was to stop. */
interface BatchOver {
  /** Why the thread cannot go on. */
  readonly fault: string | null
}

/** What a trial left behind has failed, and nobody knows of which it was. */
interface TrialStray {
  readonly stray: string
}

export type TrialNews = TrialDone | BatchOver | TrialStray

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
  return {
    learn: () => {},
    run: async (trial) => {
      const outcome = await run({ ...trial, params: { ...fixed, ...trial.params } })
      // it may have outlasted its turn: what it left behind is heard before another
      await setImmediate()
      return outcome
    },
  }
}

function post(news: TrialNews): void {
  parentPort!.postMessage(news)
}

async function compute({ trials, shared, stop }: TrialBatch): Promise<BatchOver> {
  try {
    const runner = await ready!
    runner.learn(shared)
    await runAll(runner, trials, stop)
  } catch (error) {
    return { fault: (error as Error).message }
  }
  return { fault: null }
}

/**
 * Runs trials, each in a turn of its own. All turns are asked for at once and so come in one phase of the loop: between two of them Node
 * tells of promises that were rejected, and lets no timer in, so that what is heard in a turn is of its trial.
 */
async function runAll(runner: Runner, trials: readonly Trial[], stop: Int32Array): Promise<void> {
  const turns = Array.from({ length: trials.length + 1 }, () => setImmediate())
  try {
    for (let k = 0; k < trials.length; k++) {
      await turns[k]
      if (Atomics.load(stop, 0) > 0) break
      const own: string[] = []
      rejected = own
      const outcome = await runner.run(trials[k]!)
      await turns[k + 1]
      post({ outcome: own.length > 0 ? failed(outcome.number, own[0]!) : outcome })
    }
  } finally {
    rejected = null
  }
}

function failed(number: number, reason: string): TrialOutcome {
  return { number, status: 'failed', objective: null, reason, metrics: {}, returns: null }
}

/** How long what trials left running may go on after the last of them. */
const PATIENCE_MS = 3000

/** Why promises were rejected that the trial at hand has left behind; `null` while none is run. */
let rejected: string[] | null = null

// before any code of a user's is loaded
if ((workerData as ThreadLogs).isOnStderr) logToStderr()

watchStrays(process, (error, isRejection) => {
  // a bug of ours ends the thread, as it would without
  if (!(error instanceof StrategyError)) throw error
  if (isRejection && rejected !== null) rejected.push(error.message)
  else post({ stray: error.message })
})

parentPort!.on('message', async (told: TrialBrief | TrialBatch | null) => {
  if (told === null) {
    parentPort!.unref()
    // what trials left behind and still runs may have something to say, but an interval would keep the thread for ever
    setTimeout(() => process.exit(), PATIENCE_MS).unref()
  } else if ('subject' in told) {
    const { subject } = told
    ready = subject.kind === 'strategy' ? strategyRunner(subject) : modelRunner(subject)
    // what is wrong with it the first batch says
    ready.catch(() => {})
  } else post(await compute(told))
})

import type { Bars } from '../core/bar.ts'
import type { EvaluationResult } from '../core/evaluation.ts'
import { givenText } from '../core/given-text.ts'
import type { LedgerVerdict } from '../core/ledger.ts'
import type { RunResult } from '../core/run.ts'
import { openStore } from '../data/index.ts'
import type { ParamValue, Strategy } from '../engine/index.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import { isModelDefinition } from '../models/is-model-definition.ts'
import {
  checkGiven,
  checkHasData,
  checkKeys,
  checkNumber,
  checkStrategy,
  OF_RUNS,
  rangeOf,
  readingSettingsOf,
  seriesOf,
  type Time,
  warn,
} from './api-checks.ts'
import { backtest } from './backtest.ts'
import { EMBEDDED } from './package-info.ts'
import { writeRun } from './run-folder.ts'
import type { Given } from './settings.ts'
import type { OnTraining } from './train.ts'
import { UsageError } from './usage-error.ts'

export interface BarsRange {
  /** Inclusive; the first stored bar where absent. */
  from?: Time
  /** Exclusive; the last stored bar where absent. */
  to?: Time
  /** Bars to load ahead of `from`. */
  before?: number
  /** Folder of the store; else as the command line finds it. */
  store?: string
}

/**
 * Stored bars as columns of equal length, oldest first: `bars.close[0]` is the first close. Times are UTC ms.
 * @throws UsageError for a wrong name or time, DataError for a series that is not stored or a range without bars
 */
export async function loadBars(series: string, range: BarsRange = {}): Promise<Bars> {
  const parsed = seriesOf('loadBars', series)
  checkKeys('loadBars', range, ['from', 'to', 'before', 'store'])
  const { before } = range
  if (before !== undefined) checkNumber('before', before, OF_RUNS.warmup)
  const wanted = { ...rangeOf(range), ...(before !== undefined && { before }) }
  const { store } = await readingSettingsOf(range)
  return (await openStore(store, { behind: EMBEDDED })).load(parsed, wanted)
}

export interface BacktestOptions extends Given {
  /**
   * Path of a strategy module, or what `defineStrategy` returned. The code of an object cannot be seen: its run is named
   * by its result as well, and neither `verify` nor `report` can make it again.
   */
  readonly strategy: string | Strategy
  /** Without any: the series of the strategy's models. */
  readonly data?: string | readonly string[]
  readonly from?: Time
  readonly to?: Time
  readonly set?: Readonly<Record<string, ParamValue>>
  readonly closeAtEnd?: boolean
  /** Models are asked of bars that they have learnt from, too; the report says so in red. */
  readonly allowInSample?: boolean
  /** The result over fees, slippage, latency and account size as well. */
  readonly stress?: boolean
  readonly benchmark?: string
  /** False keeps the run in memory: no folder is written and `dir` is null. */
  readonly write?: boolean
}

export interface BacktestRun extends RunResult {
  readonly dir: string | null
  /** What the trial ledger says of it; `null` where it is not written, or the ledger cannot be. */
  readonly verdict: LedgerVerdict | null
  /** Indicators and bar loop. */
  readonly seconds: number
}

const KEYS = [
  'strategy', 'data', 'from', 'to', 'set', 'closeAtEnd', 'allowInSample', 'stress', 'benchmark', 'write', 'store', 'out', 'ledger', 'cash', 'feeMaker',
  'feeTaker', 'feeTier', 'feeDiscount', 'slippageBps', 'riskFree', 'warmup', 'limitTouch', 'feeAsset', 'noCosts', 'leverage', 'margin', 'funding', 'slippageTicks',
  'slippageModel', 'spreadBps', 'impact', 'participation', 'latency', 'cancelLatency', 'risk', 'detail', 'band',
] as const // biome-ignore format: a list

/**
 * What `klinelab backtest` does, from code: the same settings, the same run folder, the same bytes.
 * @throws UsageError for an option, series or strategy that cannot be, DataError for data that are not there
 */
export async function runBacktest(
  options: BacktestOptions & { readonly write?: true },
): Promise<BacktestRun & { readonly dir: string }>
export async function runBacktest(options: BacktestOptions): Promise<BacktestRun>
export async function runBacktest(options: BacktestOptions): Promise<BacktestRun> {
  checkKeys('runBacktest', options, KEYS)
  const start = performance.now()
  checkStrategy('runBacktest', options.strategy)
  checkGiven(options)
  const range = rangeOf(options)
  checkSet(options.set)
  const { strategy, set, closeAtEnd, allowInSample, stress, benchmark } = options
  const settings = await readingSettingsOf(options)
  const data = [options.data ?? []].flat()
  await checkHasData('runBacktest', strategy, data)
  const optional = Object.entries({ set, closeAtEnd, allowInSample, stress, benchmark }).filter(
    ([, value]) => value !== undefined,
  )
  const request = { strategy, data, ...range, ...Object.fromEntries(optional) }
  const host = { onWarning: warn, ...(options.write !== undefined && { write: options.write }) }
  const run = await backtest(request, settings, undefined, undefined, host)
  if (options.write === false) return { ...run.result, dir: null, verdict: null, seconds: run.seconds }
  const counting = { ledger: settings.ledger, onWarning: warn }
  const written = await writeRun(run, settings.out, (performance.now() - start) / 1000, counting)
  return { ...run.result, ...written, seconds: run.seconds }
}

function checkSet(set: unknown): void {
  if (set === undefined || set === null || (typeof set === 'object' && !Array.isArray(set))) return
  throw new UsageError(`runBacktest: set is ${givenText(set)}; write set: { fast: 10 }, a value for each parameter`)
}

export interface TrainingOptions
  extends Pick<Given, 'store' | 'out' | 'ledger' | 'feeTier' | 'feeDiscount' | 'feeTaker' | 'slippageBps' | 'noCosts'> {
  /** Path of a module, all of whose models are trained, or what `defineModel` returned. */
  readonly model: string | ModelDefinition
  /** What a model that was handed over is called. Built in: `model`. */
  readonly name?: string
  readonly from?: Time
  readonly to?: Time
  readonly workers?: number
  /** What p must reach to be said, for accuracy and the like. Built in: 0.5. */
  readonly threshold?: number
  /** False keeps the run in memory: no folder is written and `dir` is null. */
  readonly write?: boolean
  /** Told after every step; returning false stops the training and keeps the best so far. */
  readonly onTraining?: OnTraining
}

export interface TrainingRun extends EvaluationResult {
  readonly dir: string | null
}

const TRAINING_KEYS = [
  'model', 'name', 'from', 'to', 'workers', 'threshold', 'write', 'onTraining', 'store', 'out', 'ledger', 'feeTier', 'feeDiscount',
  'feeTaker', 'slippageBps', 'noCosts',
] as const // biome-ignore format: a list

/** Threads that help a training. */
const LEARNERS = { min: 1, max: 4, isWhole: true, text: 'whole, from 1 to 4' }

/**
 * What `klinelab train` does, from code: one run a model, the same folders, the same bytes.
 * @throws UsageError for an option, series or module that cannot be, DataError for data that are not there or not enough
 */
export async function runTraining(options: TrainingOptions): Promise<readonly TrainingRun[]> {
  checkKeys('runTraining', options, TRAINING_KEYS)
  // loaded where it is asked for: a script that only runs backtests should not wait for it
  const [{ BUILT_IN_THRESHOLD }, { groundsOf, withFolds }, { checkModelName, loadModels }, { trainRun }] =
    await Promise.all([
      import('./evaluate.ts'),
      import('./grounds.ts'),
      import('./load-strategy.ts'),
      import('./train-run.ts'),
    ])
  const { model, name = 'model', workers, threshold = BUILT_IN_THRESHOLD, write = true, onTraining, ...given } = options
  if (typeof model !== 'string' && !isModelDefinition(model))
    throw new UsageError(
      `runTraining: model is neither the path of a module nor what defineModel returned: it is ${model === undefined ? 'missing' : givenText(model)}`,
    )
  if (workers !== undefined) checkNumber('workers', workers, LEARNERS)
  if (typeof threshold !== 'number' || !(threshold > 0 && threshold < 1))
    throw new UsageError(`threshold: ${givenText(threshold)} is not allowed; write a number above 0 and below 1`)
  for (const key of ['feeTaker', 'feeDiscount', 'slippageBps'] as const)
    if (given[key] !== undefined) checkNumber(key, given[key], OF_RUNS[key])
  const range = rangeOf(given)
  const settings = await readingSettingsOf(given)
  const { models, file } =
    typeof model === 'string' ? await loadModels(model) : { models: [{ name, definition: model }], file: null }
  for (const one of models) checkModelName(one.name, 'runTraining')
  const by = { file, range, threshold, isOneOfSeveral: models.length > 1, ...(workers !== undefined && { workers }) }
  const host = { write, onWarning: warn, ...(onTraining && { onTraining }) }
  const runs: TrainingRun[] = []
  for (const one of models) {
    const grounds = withFolds(one, await groundsOf(one, settings.store, range))
    const { run, dir, artifact } = await trainRun(one, grounds, settings, by, host)
    runs.push({ ...run.result, dir })
    if (artifact.stopped !== null) break
  }
  return runs
}

import { durationOf } from '../core/duration.ts'
import type { Fill } from '../core/fill.ts'
import { givenText } from '../core/given-text.ts'
import type { LedgerVerdict } from '../core/ledger.ts'
import type { SearchMethod, SweepResult, WalkForwardResult } from '../core/search.ts'
import type { Trade } from '../core/trade.ts'
import type { ParamValue, Strategy } from '../engine/index.ts'
import {
  checkGiven,
  checkHasData,
  checkKeys,
  checkNumber,
  checkStrategy,
  checkWord,
  rangeOf,
  readingSettingsOf,
  type Time,
  warn,
} from './api-checks.ts'
import type { ObjectiveFunction } from './objective.ts'
import type { SearchAsked, SearchAt, SearchHost } from './search-asked.ts'
import { SEARCH_DEFAULTS } from './search-defaults.ts'
import type { Given, Settings } from './settings.ts'
import { UsageError } from './usage-error.ts'

/** What a search of a strategy is asked for from code. */
interface SearchOptions extends Omit<Given, 'band'> {
  /**
   * Path of a strategy module, or what `defineStrategy` returned: that is run on this thread alone, and as its code cannot be seen,
   * its run is named by its result as well, and neither `verify` nor `report` can make it again.
   */
  readonly strategy: string | Strategy
  readonly data?: string | readonly string[]
  readonly from?: Time
  readonly to?: Time
  /** By name: a range (`'10..100:10'`), a list (`['ema', 'sma']`) or one value. */
  readonly set: Readonly<Record<string, ParamValue | readonly ParamValue[]>>
  /** Conditions that all trials hold to: `'fast < slow'`. */
  readonly where?: string | readonly string[]
  /** Built in: `grid`. */
  readonly method?: SearchMethod
  /** How many to try; a grid tries all. Built in: 100. */
  readonly trials?: number
  /**
   * Key of a figure, path of a module whose default export judges a trial, or such a function: that is run on this thread alone, and
   * of its code the text alone can be seen. Built in: `sharpe`.
   */
  readonly objective?: string | ObjectiveFunction
  /** Built in: what is good of the figure; of a function `max`. */
  readonly goal?: 'max' | 'min'
  /** Of random, sobol and tpe. Built in: 0. */
  readonly seed?: number
  /** Share of the data after which trials below the median of earlier ones there are given up; never the first 64, of `tpe` 16. */
  readonly prune?: number
  readonly closeAtEnd?: boolean
  /** Models are asked of bars that they have learnt from, too; the report says so in red. */
  readonly allowInSample?: boolean
  /** Threads; the result is the same whatever their number. Built in: one a core. */
  readonly workers?: number
  /** Goes on with the same search where it was stopped. */
  readonly resume?: boolean
  /** A search that would take longer, by its first trials, is refused: `'2h'`, or ms. Built in: `'24h'`. */
  readonly maxTime?: string | number
  /** Told after every trial. */
  readonly onTrials?: (at: SearchAt) => void
  /** False keeps the run in memory: no folder is written, no trial is counted, and `dir` is null. */
  readonly write?: boolean
}

export interface SweepOptions extends SearchOptions {
  /** Of the models of a module the one whose settings are searched, in place of its strategy. */
  readonly model?: string
  /** Of a model: share of the time, the newest, that no trial sees. Built in: 0.25. */
  readonly holdout?: number
}

export interface WalkForwardOptions extends SearchOptions {
  /** How long parameters are chosen on: `'180d'`. */
  readonly train: string
  /** How long they are traded then. */
  readonly test: string
  /** Time left out between the two. Built in: `'0s'`. */
  readonly embargo?: string
  /** Chooses on everything from the first bar on. */
  readonly anchored?: boolean
}

interface Written {
  readonly dir: string | null
  /** What the trial ledger says of it; `null` where it is not written, or the ledger cannot be. */
  readonly verdict: LedgerVerdict | null
  readonly seconds: number
}

export interface SweepRun extends SweepResult, Written {}

export interface WalkForwardRun extends WalkForwardResult, Written {
  /** Of the test stretches. */
  readonly trades: readonly Trade[]
  readonly fills: readonly Fill[]
}

const KEYS = [
  'strategy', 'data', 'from', 'to', 'set', 'where', 'method', 'trials', 'objective', 'goal', 'seed', 'prune', 'closeAtEnd',
  'allowInSample', 'workers', 'resume', 'maxTime', 'onTrials', 'write', 'store', 'out', 'ledger', 'cash', 'feeMaker', 'feeTaker',
  'feeTier', 'feeDiscount', 'slippageBps', 'riskFree', 'warmup', 'limitTouch', 'feeAsset', 'noCosts', 'leverage', 'margin',
  'funding', 'slippageTicks', 'slippageModel', 'spreadBps', 'impact', 'participation', 'latency', 'cancelLatency', 'risk', 'detail',
] as const // biome-ignore format: a list

/** The bounds of the command's flags. */
const BOUNDS = {
  trials: { min: 1, isWhole: true, text: 'whole, at least 1' },
  seed: { min: 0, isWhole: true, text: 'whole, at least 0' },
  prune: { above: 0, below: 1, text: 'a fraction, above 0 and below 1' },
  workers: { min: 1, max: 256, isWhole: true, text: 'whole, from 1 to 256' },
} as const

/**
 * What `klinelab sweep` does, from code: the same trials, the same run folder, the same bytes.
 * @throws UsageError for an option, series or strategy that cannot be, DataError for data that are not there, or too many failed
 * trials
 */
export async function runSweep(options: SweepOptions & { readonly write?: true }): Promise<SweepRun & { dir: string }>
export async function runSweep(options: SweepOptions): Promise<SweepRun>
export async function runSweep(options: SweepOptions): Promise<SweepRun> {
  checkKeys('runSweep', options, [...KEYS, 'model', 'holdout'])
  checkOptions('runSweep', options)
  const { model, holdout } = options
  if (model !== undefined && typeof model !== 'string')
    throw new UsageError(`runSweep: model is ${givenText(model)}; write the name of a model of the module`)
  if (holdout !== undefined) checkNumber('holdout', holdout, BOUNDS.prune)
  const settings = await readingSettingsOf(options)
  const asked = {
    ...askedOf(options),
    ...(model !== undefined && { model }),
    ...(holdout !== undefined && { holdout }),
  }
  // loaded where it is asked for: a script that only runs backtests should not wait for it
  const [{ subjectOf, sweepOf }, { writeSweep }] = await Promise.all([
    import('./search-subject.ts'),
    import('./sweep-folder.ts'),
  ])
  if ((await subjectOf(asked)) === 'strategy') await checkHasData('runSweep', asked.strategy, asked.data)
  const run = await sweepOf(asked, settings, hostOf(options, settings), { ...options })
  const { result, seconds } = run
  return {
    ...result,
    ...(await written(options, settings, (counting) => writeSweep(run, settings.out, counting))),
    seconds,
  }
}

/**
 * What `klinelab walk-forward` does, from code: the same windows, the same run folder, the same bytes.
 * @throws UsageError, DataError as `runSweep`
 */
export async function runWalkForward(
  options: WalkForwardOptions & { readonly write?: true },
): Promise<WalkForwardRun & { dir: string }>
export async function runWalkForward(options: WalkForwardOptions): Promise<WalkForwardRun>
export async function runWalkForward(options: WalkForwardOptions): Promise<WalkForwardRun> {
  checkKeys('runWalkForward', options, [...KEYS, 'train', 'test', 'embargo', 'anchored'])
  checkOptions('runWalkForward', options)
  const { train, test, embargo = '0s', anchored = false } = options
  for (const [name, text] of Object.entries({ train, test, embargo }))
    if (typeof text !== 'string')
      throw new UsageError(`${name}: ${givenText(text)} is not allowed; write a time such as '12h', '30d' or '26w'`)
  const settings = await readingSettingsOf(options)
  const plan = { kind: anchored ? 'anchored' : 'rolling', train, test, embargo } as const
  const [{ walkForward }, { writeWalkForward }] = await Promise.all([
    import('./walk-forward.ts'),
    import('./walk-forward-folder.ts'),
  ])
  const asked = askedOf(options)
  await checkHasData('runWalkForward', asked.strategy, asked.data)
  const run = await walkForward(asked, plan, settings, hostOf(options, settings))
  const { result, trades, fills, seconds } = run
  const folder = await written(options, settings, (counting) => writeWalkForward(run, settings.out, counting))
  return { ...result, trades, fills, ...folder, seconds }
}

async function written(
  { write = true }: SearchOptions,
  { ledger }: Settings,
  work: (counting: { readonly ledger: string; readonly onWarning: typeof warn }) => Promise<Omit<Written, 'seconds'>>,
): Promise<Omit<Written, 'seconds'>> {
  return write ? work({ ledger, onWarning: warn }) : { dir: null, verdict: null }
}

function checkOptions(name: string, options: SearchOptions): void {
  const { strategy, set, where, objective, resume = false, write = true } = options
  checkGiven(options)
  for (const key of Object.keys(BOUNDS) as (keyof typeof BOUNDS)[])
    if (options[key] !== undefined) checkNumber(key, options[key], BOUNDS[key])
  checkWord('method', options.method, ['grid', 'random', 'sobol', 'tpe'])
  checkWord('goal', options.goal, ['max', 'min'])
  checkStrategy(name, strategy)
  if (typeof set !== 'object' || set === null || Array.isArray(set))
    throw new UsageError(
      `${name}: set says what is tried, by name; write set: { fast: '10..100:10', slow: [200, 400] }`,
    )
  if (where !== undefined && [where].flat().some((one) => typeof one !== 'string'))
    throw new UsageError(`${name}: where is a text such as 'fast < slow', or a list of them`)
  if (objective !== undefined && typeof objective !== 'string' && typeof objective !== 'function')
    throw new UsageError(`${name}: objective is the key of a figure, the path of a module, or a function of a trial`)
  if (resume && !write)
    throw new UsageError(
      `${name}: resume goes on with what was written, and write: false writes nothing; leave one out`,
    )
}

function askedOf(options: SearchOptions): SearchAsked {
  const { strategy, set, method, trials, objective, goal, seed, prune, closeAtEnd, allowInSample } = options
  const where = options.where === undefined ? undefined : [options.where].flat()
  const optional = { where, method, trials, objective, goal, seed, prune, closeAtEnd, allowInSample }
  const said = Object.fromEntries(Object.entries(optional).filter(([, value]) => value !== undefined))
  return {
    ...{ strategy, data: [options.data ?? []].flat(), ...rangeOf(options), ...said },
    set: Object.entries(set).map(([name, values]) => `${name}=${valuesText(name, values)}`),
  }
}

/** As `--set` has them. */
function valuesText(name: string, values: ParamValue | readonly ParamValue[]): string {
  const list = [values].flat()
  const wrong = list.find((value) => !['number', 'string', 'boolean'].includes(typeof value))
  if (wrong !== undefined || list.length === 0)
    throw new UsageError(
      `set.${name}: ${list.length === 0 ? 'an empty list' : givenText(wrong)} is not allowed; write a range, values or one value`,
    )
  const parted = Array.isArray(values) ? list.find((value) => String(value).includes(',')) : undefined
  if (parted !== undefined)
    throw new UsageError(`set.${name}: ${JSON.stringify(parted)} has a comma, which parts values; give it another name`)
  return list.join(',')
}

function hostOf(
  { workers, resume = false, maxTime, onTrials, write = true }: SearchOptions,
  { ledger }: Settings,
): SearchHost {
  return {
    ...{
      resume,
      write,
      maxSeconds: maxTime === undefined ? SEARCH_DEFAULTS.maxSeconds : secondsOf(maxTime),
      onWarning: warn,
    },
    ...(write && { counting: { ledger, onWarning: warn } }),
    ...(workers !== undefined && { workers }),
    ...(onTrials !== undefined && { onTrials }),
  }
}

function secondsOf(time: string | number): number {
  const ms = typeof time === 'string' ? durationOf(time) : time
  if (ms === null || !Number.isFinite(ms) || ms < 0)
    throw new UsageError(`maxTime: ${givenText(time)} is not allowed; write a time such as '30m' or '2h', or ms`)
  return ms / 1000
}

import { type Bars, firstRowAt } from '../core/bar.ts'
import { closeTimeOf } from '../core/interval.ts'
import { FUTURE_WAYS, otherFuture } from '../core/other-future.ts'
import { seededRandom } from '../core/random.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { type Lens, openStore, type ReadBars } from '../data/index.ts'
import type { ParamValue, Strategy } from '../engine/index.ts'
import { backtest } from './backtest.ts'
import { attempt, type CheckedPart, Findings, type Leak, type World } from './check-findings.ts'
import { judgeFolds } from './check-folds.ts'
import { judgePastLabels, wholeModel } from './check-ground.ts'
import { compareBeside, compareInWorld, compareRefit, type LearntModel, learntModel, refitRow } from './check-model.ts'
import { doorsOf, type LoadedModule, loadChecked, loadCopy } from './check-module.ts'
import { compareStrategy, decisionTimes, predictionsFor, type WholeStrategy, wholeStrategy } from './check-strategy.ts'
import { EMBEDDED } from './package-info.ts'
import type { Settings } from './settings.ts'
import { UsageError, usage } from './usage-error.ts'

export interface CheckRequest {
  /** Path of a module with a strategy, models, or both. */
  readonly module: string
  /** Folder that the path is taken from. */
  readonly from: string
  /** Series; none: those of the models. */
  readonly data: readonly string[]
  /** UTC ms, of the bars. */
  readonly range: { readonly from?: number; readonly to?: number }
  readonly set: Readonly<Record<string, ParamValue>>
  /** Bars after which the future is another. */
  readonly samples: number
  readonly seed: number
}

export interface Check {
  readonly module: string
  readonly series: readonly string[]
  readonly samples: number
  readonly seed: number
  /** Close times of the bars after which the future was another, UTC ms. */
  readonly cuts: readonly number[]
  readonly parts: readonly CheckedPart[]
  readonly leaks: readonly Leak[]
  /** What of this module could not be looked at. */
  readonly notes: readonly string[]
  readonly ok: boolean
}

/**
 * Holds a module against futures that have not happened. At sampled bars (those at which its strategy decides among them) all
 * later bars are cut off, shuffled and poisoned; in each such world a copy of the module is loaded, which sees the world's bars
 * through `loadBars` as well, and everything is made anew: features, labels, folds with the borders of the whole run, scaling,
 * rebalancing, predictions, indicators, and the strategy's decisions by the engine. What is known by the cut must be the same
 * to the bit.
 *
 * Bounds, to keep it short: in each world the newest fold that is known as a whole is fitted, with something quick in the place
 * of the classifier; the classifier itself is fitted on the first fold, three times. Scaling and rebalancing are looked at on
 * all folds, up to six, with all rows but their own changed.
 *
 * What it cannot see: a future that comes from elsewhere than klinelab (files, sockets, packages: they are named in `notes`),
 * one that is written into the code, as a date or a level is, or one that is kept outside of the module, as on `globalThis`. A
 * strategy that knows the future and never acts on it near one of the samples is not found out: take more of them.
 * @throws UsageError for a module or series that cannot be, DataError where there is nothing to be learnt from
 */
export async function checkModule(
  request: CheckRequest,
  settings: Settings,
  onProgress: (done: number, total: number) => void = () => undefined,
): Promise<Check> {
  const read: ReadBars = new Map()
  const loaded = await loadChecked(request.module, { lens: asItIs, read, from: request.from })
  const findings = new Findings()
  const { models, strategy, bars } = await wholeOf(loaded, request, settings)
  for (const model of models) judgeFolds(model, findings)
  const cuts = sampled(request, bars, models, strategy)
  const worlds = cuts.flatMap((cut, k) =>
    FUTURE_WAYS.map((way): World => ({ way, cut, lens: lensOf(way, cut, request.seed + k) })),
  )
  const copies = new Copies(loaded, { read, from: request.from }, findings)
  let done = 0
  const total = worlds.length + 1 + 2 * models.length
  const compare = async (world: World) => {
    onProgress(done++, total)
    const copy = await copies.in(world)
    if (copy === null) return
    for (const model of models) {
      const other = copy.models.find(({ name }) => name === model.named.name)
      if (other !== undefined) await compareInWorld(model, other.definition, world, findings)
    }
    if (strategy !== null) await compareStrategy(strategy, copy, world, findings)
  }
  await compare({ way: 'unchanged', cut: Number.MAX_SAFE_INTEGER, lens: asItIs })
  // of what is another each time it is asked nothing else can be told
  const isRepeatable = findings.leaks.every(({ way }) => way !== 'unchanged')
  if (isRepeatable) {
    for (const world of worlds) await compare(world)
    for (const model of models) {
      onProgress(done++, total)
      judgePastLabels(model, findings)
      await compareBeside(model, findings)
      onProgress(done++, total)
      await refit(model, copies, request.seed, findings)
    }
  }
  if (strategy !== null && decisionTimes(strategy).length === 0)
    findings.skipped('decisions', strategy.options.strategy.name, 'it decides nothing in this stretch')
  onProgress(total, total)
  const { leaks } = findings
  return {
    module: loaded.file,
    series: [...new Set(bars.map(({ series }) => seriesName(series)))],
    ...{ samples: cuts.length, seed: request.seed, cuts, parts: findings.parts(), leaks },
    notes: doorsOf(loaded.file),
    ok: leaks.length === 0,
  }
}

function lensOf(way: (typeof FUTURE_WAYS)[number], cut: number, seed: number): Lens {
  return (bars) => otherFuture(bars, way, cut, seed)
}

/** Nothing lies after the last bar: all of them, in columns of their own. */
const asItIs = lensOf('cut off', Number.MAX_SAFE_INTEGER, 0)

/** Copies of the module, each in a world of its own. */
class Copies {
  readonly #loaded: LoadedModule
  readonly #seeing: { readonly read: ReadBars; readonly from: string }
  readonly #findings: Findings

  constructor(loaded: LoadedModule, seeing: { readonly read: ReadBars; readonly from: string }, findings: Findings) {
    this.#loaded = loaded
    this.#seeing = seeing
    this.#findings = findings
  }

  /** `null` where it cannot even be loaded: then it has missed what comes. */
  async in(world: World): Promise<LoadedModule | null> {
    return attempt(this.#findings, { part: 'module', of: this.#loaded.file, world }, () =>
      loadCopy(this.#loaded, ++copies, { ...this.#seeing, lens: world.lens }),
    )
  }
}

/** Of this process: what has been loaded once is kept under its name. */
let copies = 0

interface Whole {
  readonly models: readonly LearntModel[]
  readonly strategy: WholeStrategy | null
  /** All bars at hand, those of the models first. */
  readonly bars: readonly Bars[]
}

/** Everything with nothing changed: models on their series, and the strategy's run. */
async function wholeOf(
  { models: named, strategy }: LoadedModule,
  request: CheckRequest,
  settings: Settings,
): Promise<Whole> {
  const { data, range, set } = request
  const wanted = data.map((text) => seriesName(usage(() => parseSeries(text))))
  const all = named.flatMap(({ definition }) => definition.series)
  const series = wanted.length > 0 ? wanted : [...new Set(all)]
  if (series.length === 0) throw new UsageError(`a check of ${request.module} needs data: --data binance:BTCUSDT:1h`)
  for (const { name, definition } of named) {
    const other = series.find((one) => !definition.series.includes(one))
    if (wanted.length > 0 && other !== undefined)
      throw new UsageError(
        `model ${name} learns from ${definition.series.join(', ')}, not from ${other}: check it on those`,
      )
  }
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const models: LearntModel[] = []
  for (const one of named)
    for (const own of one.definition.series.filter((name) => series.includes(name)))
      models.push(await learntModel(wholeModel(one, await store.load(parseSeries(own), range))))
  if (strategy === null) {
    if (Object.keys(set).length > 0)
      throw new UsageError('--set is of strategies, and the module has none: leave it out')
    return { models, strategy: null, bars: models.map(({ ground }) => ground.bars) }
  }
  const run = await idleRun(strategy, { data: series, set, ...range }, settings)
  const asked = models.filter(({ named: { definition } }) => Object.values(strategy.models).includes(definition))
  const slots = run.slots.map((slot) =>
    asked.length === 0 ? slot : { ...slot, models: predictionsFor(slot.bars, asked) },
  )
  const whole = wholeStrategy({ ...run, strategy, slots })
  return {
    models,
    strategy: whole,
    bars: [...models.map(({ ground }) => ground.bars), ...slots.map(({ bars }) => bars)],
  }
}

/** Instruments, costs and parameters as a backtest puts them together, by one of a strategy that does nothing. */
async function idleRun(
  strategy: Strategy,
  asked: Omit<Parameters<typeof backtest>[0], 'strategy'>,
  settings: Settings,
) {
  const nothing = { models: {}, onBar: () => undefined, onBars: null, onStart: null, onFill: null, onStop: null }
  const idle: Strategy = Object.freeze({ ...strategy, ...nothing })
  // prices inside bars are the engine's own business, and change with the bars
  const plain: Settings = { ...settings, detail: null, band: 'repriced' }
  return (await backtest({ ...asked, strategy: idle }, plain)).options
}

/**
 * Close times of the bars after which the future shall be another: spread over the time, and where a strategy
 * decides something half of them over its decisions, as what it knows of the future shows there.
 */
function sampled(
  { samples, seed, module }: CheckRequest,
  bars: readonly Bars[],
  models: readonly LearntModel[],
  strategy: WholeStrategy | null,
): number[] {
  const [first] = bars as [Bars, ...Bars[]]
  const { openTime, series, length } = first
  const begin = Math.max(...bars.map((one) => one.openTime[0]!), strategy?.options.from ?? 0)
  // a label needs its horizon, and a future two bars to be another
  const low =
    firstRowAt(openTime, begin) + Math.max(1, ...models.map(({ named }) => named.definition.label.horizon + 1))
  const rows = length - 2 - low
  if (rows < samples)
    throw new UsageError(
      `check ${module}: ${length} bars of ${seriesName(series)} from ${timeName(openTime[0]!)} on are too few for ${samples} samples: take more bars or --samples ${Math.max(1, rows)}`,
    )
  const random = seededRandom(seed)
  const closeAt = (row: number) => closeTimeOf(openTime[row]!, series.interval)
  const [earliest, latest] = [closeAt(low), closeAt(length - 3)]
  const decided = (strategy === null ? [] : decisionTimes(strategy)).filter((at) => earliest <= at && at <= latest)
  const spread = (count: number, of: number) =>
    Array.from({ length: count }, (_, k) => Math.floor(((k + random()) / count) * of))
  const atDecisions = spread(Math.min(samples >> 1, decided.length), decided.length).map((k) => decided[k]!)
  const anywhere = spread(samples - atDecisions.length, rows).map((row) => closeAt(low + row))
  return [...new Set([...atDecisions, ...anywhere])].sort((a, b) => a - b)
}

/** The classifier itself, in worlds whose future begins in the middle of the first fold's test. */
async function refit(model: LearntModel, copies: Copies, seed: number, findings: Findings): Promise<void> {
  const row = refitRow(model)
  const { openTime, series } = model.ground.bars
  const worlds =
    row === null
      ? []
      : (['cut off', 'poisoned'] as const).map((way): World => {
          const cut = closeTimeOf(openTime[row]!, series.interval)
          return { way, cut, lens: lensOf(way, cut, seed) }
        })
  const copy = async (world: World) =>
    (await copies.in(world))?.models.find(({ name }) => name === model.named.name)?.definition ?? null
  await compareRefit(model, worlds, copy, findings)
}

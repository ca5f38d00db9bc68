import { type Bars, firstRowAt } from '../core/bar.ts'
import type { Interval } from '../core/interval.ts'
import { parseSeries, type Series, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { loadInstrument } from '../data/instruments.ts'
import { openStore, type Store } from '../data/store.ts'
import { type ParamValue, resolveParams, type Strategy } from '../engine/index.ts'
import { userFrame } from '../engine/strategy-error.ts'
import { type AveragePrice, averagePrice } from './average-price.ts'
import { checkKinds, checkLeverage, checkRiskSymbols } from './backtest-checks.ts'
import type { BacktestRequest } from './backtest-request.ts'
import { type DetailBars, detailOf } from './detail.ts'
import { loadStrategy, seriesOfModels } from './load-strategy.ts'
import { costsOfMarket } from './market-fees.ts'
import { EMBEDDED } from './package-info.ts'
import type { Perpetual } from './perpetual.ts'
import type { Settings } from './settings.ts'
import { defaultWarmup, type SimulateOptions, type SimulateSlot } from './simulate.ts'
import type { AskedModels, StrategyModels } from './strategy-models.ts'
import type { TrainingHost } from './train-run.ts'
import { UsageError, usage } from './usage-error.ts'

/** A series of a run, with the filters of its symbol and what PERCENT_PRICE compares with. */
type LoadedSlot = SimulateSlot & { readonly average: AveragePrice | null }

/** All that a run needs, loaded and checked. */
export interface Prepared {
  readonly strategy: Strategy
  /** Of its module; `null` for a strategy that was handed over as an object. */
  readonly file: string | null
  readonly params: Readonly<Record<string, ParamValue>>
  /** As asked, with the series and the begin that it comes to. */
  readonly request: BacktestRequest
  readonly store: Store
  readonly loaded: readonly LoadedSlot[]
  readonly perpetuals: readonly (Perpetual | null)[]
  readonly details: readonly (DetailBars | null)[]
  readonly models: StrategyModels | null
  /** Bars that the strategy wants before the range. */
  readonly defaultWarmup: number
  readonly options: SimulateOptions
}

/** Which parameters will be run, where they are more than one set: the bars before the range must do for all of them. */
export type Tried = (strategy: Strategy, file: string | null) => readonly Readonly<Record<string, ParamValue>>[]

export interface PreparingHost extends TrainingHost {
  /** Told once bars are being read: there is time to do something else. */
  readonly onReading?: () => void
}

/**
 * Loads what a run needs and checks that it goes together.
 * @throws UsageError for what cannot be asked, DataError for what is not stored
 */
export async function prepare(
  asked: BacktestRequest,
  settings: Settings,
  host: PreparingHost = {},
  tried?: Tried,
): Promise<Prepared> {
  const { from: first, to: end, allowInSample = false } = asked
  if (first !== undefined && end !== undefined && first >= end)
    throw new UsageError(`an empty range: --from ${timeName(first)} is not before --to ${timeName(end)}`)
  const { strategy, file, params, sets, data, names } = await readAsked(asked, settings, tried)
  // what is wrong with the command is said before a model is trained for it
  if (Object.keys(strategy.models).length > 0) await checkAhead(names, { ...asked, data }, settings)
  const { models, begin } = await modelsAsked(
    { strategy, file, series: names.map(seriesName), allowInSample },
    asked,
    settings,
    host,
  )
  const request = { ...asked, data, ...(begin !== undefined && { from: begin }) }
  const store = await openStore(settings.store, { behind: EMBEDDED })
  // one count for all series, so that it can be asked for again with --warmup
  const wanted = wantedWarmup({ strategy, file, sets, names })
  const warmup = settings.warmup ?? wanted
  const { onReading } = host
  const loaded = await Promise.all(
    names.map((series) => loadSlot(store, series, { ...request, onReading }, warmup, settings)),
  )
  // where the data begin later than asked for, the run does too: a year without bars is no year of a result
  const from = Math.min(
    ...loaded.map(({ bars }) => bars.openTime[firstRowAt(bars.openTime, request.from ?? Number.NEGATIVE_INFINITY)]!),
  )
  checkKinds(settings, loaded)
  checkLeverage(settings, loaded)
  const perpetuals = await Promise.all(
    loaded.map(async ({ bars, instrument }) => {
      if (instrument.kind !== 'perpetual') return null
      const { perpetualOf } = await import('./perpetual.ts')
      return perpetualOf(store, bars, from, instrument, settings)
    }),
  )
  const details = await Promise.all(loaded.map(({ bars }) => detailOf(store, bars, from, settings.detail)))
  const { limitTouch, execution, cash, risk } = settings
  const closeAtEnd = request.closeAtEnd ?? false
  const slots = loaded.map(({ average, ...slot }, k) => {
    const { terms = null, marks = null, funding = null } = perpetuals[k] ?? {}
    return {
      ...slot,
      ...(models !== null && { models: models.of(slot.bars) }),
      referenceAt: average?.at ?? null,
      margin: terms,
      marks,
      funding,
      detail: details[k]?.bars ?? null,
    }
  })
  const options = { strategy, params, slots, from, cash, limitTouch, execution, risk, closeAtEnd }
  return {
    ...{ strategy, file, params, request, store, loaded, perpetuals, details, models, options },
    defaultWarmup: wanted,
  }
}

/** A request's own words, read and checked before anything is loaded. */
export interface Asked {
  readonly strategy: Strategy
  readonly file: string | null
  readonly params: Readonly<Record<string, ParamValue>>
  /** All that will be run with, where they are more than one set. */
  readonly sets: readonly Readonly<Record<string, ParamValue>>[]
  readonly data: readonly string[]
  readonly names: readonly Series[]
}

/** @throws UsageError for what cannot be asked */
export async function readAsked(
  asked: Pick<BacktestRequest, 'strategy' | 'set' | 'data'>,
  settings: Pick<Settings, 'risk'>,
  tried?: Tried,
): Promise<Asked> {
  const { strategy, file } =
    typeof asked.strategy === 'string' ? await loadStrategy(asked.strategy) : { strategy: asked.strategy, file: null }
  const params = usage(() => resolveParams(strategy, asked.set ?? {}))
  const sets = tried?.(strategy, file) ?? [params]
  const data = asked.data.length > 0 ? asked.data : seriesOfModels(strategy)
  if (data.length === 0) throw new UsageError('--data is missing: write --data binance:BTCUSDT:1h')
  const names = data.map((text) => usage(() => parseSeries(text)))
  const marked = names.find(({ symbol }) => symbol.endsWith('@mark'))
  if (marked !== undefined)
    throw new UsageError(
      `${seriesName(marked)} is a series of mark prices, which nobody can trade at; name ${seriesName({ ...marked, symbol: marked.symbol.slice(0, -'@mark'.length) })}`,
    )
  checkRiskSymbols(settings.risk, names)
  return { strategy, file, params, sets, data, names }
}

/** Bars that are wanted before the range: one count for all series and all parameters. */
export function wantedWarmup({
  strategy,
  file,
  sets,
  names,
}: Pick<Asked, 'strategy' | 'file' | 'sets' | 'names'>): number {
  return Math.max(...sets.flatMap((set) => names.map(({ interval }) => warmupOf(strategy, file, set, interval))))
}

/** Looks at all that a run needs besides its models. @throws UsageError, DataError as the run would */
async function checkAhead(names: readonly Series[], request: BacktestRequest, settings: Settings): Promise<void> {
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const slots = await Promise.all(names.map((series) => loadSlot(store, series, request, 0, settings)))
  checkKinds(settings, slots)
  checkLeverage(settings, slots)
  if (request.benchmark === undefined) return
  const series = usage(() => parseSeries(request.benchmark!))
  await store.load(series, request.to === undefined ? {} : { to: request.to })
}

/** What the strategy's models say, and the first bar that they may be asked of. What they need is loaded where there is one. */
export async function modelsAsked(
  asked: AskedModels,
  range: Pick<BacktestRequest, 'from' | 'to'>,
  settings: Settings,
  host: TrainingHost,
): Promise<{ readonly models: StrategyModels | null; readonly begin: number | undefined }> {
  const { strategy, allowInSample } = asked
  if (Object.keys(strategy.models).length === 0) {
    if (allowInSample)
      throw new UsageError(`--allow-in-sample is of models, and strategy ${strategy.name} has none: leave it out`)
    return { models: null, begin: range.from }
  }
  const { beginAt, beginSessionAt, strategyModels } = await import('./strategy-models.ts')
  const models = await strategyModels(asked, settings, host)
  return { models, begin: host.isSession ? beginSessionAt(models, range) : beginAt(models, range, allowInSample) }
}

/** What `indicators` throws is said of the strategy and the parameters it was given. */
function warmupOf(
  strategy: Strategy,
  file: string | null,
  params: Readonly<Record<string, ParamValue>>,
  interval: Interval,
): number {
  try {
    return defaultWarmup(strategy, params, interval)
  } catch (error) {
    const given = Object.entries(params).map(([name, value]) => `${name}=${value}`)
    const { name, message } = error as Error
    const frame = userFrame(error)
    throw new UsageError(
      `strategy ${file ?? strategy.name}: its indicators${given.length > 0 ? ` with ${given.join(' ')}` : ''}: ${error instanceof RangeError ? message : `${name}: ${message}`}${frame === '' ? '' : `, at ${frame}`}`,
      { cause: error },
    )
  }
}

async function loadSlot(
  store: Store,
  series: Series,
  request: Pick<BacktestRequest, 'from' | 'to'> & Pick<PreparingHost, 'onReading'>,
  before: number,
  settings: Settings,
): Promise<LoadedSlot> {
  const range = {
    ...(request.onReading !== undefined && { onReading: request.onReading }),
    ...(request.from !== undefined && { from: request.from, before }),
    ...(request.to !== undefined && { to: request.to }),
  }
  return slotOf(store, await store.load(series, range), settings)
}

/** A series' bars with the rules and costs of its market. */
export async function slotOf(store: Store, bars: Bars, settings: Settings): Promise<LoadedSlot> {
  const instrument = await loadInstrument(store, bars.series)
  const average = await averagePrice(store, bars, instrument)
  return { bars, instrument, average, costs: { ...costsOfMarket(instrument, settings), feeAsset: settings.feeAsset } }
}

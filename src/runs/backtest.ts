import { createHash } from 'node:crypto'
import { type Bars, firstRowAt, sliceBars } from '../core/bar.ts'
import type { Interval } from '../core/interval.ts'
import type { RunResult } from '../core/run.ts'
import { parseSeries, type Series, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { barsSha256, certifyBars, loadInstrument, openStore, type Store } from '../data/index.ts'
import { type ParamValue, resolveParams, type Strategy } from '../engine/index.ts'
import { buyAndHoldEquity, computeMetrics, fullBand, nearFaults, pathBand, portfolioOf } from '../metrics/index.ts'
import { fillsCsv } from '../tables/fills-csv.ts'
import { type AveragePrice, averagePrice } from './average-price.ts'
import { checkKinds, checkLeverage, checkRiskSymbols } from './backtest-checks.ts'
import type { BacktestRequest } from './backtest-request.ts'
import { detailOf } from './detail.ts'
import { loadStrategy, seriesOfModels } from './load-strategy.ts'
import { EMBEDDED } from './package-info.ts'
import { peerMetrics } from './peer.ts'
import { perpetualOf } from './perpetual.ts'
import { documentOf } from './run-document.ts'
import type { Settings } from './settings.ts'
import { defaultWarmup, type SimulateOptions, type SimulateSlot, type Simulation, simulate } from './simulate.ts'
import type { AskedModels, StrategyModels } from './strategy-models.ts'
import { stressOf } from './stress.ts'
import type { TrainingHost } from './train-run.ts'
import { UsageError, usage } from './usage-error.ts'

/** Told now and then how many instants of all are done. */
export type Progress = (done: number, total: number) => void

export interface Backtest {
  readonly result: RunResult
  readonly seconds: number
  /** What the caller should know of the request; it is no part of the run, which would be the same without it. */
  readonly warnings: readonly string[]
  /** What was simulated, for whoever wants to simulate it otherwise. */
  readonly options: SimulateOptions
}

/** Load, simulate, measure: one run, computed and not yet written. */
export async function backtest(
  asked: BacktestRequest,
  settings: Settings,
  onProgress?: Progress,
  onStress?: Progress,
  host: TrainingHost = {},
): Promise<Backtest> {
  const { from: first, to: end, allowInSample = false } = asked
  if (first !== undefined && end !== undefined && first >= end)
    throw new UsageError(`an empty range: --from ${timeName(first)} is not before --to ${timeName(end)}`)
  const { strategy, file } =
    typeof asked.strategy === 'string' ? await loadStrategy(asked.strategy) : { strategy: asked.strategy, file: null }
  const params = usage(() => resolveParams(strategy, asked.set ?? {}))
  const data = asked.data.length > 0 ? asked.data : seriesOfModels(strategy)
  if (data.length === 0)
    throw new UsageError('a backtest needs data, and --data is missing: write --data binance:BTCUSDT:1h')
  const names = data.map((text) => usage(() => parseSeries(text)))
  const marked = names.find(({ symbol }) => symbol.endsWith('@mark'))
  if (marked !== undefined)
    throw new UsageError(
      `${seriesName(marked)} is a series of mark prices, which nobody can trade at; name ${seriesName({ ...marked, symbol: marked.symbol.slice(0, -'@mark'.length) })}`,
    )
  checkRiskSymbols(settings.risk, names)
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
  const wanted = Math.max(...names.map(({ interval }) => warmupOf(strategy, file, params, interval)))
  const warmup = settings.warmup ?? wanted
  const loaded = await Promise.all(names.map((series) => loadSlot(store, series, request, warmup, settings)))
  // where the data begin later than asked for, the run does too: a year without bars is no year of a result
  const from = Math.min(
    ...loaded.map(({ bars }) => bars.openTime[firstRowAt(bars.openTime, request.from ?? Number.NEGATIVE_INFINITY)]!),
  )
  checkKinds(settings, loaded)
  checkLeverage(settings, loaded)
  const perpetuals = await Promise.all(
    loaded.map(({ bars, instrument }) =>
      instrument.kind === 'perpetual' ? perpetualOf(store, bars, from, instrument, settings) : null,
    ),
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
  const simulation = played(options, onProgress)
  const benchmark = await benchmarkOf(store, request, settings, loaded, from, simulation.result.equity)
  const { metrics, notes, split, drawdowns } = computeMetrics({
    ...simulation.result,
    from,
    benchmark: benchmark.equity,
    riskFree: settings.riskFree,
  })
  const held = peerMetrics({
    ...{ from, cash },
    ...simulation.result,
    benchmark: benchmark.equity,
    riskFree: settings.riskFree,
  })
  const inRange = loaded.map(({ bars }) => ({ bars, first: firstRowAt(bars.openTime, from) }))
  const used = inRange.map(({ bars, first }) => sliceBars(bars, first, bars.length))
  const { result } = simulation
  const makerFee = Object.fromEntries(loaded.map(({ instrument, costs }) => [instrument.symbol, costs.feeMaker]))
  const finer = details.map((one) => one?.bars ?? null)
  const repriced = pathBand({ ...result, bars: used, makerFee, limitTouch, details: finer, drawdowns })
  const better = settings.band === 'full' ? simulate({ ...options, path: 'better', onProgress }).result : null
  const band = better === null ? repriced : fullBand(repriced, result, better)
  const stress = request.stress ? stressOf(result, options, onStress) : null
  const facts = { strategy, params, request, settings, from, metrics, split, peer: held.peer, band, stress }
  const certificates = await Promise.all(used.map((bars) => certificateOf(store, bars)))
  const near = nearFaults(used, certificates, result.trades, result.endEquity - result.startEquity)
  const traded = used.map((bars, k) => {
    const { marks = null, terms = null } = perpetuals[k] ?? {}
    const { first } = inRange[k]!
    return {
      bars,
      marks: marks?.close.subarray(first) ?? bars.close,
      quote: loaded[k]!.instrument.quote,
      margin: terms,
    }
  })
  const { portfolio, margin, notes: unlike } = portfolioOf({ ...result, traded, from, drawdowns })
  const plots = simulation.plots().map((plot) => ({ ...plot, values: plot.values.subarray(inRange[plot.slot]!.first) }))
  const document = documentOf({
    ...facts,
    file,
    used,
    plots,
    notes: { ...notes, ...held.notes, ...unlike },
    benchmark,
    defaultWarmup: wanted,
    warmups: inRange.map(({ first }) => first),
    nearFaults: near,
    portfolio,
    models: { used: models?.used ?? [], inSample: allowInSample },
    tradeHash: createHash('sha256').update(fillsCsv(result.fills)).digest('hex'),
    bars: simulation.bars,
    result,
    certificates,
    instruments: loaded,
    averages: loaded.map(({ average }) => average?.sha256 ?? null),
    perpetuals,
    details,
  })
  return {
    seconds: simulation.seconds,
    options,
    warnings:
      first !== undefined && first < from
        ? [`the data begin at ${timeName(from)}, later than the ${timeName(first)} asked for; so does the run`]
        : [],
    result: {
      document,
      bars: used,
      equity: result.equity,
      benchmark: benchmark.equity,
      trades: result.trades,
      fills: result.fills,
      events: result.events,
      margin,
      plots,
    },
  }
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
async function modelsAsked(
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
  const { beginAt, strategyModels } = await import('./strategy-models.ts')
  const models = await strategyModels(asked, settings, host)
  return { models, begin: beginAt(models, range, allowInSample) }
}

/** The simulation. Costs, cash and instruments are checked until its first instant; what goes wrong after is no command. */
function played(options: SimulateOptions, onProgress?: Progress): Simulation {
  let hasBegun = false
  const begin: Progress = (done, total) => {
    hasBegun = true
    onProgress?.(done, total)
  }
  try {
    return simulate({ ...options, onProgress: begin })
  } catch (error) {
    if (error instanceof RangeError && !hasBegun) throw new UsageError(error.message, { cause: error })
    throw error
  }
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
    throw new UsageError(
      `strategy ${file ?? strategy.name}: its indicators${given.length > 0 ? ` with ${given.join(' ')}` : ''}: ${error instanceof RangeError ? message : `${name}: ${message}`}`,
      { cause: error },
    )
  }
}

async function loadSlot(
  store: Store,
  series: Series,
  request: BacktestRequest,
  before: number,
  settings: Settings,
): Promise<SimulateSlot & { readonly average: AveragePrice | null }> {
  const range = {
    ...(request.from !== undefined && { from: request.from, before }),
    ...(request.to !== undefined && { to: request.to }),
  }
  const [bars, instrument] = await Promise.all([store.load(series, range), loadInstrument(store, series)])
  const average = await averagePrice(store, bars, instrument)
  return { bars, instrument, average, costs: { ...settings.costsOf(series.venue), feeAsset: settings.feeAsset } }
}

async function benchmarkOf(
  store: Store,
  request: BacktestRequest,
  settings: Settings,
  slots: readonly SimulateSlot[],
  from: number,
  equity: RunResult['equity'],
) {
  if (request.benchmark === undefined) {
    const series = slots.map(({ bars, costs }) => ({ bars, feeTaker: costs.feeTaker, slippageBps: costs.slippageBps }))
    const name = `buy and hold ${slots.map((slot) => slot.instrument.symbol).join(', ')}`
    // its bars and costs are the run's own
    return { name, inputs: null, equity: buyAndHoldEquity(series, from, settings.cash, equity) }
  }
  const series = usage(() => parseSeries(request.benchmark!))
  const bars = await store.load(series, { from, ...(request.to !== undefined && { to: request.to }) })
  const { feeTaker, slippageBps } = settings.costsOf(series.venue)
  return {
    name: `buy and hold ${seriesName(series)}`,
    inputs: { feeTaker, slippageBps, sha256: barsSha256(bars) },
    equity: buyAndHoldEquity([{ bars, feeTaker, slippageBps }], from, settings.cash, equity),
  }
}

async function certificateOf(store: Store, bars: Bars) {
  const manifest = await store.manifest(bars.series)
  return certifyBars(bars, manifest?.outages ?? [])
}

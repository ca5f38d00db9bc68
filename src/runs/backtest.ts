import { createHash } from 'node:crypto'
import { type Bars, firstRowAt } from '../core/bar.ts'
import type { RunResult } from '../core/run.ts'
import { parseSeries, type Series, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { certifyBars, loadInstrument, openStore, type Store } from '../data/index.ts'
import { resolveParams } from '../engine/index.ts'
import { buyAndHoldEquity, computeMetrics } from '../metrics/index.ts'
import { fillsCsv } from '../tables/fills-csv.ts'
import { type AveragePrice, averagePrice } from './average-price.ts'
import type { BacktestRequest } from './backtest-request.ts'
import { loadStrategy } from './load-strategy.ts'
import { EMBEDDED } from './package-info.ts'
import { documentOf } from './run-document.ts'
import type { Settings } from './settings.ts'
import { defaultWarmup, type SimulateSlot, simulate } from './simulate.ts'
import { UsageError } from './usage-error.ts'

/** Told now and then how many instants of all are done. */
export type Progress = (done: number, total: number) => void

export interface Backtest {
  readonly result: RunResult
  readonly seconds: number
  /** What the caller should know of the request; it is no part of the run, which would be the same without it. */
  readonly warnings: readonly string[]
}

/** Load, simulate, measure: one run, computed and not yet written. */
export async function backtest(request: BacktestRequest, settings: Settings, onProgress?: Progress): Promise<Backtest> {
  if (request.data.length === 0) throw new UsageError('a backtest needs data: --data binance:BTCUSDT:1h')
  const { from: first, to: end } = request
  if (first !== undefined && end !== undefined && first >= end)
    throw new UsageError(`an empty range: --from ${timeName(first)} is not before --to ${timeName(end)}`)
  const { strategy, file } =
    typeof request.strategy === 'string'
      ? await loadStrategy(request.strategy)
      : { strategy: request.strategy, file: null }
  const params = usage(() => resolveParams(strategy, request.set ?? {}))
  const names = request.data.map((text) => usage(() => parseSeries(text)))
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const warmup = (series: Series) => settings.warmup ?? usage(() => defaultWarmup(strategy, params, series.interval))
  const loaded = await Promise.all(names.map((series) => loadSlot(store, series, request, warmup(series), settings)))
  // where the data begin later than asked for, the run does too: a year without bars is no year of a result
  const from = Math.min(
    ...loaded.map(({ bars }) => bars.openTime[firstRowAt(bars.openTime, request.from ?? Number.NEGATIVE_INFINITY)]!),
  )
  const { limitTouch, cash } = settings
  const closeAtEnd = request.closeAtEnd ?? false
  const simulation = usage(() =>
    simulate({
      strategy,
      params,
      slots: loaded.map(({ average, ...slot }) => ({ ...slot, referenceAt: average?.at ?? null })),
      from,
      cash,
      limitTouch,
      closeAtEnd,
      ...(onProgress && { onProgress }),
    }),
  )
  const benchmark = await benchmarkOf(store, request, settings, loaded, from, simulation.result.equity)
  const { metrics, notes, split } = computeMetrics({
    ...simulation.result,
    from,
    benchmark: benchmark.equity,
    riskFree: settings.riskFree,
  })
  const inRange = loaded.map(({ bars }) => ({ bars, first: firstRowAt(bars.openTime, from) }))
  const used = inRange.map(({ bars, first }) => slice(bars, first))
  const { result } = simulation
  const facts = { strategy, params, request, settings, from, metrics, notes, split, benchmark: benchmark.name }
  const certificates = await Promise.all(used.map((bars) => certificateOf(store, bars)))
  const document = documentOf({
    ...facts,
    file,
    used,
    warmups: inRange.map(({ first }) => first),
    tradeHash: createHash('sha256').update(fillsCsv(result.fills)).digest('hex'),
    bars: simulation.bars,
    result,
    certificates,
    instruments: loaded,
    averages: loaded.map(({ average }) => average?.files ?? []),
  })
  const plots = simulation.plots.map((plot) => ({ ...plot, values: plot.values.subarray(inRange[plot.slot]!.first) }))
  return {
    seconds: simulation.seconds,
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
      plots,
    },
  }
}

/** A RangeError of the core or the engine about what was asked for is a wrong command, not a failed run. */
function usage<T>(work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError && !error.message.startsWith('the account'))
      throw new UsageError(error.message, { cause: error })
    throw error
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
    return { name, equity: buyAndHoldEquity(series, from, settings.cash, equity) }
  }
  const series = usage(() => parseSeries(request.benchmark!))
  const bars = await store.load(series, { from, ...(request.to !== undefined && { to: request.to }) })
  const { feeTaker, slippageBps } = settings.costsOf(series.venue)
  return {
    name: `buy and hold ${seriesName(series)}`,
    equity: buyAndHoldEquity([{ bars, feeTaker, slippageBps }], from, settings.cash, equity),
  }
}

function slice(bars: Bars, first: number): Bars {
  const { openTime, open, high, low, close, volume } = bars
  const cut = (column: Float64Array) => column.subarray(first)
  return {
    series: bars.series,
    priceDecimals: bars.priceDecimals,
    length: bars.length - first,
    openTime: cut(openTime),
    open: cut(open),
    high: cut(high),
    low: cut(low),
    close: cut(close),
    volume: cut(volume),
  }
}

async function certificateOf(store: Store, bars: Bars) {
  const manifest = await store.manifest(bars.series)
  return certifyBars(bars, { outages: manifest?.outages ?? [], skippedRows: manifest?.skipped.length ?? 0 })
}

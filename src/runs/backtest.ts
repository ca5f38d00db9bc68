import { createHash } from 'node:crypto'
import type { Bars } from '../core/bar.ts'
import { NOT_KNOWN } from '../core/instrument.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { RecordedRequest, RunDocument, RunResult } from '../core/run.ts'
import { parseSeries, type Series, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { barsSha256, certifyBars, loadInstrument, openStore, type Store } from '../data/index.ts'
import { type ParamValue, resolveParams, type Strategy } from '../engine/index.ts'
import { buyAndHoldEquity, computeMetrics } from '../metrics/index.ts'
import { fillsCsv } from '../tables/fills-csv.ts'
import { codeHash, inlineHash } from './code-hash.ts'
import { loadStrategy } from './load-strategy.ts'
import { EMBEDDED, VERSION } from './package-info.ts'
import { commandOf, recordOf } from './reproduce.ts'
import type { Settings } from './settings.ts'
import { defaultWarmup, type SimulateSlot, simulate } from './simulate.ts'
import { UsageError } from './usage-error.ts'

export interface BacktestRequest {
  /** Path of a strategy module, or the strategy itself. */
  readonly strategy: string | Strategy
  /** Series, written `venue:SYMBOL:interval`. */
  readonly data: readonly string[]
  /** UTC ms; the whole stored range where absent. */
  readonly from?: number
  readonly to?: number
  readonly set?: Readonly<Record<string, ParamValue>>
  readonly closeAtEnd?: boolean
  readonly benchmark?: string
  readonly seed?: number
}

/** Told now and then how many instants of all are done. */
export type Progress = (done: number, total: number) => void

export interface Backtest {
  readonly result: RunResult
  readonly seconds: number
}

/** Load, simulate, measure: one run, computed and not yet written. */
export async function backtest(request: BacktestRequest, settings: Settings, onProgress?: Progress): Promise<Backtest> {
  if (request.data.length === 0) throw new UsageError('a backtest needs data: --data binance:BTCUSDT:1h')
  const { strategy, file } =
    typeof request.strategy === 'string'
      ? await loadStrategy(request.strategy)
      : { strategy: request.strategy, file: null }
  const params = usage(() => resolveParams(strategy, request.set ?? {}))
  const names = request.data.map((text) => usage(() => parseSeries(text)))
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const warmup = (series: Series) => settings.warmup ?? usage(() => defaultWarmup(strategy, params, series.interval))
  const loaded = await Promise.all(names.map((series) => loadSlot(store, series, request, warmup(series), settings)))
  const from = request.from ?? Math.min(...loaded.map((slot) => slot.bars.openTime[0]!))
  const { limitTouch, cash } = settings
  const closeAtEnd = request.closeAtEnd ?? false
  const simulation = usage(() =>
    simulate({
      strategy,
      params,
      slots: loaded,
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
  const inRange = loaded.map(({ bars }) => ({ bars, first: bars.openTime.findIndex((time) => time >= from) }))
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
  })
  const plots = simulation.plots.map((plot) => ({ ...plot, values: plot.values.subarray(inRange[plot.slot]!.first) }))
  return {
    seconds: simulation.seconds,
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
): Promise<SimulateSlot> {
  const range = {
    ...(request.from !== undefined && { from: request.from, before }),
    ...(request.to !== undefined && { to: request.to }),
  }
  const [bars, instrument] = await Promise.all([store.load(series, range), loadInstrument(store, series)])
  return { bars, instrument, costs: { ...settings.costsOf(series.venue), feeAsset: settings.feeAsset } }
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

interface Facts {
  readonly strategy: Strategy
  readonly params: Readonly<Record<string, ParamValue>>
  readonly request: BacktestRequest
  readonly settings: Settings
  readonly file: string | null
  readonly from: number
  readonly used: readonly Bars[]
  readonly warmups: readonly number[]
  readonly metrics: RunDocument['metrics']
  readonly notes: RunDocument['notes']
  readonly split: RunDocument['split']
  readonly benchmark: string
  readonly tradeHash: string
  readonly bars: number
  readonly result: {
    readonly fees: number
    readonly slippage: number
    readonly funding: number
    readonly accepted: number
    readonly rejected: number
    readonly rejectedBy: Readonly<Record<string, number>>
    readonly notes: readonly string[]
    readonly openTrades: RunDocument['openTrades']
  }
  readonly certificates: RunDocument['certificates']
  readonly instruments: readonly SimulateSlot[]
}

function documentOf(facts: Facts): RunDocument {
  const { strategy, params, request, settings, used, result } = facts
  const data = used.map((bars) => dataOf(bars))
  const to = Math.max(...data.map((one) => one.to))
  const first = facts.instruments[0]!
  const code = facts.file === null ? inlineHash(strategy) : codeHash(facts.file).hash
  const filters = filtersOf(facts.instruments, facts.from, to)
  const record: RecordedRequest | null =
    facts.file === null ? null : recordOf({ file: facts.file, request, settings, params, used, from: facts.from, to })
  const configHash = sha256({
    cash: settings.cash,
    riskFree: settings.riskFree,
    limitTouch: settings.limitTouch,
    feeAsset: settings.feeAsset,
    closeAtEnd: request.closeAtEnd ?? false,
    benchmark: facts.benchmark,
    costs: facts.instruments.map(({ costs }) => costs),
    seed: request.seed ?? 0,
    filters,
    warmups: facts.warmups,
  })
  const range = { from: facts.from, to, warmup: Math.max(...facts.warmups) }
  const id = sha256({ data, code, params, config: configHash, engine: VERSION }).slice(0, 12)
  return {
    run: `${strategy.name}-${id}`,
    strategy: strategy.name,
    params,
    tradeHash: facts.tradeHash,
    data,
    range,
    engine: { version: VERSION, bars: facts.bars },
    costs: {
      feeMaker: first.costs.feeMaker,
      feeTaker: first.costs.feeTaker,
      slippageBps: first.costs.slippageBps,
      fees: result.fees,
      slippage: result.slippage,
      funding: result.funding,
      none: settings.noCosts,
    },
    cash: settings.cash,
    quote: first.instrument.quote,
    metrics: facts.metrics,
    notes: facts.notes,
    remarks: remarksOf(facts, filters),
    split: facts.split,
    orders: { accepted: result.accepted, rejected: result.rejected, byFilter: result.rejectedBy },
    openTrades: result.openTrades,
    filters,
    certificates: facts.certificates,
    benchmark: facts.benchmark,
    riskFree: settings.riskFree,
    seed: request.seed ?? 0,
    reproduce: {
      command: commandOf(record, strategy),
      request: record,
      code,
      config: configHash,
      versions: { klinelab: VERSION },
    },
  }
}

function dataOf(bars: Bars): RunDocument['data'][number] {
  const { gaps } = certifyBars(bars, { outages: [], skippedRows: 0 })
  return {
    series: seriesName(bars.series),
    rows: bars.length,
    from: bars.openTime[0]!,
    to: closeTimeOf(bars.openTime[bars.length - 1]!, bars.series.interval),
    sha256: barsSha256(bars),
    gaps: { count: gaps.length, bars: gaps.reduce((sum, gap) => sum + gap.bars, 0) },
  }
}

function filtersOf(slots: readonly SimulateSlot[], from: number, to: number): RunDocument['filters'] {
  return slots.flatMap(({ instrument }) => {
    const { snapshots, symbol } = instrument
    const current = snapshots.findLast((snapshot) => snapshot.validFrom <= from) ?? snapshots[0]!
    const inForce = [
      current,
      ...snapshots.filter((snapshot) => snapshot !== current && snapshot.validFrom > from && snapshot.validFrom < to),
    ]
    return inForce.map((snapshot) => ({
      symbol,
      source: snapshot.source,
      validFrom: snapshot.validFrom === NOT_KNOWN ? null : snapshot.validFrom,
      assumed: snapshot.validFrom > from && snapshot === current,
      notSimulated: snapshot.filters.notSimulated,
    }))
  })
}

function remarksOf(facts: Facts, filters: RunDocument['filters']): string[] {
  const assumed = filters
    .filter((filter) => filter.assumed)
    .map(({ symbol, validFrom, source }) =>
      validFrom === null
        ? `${symbol}: filters are not known (${source}); store them with klinelab data filters exchangeInfo.json`
        : `${symbol}: filters before ${timeName(validFrom).slice(0, 10)} are not known; those of ${source} are assumed`,
    )
  const unchecked = [...new Set(filters.flatMap((filter) => filter.notSimulated))]
  return [
    ...(facts.settings.noCosts ? ['All costs were set to zero: this result could not have been had.'] : []),
    ...assumed,
    ...(unchecked.length > 0 ? [`Filters not simulated: ${unchecked.join(', ')}`] : []),
    ...facts.result.notes,
  ]
}

function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

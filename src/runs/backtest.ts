import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import type { RunResult } from '../core/run.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { barsSha256 } from '../data/hash.ts'
import type { Store } from '../data/store.ts'
import { buyAndHoldEquity, computeMetrics, fullBand, nearFaults, pathBand, portfolioOf } from '../metrics/index.ts'
import { luckOf } from '../metrics/luck.ts'
import { fillsCsv } from '../tables/fills-csv.ts'
import type { BacktestRequest } from './backtest-request.ts'
import { groundOf } from './ground-facts.ts'
import { peerMetrics } from './peer.ts'
import { type Prepared, prepare } from './prepare.ts'
import { documentOf } from './run-document.ts'
import type { Settings } from './settings.ts'
import { type SimulateOptions, type SimulateSlot, type Simulation, simulate } from './simulate.ts'
import type { TrainingHost } from './train-run.ts'
import { UsageError, usage } from './usage-error.ts'

/** Told now and then how many instants of all are done. */
export type Progress = (done: number, total: number) => void

export interface Backtest {
  readonly result: RunResult
  readonly seconds: number
  /** What the caller should know of the request; it is no part of the run, which would be the same without it. */
  readonly warnings: readonly string[]
  /** `fills.csv`, of which the document has the hash. */
  readonly fills: string
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
  return backtestOf(await prepare(asked, settings, host), asked.from, settings, onProgress, onStress)
}

/**
 * The same of what is prepared.
 * @param askedFrom where the run was asked to begin
 */
export async function backtestOf(
  prepared: Prepared,
  askedFrom: number | undefined,
  settings: Settings,
  onProgress?: Progress,
  onStress?: Progress,
): Promise<Backtest> {
  const { request, store, loaded, perpetuals, details, options } = prepared
  const { from, cash, limitTouch } = options
  const simulation = played(options, onProgress)
  // what its hooks left behind and has failed is told before anything is counted or written: timers that are due in the second turn
  await setImmediate()
  await setImmediate()
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
  const ground = await groundOf(prepared, settings)
  const { used, warmups, certificates } = ground
  const { result } = simulation
  const makerFee = Object.fromEntries(loaded.map(({ instrument, costs }) => [instrument.symbol, costs.feeMaker]))
  const finer = details.map((one) => one?.bars ?? null)
  const repriced = pathBand({ ...result, bars: used, makerFee, limitTouch, details: finer, drawdowns })
  const better = settings.band === 'full' ? simulate({ ...options, path: 'better', onProgress }).result : null
  const band = better === null ? repriced : fullBand(repriced, result, better)
  const stress = request.stress ? (await import('./stress.ts')).stressOf(result, options, onStress) : null
  const facts = { ...ground, metrics, split, peer: held.peer, band, stress }
  const near = nearFaults(used, certificates, result.trades, result.endEquity - result.startEquity)
  const traded = used.map((bars, k) => {
    const { marks = null, terms = null } = perpetuals[k] ?? {}
    return {
      bars,
      marks: marks?.close.subarray(warmups[k]) ?? bars.close,
      quote: loaded[k]!.instrument.quote,
      margin: terms,
    }
  })
  const { portfolio, margin, notes: unlike } = portfolioOf({ ...result, traded, from, drawdowns })
  const plots = simulation.plots().map((plot) => ({ ...plot, values: plot.values.subarray(warmups[plot.slot]) }))
  const fills = fillsCsv(result.fills)
  const document = documentOf({
    ...facts,
    plots,
    notes: { ...notes, ...held.notes, ...unlike },
    benchmark,
    nearFaults: near,
    luck: luckOf({ ...result, bars: used, from, riskFree: settings.riskFree }),
    portfolio,
    neverAsked: simulation.isEverAsked ? [] : (await import('./never-asked.ts')).neverAskedRemarks(options),
    tradeHash: createHash('sha256').update(fills).digest('hex'),
    bars: simulation.bars,
    result,
  })
  return {
    seconds: simulation.seconds,
    fills,
    options,
    warnings:
      askedFrom !== undefined && askedFrom < from
        ? [`the data begin at ${timeName(from)}, later than the ${timeName(askedFrom)} asked for; so does the run`]
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
  // as the run is told of: bars after its last close are none of its inputs, and would change its name when they come
  const bars = await store.load(series, { from, to: equity.time[equity.length - 1]! })
  const { feeTaker, slippageBps } = settings.costsOf(series.venue)
  return {
    name: `buy and hold ${seriesName(series)}`,
    inputs: { feeTaker, slippageBps, sha256: barsSha256(bars) },
    equity: buyAndHoldEquity([{ bars, feeTaker, slippageBps }], from, settings.cash, equity),
  }
}

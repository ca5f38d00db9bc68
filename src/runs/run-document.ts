import { createHash } from 'node:crypto'
import type { Bars } from '../core/bar.ts'
import { NOT_KNOWN } from '../core/instrument.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { RecordedRequest, RunDocument } from '../core/run.ts'
import { seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { barsSha256, certifyBars } from '../data/index.ts'
import type { ParamValue, Strategy } from '../engine/index.ts'
import type { BacktestRequest } from './backtest-request.ts'
import { codeHash, inlineHash } from './code-hash.ts'
import { VERSION } from './package-info.ts'
import { commandOf, recordOf } from './reproduce.ts'
import type { Settings } from './settings.ts'
import type { SimulateSlot } from './simulate.ts'

/** All that is known of a run once it is done. */
export interface RunFacts {
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
  /** Files of 1m bars behind PERCENT_PRICE, per series. */
  readonly averages: readonly (readonly string[])[]
}

/** The run's document: `run.json`, and what the report and `--json` show. */
export function documentOf(facts: RunFacts): RunDocument {
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
    averages: facts.averages,
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

function remarksOf(facts: RunFacts, filters: RunDocument['filters']): string[] {
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

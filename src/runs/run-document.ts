import { NOT_KNOWN } from '../core/instrument.ts'
import type { RecordedRequest, RunDocument } from '../core/run.ts'
import { timeName } from '../core/time.ts'
import { codeHash, inlineHash } from './code-hash.ts'
import { executionRemarks } from './execution-settings.ts'
import { VERSION } from './package-info.ts'
import { perpetualsUsed } from './perpetual-document.ts'
import { commandOf, recordOf } from './reproduce.ts'
import type { RunFacts } from './run-facts.ts'
import { inputsOf, outcomeHash, sha256, snapshotsInForce } from './run-identity.ts'
import { seriesUsed } from './series-used.ts'
import type { SimulateSlot } from './simulate.ts'

/** The run's document: `run.json`, and what the report and `--json` show. */
export function documentOf(facts: RunFacts): RunDocument {
  const { strategy, params, request, settings, used, result } = facts
  const data = used.map((bars, k) => seriesUsed(bars, facts.certificates[k]!.gaps))
  const to = Math.max(...data.map((one) => one.to))
  const first = facts.instruments[0]!
  const isInline = facts.file === null
  const code = isInline ? inlineHash(strategy) : codeHash(facts.file).hash
  const filters = filtersOf(facts.instruments, facts.from, to)
  const warmup = Math.max(...facts.warmups)
  const record: RecordedRequest | null = isInline
    ? null
    : recordOf({ file: facts.file, request, settings, params, used, from: facts.from, to, warmup })
  const inputs = inputsOf(facts, to)
  const config = sha256(inputs)
  const outcome = isInline ? outcomeHash(facts.tradeHash, result.events, facts.plots) : null
  const id = sha256({ data, code, params, config, engine: VERSION, outcome }).slice(0, 12)
  return {
    run: `${strategy.name}-${id}`,
    strategy: strategy.name,
    params,
    tradeHash: facts.tradeHash,
    data,
    range: { from: facts.from, to, warmup },
    engine: { version: VERSION, bars: facts.bars },
    costs: {
      feeMaker: first.costs.feeMaker,
      feeTaker: first.costs.feeTaker,
      ...settings.feeTermsOf(first.instrument.venue),
      slippageBps: first.costs.slippageBps,
      fees: result.fees,
      slippage: result.slippage,
      funding: result.funding,
      none: settings.noCosts,
    },
    execution: settings.execution,
    cash: settings.cash,
    quote: first.instrument.quote,
    metrics: facts.metrics,
    band: facts.band,
    stress: facts.stress,
    nearFaults: facts.nearFaults,
    portfolio: facts.portfolio,
    models: facts.models,
    perpetuals: perpetualsUsed(facts),
    peer: facts.peer,
    notes: facts.notes,
    remarks: remarksOf(facts, filters),
    split: facts.split,
    orders: { accepted: result.accepted, cut: result.cut, rejected: result.rejected, byFilter: result.rejectedBy },
    openTrades: result.openTrades,
    filters,
    certificates: facts.certificates,
    benchmark: facts.benchmark.name,
    riskFree: settings.riskFree,
    seed: 0,
    reproduce: {
      command: commandOf(record, strategy, facts.defaultWarmup),
      request: record,
      code,
      config,
      inputs,
      versions: { klinelab: VERSION },
    },
  }
}

function filtersOf(slots: readonly SimulateSlot[], from: number, to: number): RunDocument['filters'] {
  return slots.flatMap(({ instrument }) => {
    const { symbol } = instrument
    const inForce = snapshotsInForce(instrument, from, to)
    return inForce.map((snapshot) => ({
      symbol,
      source: snapshot.source,
      validFrom: snapshot.validFrom === NOT_KNOWN ? null : snapshot.validFrom,
      assumed: snapshot.validFrom > from && snapshot === inForce[0],
      notSimulated: snapshot.filters.notSimulated,
    }))
  })
}

/** Whether models knew what they were asked of. */
function modelRemarks({ models: { used, inSample }, from }: RunFacts): string[] {
  if (used.length === 0) return []
  const first = Math.max(...used.map(({ outOfSampleFrom }) => outOfSampleFrom))
  const names = [...new Set(used.map(({ name }) => name))].join(', ')
  const later = used.filter(({ learnsFromLater }) => learnsFromLater).map(({ name }) => name)
  if (later.length > 0)
    return [
      `IN SAMPLE: the folds of ${[...new Set(later)].join(', ')} learn from bars after those they were asked of: nobody could have had this result.`,
    ]
  if (inSample && from < first)
    return [
      `IN SAMPLE: ${names} learnt from bars before ${timeName(first)} and was asked of them: nobody could have had this result.`,
    ]
  const elsewhere = used.filter(({ isFromElsewhere }) => isFromElsewhere).map(({ name }) => name)
  if (elsewhere.length > 0)
    return [
      `${[...new Set(elsewhere)].join(', ')}: has learnt outside of klinelab, and nobody can tell here from which bars: it may know what comes.`,
    ]
  return [`${names}: asked of bars only that it had not learnt from, each fold's model of those after its training.`]
}

/** Trades that the data's faults may have made. */
function faultRemarks({ nearFaults: near, metrics, instruments }: RunFacts): string[] {
  if (near.trades === 0) return []
  const money = (value: number) => `${value.toFixed(2)} ${instruments[0]!.instrument.quote}`
  return [
    `${near.trades} of ${metrics['trades']} trades began or ended within ${near.within} bars of a gap, an outage, a flat run or a bar without volume; they made ${money(near.pnl)}, and without them the net profit would be ${money(near.netProfitWithout)}`,
  ]
}

/** Limits that held, and whose they were: of two the stricter did. */
function riskRemarks({ strategy, params, settings }: RunFacts): string[] {
  const sources = [
    ['the strategy', strategy.risk(params)],
    ['the account', settings.risk],
  ] as const
  const said = sources.flatMap(([who, limits]) => {
    const rules = Object.entries(limits).map(([rule, limit]) => `${rule} ${String(limit)}`)
    return rules.length === 0 ? [] : [`${rules.join(', ')} (${who})`]
  })
  return said.length === 0 ? [] : [`Limits of risk: ${said.join('; ')}.`]
}

/** A year: exchanges change their filters more often than that. */
const OLD = 365 * 86_400_000

/** Filters of long ago may be others by now. */
function oldFilters(filters: RunDocument['filters'], to: number): string[] {
  const newest = new Map(filters.map(({ symbol, validFrom }) => [symbol, validFrom]))
  return [...newest].flatMap(([symbol, from]) =>
    from === null || to - from < OLD
      ? []
      : [
          `${symbol}: the newest filters that are known are of ${timeName(from).slice(0, 10)}, and the range goes on until ${timeName(to).slice(0, 10)}; store newer ones with klinelab data filters exchangeInfo.json`,
        ],
  )
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
    ...(facts.settings.noCosts
      ? [
          `All costs${facts.result.funding === 0 ? '' : ' but funding'} were set to zero: this result could not have been had.`,
        ]
      : []),
    ...modelRemarks(facts),
    ...executionRemarks(facts.settings.execution),
    ...riskRemarks(facts),
    ...assumed,
    ...oldFilters(filters, Math.max(...facts.used.map(({ openTime, length }) => openTime[length - 1]!))),
    ...(unchecked.length > 0 ? [`Filters not simulated: ${unchecked.join(', ')}`] : []),
    ...facts.perpetuals.flatMap((one) => one?.remarks ?? []),
    ...facts.details.flatMap((one) => one?.remarks ?? []),
    ...faultRemarks(facts),
    ...facts.result.notes,
  ]
}

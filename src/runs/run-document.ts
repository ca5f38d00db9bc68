import type { RecordedRequest, RunDocument } from '../core/run.ts'
import { codeHash, inlineHash } from './code-hash.ts'
import { filtersOf, groundRemarks } from './ground-remarks.ts'
import { VERSION } from './package-info.ts'
import { perpetualsUsed } from './perpetual-document.ts'
import { commandOf, recordOf } from './reproduce.ts'
import type { RunFacts } from './run-facts.ts'
import { inputsOf, outcomeHash, sha256 } from './run-identity.ts'
import { seriesUsed } from './series-used.ts'

/** The run's document: `run.json`, and what the report and `--json` show. */
export function documentOf(facts: RunFacts): RunDocument {
  const { strategy, params, request, settings, used, result } = facts
  const data = used.map((bars, k) => seriesUsed(bars, facts.certificates[k]!))
  const to = Math.max(...data.map((one) => one.to))
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
    costs: costsOf(facts),
    execution: settings.execution,
    cash: settings.cash,
    quote: facts.instruments[0]!.instrument.quote,
    metrics: facts.metrics,
    band: facts.band,
    stress: facts.stress,
    nearFaults: facts.nearFaults,
    luck: facts.luck,
    portfolio: facts.portfolio,
    models: facts.models,
    perpetuals: perpetualsUsed(facts),
    peer: facts.peer,
    notes: facts.notes,
    remarks: [
      ...facts.neverAsked,
      ...groundRemarks(facts, filters, result.funding !== 0),
      ...faultRemarks(facts),
      ...result.notes,
    ],
    split: facts.split,
    orders: { accepted: result.accepted, cut: result.cut, rejected: result.rejected, byFilter: result.rejectedBy },
    openTrades: result.openTrades,
    filters,
    certificates: facts.certificates,
    benchmark: facts.benchmark.name,
    riskFree: settings.riskFree,
    seed: facts.luck.seed,
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

/** Rates and what they came to, in the quote asset. */
function costsOf({ settings, result, instruments }: RunFacts): RunDocument['costs'] {
  const { costs, instrument } = instruments[0]!
  return {
    feeMaker: costs.feeMaker,
    feeTaker: costs.feeTaker,
    ...settings.feeTermsOf(instrument.venue),
    slippageBps: costs.slippageBps,
    fees: result.fees,
    slippage: result.slippage,
    funding: result.funding,
    none: settings.noCosts,
  }
}

/** Trades that the data's faults may have made. */
function faultRemarks({ nearFaults: near, metrics, instruments }: RunFacts): string[] {
  if (near.trades === 0) return []
  const money = (value: number) => `${value.toFixed(2)} ${instruments[0]!.instrument.quote}`
  return [
    `${near.trades} of ${metrics['trades']} trades began or ended within ${near.within} bars of a gap, an outage, a flat run or a bar without volume; they made ${money(near.pnl)}, and without them the net profit would be ${money(near.netProfitWithout)}`,
  ]
}

import { createHash } from 'node:crypto'
import { sliceBars } from '../core/bar.ts'
import type { FilterSnapshot, Instrument } from '../core/instrument.ts'
import type { RunResult } from '../core/run.ts'
import { barsSha256 } from '../data/hash.ts'
import type { GroundFacts, RunFacts } from './run-facts.ts'

/** What decides a run's bytes besides its bars, code and parameters, by name, as `verify` speaks of it. */
export const INPUTS = {
  settings: 'cash, limits of risk, execution or another setting',
  costs: 'fees or slippage',
  filters: 'filters',
  models: 'a model that was trained',
  warmup: 'the bars before the range, or the decimals of the stored prices',
  averages: 'the 1m bars behind PERCENT_PRICE',
  margin: 'leverage, margin mode or liquidation fee',
  tiers: 'leverage tiers',
  marks: 'mark prices',
  funding: 'funding rates, or the marks that they were charged on',
  detail: 'the finer bars of --detail',
  benchmark: 'the benchmark',
  certificates: 'what the import and the check of the data say',
} as const

/**
 * The same as hashes: every value as it was used, not as it was spelt, so that one input asked for in two ways is one run,
 * and two inputs never are. What no series of the run has is not among them.
 */
export function inputsOf(facts: GroundFacts & Pick<RunFacts, 'benchmark'>, to: number): Record<string, string> {
  const { settings, request, from, instruments } = facts
  const { cash, riskFree, limitTouch, feeAsset, noCosts, risk, band, execution } = settings
  const { closeAtEnd = false, stress = false } = request
  const values: Record<keyof typeof INPUTS, unknown> = {
    settings: { cash, riskFree, limitTouch, execution, risk, band, closeAtEnd, stress },
    costs: [
      { feeAsset, noCosts },
      ...instruments.map(({ instrument, costs }) => ({ costs, terms: settings.feeTermsOf(instrument.venue) })),
    ],
    filters: instruments.map(({ instrument }) => ({
      ...instrument,
      snapshots: snapshotsInForce(instrument, from, to),
    })),
    models: facts.models.used.length === 0 ? null : facts.models,
    // the decimals of the whole series: a finer price stored since sets the grid on which the indicators are exact
    warmup: instruments.map(({ bars }, k) => ({
      priceDecimals: bars.priceDecimals,
      rows: facts.warmups[k],
      sha256: barsSha256(sliceBars(bars, 0, facts.warmups[k]!)),
    })),
    averages: known(facts.averages),
    margin: known(facts.perpetuals.map((one) => one?.identity.margin)),
    tiers: known(facts.perpetuals.map((one) => one?.identity.tiers)),
    marks: known(facts.perpetuals.map((one) => one?.identity.marks)),
    funding: known(facts.perpetuals.map((one) => one?.identity.funding)),
    detail: known(facts.details.map((one) => one && { sha256: one.sha256, priceDecimals: one.bars.priceDecimals })),
    benchmark: { name: facts.benchmark.name, inputs: facts.benchmark.inputs },
    // the import's marks are in no column of the bars
    certificates: facts.certificates,
  }
  const given = Object.entries(values).filter(([, value]) => value !== null)
  return Object.fromEntries(given.map(([name, value]) => [name, sha256(value)]))
}

/** One entry a series; `null` where none has any. */
function known(entries: readonly unknown[]): readonly unknown[] | null {
  return entries.every((entry) => entry === null || entry === undefined) ? null : entries.map((entry) => entry ?? null)
}

/**
 * What came of a run whose code cannot be seen: two closures of one factory have the same text, so a run of an inline
 * strategy is known by its fills, events and plotted lines too.
 */
export function outcomeHash(tradeHash: string, events: RunResult['events'], plots: RunResult['plots']): string {
  const lines = plots.map(({ slot, name, values }) => [slot, name, createHash('sha256').update(values).digest('hex')])
  return sha256([tradeHash, events, lines])
}

/** The filters a range is judged by: those known at its start, or else the first known after, and what came inside it. */
export function snapshotsInForce({ snapshots }: Instrument, from: number, to: number): FilterSnapshot[] {
  const current = snapshots.findLast((snapshot) => snapshot.validFrom <= from) ?? snapshots[0]!
  const later = snapshots.filter((one) => one !== current && one.validFrom > from && one.validFrom < to)
  return [current, ...later]
}

export function sha256(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex')
}

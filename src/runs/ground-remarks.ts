import { NOT_KNOWN } from '../core/instrument.ts'
import type { RunDocument } from '../core/run.ts'
import { timeName } from '../core/time.ts'
import { executionRemarks } from './execution-settings.ts'
import type { GroundFacts } from './run-facts.ts'
import { snapshotsInForce } from './run-identity.ts'
import type { SimulateSlot } from './simulate.ts'

/** Filters in force, per symbol, by snapshot. */
export function filtersOf(
  slots: readonly Pick<SimulateSlot, 'instrument'>[],
  from: number,
  to: number,
): RunDocument['filters'] {
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

/** What is to be known of the filters that a replay keeps to: not known then, or not for long. */
export function filterRemarks(slots: readonly Pick<SimulateSlot, 'instrument'>[], from: number, to: number): string[] {
  const filters = filtersOf(slots, from, to)
  return [...assumedFilters(filters), ...oldFilters(filters, to), ...uncheckedFilters(filters)]
}

/** What a reader must know of a run before it is run. */
export function groundRemarks(facts: GroundFacts, filters: RunDocument['filters'], isFunded: boolean): string[] {
  return [
    ...(facts.settings.noCosts
      ? [`All costs${isFunded ? ' but funding' : ''} were set to zero: this result could not have been had.`]
      : []),
    ...feeRemarks(facts),
    ...modelRemarks(facts),
    ...executionRemarks(facts.settings.execution),
    ...riskRemarks(facts),
    ...assumedFilters(filters),
    ...oldFilters(filters, Math.max(...facts.used.map(({ openTime, length }) => openTime[length - 1]!))),
    ...uncheckedFilters(filters),
    ...facts.perpetuals.flatMap((one) => one?.remarks ?? []),
    ...facts.details.flatMap((one) => one?.remarks ?? []),
  ]
}

function assumedFilters(filters: RunDocument['filters']): string[] {
  return filters
    .filter((filter) => filter.assumed)
    .map(({ symbol, validFrom, source }) =>
      validFrom === null
        ? `${symbol}: filters are not known (${source}); fetch them with klinelab data get, or store them with klinelab data filters exchangeInfo.json`
        : `${symbol}: filters before ${timeName(validFrom).slice(0, 10)} are not known; those of ${source} are assumed`,
    )
}

function uncheckedFilters(filters: RunDocument['filters']): string[] {
  const unchecked = [...new Set(filters.flatMap((filter) => filter.notSimulated))]
  return unchecked.length > 0 ? [`Filters not simulated: ${unchecked.join(', ')}`] : []
}

/** Markets that are dearer than their venue's schedule. */
function feeRemarks({ instruments, settings }: GroundFacts): string[] {
  return instruments.flatMap(({ instrument: { venue, symbol }, costs }) => {
    const usual = settings.costsOf(venue)
    if (costs.feeTaker === usual.feeTaker && costs.feeMaker === usual.feeMaker) return []
    const text = (rate: number) => `${Number((100 * rate).toFixed(6))} %`
    return [
      `${symbol}: ${venue} charges ${text(costs.feeMaker)} of makers and ${text(costs.feeTaker)} of takers, more than its base tier; it is charged`,
    ]
  })
}

/** Whether models knew what they were asked of. */
function modelRemarks({ models: { used, inSample }, from }: GroundFacts): string[] {
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

/** Limits that held, and whose they were: of two the stricter did. */
function riskRemarks({ strategy, params, settings }: GroundFacts): string[] {
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
          `${symbol}: the newest filters that are known of this range are of ${timeName(from).slice(0, 10)}, and it goes on until ${timeName(to).slice(0, 10)}; klinelab data get fetches those of today, which hold from then on, klinelab data filters exchangeInfo.json stores those of the days before`,
        ],
  )
}

import { createHash } from 'node:crypto'
import { sliceBars } from '../core/bar.ts'
import { isPlain } from '../core/execution.ts'
import type { FilterSnapshot, Instrument } from '../core/instrument.ts'
import type { RunResult } from '../core/run.ts'
import { barsSha256 } from '../data/index.ts'
import { isPlainFee } from './fee-settings.ts'
import type { RunFacts } from './run-facts.ts'

/**
 * What decides a run's bytes besides the bars of its range, its code and its parameters: every value as it was used, not
 * as it was spelt, so that one input asked for in two ways is one run, and two inputs never are.
 */
export function configHash(facts: RunFacts, to: number): string {
  const { settings, request, from } = facts
  const { cash, riskFree, limitTouch, feeAsset, noCosts, risk } = settings
  return sha256({
    // what is plain was so before there was anything else
    ...(!isPlain(settings.execution) && { execution: settings.execution }),
    ...{ cash, riskFree, limitTouch, feeAsset, noCosts },
    ...(Object.keys(risk).length > 0 && { risk }),
    ...(settings.band !== 'repriced' && { band: settings.band }),
    closeAtEnd: request.closeAtEnd ?? false,
    benchmark: { name: facts.benchmark.name, inputs: facts.benchmark.inputs },
    series: facts.instruments.map(({ instrument, bars, costs }, k) => ({
      costs,
      ...(!isPlainFee(instrument.venue, settings.feeTermsOf(instrument.venue)) && {
        fees: settings.feeTermsOf(instrument.venue),
      }),
      instrument: { ...instrument, snapshots: snapshotsInForce(instrument, from, to) },
      // of the whole series: a finer price stored since sets the grid on which the indicators are exact
      priceDecimals: bars.priceDecimals,
      before: { rows: facts.warmups[k], sha256: barsSha256(sliceBars(bars, 0, facts.warmups[k]!)) },
      average: facts.averages[k],
      perpetual: facts.perpetuals[k]?.identity ?? null,
      ...(facts.details[k] != null && { detail: facts.details[k].sha256 }),
      // the import's marks are in no column of the bars
      certificate: facts.certificates[k],
    })),
  })
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

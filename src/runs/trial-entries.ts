import type { TrialVerb } from '../core/ledger.ts'
import type { Params, TimeRange, Trial, TrialOutcome } from '../core/search.ts'
import { resolveParams } from '../engine/index.ts'
import { type TrialEntry, trialId } from '../search/ledger-line.ts'
import { dataHash, settingsHash } from './count-trials.ts'
import { sha256 } from './run-identity.ts'
import type { SearchGround } from './search-manifest.ts'

/** Trials of a search as the ledger counts them: the same backtest made alone is the same trial. */
export function trialEntries(
  ground: SearchGround,
  trials: readonly Trial[],
  outcomes: readonly TrialOutcome[],
  verb: TrialVerb,
  run: string,
): TrialEntry[] {
  const at = Date.now()
  const { facts, manifest, used } = ground
  const { name } = facts.strategy
  const series = used.map((one) => one.series)
  const data = dataHash(used)
  const whole = { from: facts.from, to: Math.max(...used.map(({ to }) => to)) }
  const { request, inputs } = manifest
  const config = manifest.id
  const settingsOf = ({ from, to }: TimeRange, tradeHash: string) =>
    settingsHash({ reproduce: { request: request && { ...request, from, to }, config, inputs }, tradeHash })
  const ofWhole = settingsOf(whole, '')
  return trials.map(({ params, range }, k) => {
    const { status, objective, metrics, returns } = outcomes[k]!
    const { from, to } = range ?? whole
    const isSame = range === undefined && request !== null
    const settings = isSame ? ofWhole : settingsOf({ from, to }, request === null ? sha256(returns) : '')
    const bars = range === undefined ? data : sha256([data, from, to])
    const identity = { name, params: resolved(ground, params), data: bars, code: manifest.code, settings }
    return {
      ...{ ...identity, id: trialId(identity), at, verb, run, series, from, to, status },
      trades: metrics['trades'] ?? null,
      totalReturn: metrics['totalReturn'] ?? null,
      ...{ objective, returns },
    }
  })
}

/** As the strategy had them; as they were given, where it takes no such ones. */
function resolved({ facts, manifest }: SearchGround, params: Params): Params {
  const given = { ...manifest.fixed, ...params }
  try {
    return resolveParams(facts.strategy, given)
  } catch {
    return given
  }
}

import type { Figure } from '../core/findings.ts'
import type { RecordedRequest } from '../core/run.ts'
import type {
  Params,
  RecordedSearch,
  RecordedWalkForward,
  SearchRequest,
  SweepDocument,
  Trial,
  TrialOutcome,
  TrialRow,
} from '../core/search.ts'
import { parseSeries } from '../core/series.ts'
import { resolveParams } from '../engine/index.ts'
import { judgeOverfitting } from '../metrics/index.ts'
import type { Manifest } from '../search/backend.ts'
import { heatMaps } from '../search/heat-maps.ts'
import { plateauOf } from '../search/plateau.ts'
import { chooseRows, isComparable, type Ranked, rankTrials, spreadOf } from '../search/rank.ts'
import { filtersOf, groundRemarks } from './ground-remarks.ts'
import { VERSION } from './package-info.ts'
import { prunedRemarks, unprunedRemark } from './prune-remarks.ts'
import { BACKTEST, commandOf } from './reproduce.ts'
import { riskFreeRemark } from './risk-free-remark.ts'
import { sha256 } from './run-identity.ts'
import type { SearchGround } from './search-manifest.ts'
import { recordOfSearch, searchWords } from './search-words.ts'
import { defaultWarmup } from './simulate.ts'
import { unjudgedRemark } from './unjudged-remark.ts'
import type { WalkForwardPlan } from './walk-forward-plan.ts'

/** Rows that the report's table shows: the best, and others evenly down to the last. */
const [BEST_ROWS, OTHER_ROWS] = [200, 300]

const WALK_FORWARD = { name: 'walk-forward', script: 'runWalkForward' }

/** Everything that a sweep of a strategy has come to. */
export interface SweepFacts {
  readonly ground: SearchGround
  readonly search: SearchRequest
  readonly trials: readonly Trial[]
  readonly outcomes: readonly TrialOutcome[]
  readonly excluded: number
}

/** Names a search: of all that decides it. */
export function searchId(ground: { readonly manifest: Manifest }, search: SearchRequest, plan: unknown = null): string {
  return sha256({ manifest: ground.manifest.id, search, plan }).slice(0, 12)
}

/**
 * How the run of a search is called. What a script hands over can differ where its text does not, so such a run is known by what
 * came of it too.
 */
export function searchRunName(
  ground: SearchGround,
  search: SearchRequest,
  plan: WalkForwardPlan | null,
  outcomes: readonly TrialOutcome[],
): string {
  const id = searchId(ground, search, plan)
  const own = recordOfSearch(ground.manifest, search) === null ? sha256([id, outcomes]).slice(0, 12) : id
  return `${ground.facts.strategy.name}-${plan === null ? 'sweep' : 'walk-forward'}-${own}`
}

/** The documents' common part. */
export function searchHead(ground: SearchGround, search: SearchRequest, plan: WalkForwardPlan | null) {
  const { facts, manifest, used, prepared } = ground
  const { strategy, settings, instruments, from, warmups } = facts
  const { objective } = manifest
  const first = instruments[0]!
  const to = Math.max(...used.map((one) => one.to))
  const { feeMaker, feeTaker, slippageBps } = first.costs
  const own = recordOfSearch(manifest, search)
  const record: RecordedSearch | RecordedWalkForward | null = own === null || plan === null ? own : { ...own, plan }
  const verb = plan === null ? { name: 'sweep', script: 'runSweep' } : WALK_FORWARD
  const words = record === null ? [] : searchWords(record)
  return {
    name: strategy.name,
    search,
    fixed: manifest.fixed,
    data: used,
    range: { from, to, warmup: Math.max(...warmups) },
    engine: { version: VERSION, bars: facts.used.reduce((sum, { length }) => sum + length, 0) },
    costs: { feeMaker, feeTaker, slippageBps, none: settings.noCosts },
    quote: first.instrument.quote,
    cash: settings.cash,
    remarks: [
      ...groundRemarks(facts, filtersOf(instruments, from, to), false),
      ...unprunedRemark(search, plan !== null),
      ...riskFreeRemark(settings.riskFree),
    ],
    reproduce: {
      command: commandOf(record?.backtest ?? null, strategy, prepared.defaultWarmup, { ...verb, words }),
      request: record,
      code: manifest.code,
      inputs: { ...manifest.inputs, ...(objective.module !== null && { objective: objective.module.code }) },
      versions: { klinelab: VERSION },
    },
  }
}

/** `run.json` of a sweep. */
export function sweepDocument({ ground, search, trials, outcomes, excluded }: SweepFacts): SweepDocument {
  const { chosen, best, ...results } = searchResults({ search, trials, outcomes, excluded })
  const head = searchHead(ground, search, null)
  return {
    ...{ run: searchRunName(ground, search, null, outcomes), kind: 'sweep', subject: 'strategy' },
    ...head,
    ...results,
    remarks: [
      ...(best === null ? unjudgedRemark(outcomes, search.objective.name) : []),
      ...head.remarks,
      ...prunedRemarks(results.trials),
    ],
    best: best && { ...best, command: trialCommand(ground, best.params), edit: null },
    heldOut: null,
    overfitting:
      chosen?.returns == null
        ? null
        : judgeOverfitting(chosen.returns, outcomes, { trials: outcomes.length, trades: figureOf(chosen, 'trades') }),
  }
}

/** What trials have come to, whatever was searched. */
export function searchResults({ search, trials, outcomes, excluded }: Omit<SweepFacts, 'ground'>) {
  const { goal } = search.objective
  const ranked = rankTrials(outcomes, goal)
  const paramsOf = new Map(trials.map(({ number, params }) => [number, params]))
  const row = ({ rank, outcome }: Ranked): TrialRow => {
    const { number, status, objective, reason, metrics } = outcome
    return { rank, trial: number, params: paramsOf.get(number)!, status, objective, reason, metrics }
  }
  const first = ranked[0]
  const best = first !== undefined && isComparable(first.outcome) ? row(first) : null
  const count = (status: TrialOutcome['status']) => outcomes.filter((one) => one.status === status).length
  return {
    notes: notesOf(outcomes),
    trials: {
      ...{ all: outcomes.length, done: count('done'), pruned: count('pruned'), failed: count('failed') },
      excluded,
    },
    best,
    chosen: best === null ? null : first!.outcome,
    table: chooseRows(ranked, BEST_ROWS, OTHER_ROWS).map(row),
    spread: spreadOf(outcomes),
    plateau: best && plateauOf(search.dimensions, trials, outcomes, best.trial, goal),
    maps: heatMaps(search.dimensions, trials, outcomes, goal),
  }
}

function figureOf({ metrics }: TrialOutcome, key: string): number {
  const figure: Figure = metrics[key] ?? null
  return figure ?? 0
}

/** Why trials that are done have no objective. */
function notesOf(outcomes: readonly TrialOutcome[]): Record<string, string> {
  return Object.fromEntries(
    outcomes
      .filter(({ status, objective }) => status === 'done' && objective === null)
      .slice(0, BEST_ROWS)
      .map(({ number, reason }) => [`${number}.objective`, reason ?? 'it has none']),
  )
}

/** The backtest of one trial alone, to the same figures. @param change of what all trials have in common */
export function trialCommand(
  { manifest, facts }: SearchGround,
  params: Params,
  change: Partial<RecordedRequest> = {},
): string {
  const { strategy } = facts
  const set = resolveParams(strategy, { ...manifest.fixed, ...params })
  const record: RecordedRequest | null = manifest.request && { ...manifest.request, ...change, set }
  const used = record?.data.map(parseSeries) ?? facts.used.map(({ series }) => series)
  const own = Math.max(...used.map(({ interval }) => defaultWarmup(strategy, set, interval)))
  return commandOf(record, strategy, own, { ...BACKTEST, isWhole: true })
}

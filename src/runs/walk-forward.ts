import type { Fill } from '../core/fill.ts'
import type { Params, TrialOutcome, WalkForwardResult } from '../core/search.ts'
import type { Trade } from '../core/trade.ts'
import type { TrialBackend } from '../search/backend.ts'
import { isComparable, rankTrials } from '../search/rank.ts'
import { counterOf } from './count-trials.ts'
import { Interrupted } from './interrupted.ts'
import { runTrials, type StudyResult } from './run-trials.ts'
import type { SearchAsked, SearchHost } from './search-asked.ts'
import { SearchJournal } from './search-journal.ts'
import type { SearchGround } from './search-manifest.ts'
import { checkMemory } from './search-memory.ts'
import type { Settings } from './settings.ts'
import { backendOf, journalIn, planSearch } from './sweep.ts'
import { searchId, searchRunName } from './sweep-document.ts'
import { trialEntries } from './trial-entries.ts'
import { walkForwardDocument } from './walk-forward-document.ts'
import { stepsOf, type WalkForwardPlan } from './walk-forward-plan.ts'
import { type Chosen, playTests } from './walk-forward-tests.ts'

export interface WalkForward {
  readonly result: WalkForwardResult
  /** Of all windows, one after the other. */
  readonly studies: readonly StudyResult[]
  /** Open of the first bar of the test stretches, UTC ms. */
  readonly from: number
  /** Of the test stretches. */
  readonly trades: readonly Trade[]
  readonly fills: readonly Fill[]
  readonly ground: SearchGround
  readonly journal: SearchJournal
  readonly seconds: number
}

/**
 * Chooses parameters on one stretch and trades them on the next, window by window. Computed and not yet written.
 * @throws UsageError, DataError, Interrupted as `sweep`
 */
export async function walkForward(
  asked: SearchAsked,
  plan: WalkForwardPlan,
  settings: Settings,
  host: SearchHost = {},
): Promise<WalkForward> {
  const planned = await planSearch(asked, settings, host)
  const { ground, search, scene } = planned
  const { goal } = search.objective
  const run = searchRunName(ground, search, plan, [])
  const journal = new SearchJournal(
    journalIn(settings, host, ground),
    searchId(ground, search, plan),
    counterOf(host.counting, (trials, outcomes) => trialEntries(ground, trials, outcomes, 'walk-forward', run)),
  )
  let backend: TrialBackend | null = planned.threads
  try {
    const steps = stepsOf(
      plan,
      { from: scene.from, to: Math.max(...ground.used.map(({ to }) => to)) },
      ground.facts.used.map(({ series }) => series),
    )
    const studies = steps.map(({ train }) => ({ sampler: planned.sampler(), range: train }))
    const all = studies.length * search.trials
    checkMemory(scene, all, host.workers)
    const start = performance.now()
    backend = await backendOf(planned, host, { trials: all })
    const { prune, batch } = search
    const results = await runTrials(studies, {
      ...{ goal, prune, batch, backend, journal, host },
      isRepeated: host.backend === undefined,
    })
    if (host.signal?.aborted) throw new Interrupted('stopped before the test stretches; --resume goes on from there')
    const chosen = results.map((result) => chosenOf(result, goal))
    const played = await playTests(steps, chosen, planned)
    const document = walkForwardDocument({ planned, plan, steps, results, chosen, played })
    const { from, equity, benchmark, trades, fills } = played
    return {
      ...{ result: { document, equity, benchmark }, studies: results, from, trades, fills, ground, journal },
      seconds: (performance.now() - start) / 1000,
    }
  } catch (error) {
    throw journal.releasedAfter(error)
  } finally {
    await backend?.close()
  }
}

/** The best of a window's trials. */
function chosenOf({ trials, outcomes }: StudyResult, goal: 'max' | 'min'): Chosen {
  const [first] = rankTrials(outcomes, goal)
  if (first === undefined || !isComparable(first.outcome))
    return { params: null, outcome: null, reason: reasonOf(outcomes) }
  const params: Params = trials.find(({ number }) => number === first.outcome.number)!.params
  return { params, outcome: first.outcome, reason: null }
}

function reasonOf(outcomes: readonly TrialOutcome[]): string {
  const [first] = outcomes.filter(({ reason }) => reason !== null)
  return `no trial has an objective${first === undefined ? '' : `: ${first.reason}`}`
}

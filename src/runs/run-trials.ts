import type { Params, TimeRange, Trial, TrialOutcome } from '../core/search.ts'
import { quantile } from '../metrics/statistics.ts'
import type { TrialBackend } from '../search/backend.ts'
import type { Sampler, Told } from '../search/sampler-contract.ts'
import { checkRepeated, NotDeterministic, repeat } from './repeat-trial.ts'
import type { SearchHost } from './search-asked.ts'
import type { SearchJournal } from './search-journal.ts'
import { SearchProgress } from './search-progress.ts'
import { usage } from './usage-error.ts'
import { workersOf } from './workers-of.ts'

/** One search within a run: a sweep has one, a walk-forward one a window. */
export interface Study {
  readonly sampler: Sampler
  readonly range?: TimeRange
}

export interface StudyResult {
  readonly trials: readonly Trial[]
  /** In the order of the trials. */
  readonly outcomes: readonly TrialOutcome[]
}

export interface RunTrials {
  readonly goal: 'max' | 'min'
  readonly prune: number | null
  /** Trials of a study between two looks at what earlier ones came to, where they are pruned. */
  readonly batch: number
  readonly backend: TrialBackend
  readonly journal: SearchJournal
  readonly host: SearchHost
  /** Whether a trial is run twice, to see that it comes to the same. */
  readonly isRepeated: boolean
}

/** Earlier trials by which pruning is decided. */
const LOOKED_AT = 1024

/** Damaged lines of a journal that are told by number. */
const NAMED = 5

/**
 * Runs studies side by side, round by round: in each every study proposes, from what its own earlier trials came to. Trials are
 * numbered as they are proposed, so that numbers, proposals and thresholds hang on outcomes alone, never on who is faster.
 * @throws Interrupted where it was asked to stop, DataError where too many trials fail, UsageError where it would take too long
 */
export async function runTrials(studies: readonly Study[], options: RunTrials): Promise<readonly StudyResult[]> {
  const { journal } = options
  await journal.acquire()
  const total = studies.reduce((sum, { sampler }) => sum + sampler.total, 0)
  const progress = new SearchProgress(total, options)
  try {
    const results = await runRounds(studies, options, progress)
    journal.close()
    return results
  } catch (error) {
    // nothing of it is worth going on from
    if (error instanceof NotDeterministic) journal.remove()
    throw journal.releasedAfter(error)
  } finally {
    progress.close()
  }
}

async function runRounds(
  studies: readonly Study[],
  options: RunTrials,
  progress: SearchProgress,
): Promise<readonly StudyResult[]> {
  const { backend, journal, host } = options
  const { entries: known, damaged } = host.resume ? journal.read() : { entries: null, damaged: [] }
  if (host.resume !== true && journal.exists)
    host.onNotice?.(
      'the same search was stopped before its end; it begins anew, and with --resume would go on from there',
    )
  if (host.resume === true && !journal.exists)
    host.onNotice?.('there is nothing to go on from: no search of the same was stopped here; it begins')
  if (damaged.length > 0) host.onNotice?.(damageText(damaged))
  const states = studies.map((study) => new StudyState(study, options))
  let repeated: Promise<TrialOutcome | null> | null = null
  for (let number = 1; ; ) {
    const round: { readonly trial: Trial; readonly state: StudyState }[] = []
    for (const state of states) for (const trial of state.propose(() => number++)) round.push({ trial, state })
    if (round.length === 0) break
    const byNumber = new Map(round.map((one) => [one.trial.number, one]))
    const tell = (outcome: TrialOutcome, isNew: boolean) => {
      const { trial, state } = byNumber.get(outcome.number)!
      state.tell(outcome)
      if (isNew) journal.write(trial, outcome)
      progress.tell(trial, outcome, isNew)
    }
    const open: Trial[] = []
    for (const { trial } of round) {
      const before = known?.get(trial.number)
      if (before !== undefined && JSON.stringify(before.trial) === JSON.stringify(trial)) tell(before.outcome, false)
      else open.push(trial)
    }
    if (open.length > 0) {
      const done = backend.run(open, (outcome) => tell(outcome, true), progress.signal)
      // behind the last of them in the queue: who has nothing else to do any more runs it while others are still at theirs. A thread
      // that has run nothing yet would have nothing to keep
      if (options.isRepeated && number > progress.total && open.length > 1 && open.length >= workersOf(host))
        repeated = repeat(states[0]!.trials, backend, progress.signal)
      await done
    }
    progress.check()
  }
  const results = states.map((state) => state.result())
  // also where all of them were known: who computed them may not have come to this
  if (options.isRepeated && states[0]!.trials.length > 1)
    repeated ??= repeat(states[0]!.trials, backend, progress.signal)
  if (repeated !== null) {
    const again = await repeated
    // one that was stopped has come to nothing, which says nothing of the strategy
    progress.check()
    checkRepeated(results[0]!.outcomes, again!)
  }
  return results
}

function damageText(damaged: readonly string[]): string {
  const named = damaged.slice(0, NAMED).join(', ')
  const more = damaged.length > NAMED ? ` and ${damaged.length - NAMED} more` : ''
  return damaged.length === 1
    ? `${named}: the line is damaged and left out; its trial is computed again`
    : `${named}${more}: the lines are damaged and left out; their trials are computed again`
}

/** A study in hand. */
class StudyState {
  readonly #study: Study
  readonly #options: RunTrials
  readonly #trials: Trial[] = []
  readonly #outcomes = new Map<number, TrialOutcome>()
  /** Proposed by the sampler, and how many of them were tried. */
  #proposed: readonly Params[] = []
  #taken = 0

  constructor(study: Study, options: RunTrials) {
    this.#study = study
    this.#options = options
  }

  propose(number: () => number): readonly Trial[] {
    const { prune, batch } = this.#options
    if (this.#taken === this.#proposed.length) {
      // that a condition leaves nothing of numbers is known only after many were drawn
      this.#proposed = usage(() => this.#study.sampler.next(this.#told()))
      this.#taken = 0
    }
    const end = prune === null ? this.#proposed.length : Math.min(this.#proposed.length, this.#taken + batch)
    const { range } = this.#study
    const atLeast = prune === null ? null : this.#threshold()
    const trials = this.#proposed.slice(this.#taken, end).map(
      (params): Trial => ({
        ...{ number: number(), params },
        ...(range !== undefined && { range }),
        ...(prune !== null && { prune: { share: prune, atLeast } }),
      }),
    )
    this.#taken = end
    for (const trial of trials) this.#trials.push(trial)
    return trials
  }

  /** All that were proposed so far. */
  get trials(): readonly Trial[] {
    return this.#trials
  }

  tell(outcome: TrialOutcome): void {
    this.#outcomes.set(outcome.number, outcome)
  }

  result(): StudyResult {
    return { trials: this.#trials, outcomes: this.#trials.map(({ number }) => this.#outcomes.get(number)!) }
  }

  /** Samplers take the higher for the better; what was given up is worse than all that was not. */
  #told(): Told[] {
    const sign = this.#options.goal === 'max' ? 1 : -1
    return this.#trials.map(({ number, params }) => {
      const { status, objective } = this.#outcomes.get(number)!
      return { params, objective: status === 'done' && objective !== null ? sign * objective : null }
    })
  }

  /** Median of what earlier trials came to after the part that pruning looks at: of the last thousand, which tell as much as all. */
  #threshold(): number | null {
    const early = this.#trials.slice(-LOOKED_AT).flatMap(({ number }) => this.#outcomes.get(number)!.early ?? [])
    return early.length === 0
      ? null
      : quantile(
          early.sort((a, b) => a - b),
          0.5,
        )
  }
}

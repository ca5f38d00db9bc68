import type { Params, TimeRange, Trial, TrialOutcome } from '../core/search.ts'
import { DataError } from '../data/index.ts'
import { quantile } from '../metrics/statistics.ts'
import type { TrialBackend } from '../search/backend.ts'
import type { Sampler, Told } from '../search/sampler-contract.ts'
import { Interrupted } from './interrupted.ts'
import { checkRepeated, NotDeterministic, repeat } from './repeat-trial.ts'
import type { SearchAt, SearchHost } from './search-asked.ts'
import type { SearchJournal } from './search-journal.ts'
import { mega } from './search-memory.ts'
import { UsageError } from './usage-error.ts'
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

/** Share of trials that may fail before the search stops, and how many may at least. */
const [MOST_FAILED, ONE_FAILED] = [0.05, 1]

/** Earlier trials by which pruning is decided. */
const LOOKED_AT = 1024

/** Share of the trials by which the time of all is forecast, and seconds before it is. */
const [PROBE, PROBE_SECONDS] = [0.01, 2]

/** Trials before which a process grows by what it has to learn, and not by what it keeps. */
const LEAST_WEIGHED = 256

/**
 * Runs studies side by side, round by round: in each every study proposes, from what its own earlier trials came to. Trials are
 * numbered as they are proposed, so that numbers, proposals and thresholds hang on outcomes alone, never on who is faster.
 * @throws Interrupted where it was asked to stop, DataError where too many trials fail, UsageError where it would take too long
 */
export async function runTrials(studies: readonly Study[], options: RunTrials): Promise<readonly StudyResult[]> {
  const { journal } = options
  await journal.acquire()
  try {
    const results = await runRounds(studies, options)
    journal.close()
    return results
  } catch (error) {
    // nothing of it is worth going on from
    if (error instanceof NotDeterministic) journal.remove()
    throw journal.releasedAfter(error)
  }
}

async function runRounds(studies: readonly Study[], options: RunTrials): Promise<readonly StudyResult[]> {
  const { backend, journal, host } = options
  const known = host.resume ? journal.read() : new Map()
  if (host.resume !== true && journal.exists)
    host.onNotice?.(
      'the same search was stopped before its end; it begins anew, and with --resume would go on from there',
    )
  if (host.resume === true && !journal.exists)
    host.onNotice?.('there is nothing to go on from: no search of the same was stopped here; it begins')
  const progress = new Progress(studies, options)
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
      progress.tell(outcome, isNew)
    }
    const open: Trial[] = []
    for (const { trial } of round) {
      const before = known.get(trial.number)
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
      this.#proposed = this.#study.sampler.next(this.#told())
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

/** Counts outcomes, tells how far the search is, and stops it where it must not go on. */
class Progress {
  readonly #options: RunTrials
  /** Trials of all studies; fewer where their constraint leaves fewer. */
  readonly total: number
  readonly #start = performance.now()
  readonly #stop = new AbortController()
  readonly #failed: TrialOutcome[] = []
  #done = 0
  /** In this process. */
  computed = 0
  #best: SearchAt['best'] = null
  #reason: (() => Error) | null = null
  #isWeighed = false
  readonly #rss = process.memoryUsage.rss()

  constructor(studies: readonly Study[], options: RunTrials) {
    this.#options = options
    this.total = studies.reduce((sum, { sampler }) => sum + sampler.total, 0)
    const { signal } = options.host
    const onAbort = () =>
      this.#end(
        () => new Interrupted(`stopped after ${this.#done} of ${this.total} trials; --resume goes on from there`),
      )
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  tell(outcome: TrialOutcome, isNew: boolean): void {
    this.#done++
    if (isNew) this.computed++
    const { goal, host } = this.#options
    const { number: trial, objective, status } = outcome
    if (status === 'failed') this.#countFailed(outcome)
    const isBetter = (than: number) => (goal === 'max' ? objective! > than : objective! < than)
    if (status === 'done' && objective !== null && (this.#best === null || isBetter(this.#best.objective)))
      this.#best = { trial, objective }
    const seconds = (performance.now() - this.#start) / 1000
    const rate = this.computed > 0 && seconds > 0 ? this.computed / seconds : null
    const secondsLeft = rate === null ? null : (this.total - this.#done) / rate
    this.#checkTime(seconds, secondsLeft)
    this.#checkMemory(seconds)
    host.onTrials?.({
      ...{ done: this.#done, total: this.total, failed: this.#failed.length },
      ...{ best: this.#best, rate, secondsLeft },
    })
  }

  /** @throws what the search was stopped for, as it stands when the trials that were at hand then are done */
  check(): void {
    if (this.#reason !== null) throw this.#reason()
  }

  #countFailed(outcome: TrialOutcome): void {
    this.#failed.push(outcome)
    const most = Math.max(ONE_FAILED, Math.floor(MOST_FAILED * this.total))
    if (this.#failed.length <= most) return
    this.#end(() => {
      const first = this.#failed.sort((a, b) => a.number - b.number).slice(0, 3)
      const reasons = first.map(({ number, reason }) => `\n  trial ${number}: ${reason}`)
      return new DataError(
        `${this.#failed.length} of ${this.total} trials have failed, more than the ${most} that may (5 %), so the search stopped. Leave such parameters out with --where, or mend what fails:${reasons.join('')}`,
      )
    })
  }

  /** Once, when a hundredth of the trials is done, or as many as tell how a process grows. */
  #checkMemory(seconds: number): void {
    if (this.#isWeighed || this.computed < Math.max(PROBE * this.total, LEAST_WEIGHED) || seconds < PROBE_SECONDS)
      return
    this.#isWeighed = true
    const grown = process.memoryUsage.rss() - this.#rss
    const needed = (grown / this.computed) * (this.total - this.#done)
    const there = process.availableMemory()
    if (needed <= there) return
    const reason = new UsageError(
      `${this.total} trials would need about ${mega(needed)} more, by the first ${this.computed}, and ${mega(there)} are left: take fewer trials, fewer --workers, or a shorter range. What is done is kept: --resume goes on`,
    )
    this.#end(() => reason)
  }

  #checkTime(seconds: number, secondsLeft: number | null): void {
    const { maxSeconds = Number.POSITIVE_INFINITY } = this.#options.host
    if (secondsLeft === null || this.computed < PROBE * this.total || seconds < PROBE_SECONDS) return
    if (seconds + secondsLeft <= maxSeconds) return
    const reason = new UsageError(
      `${this.total} trials would take about ${inWords(seconds + secondsLeft)}, by the first ${this.computed}, more than --max-time ${inWords(maxSeconds)}: try fewer (--method sobol --trials 200), a shorter range, more --workers, or allow more time. What is done is kept: --resume goes on`,
    )
    this.#end(() => reason)
  }

  #end(reason: () => Error): void {
    this.#reason ??= reason
    this.#stop.abort()
  }
}

/** Seconds as a person says them. */
export function inWords(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} s`
  if (seconds < 5400) return `${Math.round(seconds / 60)} min`
  return seconds < 172_800 ? `${(seconds / 3600).toFixed(1)} h` : `${(seconds / 86_400).toFixed(1)} days`
}

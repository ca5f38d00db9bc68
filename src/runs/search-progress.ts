import type { Trial, TrialOutcome } from '../core/search.ts'
import { DataError } from '../data/index.ts'
import type { TrialBackend } from '../search/backend.ts'
import { Interrupted } from './interrupted.ts'
import type { SearchAt, SearchHost } from './search-asked.ts'
import type { SearchJournal } from './search-journal.ts'
import { forecastMemory, heapBytes } from './search-memory.ts'
import { UsageError } from './usage-error.ts'

/** Share of trials that may fail before the search stops, and how many may at least. */
const [MOST_FAILED, ONE_FAILED] = [0.05, 1]

/** Share of the trials by which the time and memory of all is forecast, and seconds before it is. */
const [PROBE, PROBE_SECONDS] = [0.01, 2]

/** Trials by which it is known what one keeps. */
const WEIGHED = 256

/** A trial is slow that takes so many seconds, and so many times as long as the others; or so many where none is done yet. */
const [SLOW_SECONDS, SLOW_TIMES, SLOW_FIRST] = [10, 20, 60]
const LOOK_MS = 1000

/** What of a search its progress hangs on. */
interface Watched {
  readonly goal: 'max' | 'min'
  readonly backend: Pick<TrialBackend, 'running'>
  readonly journal: Pick<SearchJournal, 'flush'>
  readonly host: SearchHost
}

/** Counts outcomes, tells how far the search is, and stops it where it must not go on. */
export class SearchProgress {
  readonly #options: Watched
  readonly total: number
  readonly #start = performance.now()
  readonly #stop = new AbortController()
  readonly #failed: TrialOutcome[] = []
  #done = 0
  /** Of these what was run, not known from the journal. */
  #computed = 0
  #best: SearchAt['best'] = null
  #reason: (() => Error) | null = null
  /** Bytes that the first trials keep, and how many these are. */
  #kept = 0
  #weighed = 0
  /** When the last outcome came. */
  #told = this.#start
  readonly #timer: NodeJS.Timeout
  #slow: SearchAt['slow'] = null
  readonly #named = new Set<number>()
  /** Trials that were running at once, at most. */
  #most = 0

  /** @param total trials of all studies; fewer where their constraint leaves fewer */
  constructor(total: number, options: Watched) {
    this.#options = options
    this.total = total
    const { signal } = options.host
    const onAbort = () =>
      this.#end(
        () => new Interrupted(`stopped after ${this.#done} of ${this.total} trials; --resume goes on from there`),
      )
    signal?.addEventListener('abort', onAbort, { once: true })
    if (signal?.aborted) onAbort()
    this.#timer = setInterval(() => this.#look(), LOOK_MS).unref()
  }

  /** Nothing more comes. */
  close(): void {
    clearInterval(this.#timer)
  }

  get signal(): AbortSignal {
    return this.#stop.signal
  }

  tell(trial: Trial, outcome: TrialOutcome, isNew: boolean): void {
    this.#done++
    if (isNew) this.#computed++
    const { goal } = this.#options
    const { objective, status } = outcome
    if (status === 'failed') this.#countFailed(outcome)
    const isBetter = (than: number) => (goal === 'max' ? objective! > than : objective! < than)
    if (status === 'done' && objective !== null && (this.#best === null || isBetter(this.#best.objective)))
      this.#best = { trial: trial.number, objective }
    this.#told = performance.now()
    const { seconds, secondsLeft } = this.#pace()
    this.#checkTime(seconds, secondsLeft)
    this.#checkMemory(trial, outcome)
    this.#say()
  }

  /** @throws what the search was stopped for, as it stands when the trials that were at hand then are done */
  check(): void {
    if (this.#reason !== null) throw this.#reason()
  }

  /** Seconds so far, trials a second, and seconds that are left at that. */
  #pace(): { readonly seconds: number } & Pick<SearchAt, 'rate' | 'secondsLeft'> {
    const seconds = (performance.now() - this.#start) / 1000
    const rate = this.#computed > 0 && seconds > 0 ? this.#computed / seconds : null
    return { seconds, rate, secondsLeft: rate === null ? null : (this.total - this.#done) / rate }
  }

  #say(): void {
    const { rate, secondsLeft } = this.#pace()
    this.#options.host.onTrials?.({
      ...{ done: this.#done, total: this.total, failed: this.#failed.length },
      ...{ best: this.#best, rate, secondsLeft, slow: this.#slow },
    })
  }

  /** What is done is kept, and a trial that may never end is named: who waits can end the search only by force then. */
  #look(): void {
    try {
      this.#options.journal.flush()
      this.#nameSlow()
    } catch (error) {
      // of a full disk, or of whoever listens: in a timer nobody else would hear of it
      this.#end(() => error as Error)
    }
  }

  #nameSlow(): void {
    const before = this.#slow
    this.#slow = this.#slowest()
    if (this.#slow === null && before === null) return
    this.#say()
    if (this.#slow === null || this.#named.has(this.#slow.trial)) return
    this.#named.add(this.#slow.trial)
    this.#options.host.onNotice?.(
      `${slowText(this.#slow)}; should it never end, a second Ctrl-C ends the search, and what is done is kept`,
    )
  }

  #slowest(): SearchAt['slow'] {
    const running = this.#options.backend.running?.() ?? []
    const [first] = running.toSorted((a, b) => a.since - b.since)
    if (first === undefined) return null
    const seconds = (performance.now() - first.since) / 1000
    // towards the end few are left of those that made the pace
    this.#most = Math.max(this.#most, running.length)
    const mean = ((this.#told - this.#start) / 1000) * (this.#most / this.#computed)
    const most = this.#computed === 0 ? SLOW_FIRST : Math.max(SLOW_SECONDS, SLOW_TIMES * mean)
    const { number, params } = first.trial
    return seconds > most ? { trial: number, params, seconds } : null
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

  /** Once: all trials keep what the first ones do. What else a process grows by in its first seconds it does once. */
  #checkMemory(trial: Trial, outcome: TrialOutcome): void {
    if (this.#weighed === WEIGHED) return
    this.#kept += heapBytes(trial) + heapBytes(outcome)
    if (++this.#weighed < WEIGHED) return
    const advice = forecastMemory(this.#kept / WEIGHED, this.total, this.#done)
    if (advice === null) return
    const reason = new UsageError(`${advice} What is done is kept: --resume goes on`)
    this.#end(() => reason)
  }

  #checkTime(seconds: number, secondsLeft: number | null): void {
    const { maxSeconds = Number.POSITIVE_INFINITY } = this.#options.host
    if (secondsLeft === null || this.#computed < PROBE * this.total || seconds < PROBE_SECONDS) return
    if (seconds + secondsLeft <= maxSeconds) return
    const reason = new UsageError(
      `${this.total} trials would take about ${inWords(seconds + secondsLeft)}, by the first ${this.#computed}, more than --max-time ${inWords(maxSeconds)}: try fewer (--method sobol --trials 200), a shorter range, more --workers, or allow more time. What is done is kept: --resume goes on`,
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

/** A trial that takes long, in words. */
export function slowText({ trial, params, seconds }: NonNullable<SearchAt['slow']>): string {
  const named = Object.entries(params).map(([name, value]) => `${name}=${value}`)
  return `trial ${trial} (${named.join(', ')}) has run for ${inWords(seconds)}`
}

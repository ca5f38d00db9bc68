import type { Trial, TrialOutcome } from '../../core/search.ts'

/** Trials that one worker computes at a time, and how often they have been tried. */
export interface Task {
  readonly trials: readonly Trial[]
  /** Tries that have failed. */
  readonly tries: number
}

/** After so many a trial is given up. */
export const TRIES = 3
/** A job is worth the way to a worker and back, and little enough to be lost. */
const JOB_MS = 1000
const MOST_TRIALS = 64

/** The trials of a search that no worker has yet: makes jobs of them, and of jobs that failed smaller ones. */
export class WorkList {
  #trials: readonly Trial[] = []
  #next = 0
  /** What has failed before goes first: the sweep must not wait for it at its end. */
  #again: Task[] = []
  #msPerTrial: number | null = null
  readonly #fixed: number | null

  /** @param fixed trials a job; `null`: as many as take about a second */
  constructor(fixed: number | null) {
    this.#fixed = fixed
  }

  start(trials: readonly Trial[]): void {
    this.#trials = trials
    this.#next = 0
    this.#again = []
  }

  get isEmpty(): boolean {
    return this.#again.length === 0 && this.#next >= this.#trials.length
  }

  /** @param slots how many jobs all workers hold at once: towards the end there must be something for each */
  take(slots: number): Task | undefined {
    const again = this.#again.shift()
    if (again !== undefined || this.isEmpty) return again
    const start = this.#next
    this.#next = Math.min(this.#trials.length, start + this.#size(slots))
    return { trials: this.#trials.slice(start, this.#next), tries: 0 }
  }

  #size(slots: number): number {
    if (this.#fixed !== null) return this.#fixed
    if (this.#msPerTrial === null) return 1
    const worthwhile = Math.min(MOST_TRIALS, Math.floor(JOB_MS / this.#msPerTrial))
    return Math.max(1, Math.min(worthwhile, Math.ceil((this.#trials.length - this.#next) / (2 * slots))))
  }

  learn(trials: number, ms: number): void {
    const now = ms / trials
    this.#msPerTrial = Math.max(0.01, this.#msPerTrial === null ? now : 0.8 * this.#msPerTrial + 0.2 * now)
  }

  /** Back as it was: what became of it was nobody's fault. */
  giveBack(task: Task): void {
    this.#again.push(task)
  }

  /** Each trial by itself from now on, so that one that kills its worker takes no neighbour with it; outcomes of those given up. */
  fail({ trials, tries }: Task, reason: string): TrialOutcome[] {
    if (tries + 1 >= TRIES) return trials.map(({ number }) => givenUp(number, reason))
    for (const trial of trials) this.#again.push({ trials: [trial], tries: tries + 1 })
    return []
  }
}

function givenUp(number: number, reason: string): TrialOutcome {
  return {
    ...{ number, status: 'failed', objective: null, metrics: {}, returns: null },
    reason: `given up after ${TRIES} tries, the last: ${reason}`,
  }
}

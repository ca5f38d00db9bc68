import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Trial, TrialOutcome } from '../core/search.ts'
import { DataError, threadOptions } from '../data/index.ts'
import { StrategyError } from '../engine/index.ts'
import type { TrialBackend } from '../search/backend.ts'
import { unboxed } from './search-memory.ts'
import { abandon, type MakeRoom, type SharedIndicator } from './shared-indicators.ts'
import { threadLogs } from './strategy-logs.ts'
import type { TrialBatch, TrialBrief, TrialNews } from './trial-thread.ts'

/** Most that a run makes dies young: more room for it would only be more memory. Measured: 12 MB are 15 MB less a thread, and a twentieth more time. */
const YOUNG = { maxYoungGenerationSizeMb: 20 }

const WORKER = new URL(`./trial-thread${extname(import.meta.url)}`, import.meta.url)

/** How long a thread may go on that nobody waits for any more, ms: what its trials left behind and still runs may have something to say. */
const FAREWELL_MS = 5000

/** Trials that a thread is handed at once: enough that handing over costs nothing, few enough that all end together. */
const MOST_AT_ONCE = 32

interface Thread {
  readonly worker: Worker
  /** Of the columns that have been made room for, how many it knows. */
  known: number
  /** What it is at, and of the trials that it was handed those that it has not told of. */
  work: Work | null
  trials: readonly Trial[]
  /** When it began with the first of these. */
  since: number
  isAlone: boolean
  /** The first trial that it ran: what a module keeps from then on is of that one. */
  first: number | null
  /** Whether it is there for nothing but to run a trial again. */
  readonly isApart: boolean
}

/** Trials that were asked for at once, and what is left of them. */
interface Work {
  readonly trials: readonly Trial[]
  readonly tell: (outcome: TrialOutcome) => void
  readonly done: PromiseWithResolvers<void>
  next: number
  /** Of threads that ended in the midst of them: each is tried once more, alone. */
  readonly alone: Trial[]
  /** Batches that threads have of it. */
  begun: number
  isStopped: boolean
  /** The same, for the threads at it. */
  readonly stop: Int32Array
  /** Whether it is for this thread rather than for others. */
  readonly isFor: (thread: Thread) => boolean
}

const forAll = ({ isApart }: Thread) => !isApart

/** Computes trials on threads of this process, which share all columns. */
export class TrialThreads implements TrialBackend {
  #brief: TrialBrief | null = null
  #makeRoom: MakeRoom = () => []
  readonly #shared: SharedIndicator[] = []
  readonly #threads: Thread[] = []
  /** In the order in which they were asked for. */
  readonly #works: Work[] = []
  #fault: Error | null = null
  readonly #patience: number

  /**
   * They begin to load what they run at once: whoever starts them reads bars meanwhile.
   * @param patience ms that a trial may go on once its search was stopped; then its thread is ended, and another begins
   */
  constructor(threads: number, patience = Number.POSITIVE_INFINITY) {
    this.#patience = patience
    while (this.#threads.length < threads) this.#begin()
  }

  /**
   * What the trials are of; before the first of them, and once.
   * @param subject its columns lie in shared memory (`shareColumns`)
   * @param makeRoom for what trials share; what has none each trial computes by itself
   */
  brief(subject: TrialBrief['subject'], makeRoom: MakeRoom = () => []): this {
    this.#brief = { subject }
    this.#makeRoom = makeRoom
    for (const { worker } of this.#threads) worker.postMessage(this.#brief)
    return this
  }

  async run(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void, signal?: AbortSignal): Promise<void> {
    await this.#run(trials, tell, signal, forAll)
  }

  /**
   * The first of these trials on a thread that began with another one: a variable that a module sets once has another value there. Where
   * there is none, the last of them on a thread that begins with it.
   */
  async again(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void, signal?: AbortSignal): Promise<void> {
    const [first] = trials
    // a model is data, and learns for minutes
    if (first === undefined || this.#isSlow) return this.run(trials.slice(0, 1), tell, signal)
    const hasBegunElse = (thread: Thread) => thread.first !== null && thread.first !== first.number
    if (this.#threads.some(hasBegunElse)) return this.#run([first], tell, signal, hasBegunElse)
    this.#begin(true)
    return this.#run(trials.slice(-1), tell, signal, ({ isApart }) => isApart)
  }

  running(): readonly { readonly trial: Trial; readonly since: number }[] {
    return this.#threads.flatMap(({ work, trials: [trial], since }) => (work && trial ? [{ trial, since }] : []))
  }

  async #run(
    trials: readonly Trial[],
    tell: (outcome: TrialOutcome) => void,
    signal: AbortSignal | undefined,
    isFor: Work['isFor'],
  ): Promise<void> {
    if (this.#fault !== null) throw this.#fault
    const work: Work = {
      ...{ trials, tell, done: Promise.withResolvers<void>(), next: 0, alone: [], begun: 0, isStopped: false },
      ...{ stop: new Int32Array(new SharedArrayBuffer(4)), isFor },
    }
    const stop = () => this.#stop(work)
    signal?.addEventListener('abort', stop, { once: true })
    this.#works.push(work)
    try {
      if (signal?.aborted) stop()
      for (const thread of this.#threads) if (thread.work === null) this.#next(thread)
      if (trials.length === 0) this.#end(work)
      await work.done.promise
    } finally {
      this.#works.splice(this.#works.indexOf(work), 1)
      signal?.removeEventListener('abort', stop)
    }
  }

  /** A model may learn for minutes: it is handed over trial by trial, and who stops does not wait for the one at hand. */
  get #isSlow(): boolean {
    return this.#brief?.subject.kind === 'model'
  }

  /**
   * Threads at work end with the trial at hand, if that ends soon; those at a model's are ended in it, and those that were never told of
   * any at once.
   */
  async close(): Promise<void> {
    for (const { stop } of this.#works) Atomics.store(stop, 0, 1)
    const before = this.#fault
    const endAll = () => {
      for (const { worker } of this.#threads) void worker.terminate()
    }
    const timer = setTimeout(endAll, Math.min(this.#patience, FAREWELL_MS))
    await Promise.all(
      this.#threads.map(({ worker, work }) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        worker.removeAllListeners('exit').once('exit', () => resolve())
        worker.postMessage(null)
        const isWaitedFor = this.#fault === null && this.#brief !== null && (work === null || !this.#isSlow)
        return isWaitedFor ? promise : worker.terminate()
      }),
    )
    clearTimeout(timer)
    // of what a trial left behind, after the last of them
    if (this.#fault !== before) throw this.#fault
  }

  #hear(thread: Thread, outcome: TrialOutcome): void {
    const work = thread.work!
    thread.trials = thread.trials.filter(({ number }) => number !== outcome.number)
    thread.since = performance.now()
    if (!this.#isDropped(work)) this.#tell(work, unboxed(outcome))
  }

  #free(thread: Thread, fault: string | null): void {
    const work = thread.work!
    thread.work = null
    work.begun--
    if (fault !== null) return this.#fail(fault)
    this.#next(thread)
    this.#end(work)
  }

  #tell(work: Work, outcome: TrialOutcome): void {
    try {
      work.tell(outcome)
    } catch (error) {
      // whoever asked cannot go on: a full disk, for one
      work.done.reject(error)
      this.#stop(work)
    }
  }

  #begin(isApart = false): void {
    const worker = new Worker(WORKER, { ...threadOptions(), workerData: threadLogs(), resourceLimits: YOUNG })
    if (this.#brief !== null) worker.postMessage(this.#brief)
    const thread: Thread = { worker, known: 0, work: null, trials: [], since: 0, isAlone: false, first: null, isApart }
    let lastWords: string | null = null
    this.#threads.push(thread)
    worker.on('message', (news: TrialNews) => {
      if ('outcome' in news) this.#hear(thread, news.outcome)
      else if ('fault' in news) this.#free(thread, news.fault)
      else
        this.#endAll(
          new StrategyError(`${news.stray} Which trial it was of nobody can tell, so the search was stopped.`),
        )
    })
    worker.on('messageerror', ({ message }) => this.#fail(message))
    worker.on('error', ({ message }) => {
      lastWords = message
    })
    worker.on('exit', (code) => this.#replace(thread, lastWords ?? `it ended with code ${code}`))
  }

  /** The next trials of what was asked for. */
  #take(work: Work): readonly Trial[] {
    const left = work.trials.length - work.next
    const most = this.#isSlow ? 1 : MOST_AT_ONCE
    const count = Math.max(1, Math.min(most, Math.floor(left / (4 * this.#threads.length))))
    const trials = work.trials.slice(work.next, work.next + count)
    work.next += count
    return trials
  }

  #next(thread: Thread): void {
    const work = this.#works.find((one) => {
      const { trials, next, alone, isStopped, isFor } = one
      // where all that it is for have ended, it is anybody's
      const isMeant = isFor(thread) || !this.#threads.some(isFor)
      return (next < trials.length || alone.length > 0) && !isStopped && isMeant
    })
    if (work === undefined) return
    thread.isAlone = work.next === work.trials.length
    const trials = thread.isAlone ? work.alone.splice(0, 1) : this.#take(work)
    work.begun++
    thread.work = work
    thread.trials = trials
    thread.since = performance.now()
    thread.first ??= trials[0]!.number
    for (const trial of trials) this.#shared.push(...this.#makeRoom(trial))
    const batch: TrialBatch = { trials, shared: this.#shared.slice(thread.known), stop: work.stop }
    thread.known = this.#shared.length
    thread.worker.postMessage(batch)
  }

  /**
   * A thread has ended by itself. Where it was at trials, one of them did it: each is tried once more with nothing beside it, and
   * one that ends its thread again has failed. Where it was at none, no other would fare better.
   */
  #replace(thread: Thread, reason: string): void {
    const { work, trials } = thread
    this.#threads.splice(this.#threads.indexOf(thread), 1)
    if (work === null) return this.#fail(reason)
    work.begun--
    const [only] = trials
    if (!work.isStopped && trials.length === 1 && thread.isAlone) {
      const told = `it ended the thread that ran it (${reason.split('\n')[0]})`
      const failed = { status: 'failed', objective: null, reason: told, metrics: {}, returns: null } as const
      this.#tell(work, { number: only!.number, ...failed })
    } else if (!work.isStopped) work.alone.push(...trials)
    // what it was computing for all nobody else waits for
    for (const { state } of this.#shared) abandon(state)
    this.#begin(thread.isApart)
    this.#next(this.#threads.at(-1)!)
    this.#end(work)
  }

  /** What nobody waits for any more is not begun. */
  #stop(work: Work): void {
    work.isStopped = true
    Atomics.store(work.stop, 0, 1)
    const endAtWork = () => {
      for (const thread of this.#threads) if (thread.work === work) void thread.worker.terminate()
    }
    if (this.#patience < Number.POSITIVE_INFINITY) setTimeout(endAtWork, this.#patience).unref()
    this.#end(work)
  }

  #end(work: Work): void {
    if (this.#isDropped(work)) work.done.resolve()
    const isOver = work.next === work.trials.length && work.alone.length === 0
    if (work.begun === 0 && (work.isStopped || isOver)) work.done.resolve()
  }

  /** Whether nobody waits for what threads still have of it. */
  #isDropped({ isStopped }: Work): boolean {
    return isStopped && this.#isSlow
  }

  #fail(reason: string): void {
    this.#endAll(
      new DataError(
        `a thread that runs trials could not be started or kept (${reason.split('\n')[0]}); what was done before is kept, and --resume goes on. Where memory ran out, take fewer --workers or a shorter range`,
      ),
    )
  }

  #endAll(fault: Error): void {
    this.#fault ??= fault
    for (const { done } of this.#works) done.reject(this.#fault)
  }
}

import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import type { Trial, TrialOutcome } from '../core/search.ts'
import { DataError, threadOptions } from '../data/index.ts'
import { resolveParams, type Strategy } from '../engine/index.ts'
import type { TrialBackend } from '../search/backend.ts'
import { IndicatorPlan, type SharedIndicator } from './shared-indicators.ts'
import type { TrialAnswer, TrialBatch, TrialBrief } from './trial-thread.ts'

const WORKER = new URL(`./trial-thread${extname(import.meta.url)}`, import.meta.url)

/** Trials that a thread is handed at once: enough that handing over costs nothing, few enough that all end together. */
const MOST_AT_ONCE = 32

interface Thread {
  readonly worker: Worker
  /** Of the columns that have been made room for, how many it knows. */
  known: number
  /** What it is at. */
  work: Work | null
}

/** Trials that were asked for at once, and what is left of them. */
interface Work {
  readonly trials: readonly Trial[]
  readonly tell: (outcome: TrialOutcome) => void
  readonly done: PromiseWithResolvers<void>
  next: number
  /** Batches that threads have of it. */
  begun: number
  isStopped: boolean
}

/** Computes trials on threads of this process, which share all columns. */
export class TrialThreads implements TrialBackend {
  readonly #strategy: Strategy
  readonly #brief: TrialBrief
  readonly #plan: IndicatorPlan
  readonly #shared: SharedIndicator[] = []
  readonly #threads: Thread[] = []
  /** In the order in which they were asked for. */
  readonly #works: Work[] = []
  #fault: Error | null = null

  /**
   * @param brief its scene's columns lie in shared memory (`shareScene`)
   * @param budget bytes that columns of indicators may take; what does not fit each run computes by itself
   */
  constructor(strategy: Strategy, brief: Omit<TrialBrief, 'stop'>, threads: number, budget: number) {
    this.#strategy = strategy
    this.#brief = { ...brief, stop: new Int32Array(new SharedArrayBuffer(4)) }
    this.#plan = new IndicatorPlan(
      brief.scene.slots.map(({ bars }) => bars),
      budget,
    )
    while (this.#threads.length < threads)
      this.#start(new Worker(WORKER, { workerData: this.#brief, ...threadOptions() }))
  }

  async run(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void, signal?: AbortSignal): Promise<void> {
    if (this.#fault !== null) throw this.#fault
    const work = { trials, tell, done: Promise.withResolvers<void>(), next: 0, begun: 0, isStopped: false }
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
      if (this.#works.every(({ isStopped }) => !isStopped)) Atomics.store(this.#brief.stop, 0, 0)
    }
  }

  /** Threads at work end with the trial at hand. */
  async close(): Promise<void> {
    Atomics.store(this.#brief.stop, 0, 1)
    await Promise.all(
      this.#threads.map(({ worker }) => {
        const { promise, resolve } = Promise.withResolvers<void>()
        worker.removeAllListeners('exit').once('exit', () => resolve())
        worker.postMessage(null)
        return this.#fault === null ? promise : worker.terminate()
      }),
    )
  }

  #start(worker: Worker): void {
    const thread: Thread = { worker, known: 0, work: null }
    this.#threads.push(thread)
    worker.on('message', ({ outcomes, fault }: TrialAnswer) => {
      const work = thread.work!
      thread.work = null
      for (const outcome of outcomes) work.tell(outcome)
      work.begun--
      if (fault !== undefined) return this.#fail(fault)
      this.#next(thread)
      this.#end(work)
    })
    worker.on('messageerror', ({ message }) => this.#fail(message))
    worker.on('error', ({ message }) => this.#fail(message))
    worker.on('exit', (code) => this.#fail(`it ended with ${code}`))
  }

  #next(thread: Thread): void {
    const work = this.#works.find(({ trials, next, isStopped }) => next < trials.length && !isStopped)
    if (work === undefined) return
    const left = work.trials.length - work.next
    const count = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(left / (4 * this.#threads.length))))
    const trials = work.trials.slice(work.next, work.next + count)
    work.next += count
    work.begun++
    thread.work = work
    for (const trial of trials) this.#makeRoom(trial)
    const batch: TrialBatch = { trials, shared: this.#shared.slice(thread.known) }
    thread.known = this.#shared.length
    thread.worker.postMessage(batch)
  }

  /** What is asked of it no longer is not begun; threads are told where nothing else is wanted of them. */
  #stop(work: Work): void {
    work.isStopped = true
    if (this.#works.every(({ isStopped }) => isStopped)) Atomics.store(this.#brief.stop, 0, 1)
    this.#end(work)
  }

  #end(work: Work): void {
    if (work.begun === 0 && (work.isStopped || work.next === work.trials.length)) work.done.resolve()
  }

  #makeRoom({ params }: Trial): void {
    try {
      const all = resolveParams(this.#strategy, { ...this.#brief.fixed, ...params })
      this.#shared.push(...this.#plan.add(this.#strategy.indicators(all)))
    } catch {
      // what is wrong with these parameters is told by the trial itself
    }
  }

  #fail(reason: string): void {
    this.#fault ??= new DataError(
      `a thread that runs trials could not be started or kept (${reason.split('\n')[0]}); what was done before is kept, and --resume goes on. Where memory ran out, take fewer --workers or a shorter range`,
    )
    for (const { done } of this.#works) done.reject(this.#fault)
  }
}

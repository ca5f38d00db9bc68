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
  done: PromiseWithResolvers<void> | null
}

/** A search in hand: what is left of its trials. */
interface Work {
  readonly trials: readonly Trial[]
  next: number
  readonly tell: (outcome: TrialOutcome) => void
}

/** Computes trials on threads of this process, which share all columns. */
export class TrialThreads implements TrialBackend {
  readonly #strategy: Strategy
  readonly #brief: TrialBrief
  readonly #plan: IndicatorPlan
  readonly #shared: SharedIndicator[] = []
  readonly #threads: Thread[] = []
  #work: Work | null = null
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
    const stop = () => Atomics.store(this.#brief.stop, 0, 1)
    Atomics.store(this.#brief.stop, 0, 0)
    signal?.addEventListener('abort', stop, { once: true })
    if (signal?.aborted) stop()
    this.#work = { trials, next: 0, tell }
    try {
      if (this.#fault !== null) throw this.#fault
      await Promise.all(
        this.#threads.map((thread) => {
          thread.done = Promise.withResolvers<void>()
          this.#next(thread)
          return thread.done.promise
        }),
      )
    } finally {
      this.#work = null
      signal?.removeEventListener('abort', stop)
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
    const thread: Thread = { worker, known: 0, done: null }
    this.#threads.push(thread)
    worker.on('message', ({ outcomes, fault }: TrialAnswer) => {
      for (const outcome of outcomes) this.#work?.tell(outcome)
      if (fault === undefined) this.#next(thread)
      else this.#fail(fault)
    })
    worker.on('messageerror', ({ message }) => this.#fail(message))
    worker.on('error', ({ message }) => this.#fail(message))
    worker.on('exit', (code) => this.#fail(`it ended with ${code}`))
  }

  #next(thread: Thread): void {
    const work = this.#work
    if (work === null || work.next === work.trials.length || Atomics.load(this.#brief.stop, 0) > 0)
      return thread.done?.resolve()
    const left = work.trials.length - work.next
    const count = Math.max(1, Math.min(MOST_AT_ONCE, Math.floor(left / (4 * this.#threads.length))))
    const trials = work.trials.slice(work.next, work.next + count)
    work.next += count
    for (const trial of trials) this.#makeRoom(trial)
    const batch: TrialBatch = { trials, shared: this.#shared.slice(thread.known) }
    thread.known = this.#shared.length
    thread.worker.postMessage(batch)
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
    for (const { done } of this.#threads) done?.reject(this.#fault)
  }
}

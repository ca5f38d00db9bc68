import { extname } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { Worker } from 'node:worker_threads'
import { threadOptions } from '../../data/thread-options.ts'
import type { WorkerBrief } from './train-worker.ts'
import { type Epoch, Trainer } from './trainer.ts'
import type { TrainingTask } from './training-task.ts'

/** Who does the epochs of a training: this thread, or some of their own. This one stays free to answer meanwhile. */
export interface Crew {
  epoch(epoch: Epoch): Promise<void>
  end(): Promise<void>
}

/** What each thread runs: a source in a checkout and compiled in the package, as this module is. */
const WORKER = new URL(`./train-worker${extname(import.meta.url)}`, import.meta.url)

export function crewOf(task: TrainingTask, worker: URL = WORKER): Crew {
  return task.threads === 1 ? new OwnThread(task) : new Threads(task, worker)
}

class OwnThread implements Crew {
  readonly #trainer: Trainer

  constructor(task: TrainingTask) {
    this.#trainer = new Trainer(task, 0)
  }

  async epoch(epoch: Epoch): Promise<void> {
    for (const _ of this.#trainer.epoch(epoch)) await setImmediate()
  }

  async end(): Promise<void> {}
}

class Threads implements Crew {
  readonly #workers: Worker[] = []
  #fault: Error | null = null
  #waiting: PromiseWithResolvers<void> | null = null
  #busy = 0

  constructor(task: TrainingTask, worker: URL) {
    try {
      for (let index = 0; index < task.threads; index++) {
        const brief: WorkerBrief = { task, index }
        this.#start(new Worker(worker, { workerData: brief, ...threadOptions() }))
      }
    } catch (error) {
      this.#fail(String(error))
    }
  }

  epoch(epoch: Epoch): Promise<void> {
    if (this.#fault !== null) return Promise.reject(this.#fault)
    this.#waiting = Promise.withResolvers()
    this.#busy = this.#workers.length
    for (const worker of this.#workers) worker.postMessage(epoch)
    return this.#waiting.promise
  }

  /** Stops the threads, whatever they are at. */
  async end(): Promise<void> {
    this.#waiting = null
    await Promise.all(this.#workers.map((worker) => worker.terminate()))
  }

  #start(worker: Worker): void {
    this.#workers.push(worker)
    worker.on('message', () => {
      if (--this.#busy === 0) this.#waiting?.resolve()
    })
    worker.on('error', (error) => this.#fail(error instanceof Error ? error.message : String(error)))
    worker.on('exit', (code) => this.#fail(`it ended with ${code}`))
  }

  #fail(reason: string): void {
    this.#fault ??= new Error(
      `a thread that trains could not be started or kept (${reason.split('\n')[0]}): free some memory, or train on one (workers: 1)`,
    )
    this.#waiting?.reject(this.#fault)
  }
}

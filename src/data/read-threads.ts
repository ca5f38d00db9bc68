import { extname } from 'node:path'
import { Worker } from 'node:worker_threads'
import { DataError } from './data-error.ts'
import type { Answer, Batch, Brief } from './read-worker.ts'
import { memoryOf } from './rows.ts'
import { threadOptions } from './thread-options.ts'

/** What each thread runs: a source in a checkout and compiled in the package, as this module is. */
export const READ_WORKER = new URL(`./read-worker${extname(import.meta.url)}`, import.meta.url)

type Job = PromiseWithResolvers<Answer> & { readonly batch: Batch }

/** Some threads that read batches of files, each the next one when it is done with its last. */
export class ReadThreads {
  readonly #threads: Worker[] = []
  readonly #idle: Worker[] = []
  /** Nobody's yet, in order. */
  readonly #waiting: Job[] = []
  readonly #begun = new Map<Worker, Job>()
  #fault: DataError | null = null

  constructor(worker: URL, brief: Brief, count: number) {
    const options = { workerData: brief, ...threadOptions() }
    try {
      while (this.#threads.length < count) this.#start(new Worker(worker, options))
    } catch (error) {
      this.#fail(String(error))
    }
  }

  read(batch: Batch): Promise<Answer> {
    const job = { ...Promise.withResolvers<Answer>(), batch }
    // where an earlier batch fails, nobody waits for this one
    job.promise.catch(() => {})
    if (this.#fault !== null) job.reject(this.#fault)
    else {
      this.#waiting.push(job)
      const thread = this.#idle.pop()
      if (thread !== undefined) this.#next(thread)
    }
    return job.promise
  }

  /**
   * Stops the threads, each when it is done with its batch: one that is ended in the midst of unzipping can take the process down
   * (Node: "close before init").
   */
  async end(): Promise<void> {
    this.#waiting.length = 0
    await Promise.allSettled([...this.#begun.values()].map(({ promise }) => promise))
    await Promise.all(this.#threads.map((thread) => thread.terminate()))
  }

  #start(thread: Worker): void {
    this.#threads.push(thread)
    this.#idle.push(thread)
    thread.on('message', (answer: Answer) => {
      this.#begun.get(thread)!.resolve(answer)
      this.#begun.delete(thread)
      this.#next(thread)
    })
    thread.on('messageerror', (error) => this.#fail(error.message))
    thread.on('error', (error) => this.#fail(error.message))
    thread.on('exit', (code) => this.#fail(`it ended with ${code}`))
  }

  #next(thread: Worker): void {
    const job = this.#waiting.shift()
    if (job === undefined) this.#idle.push(thread)
    else {
      this.#begun.set(thread, job)
      const { spare } = job.batch
      thread.postMessage(job.batch, spare === undefined ? [] : (memoryOf(spare) as ArrayBuffer[]))
    }
  }

  #fail(reason: string): void {
    this.#fault ??= new DataError(
      `a thread that reads the files could not be started or kept (${reason.split('\n')[0]}); nothing was stored. Free some memory, or import a few files at a time, which takes no threads`,
    )
    for (const job of [...this.#begun.values(), ...this.#waiting]) job.reject(this.#fault)
  }
}

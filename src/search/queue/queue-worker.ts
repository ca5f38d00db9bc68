import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import type { Manifest, TrialBackend } from '../backend.ts'
import { connectRedis, isPassing, loadQueuePackages, redisAddress } from './redis-address.ts'
import { RedisWatch } from './redis-watch.ts'
import { Refusal } from './refusal.ts'
import { QUEUE, sweepKeys, TIMES, type Times } from './sweep-keys.ts'
import { SweepWork, type WorkerSetting } from './sweep-work.ts'

export interface QueueWorkerOptions {
  /** URL; its password is never said. */
  readonly redis: string
  /** Sweeps are looked for in one queue: built in, `klinelab`. */
  readonly queue?: string
  /**
   * Loads what a manifest asks for. What it gives may be asked for several lots at once, and must compute in threads: while
   * this process computes itself, it cannot say that it is alive.
   * @throws Refusal where code, data or engine are not those of the manifest
   */
  readonly open: (manifest: Manifest) => Promise<TrialBackend>
  /** How many trials it computes at once. */
  readonly threads: number
  /** Ends it: what is being computed goes back to the queue at once. */
  readonly signal?: AbortSignal
  readonly log: (line: string) => void
  readonly times?: Partial<Times>
}

/**
 * Takes jobs of every sweep in the queue until it is told to stop.
 * @throws Error where Redis does not answer, or has been away for too long
 */
export async function runQueueWorker(options: QueueWorkerOptions): Promise<void> {
  const { queue = QUEUE, threads, signal, open } = options
  const address = redisAddress(options.redis)
  const packages = await loadQueuePackages()
  const times = { ...TIMES, ...options.times }
  const log = (line: string) => options.log(address.scrub(line))
  const name = `${hostname()}:${process.pid}`
  log(`worker ${name} (${threads === 1 ? '1 thread' : `${threads} threads`}), queue "${queue}" at ${address.name}`)
  const { client, disconnect } = await connectRedis(packages, address, times.connectWorker)
  const id = `${name}:${randomBytes(4).toString('hex')}`
  const shelf = new Shelf(open)
  const opened = (manifest: Manifest) => shelf.take(manifest)
  const drop = (manifest: Manifest, broken: TrialBackend) => shelf.drop(manifest.id, broken)
  const round = new Round({ packages, client, queue, id, name, threads, times, log, opened, drop }, shelf)
  const lost = Promise.withResolvers<never>()
  const watch = new RedisWatch({
    ...{ name: address.name, silent: times.silent, patience: times.away },
    ...{ say: log, onLost: lost.reject },
  })
  const stopped = Promise.withResolvers<void>()
  const stop = () => stopped.resolve()
  signal?.addEventListener('abort', stop, { once: true })
  if (signal?.aborted) stop()
  try {
    await Promise.race([stopped.promise, lost.promise, round.go(() => watch.answered())])
  } finally {
    signal?.removeEventListener('abort', stop)
    watch.end()
    await round.end(watch.wasAwayWithin(0))
    await shelf.close()
    disconnect()
    log(`worker ${name} has stopped`)
  }
}

/** The sweeps that are on, looked at again and again. */
class Round {
  readonly #setting: WorkerSetting
  readonly #shelf: Shelf
  readonly #sweeps = new Map<string, SweepWork>()
  #isOver = false

  constructor(setting: WorkerSetting, shelf: Shelf) {
    this.#setting = setting
    this.#shelf = shelf
  }

  async go(onAnswer: () => void): Promise<void> {
    const { client, queue, times } = this.#setting
    const { sweeps } = sweepKeys(queue, '')
    while (!this.#isOver) {
      try {
        const ids = await client.smembers(sweeps)
        onAnswer()
        for (const id of ids)
          if (!this.#isOver && !this.#sweeps.has(id)) this.#sweeps.set(id, new SweepWork(this.#setting, id))
        for (const [id, sweep] of this.#sweeps) if (!(await sweep.beat())) await this.#leave(id, sweep)
      } catch (error) {
        if (this.#isOver) return
        if (!isPassing(error)) throw error
      }
      await new Promise((resolve) => setTimeout(resolve, times.beat))
    }
  }

  async end(isRedisAway: boolean): Promise<void> {
    this.#isOver = true
    await Promise.all([...this.#sweeps.values()].map((sweep) => sweep.leave(isRedisAway)))
  }

  async #leave(id: string, sweep: SweepWork): Promise<void> {
    this.#sweeps.delete(id)
    await sweep.leave(false)
    await this.#shelf.keep([...this.#sweeps.values()].flatMap(({ manifest }) => manifest?.id ?? []))
  }
}

/** What manifests have asked for, opened once; what no sweep uses is closed, but for the last: the next sweep is often the same. */
class Shelf {
  readonly #open: QueueWorkerOptions['open']
  /** By manifest id, the one taken last at the end. */
  readonly #opened = new Map<string, TrialBackend>()
  readonly #opening = new Map<string, Promise<TrialBackend>>()
  readonly #refused = new Map<string, Refusal>()

  constructor(open: QueueWorkerOptions['open']) {
    this.#open = open
  }

  async take(manifest: Manifest): Promise<TrialBackend> {
    const { id } = manifest
    const refusal = this.#refused.get(id)
    if (refusal !== undefined) throw refusal
    const found = this.#opened.get(id) ?? (await this.#first(manifest))
    this.#opened.delete(id)
    this.#opened.set(id, found)
    return found
  }

  async keep(used: readonly string[]): Promise<void> {
    await this.#close([...this.#opened.keys()].filter((id) => !used.includes(id)).slice(0, -1))
  }

  async drop(id: string, broken: TrialBackend): Promise<void> {
    // several jobs may fail with it
    if (this.#opened.get(id) === broken) await this.#close([id])
  }

  async close(): Promise<void> {
    await this.#close([...this.#opened.keys()])
  }

  async #first(manifest: Manifest): Promise<TrialBackend> {
    const { id } = manifest
    const opening = this.#opening.get(id) ?? this.#open(manifest)
    this.#opening.set(id, opening)
    try {
      return await opening
    } catch (error) {
      if (error instanceof Refusal) this.#refused.set(id, error)
      throw error
    } finally {
      this.#opening.delete(id)
    }
  }

  async #close(ids: readonly string[]): Promise<void> {
    const left = ids.map((id) => this.#opened.get(id))
    for (const id of ids) this.#opened.delete(id)
    await Promise.all(left.map((opened) => opened?.close().catch(() => {})))
  }
}

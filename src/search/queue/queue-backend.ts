import { createHash, randomUUID } from 'node:crypto'
import type { Queue, QueueEvents } from 'bullmq'
import type { Redis } from 'ioredis'
import type { Trial, TrialOutcome } from '../../core/search.ts'
import { StrategyError } from '../../engine/strategy-error.ts'
import type { Manifest, TrialBackend } from '../backend.ts'
import { unpacked } from './exact-json.ts'
import {
  answersOf,
  connectRedis,
  isPassing,
  loadQueuePackages,
  type QueuePackages,
  type RedisAddress,
  type RedisConnection,
  redisAddress,
} from './redis-address.ts'
import { RedisWatch } from './redis-watch.ts'
import {
  BEGUN,
  type JobData,
  type JobResult,
  QUEUE,
  type SweepKeys,
  sweepKeys,
  TIMES,
  type Times,
} from './sweep-keys.ts'
import { type Task, WorkList } from './work-list.ts'
import { Workforce } from './workforce.ts'

export interface QueueBackendOptions {
  /** URL; its password is never said. */
  readonly redis: string
  readonly manifest: Manifest
  /** Workers look into one queue: built in, `klinelab`. */
  readonly queue?: string
  /** Trials a job; built in: as many as take about a second, at most 64. */
  readonly chunk?: number
  /** Hears, line by line, what a person should know: who refuses, that Redis is away. */
  readonly say?: (line: string) => void
  readonly times?: Partial<Times>
}

/**
 * Machines that take jobs from a queue in Redis. Of jobs that are done twice each outcome is told once; a job whose worker
 * dies goes to another one.
 * @throws Error where Redis does not answer or a package is missing
 */
export async function queueBackend(options: QueueBackendOptions): Promise<TrialBackend> {
  const address = redisAddress(options.redis)
  const packages = await loadQueuePackages()
  const times = { ...TIMES, ...options.times }
  const connection = await connectRedis(packages, address, times.connect)
  const backend = new QueueBackend(packages, connection, address, { ...options, times })
  await backend.start()
  return backend
}

type Settings = QueueBackendOptions & { readonly times: Times }
type Row = readonly (string | null)[]

/** Beats between two looks at jobs whose end may have been missed. */
const LOOK_AGAIN = 5
/** Jobs that lie ready besides those that are computed. */
const SPARE = 16
/** Events that Redis keeps; each holds what a job came to. */
const EVENTS = 200
/** It says by its own end that dead workers are looked for again. */
const CHECK = ':stalled-check'
const STALLED = 'job stalled more than allowable limit'
/** How long the end of a sweep waits for Redis to remove what is there, ms. */
const FAREWELL_MS = 3000

class QueueBackend implements TrialBackend {
  readonly #client: Redis
  readonly #disconnect: () => void
  readonly #address: RedisAddress
  readonly #settings: Settings
  readonly #sweep = randomUUID()
  readonly #keys: SweepKeys
  readonly #queue: Queue
  readonly #events: QueueEvents
  readonly #watch: RedisWatch
  readonly #workforce: Workforce
  readonly #work: WorkList
  /** Jobs in Redis, or on their way there. */
  readonly #flying = new Map<string, Task & { isThere: boolean }>()
  /** Jobs that are done and may still lie in Redis. */
  readonly #leaving = new Set<string>()
  #jobs = 0
  /** Trial → what it came to, in 48 bits; `null`: given up. */
  readonly #told = new Map<number, number | null>()
  #run: Run | null = null
  #failure: Error | null = null
  #timer: NodeJS.Timeout | undefined
  #beats = 0
  #isClosed = false

  constructor(
    packages: QueuePackages,
    { client, disconnect }: RedisConnection,
    address: RedisAddress,
    settings: Settings,
  ) {
    const { queue = QUEUE, times, chunk = null } = settings
    const say = (line: string) => this.#say(line)
    this.#client = client
    this.#disconnect = disconnect
    this.#address = address
    this.#settings = settings
    this.#keys = sweepKeys(queue, this.#sweep)
    const connection = { connection: client, prefix: this.#keys.prefix }
    this.#queue = new packages.bullmq.Queue(this.#sweep, {
      ...connection,
      streams: { events: { maxLen: EVENTS } },
    })
    // from the beginning: what ended before this connection stood counts too
    this.#events = new packages.bullmq.QueueEvents(this.#sweep, { ...connection, lastEventId: '0-0' })
    // the watch says what is to be said
    this.#queue.on('error', () => {})
    this.#events.on('error', () => {})
    this.#events.on('completed', ({ jobId, returnvalue }) => this.#onDone(jobId, returnvalue as unknown as JobResult))
    this.#events.on('failed', ({ jobId, failedReason }) => this.#onFailed(jobId, failedReason))
    this.#work = new WorkList(chunk)
    const hint = `klinelab worker --redis ${address.name}${queue === QUEUE ? '' : ` --queue ${queue}`}`
    this.#workforce = new Workforce({ times, say, hint, onRefused: (error) => this.#fail(error) })
    this.#watch = new RedisWatch({
      ...{ name: address.name, silent: times.silent, patience: times.away, say },
      onLost: (error) => this.#fail(error),
    })
  }

  async start(): Promise<void> {
    await this.#register()
    this.#plan()
  }

  run(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void, signal?: AbortSignal): Promise<void> {
    if (this.#isClosed) return Promise.reject(new Error('the queue of this sweep is closed'))
    if (this.#failure !== null) return Promise.reject(this.#failure)
    if (this.#run !== null) return Promise.reject(new Error('the queue is still at the trials of the batch before'))
    if (signal?.aborted) return Promise.resolve()
    const awaited = new Set(trials.map(({ number }) => number).filter((number) => !this.#told.has(number)))
    if (awaited.size === 0) return Promise.resolve()
    return new Promise((resolve, reject) => {
      const onAbort = () => this.#end()
      const settle = (error?: unknown) => {
        signal?.removeEventListener('abort', onAbort)
        if (error === undefined) resolve()
        else reject(error)
      }
      signal?.addEventListener('abort', onAbort, { once: true })
      this.#run = { awaited, tell, settle }
      this.#work.start(trials.filter(({ number }) => awaited.has(number)))
      this.#fill()
    })
  }

  /** Takes everything of this sweep out of Redis. */
  async close(): Promise<void> {
    if (this.#isClosed) return
    this.#isClosed = true
    clearTimeout(this.#timer)
    this.#watch.end()
    const left = [...this.#flying.keys(), ...this.#leaving]
    this.#end(new Error('the queue was closed before all trials were done'))
    const limit = Promise.withResolvers<void>()
    const timer = setTimeout(limit.resolve, FAREWELL_MS)
    await Promise.race([this.#forget(left).catch(() => {}), limit.promise])
    await Promise.race([Promise.all([this.#events.close(), this.#queue.close()]).catch(() => {}), limit.promise])
    clearTimeout(timer)
    this.#disconnect()
  }

  /** Ends the run at hand; jobs that are left of it are taken back. */
  #end(error?: unknown): void {
    const run = this.#run
    this.#run = null
    this.#work.start([])
    const left = [...this.#flying.keys()]
    this.#flying.clear()
    if (left.length > 0 && !this.#isClosed) for (const id of left) this.#remove(id)
    run?.settle(error)
  }

  #fail(error: unknown): void {
    const { message } = error as Error
    this.#failure = error instanceof Error ? error : new Error(message)
    this.#failure.message = this.#address.scrub(message)
    this.#end(this.#failure)
  }

  /** Enough jobs in the queue that no worker waits, and not more than must be lost when something breaks. */
  #fill(): void {
    const { slots } = this.#workforce
    const jobs: { readonly id: string; readonly task: Task }[] = []
    while (this.#flying.size < 2 * slots + SPARE) {
      const task = this.#work.take(slots)
      if (task === undefined) break
      const id = `j${++this.#jobs}`
      this.#flying.set(id, { ...task, isThere: false })
      jobs.push({ id, task })
    }
    if (jobs.length === 0) return
    this.#add(jobs).catch((error) => {
      if (!isPassing(error)) return this.#fail(error)
      for (const { id, task } of jobs) if (this.#flying.delete(id)) this.#work.giveBack(task)
    })
  }

  async #add(jobs: readonly { readonly id: string; readonly task: Task }[]): Promise<void> {
    await this.#queue.addBulk(
      jobs.map(({ id, task: { trials, tries } }) => ({
        name: 'trials',
        data: { trials, isAlone: tries > 0 } satisfies JobData,
        opts: { jobId: id, attempts: 1 },
      })),
    )
    for (const { id } of jobs) {
      const task = this.#flying.get(id)
      if (task === undefined) this.#remove(id)
      else task.isThere = true
    }
    await this.#prolong(jobs.map(({ id }) => id))
  }

  #onDone(id: string, { outcomes, ms, fault }: JobResult): void {
    const task = this.#flying.get(id)
    this.#flying.delete(id)
    this.#remove(id)
    if (task !== undefined) this.#work.learn(task.trials.length, ms)
    for (const outcome of outcomes) this.#accept(unpacked(outcome) as TrialOutcome, digest(outcome))
    if (fault !== undefined) this.#fail(new StrategyError(fault))
    else this.#goOn()
  }

  #onFailed(id: string, reason: string): void {
    const task = this.#flying.get(id)
    if (task === undefined) return
    this.#flying.delete(id)
    const { lock, stalled } = this.#settings.times
    const isDeath = reason === STALLED
    if (!isDeath) this.#blame(task, this.#address.scrub(reason))
    else if (this.#watch.wasAwayWithin(2 * (lock + 2 * stalled))) this.#work.giveBack(task)
    else this.#lookInto(id, task).catch(() => this.#giveBack(task))
    this.#remove(id)
    this.#goOn()
  }

  /** Of jobs that failed before, a worker that dies takes several with it, but has begun one only. */
  async #lookInto(id: string, task: Task): Promise<void> {
    const progress = task.tries === 0 ? null : await this.#client.hget(this.#keys.job(id), 'progress')
    if (task.tries > 0 && progress !== String(BEGUN)) this.#giveBack(task)
    else {
      this.#blame(task, 'its worker died or froze')
      this.#goOn()
    }
  }

  #giveBack(task: Task): void {
    this.#work.giveBack(task)
    this.#goOn()
  }

  #blame(task: Task, why: string): void {
    for (const outcome of this.#work.fail(task, why)) {
      this.#say(`trial ${outcome.number} was ${outcome.reason}`)
      this.#accept(outcome, null)
    }
  }

  #accept(outcome: TrialOutcome, bits: number | null): void {
    const { number } = outcome
    const before = this.#told.get(number)
    if (before !== undefined) {
      // one that was given up may come in late, from a worker that was frozen; it was told already
      if (before !== null && bits !== null && before !== bits)
        this.#fail(
          new Error(
            `trial ${number} is not deterministic: it was computed twice and came to two different outcomes; a strategy must not ask for the time, for chance or for anything but its bars and parameters`,
          ),
        )
      return
    }
    if (!this.#run?.awaited.delete(number)) return
    this.#told.set(number, bits)
    try {
      this.#run.tell(outcome)
    } catch (error) {
      this.#fail(error)
    }
  }

  #goOn(): void {
    if (this.#run === null) return
    if (this.#run.awaited.size === 0) this.#end()
    else this.#fill()
  }

  #remove(id: string): void {
    this.#leaving.add(id)
    // one that is being computed cannot be removed: it is when it is done
    this.#queue.remove(id).then(
      (removed) => removed > 0 && this.#leaving.delete(id),
      () => {},
    )
  }

  #say(line: string): void {
    this.#settings.say?.(this.#address.scrub(line))
  }

  #plan(): void {
    if (this.#isClosed || this.#failure !== null) return
    this.#timer = setTimeout(async () => {
      try {
        await this.#beat()
      } catch (error) {
        if (!this.#isClosed && !isPassing(error)) this.#fail(error)
      }
      this.#plan()
    }, this.#settings.times.beat)
  }

  async #beat(): Promise<void> {
    const { manifest, workers, sweeps } = this.#keys
    const { expiry } = this.#settings.times
    const line = this.#client.pipeline().pexpire(manifest, expiry).hgetall(workers).sadd(sweeps, this.#sweep)
    const [isAlive, presences] = (await answersOf(line)) as [number, Record<string, string>]
    if (this.#isClosed) return
    this.#watch.answered()
    // Redis was emptied, or this process slept for so long that all of it ran out
    if (isAlive === 0) return this.#register()
    const dead = this.#workforce.look(presences, this.#run !== null)
    if (dead.length > 0) await this.#client.hdel(workers, ...dead)
    this.#beats++
    await this.#prolong([])
    if (this.#beats % LOOK_AGAIN === 0) await this.#lookAgain()
    this.#fill()
  }

  /** Makes the sweep known; what of it lay in Redis before is put there anew. */
  async #register(): Promise<void> {
    const { manifest, sweeps, lists, job } = this.#keys
    const old = [...this.#flying]
    for (const [id] of old) this.#flying.delete(id)
    for (const [, { trials, tries }] of old) this.#work.giveBack({ trials, tries })
    await this.#client
      .multi()
      .unlink(...lists, ...old.flatMap(([id]) => [job(id), `${job(id)}:lock`]))
      .hset(job('meta'), 'opts.maxLenEvents', EVENTS)
      .set(manifest, JSON.stringify(this.#settings.manifest), 'PX', this.#settings.times.expiry)
      .sadd(sweeps, this.#sweep)
      .exec()
    this.#fill()
  }

  /** Jobs outlive the lists they stand in, and these the manifest: whoever finds a manifest finds the rest. */
  async #prolong(ids: readonly string[]): Promise<void> {
    const { sweeps, lists, job } = this.#keys
    const { expiry } = this.#settings.times
    const line = this.#client.pipeline()
    for (const key of [sweeps, ...lists]) if (!key.endsWith(CHECK)) line.pexpire(key, 2 * expiry)
    for (const id of ids) line.pexpire(job(id), 3 * expiry)
    await answersOf(line)
  }

  /** Events may be lost, with a Redis that forgets or a stream that is cut: the jobs themselves say what became of them. */
  async #lookAgain(): Promise<void> {
    const ids = [...this.#flying].filter(([, { isThere }]) => isThere).map(([id]) => id)
    if (ids.length === 0) return
    const line = this.#client.pipeline()
    for (const id of ids) line.hmget(this.#keys.job(id), 'timestamp', 'finishedOn', 'failedReason', 'returnvalue')
    const rows = await answersOf(line)
    await this.#prolong(ids)
    for (const [k, row] of rows.entries()) {
      const id = ids[k]!
      const task = this.#flying.get(id)
      if (task === undefined) continue
      const [there, end, reason, value] = row as Row
      if (there === null) {
        this.#flying.delete(id)
        this.#work.giveBack(task)
      } else if (end !== null) {
        if (reason !== null) this.#onFailed(id, reason)
        else this.#onDone(id, JSON.parse(value!) as JobResult)
      }
    }
  }

  async #forget(jobs: readonly string[]): Promise<void> {
    const { manifest, sweeps, lists, job } = this.#keys
    await this.#client
      .multi()
      .unlink(manifest, ...lists, ...jobs.flatMap((id) => [job(id), `${job(id)}:lock`]))
      .srem(sweeps, this.#sweep)
      .exec()
  }
}

/** The trials that are being computed. */
interface Run {
  readonly awaited: Set<number>
  readonly tell: (outcome: TrialOutcome) => void
  readonly settle: (error?: unknown) => void
}

/** 48 bits of an outcome: enough to tell two apart, little enough for a million. */
function digest(outcome: unknown): number {
  return createHash('sha256').update(JSON.stringify(outcome)).digest().readUIntBE(0, 6)
}

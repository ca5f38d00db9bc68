import type { Job, Worker } from 'bullmq'
import type { Redis } from 'ioredis'
import type { TrialOutcome } from '../../core/search.ts'
import { StrategyError } from '../../engine/strategy-error.ts'
import type { Manifest, TrialBackend } from '../backend.ts'
import { packed } from './exact-json.ts'
import { Gate } from './gate.ts'
import type { QueuePackages } from './redis-address.ts'
import { Refusal } from './refusal.ts'
import {
  BEGUN,
  type JobData,
  type JobResult,
  type Presence,
  type SweepKeys,
  sweepKeys,
  type Times,
} from './sweep-keys.ts'
import { slotsOf } from './workforce.ts'

/** What a worker is, to each of its sweeps. */
export interface WorkerSetting {
  readonly packages: QueuePackages
  readonly client: Redis
  readonly queue: string
  readonly id: string
  /** Host and process, for people. */
  readonly name: string
  readonly threads: number
  readonly times: Times
  readonly log: (line: string) => void
  readonly opened: (manifest: Manifest) => Promise<TrialBackend>
  /** It has failed: the next job gets a new one. */
  readonly drop: (manifest: Manifest, opened: TrialBackend) => Promise<void>
}

/** Only while the sweep is alive, so that nothing of one that has ended comes back. */
const PRESENT = `if redis.call('EXISTS', KEYS[1]) == 0 then return 0 end
redis.call('HSET', KEYS[2], ARGV[1], ARGV[2])
return 1`
/**
 * What a sweep that was killed has left, or a stalled check of ours behind one that has ended meanwhile. Where it may be alive,
 * what came up since it last prolonged all ends some day, too.
 */
const FORGET = `local isAlive = redis.call('EXISTS', KEYS[1]) == 1
local jobs = redis.call('ZRANGE', ARGV[2] .. 'completed', 0, -1)
for _, list in ipairs({'wait', 'active'}) do
  for _, id in ipairs(redis.call('LRANGE', ARGV[2] .. list, 0, -1)) do table.insert(jobs, id) end
end
if isAlive then
  local keys = {unpack(KEYS, 3)}
  for _, id in ipairs(jobs) do table.insert(keys, ARGV[2] .. id) end
  for _, key in ipairs(keys) do
    if redis.call('PTTL', key) == -1 then redis.call('PEXPIRE', key, ARGV[3]) end
  end
  return
end
redis.call('SREM', KEYS[2], ARGV[1])
for _, id in ipairs(jobs) do redis.call('UNLINK', ARGV[2] .. id, ARGV[2] .. id .. ':lock') end
redis.call('UNLINK', unpack(KEYS, 3))`
/** Beats without a manifest after which a sweep is over; fewer may be a Redis that was emptied. */
const OVER = 3
/** How long handing back may take where Redis is away, ms. */
const FAREWELL_MS = 3000
const RETRY_MS = 1000

/** One sweep, as one worker sees it: from the manifest to the last job. */
export class SweepWork {
  readonly #setting: WorkerSetting
  readonly #sweep: string
  readonly #keys: SweepKeys
  readonly #stop = new AbortController()
  #presence: Presence
  #worker: Worker<JobData, JobResult> | null = null
  #missed = 0
  readonly #gate = new Gate()
  #trials = 0
  #joining: Promise<void> = Promise.resolve()
  manifest: Manifest | null = null

  constructor(setting: WorkerSetting, sweep: string) {
    this.#setting = setting
    this.#sweep = sweep
    this.#keys = sweepKeys(setting.queue, sweep)
    this.#presence = { name: setting.name, threads: setting.threads, refusal: null, beat: 0 }
  }

  /** Says that this worker is there; @returns whether the sweep still is. */
  async beat(): Promise<boolean> {
    const { client, id } = this.#setting
    const { manifest, workers } = this.#keys
    this.#presence = { ...this.#presence, beat: this.#presence.beat + 1 }
    const isThere = await client.eval(PRESENT, 2, manifest, workers, id, JSON.stringify(this.#presence))
    this.#missed = isThere === 1 ? 0 : this.#missed + 1
    if (isThere === 1 && this.manifest === null) {
      const text = await client.get(manifest)
      if (text === null) return true
      this.manifest = JSON.parse(text) as Manifest
      // it may take long to load data: meanwhile other sweeps go on
      this.#joining = this.#join(this.manifest)
    }
    return this.#missed < OVER
  }

  /** @param isRedisAway then there is nobody to hand anything back to */
  async leave(isRedisAway: boolean): Promise<void> {
    const { client, id, log, times } = this.#setting
    const { manifest, sweeps, workers, lists, job } = this.#keys
    this.#stop.abort()
    const limit = Promise.withResolvers<void>()
    const timer = setTimeout(limit.resolve, FAREWELL_MS)
    const farewell = async () => {
      await this.#joining
      await this.#worker?.close(isRedisAway)
      if (isRedisAway) return
      await client.hdel(workers, id)
      const keys = [manifest, sweeps, ...lists]
      await client.eval(FORGET, keys.length, ...keys, this.#sweep, job(''), 2 * times.expiry)
    }
    await Promise.race([farewell().catch(() => {}), limit.promise])
    clearTimeout(timer)
    if (this.#worker !== null) log(`${this.#title}: left; ${this.#trials} trials were computed here`)
  }

  get #title(): string {
    return `sweep ${this.#sweep.slice(0, 8)}`
  }

  async #join(manifest: Manifest): Promise<void> {
    const { log, opened, threads } = this.#setting
    try {
      await opened(manifest)
      if (this.#stop.signal.aborted) return
      log(`${this.#title}: takes part, up to ${slotsOf(threads)} jobs at a time`)
      this.#worker = this.#start(manifest)
    } catch (error) {
      this.#refuse(error instanceof Refusal ? error.message : `cannot open it: ${(error as Error).message}`)
    }
  }

  #refuse(reason: string): void {
    if (this.#presence.refusal !== null) return
    this.#presence = { ...this.#presence, refusal: reason }
    this.#setting.log(`${this.#title}: refused, none of its jobs is taken here: ${reason}`)
  }

  #start(manifest: Manifest): Worker<JobData, JobResult> {
    const { packages, client, threads, times, log } = this.#setting
    const worker = new packages.bullmq.Worker<JobData, JobResult>(
      this.#sweep,
      (job, token) => this.#compute(job, token!, manifest),
      {
        ...{ connection: client, prefix: this.#keys.prefix, concurrency: slotsOf(threads) },
        ...{ lockDuration: times.lock, stalledInterval: times.stalled, runRetryDelay: RETRY_MS },
        // whether it is tried again, and how, is the sweep's to say
        maxStalledCount: 0,
      },
    )
    worker.on('error', (error) => {
      if (/lock|missing key/i.test(error.message))
        log(`${this.#title}: a job was away for too long and is computed elsewhere`)
      else if (error.name === 'ReplyError') log(`${this.#title}: ${error.message}`)
    })
    worker.on('failed', (_, error) => log(`${this.#title}: a job failed: ${error.message}`))
    return worker
  }

  async #compute(job: Job<JobData, JobResult>, token: string, manifest: Manifest): Promise<JobResult> {
    const { signal } = this.#stop
    const stopped = Promise.withResolvers<null>()
    const onAbort = () => stopped.resolve(null)
    signal.addEventListener('abort', onAbort, { once: true })
    if (signal.aborted) onAbort()
    try {
      const work = this.#gate.through(job.data.isAlone, () => this.#run(job, manifest))
      const result = await Promise.race([stopped.promise, work])
      if (result !== null) return result
    } catch (error) {
      if (error instanceof Refusal) {
        this.#refuse(error.message)
        void this.#worker?.close()
      } else if (!signal.aborted) throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
    }
    return await this.#handBack(job, token)
  }

  /** @returns `null` where it was told to stop */
  async #run(job: Job<JobData, JobResult>, manifest: Manifest): Promise<JobResult | null> {
    const { signal } = this.#stop
    if (signal.aborted) return null
    const { opened, drop } = this.#setting
    const { trials, isAlone } = job.data
    const outcomes = new Map<number, TrialOutcome>()
    const found = await opened(manifest)
    if (isAlone) await job.updateProgress(BEGUN)
    const start = performance.now()
    const told = () => ({ outcomes: [...outcomes.values()].map(packed), ms: performance.now() - start })
    try {
      await found.run(trials, (outcome) => outcomes.set(outcome.number, outcome), signal)
    } catch (error) {
      if (!signal.aborted) await drop(manifest, found)
      if (error instanceof StrategyError) return { ...told(), fault: error.message }
      throw error
    }
    if (signal.aborted) return null
    const missing = trials.find(({ number }) => !outcomes.has(number))
    if (missing !== undefined) throw new Error(`nothing came of trial ${missing.number}`)
    this.#trials += trials.length
    return told()
  }

  /** To the front of the queue: another worker goes on with it at once. */
  async #handBack(job: Job, token: string): Promise<never> {
    await job.moveToWait(token)
    throw new this.#setting.packages.bullmq.WaitingError()
  }
}

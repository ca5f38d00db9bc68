import type { Trial } from '../../core/search.ts'

/** What a job in the queue holds. */
export interface JobData {
  readonly trials: readonly Trial[]
  /** It has failed before: a worker computes nothing beside it, so that it takes nothing down with it. */
  readonly isAlone: boolean
}

/** Progress of a job that is alone and has begun: where its worker dies, it is to blame. */
export const BEGUN = 1

/** What a worker's job comes to. */
export interface JobResult {
  /** Of `packed`. */
  readonly outcomes: readonly unknown[]
  /** Wall time, ms. */
  readonly ms: number
  /** What the strategy did that ends the search: no other worker would fare better. */
  readonly fault?: string
}

/** What a worker says of itself to a sweep, again and again: a text that no longer changes is of a dead one. */
export interface Presence {
  /** Host and process, for people. */
  readonly name: string
  readonly threads: number
  /** Why it does not compute for this sweep; `null`: it does. */
  readonly refusal: string | null
  readonly beat: number
}

/** Times that both sides go by, ms. */
export const TIMES = {
  /** How often a sweep and a worker look at what is new. */
  beat: 1000,
  /** A worker that has not said for so long that it is alive has lost its jobs. */
  lock: 8000,
  /** How often it is looked for lost ones. */
  stalled: 3000,
  /** How long the first answer of Redis may take: to a sweep, and to a worker, which is often started beside its Redis. */
  connect: 5000,
  connectWorker: 60_000,
  /** How long it is nothing to speak of that Redis does not answer. */
  silent: 3000,
  /** How long Redis may be away. */
  away: 120_000,
  /** How long it is nothing to speak of that there is no worker. */
  alone: 5000,
  /** How long all workers may refuse before the sweep gives up. */
  refused: 30_000,
  /** What is not renewed for so long is gone: of a sweep that was killed nothing stays. */
  expiry: 60_000,
}
export type Times = typeof TIMES

/** The name of the queue where none is given. */
export const QUEUE = 'klinelab'

/** The keys of a sweep in Redis. All begin with the name of the queue, so that one Redis serves many projects. */
export interface SweepKeys {
  /** Ids of the sweeps that are on. */
  readonly sweeps: string
  /** BullMQ's prefix; its queue has the sweep's id as name. */
  readonly prefix: string
  /** The manifest, and the sign that the sweep is alive. */
  readonly manifest: string
  /** Worker → Presence. */
  readonly workers: string
  /** All but the manifest and the jobs themselves. */
  readonly lists: readonly string[]
  readonly job: (id: string) => string
}

/** BullMQ's own keys of a queue, as its `obliterate` removes them. */
const LISTS =
  'wait active completed failed delayed prioritized paused events meta id marker stalled stalled-check pc'.split(' ')

export function sweepKeys(queue: string, sweep: string): SweepKeys {
  const prefix = `klinelab:${queue}`
  const key = (name: string) => `${prefix}:${sweep}:${name}`
  const workers = key('workers')
  return {
    ...{ sweeps: `${prefix}:sweeps`, prefix, manifest: key('manifest'), workers, job: key },
    lists: [workers, ...LISTS.map(key)],
  }
}

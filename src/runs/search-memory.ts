import { availableParallelism } from 'node:os'
import { getHeapStatistics } from 'node:v8'
import type { Bars } from '../core/bar.ts'
import type { TrialOutcome } from '../core/search.ts'
import { columnBytes, type Scene } from './scene.ts'
import { UsageError } from './usage-error.ts'

/** What a thread takes besides columns: its heap, code and stack. Measured. */
const THREAD_BYTES = 80e6
/** What a trial keeps until the search is written: its outcome, with daily returns in little, and its place in what is made of all. Measured. */
const OUTCOME_BYTES = 3600
/**
 * What a trial takes at most, by what it keeps: its places in lists and maps, its row of what is written, what the collector has not come
 * to yet. Measured: 3.6 kB for 1.7 kB that are kept, peaks of sweeps of 20,000 to 200,000 trials.
 */
const TAKEN = 2
/** Columns of a run in the midst of it: equity, and those that are spread out for its figures. */
const RUN_COLUMNS = 3
/** Columns of bars, and of labels with what is said of them. */
const [BAR_COLUMNS, LABEL_COLUMNS] = [6, 6]
/** Share of the memory that is left which columns of indicators may take. */
const COLUMN_SHARE = 0.4

/**
 * Bytes that columns of indicators may take, of the memory that is left once threads, bars and outcomes are there; what does not fit
 * each run computes by itself.
 */
export function columnBudget(scene: Scene, workers: number, trials = 0): number {
  const reserved = columnBytes(scene) + workers * threadBytes(scene) + trials * OUTCOME_BYTES
  return Math.max(0, process.availableMemory() - reserved) * COLUMN_SHARE
}

function threadBytes({ slots }: Scene): number {
  return 8 * RUN_COLUMNS * slots.reduce((most, { bars }) => Math.max(most, bars.length), 0)
}

/** Before threads begin, which they do while nobody knows yet how many bars there are. @throws UsageError as `checkMemory` */
export function checkThreads(trials: number, workers: number): void {
  check(0, 0, trials, workers)
}

/** @throws UsageError where a search cannot fit into the memory that is left; it says what would */
export function checkMemory(scene: Scene, trials: number, workers?: number): void {
  check(columnBytes(scene), threadBytes(scene), trials, workers)
}

/** The same of a model, of which every thread has bars, features and labels of its own; what networks take is not known. */
export function checkModelMemory(bars: readonly Bars[], features: number, trials: number, workers?: number): void {
  const rows = bars.reduce((sum, { length }) => sum + length, 0)
  // features as they are, scaled, and in the hands of a classifier
  check(columnBytes(bars), 8 * rows * (BAR_COLUMNS + LABEL_COLUMNS + 3 * features), trials, workers)
}

function check(shared: number, own: number, trials: number, workers = availableParallelism()): void {
  const perThread = THREAD_BYTES + own
  const needed = shared + workers * perThread + trials * OUTCOME_BYTES
  const there = process.availableMemory()
  if (needed <= there) return
  const fitting = Math.floor((there - shared - trials * OUTCOME_BYTES) / perThread)
  const advice = fitting >= 1 ? `take --workers ${fitting}` : 'take a shorter range, or fewer trials'
  throw new UsageError(
    `${trials} trials on ${workers} threads would need about ${mega(needed)}, and ${mega(there)} are left: ${advice}`,
  )
}

/**
 * What the trials that are left will keep, by what the first of them do. Columns, threads and code are no part of it: they are there, or
 * have their room (`columnBudget`).
 * @param kept bytes of a trial and its outcome
 * @returns what is wrong, and what to do; `null` where they fit
 */
export function forecastMemory(kept: number, total: number, done: number): string | null {
  const needed = TAKEN * kept * (total - done)
  const asked = `${total} trials would need about ${mega(needed)} more, by the first ${done}, and`
  const { heap_size_limit: limit, used_heap_size: used } = getHeapStatistics()
  const there = process.availableMemory()
  if (needed > there) return `${asked} ${mega(there)} are left: take fewer trials, fewer --workers, or a shorter range.`
  if (needed <= limit - used) return null
  return `${asked} Node lets this process have ${mega(limit - used)}: take fewer trials, or set NODE_OPTIONS=--max-old-space-size=${Math.ceil((1.1 * (used + needed)) / 2 ** 20)} (MB).`
}

/** Bytes that plain data takes on the heap of V8; numbers of an object stand in boxes, those of an array by themselves. */
export function heapBytes(data: unknown): number {
  if (typeof data === 'string') return 24 + data.length
  if (typeof data === 'number') return Number.isInteger(data) ? 0 : 16
  if (typeof data !== 'object' || data === null) return 0
  if (Array.isArray(data)) {
    const own = 48 + 8 * data.length
    return typeof data[0] === 'number' ? own : data.reduce((sum, part) => sum + heapBytes(part), own)
  }
  return Object.values(data).reduce((sum, part) => sum + 8 + heapBytes(part), 24)
}

/** Numbers of an array that comes from a thread stand in boxes of their own and take three times as much. */
export function unboxed(outcome: TrialOutcome): TrialOutcome {
  const { returns } = outcome
  if (returns === null) return outcome
  const plain = (values: readonly number[]) => values.map((value) => value)
  return { ...outcome, returns: { ...returns, sums: plain(returns.sums), squares: plain(returns.squares) } }
}

function mega(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

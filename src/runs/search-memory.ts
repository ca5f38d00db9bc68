import { availableParallelism } from 'node:os'
import type { Bars } from '../core/bar.ts'
import { columnBytes, type Scene } from './scene.ts'
import { UsageError } from './usage-error.ts'

/** What a thread takes besides columns: its heap, code and stack. Measured. */
const THREAD_BYTES = 80e6
/** An outcome with its daily returns in little. */
const OUTCOME_BYTES = 2500
/** Columns of a run in the midst of it: equity, and those that are spread out for its figures. */
const RUN_COLUMNS = 3
/** Columns of bars, and of labels with what is said of them. */
const [BAR_COLUMNS, LABEL_COLUMNS] = [6, 6]
/** Share of the memory that is left which columns of indicators may take. */
const COLUMN_SHARE = 0.4

/**
 * Bytes that columns of indicators may take, of the memory that is left once threads and bars are there; what does not fit each
 * run computes by itself.
 */
export function columnBudget(scene: Scene, workers: number): number {
  const reserved = columnBytes(scene) + workers * threadBytes(scene)
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

export function mega(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

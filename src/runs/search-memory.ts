import { availableParallelism } from 'node:os'
import { type Scene, sceneBytes } from './scene.ts'
import { UsageError } from './usage-error.ts'

/** What a thread takes besides columns: its heap, code and stack. Measured. */
const THREAD_BYTES = 80e6
/** An outcome with its daily returns in little. */
const OUTCOME_BYTES = 2500
/** Columns of a run in the midst of it: equity, and those that are spread out for its figures. */
const RUN_COLUMNS = 3
/** Share of the memory that is left which columns of indicators may take. */
const COLUMN_SHARE = 0.4

/** Bytes that columns of indicators may take; what does not fit each run computes by itself. */
export function columnBudget(): number {
  return process.availableMemory() * COLUMN_SHARE
}

/** @throws UsageError where a search cannot fit into the memory that is left; it says what would */
export function checkMemory(scene: Scene, trials: number, workers = availableParallelism()): void {
  const rows = scene.slots.reduce((most, { bars }) => Math.max(most, bars.length), 0)
  const perThread = THREAD_BYTES + 8 * rows * RUN_COLUMNS
  const needed = sceneBytes(scene) + workers * perThread + trials * OUTCOME_BYTES
  const there = process.availableMemory()
  if (needed <= there) return
  const fitting = Math.floor((there - sceneBytes(scene) - trials * OUTCOME_BYTES) / perThread)
  const advice = fitting >= 1 ? `take --workers ${fitting}` : 'take a shorter range, or fewer trials'
  throw new UsageError(
    `${trials} trials on ${workers} threads would need about ${mega(needed)}, and ${mega(there)} are left: ${advice}`,
  )
}

function mega(bytes: number): string {
  return `${Math.round(bytes / 1e6)} MB`
}

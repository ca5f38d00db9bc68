import type { Trial, TrialOutcome } from '../core/search.ts'
import { DataError } from '../data/data-error.ts'
import type { TrialBackend } from '../search/backend.ts'

/** Runs a trial once more. @returns what it comes to; `null` where it was stopped before */
export function repeat(trial: Trial, backend: TrialBackend, signal: AbortSignal): Promise<TrialOutcome | null> {
  let again: TrialOutcome | null = null
  const keep = (outcome: TrialOutcome) => {
    again = outcome
  }
  const outcome = backend.run([trial], keep, signal).then(() => again)
  // where the backend fails, who waits for the others is told
  outcome.catch(() => {})
  return outcome
}

/**
 * An outcome must hang on its parameters alone.
 * @throws DataError where the first trial, run once more, came to something else
 */
export function checkRepeated(before: TrialOutcome, again: TrialOutcome | null): void {
  if (JSON.stringify(again) === JSON.stringify(before)) return
  throw new DataError(
    `not deterministic: trial ${before.number}, run again after the others, came to another result. The strategy or the objective keeps something from one run to the next (a variable of its module), or asks the clock or Math.random: what a strategy remembers belongs into its state`,
  )
}

import type { Trial, TrialOutcome } from '../core/search.ts'
import { DataError } from '../data/data-error.ts'
import type { TrialBackend } from '../search/backend.ts'

/** A search whose outcomes hang on more than their parameters: none of them can be trusted. */
export class NotDeterministic extends DataError {}

/** Runs one of these trials once more. @returns what it comes to; `null` where it was stopped before */
export function repeat(
  trials: readonly Trial[],
  backend: TrialBackend,
  signal: AbortSignal,
): Promise<TrialOutcome | null> {
  let again: TrialOutcome | null = null
  const keep = (outcome: TrialOutcome) => {
    again = outcome
  }
  const done = backend.again?.(trials, keep, signal) ?? backend.run(trials.slice(0, 1), keep, signal)
  const outcome = done.then(() => again)
  // where the backend fails, who waits for the others is told
  outcome.catch(() => {})
  return outcome
}

/**
 * An outcome must hang on its parameters alone.
 * @throws NotDeterministic where a trial, run once more, came to something else
 */
export function checkRepeated(before: readonly TrialOutcome[], again: TrialOutcome): void {
  const { number } = again
  const first = before.find((outcome) => outcome.number === number)
  if (JSON.stringify(again) === JSON.stringify(first)) return
  throw new NotDeterministic(
    `not deterministic: trial ${number}, run again after others, came to another result. The strategy or the objective keeps something from one run to the next (a variable of its module), or asks the clock or Math.random: what a strategy remembers belongs into its state`,
  )
}

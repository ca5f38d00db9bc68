import type { Params, Trial, TrialOutcome } from '../../src/core/search.ts'

/** A trial that came to an objective; `null`: it failed. */
export function outcome(number: number, objective: number | null, status?: TrialOutcome['status']): TrialOutcome {
  return {
    number,
    status: status ?? (objective === null ? 'failed' : 'done'),
    objective,
    reason: objective === null ? 'it threw' : null,
    metrics: {},
    returns: null,
  }
}

/** Trials in this order, and what `objective` makes of them. */
export function tried(sets: readonly Params[], objective: (params: Params, k: number) => number | null) {
  const trials: Trial[] = sets.map((params, k) => ({ number: k + 1, params }))
  return { trials, outcomes: trials.map(({ number, params }, k) => outcome(number, objective(params, k))) }
}

import type { SweepDocument, TrialOutcome } from '../core/search.ts'
import { quantile } from '../metrics/statistics.ts'
import type { Goal } from './objective.ts'

/** A trial and its place; `null` without an objective. */
export interface Ranked {
  readonly rank: number | null
  readonly outcome: TrialOutcome
}

/** A trial that saw all the data and has an objective: what it came to can be compared with others. */
export function isComparable(outcome: TrialOutcome): outcome is TrialOutcome & { readonly objective: number } {
  return outcome.status === 'done' && outcome.objective !== null && !Number.isNaN(outcome.objective)
}

/**
 * Trials, the best first; equals by number. Trials given up come after all that were not, since their figures are of a part of
 * the data; those without an objective come last, by number.
 */
export function rankTrials(outcomes: readonly TrialOutcome[], goal: Goal): readonly Ranked[] {
  const group = (outcome: TrialOutcome) => {
    if (isComparable(outcome)) return 0
    return outcome.objective === null || Number.isNaN(outcome.objective) ? 2 : 1
  }
  return outcomes
    .map((outcome) => ({ outcome, group: group(outcome) }))
    .sort(
      (a, b) =>
        a.group - b.group ||
        (a.group === 2 ? 0 : byWorth(a.outcome.objective!, b.outcome.objective!, goal)) ||
        a.outcome.number - b.outcome.number,
    )
    .map(({ outcome, group: at }, k) => ({ rank: at === 2 ? null : k + 1, outcome }))
}

/** Below 0 where `a` is the better of two objectives. */
export function byWorth(a: number, b: number, goal: Goal): number {
  if (a === b) return 0
  return a > b === (goal === 'max') ? -1 : 1
}

/** Least, quartiles and most of the objectives that can be compared; `null` without any. */
export function spreadOf(outcomes: readonly TrialOutcome[]): SweepDocument['spread'] {
  const sorted = outcomes
    .filter(isComparable)
    .map((outcome) => outcome.objective)
    .sort((a, b) => a - b)
  if (sorted.length === 0) return null
  return {
    low: sorted[0]!,
    q1: quantile(sorted, 0.25),
    median: quantile(sorted, 0.5),
    q3: quantile(sorted, 0.75),
    high: sorted.at(-1)!,
  }
}

/** What a table shows: all where there is room, else the best and, evenly by place, others down to the last. */
export function chooseRows<T>(ranked: readonly T[], best: number, others: number): readonly T[] {
  if (ranked.length <= best + others) return ranked
  const rest = ranked.length - best
  const chosen = Array.from({ length: others }, (_, k) => ranked[best - 1 + Math.round(((k + 1) * rest) / others)]!)
  return [...ranked.slice(0, best), ...chosen]
}

import type { TrialOutcome, WalkForwardWindow } from '../core/search.ts'

/** Why a sweep has no best, and what may give it one; nothing where it has. */
export function unjudgedRemark(outcomes: readonly TrialOutcome[], objective: string): readonly string[] {
  if (outcomes.length === 0) return []
  const reasons = outcomes.map(({ reason }) => reason ?? 'it has none')
  return [
    `No trial can be judged by ${objective}: ${mostly(reasons, 'trials')}. A longer range (--from, --to) may have it, or choose another --objective.`,
  ]
}

/** Of which windows nothing was chosen, and what may help; nothing where something was in each. */
export function unchosenRemark(windows: readonly WalkForwardWindow[], objective: string): readonly string[] {
  const reasons = windows.flatMap(({ chosen, reason }) => (chosen === null ? [reason ?? 'nobody knows why'] : []))
  if (reasons.length === 0) return []
  const all = windows.length
  const where =
    reasons.length === all ? (all === 1 ? 'the window' : `all ${all} windows`) : `${reasons.length} of ${all} windows`
  return [
    `In ${where} nothing could be chosen by ${objective}, and nothing was traded: ${mostly(reasons, 'windows')}. Choose on longer stretches (--train), or by another --objective.`,
  ]
}

/** The reason that comes most often, and how often where there are others. */
function mostly(reasons: readonly string[], what: string): string {
  const counts = new Map<string, number>()
  for (const reason of reasons) counts.set(reason, (counts.get(reason) ?? 0) + 1)
  const [[reason, count]] = [...counts].sort(([, a], [, b]) => b - a) as [[string, number]]
  return count === reasons.length ? reason : `${reason} (${count} of ${reasons.length} ${what})`
}

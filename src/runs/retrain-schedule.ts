import { readAlarms } from './paper/alarm-file.ts'
import { isDrift } from './paper/drift-watch.ts'
import { findSession } from './paper/session-folder.ts'
import { parseLongSpan } from './parse-long-span.ts'
import type { RetrainDecision, RetrainTrigger } from './retrain-decision.ts'
import { cronFault, nextTime } from './schedule.ts'

/** When a model is retrained: so long after its last decision, or at the times of a cron expression in UTC. */
export type Schedule = { readonly every: number } | { readonly cron: string }

/** `7d`, `12h`, `@weekly`, `0 3 * * 1`. @throws RangeError for what is neither */
export function parseSchedule(text: string): Schedule {
  if (!/^[@*]|\s/.test(text)) return { every: parseLongSpan(text) }
  const fault = cronFault(text)
  if (fault !== null) throw new RangeError(`"${text}": ${fault}`)
  return { cron: text }
}

/**
 * When it is due next, UTC ms: never decided, at once.
 * @param last time of the last decision, or of the last attempt at one
 */
export function dueAfter(schedule: Schedule, last: number | null, now: number): number {
  // where it lies after now, some clock was wrong
  if (last === null || last > now) return now
  return 'every' in schedule ? last + schedule.every : (nextTime(schedule.cron, last) ?? Number.POSITIVE_INFINITY)
}

/**
 * The drift of a session that nobody has answered yet with another champion; `null` where there is none.
 * @throws UsageError for a session that there is not
 */
export function driftOf(out: string, name: string, decisions: readonly RetrainDecision[]): RetrainTrigger | null {
  const { dir, file } = findSession(out, name)
  const answered = Math.max(
    Number.NEGATIVE_INFINITY,
    ...decisions.flatMap(({ outcome, trigger }) =>
      outcome !== 'kept' && trigger.kind === 'drift' && trigger.session === file.name ? [trigger.at] : [],
    ),
  )
  const alarms = readAlarms(dir)
  // what is over needs no other model
  const lasts = new Map(alarms.filter(({ kind }) => kind.startsWith('drift-')).map((alarm) => [alarm.kind, alarm]))
  const fresh = [...lasts.values()].filter((alarm) => isDrift(alarm) && alarm.at > answered)
  const newest = fresh.reduce<(typeof fresh)[number] | null>((a, b) => (a === null || b.at > a.at ? b : a), null)
  return newest === null
    ? null
    : { kind: 'drift', session: file.name, alarm: fresh.map(({ kind }) => kind).join(', '), at: newest.at }
}

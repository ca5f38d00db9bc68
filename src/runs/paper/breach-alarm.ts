import { type Alarm, haltStands } from './alarm.ts'
import type { Taken } from './session-state.ts'

/** What went off in an input; it stands until a person has looked, who lets every rule go off again. */
export function breachAlarm({ rule, text, facts }: Taken['breaches'][number], at: number): Alarm {
  return { at, kind: rule, severity: 'critical', text, facts, stands: haltStands(rule) }
}

import type { RunEvent } from '../../core/event.ts'
import type { Alarm, KnownAlarm } from './alarm.ts'
import type { Timing } from './timings.ts'

/** What whoever watches a session is told. */
export type SessionEvent =
  /** An input has been taken; the state is new. */
  | { readonly type: 'instant'; readonly at: number }
  | { readonly type: 'events'; readonly events: readonly RunEvent[] }
  | { readonly type: 'alarm'; readonly alarm: Alarm }
  /** What an alarm was of is over. */
  | { readonly type: 'over'; readonly alarm: KnownAlarm; readonly at: number }
  | {
      readonly type: 'log'
      readonly level: 'debug' | 'info' | 'warn' | 'error'
      readonly text: string
      readonly fields: Readonly<Record<string, unknown>>
    }
  /** A bar that is no replay's has come, so long after its close. */
  | { readonly type: 'heard'; readonly series: string; readonly delayMs: number }
  | { readonly type: 'timing'; readonly name: Timing; readonly ms: number }

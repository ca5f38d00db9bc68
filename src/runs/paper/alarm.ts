import { timeName } from '../../core/time.ts'

/** Something that a person should know of; kept in a session's `alarms.jsonl`. */
export interface Alarm {
  /** UTC ms: of what lasts, since when. */
  readonly at: number
  /** A short name for machines: `stale-data`, `clock-offset`, `rejected-burst`, `loss-limit`, `foreign-order`, … */
  readonly kind: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly text: string
  /** Plain JSON: the figures behind the text. */
  readonly facts: Readonly<Record<string, unknown>>
  /** What it is of, where that lasts: the alarm stands until that is over. Absent: it is of a moment. */
  readonly stands?: string
}

/** An alarm as a session knows it. */
export interface KnownAlarm extends Alarm {
  /** When what it is of was over, UTC ms; `null`: it stands. Absent: it is of a moment. */
  readonly ended?: number | null
}

/** What begins so is of the feed or of the broker, as a process has them: with it, it is over. */
const OF_PROCESS = /^(feed|broker) /
/** What begins so lasts until a person has looked, and says so with `klinelab paper resume`. */
const OF_HALT = /^halt /

export const feedStands = (what: string) => `feed ${what}`
export const brokerStands = (what: string) => `broker ${what}`
export const haltStands = (what: string) => `halt ${what}`

/** What an alarm is of, in few words: `silent binance:BTCUSDT:1m`, or its kind where it is of a moment. */
export function subjectOf({ kind, stands }: Alarm): string {
  const subject = (stands ?? '').replace(/^(feed|broker|halt) /, '').trim()
  if (!subject.startsWith(kind)) return kind
  // funding that is owed is known by its time
  return subject.replace(/(?<= )\d{13}$/, (time) => timeName(Number(time)))
}

export const isOfProcess = (stands: string) => OF_PROCESS.test(stands)
export const isOfHalt = (stands: string) => OF_HALT.test(stands)

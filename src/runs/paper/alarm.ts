/** Something that a person should know of; kept in a session's `alarms.jsonl`. */
export interface Alarm {
  /** UTC ms. */
  readonly at: number
  /** A short name for machines: `stale-data`, `clock-offset`, `rejected-burst`, `loss-limit`, `foreign-order`, … */
  readonly kind: string
  readonly severity: 'info' | 'warning' | 'critical'
  readonly text: string
  /** Plain JSON: the figures behind the text. */
  readonly facts: Readonly<Record<string, unknown>>
}

import type { Venue } from '../../core/series.ts'
import { DataError } from '../data-error.ts'

/**
 * Why a venue gave no answer: `limit` (429 until the patience ended), `banned` (418), `blocked` (403, a firewall's page), `legal`
 * (451), `symbol` (no such market), `clock` (signed at another time than the venue's), `key` (refused, or not allowed to), `request` (ours to mend), `server` (5xx and 408 until the end), `network` (DNS, TLS, reset, timeout),
 * `content` (not what the documentation promises), `patience` (the time for the whole work is over).
 */
export type VenueErrorKind =
  | 'limit'
  | 'banned'
  | 'blocked'
  | 'legal'
  | 'symbol'
  | 'clock'
  | 'key'
  | 'request'
  | 'server'
  | 'network'
  | 'content'
  | 'patience'

export interface VenueErrorFacts {
  readonly kind: VenueErrorKind
  readonly venue: Venue
  /** Path and query, without what is secret. */
  readonly path: string
  /** HTTP status; `null` where there was no answer. */
  readonly status: number | null
  /** The venue's own code and words. */
  readonly code: string | null
  readonly said: string | null
  /** When it may be asked again, UTC ms; `null` where nobody knows. */
  readonly until: number | null
}

/** A venue that could not be asked: its message names venue, path, status, the venue's code and words, and what to do. */
export class VenueError extends DataError {
  override readonly name = 'VenueError'
  readonly facts: VenueErrorFacts

  constructor(message: string, facts: VenueErrorFacts) {
    super(message)
    this.facts = facts
  }
}

/** Why a venue is waited for, and until when: said to whoever watches. */
export interface Wait {
  readonly venue: Venue
  /** `allowance`: our own limiter; `limit`, `banned`: the venue said so; `retry`: a fault that may pass. */
  readonly reason: 'allowance' | 'limit' | 'banned' | 'retry'
  /** In words, e.g. `429 Too Many Requests, Retry-After 30 s`. */
  readonly why: string
  /** ms. */
  readonly for: number
}

/** Whether who waits longer might have had it. */
export function isForPatience(error: unknown): error is VenueError {
  return error instanceof VenueError && FOR_PATIENCE.includes(error.facts.kind)
}

const FOR_PATIENCE: readonly VenueErrorKind[] = ['limit', 'banned', 'patience']

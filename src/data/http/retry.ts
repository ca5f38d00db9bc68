import type { Random } from '../../core/random.ts'
import type { VenueFault } from '../venues/venue.ts'
import type { Outcome } from './send.ts'
import type { VenueErrorKind } from './venue-error.ts'

/** What an outcome means for who asked. */
export interface Verdict {
  readonly kind: VenueErrorKind
  /** In words, without what to do about it. */
  readonly why: string
  /**
   * `again`: after a while of our own choosing; `pause`: nobody asks the venue anything until the ban or limit ends; `stop`: asking
   * again would say the same.
   */
  readonly act: 'again' | 'pause' | 'stop'
  /** How often it is asked altogether. */
  readonly attempts: number
  /** ms that the venue wants to be left alone, where it says so. */
  readonly wait: number | null
}

const ATTEMPTS = 8
/** A name that does not resolve rarely does a minute later; a strange answer is seldom strange four times. */
const FEW_ATTEMPTS = 4

/** Judges an outcome that is not a good answer. `null`: it is one. */
export function verdictOf(outcome: Outcome, fault: VenueFault | null, now: number): Verdict | null {
  switch (outcome.kind) {
    case 'network':
      return networkVerdict(outcome.code, outcome.message)
    case 'elsewhere':
      return stop('blocked', `sends on to ${outcome.to}, which is another server and is not followed`)
    case 'circles':
      return stop('content', 'sends on in circles')
    case 'oversized':
      return stop('content', `an answer of more than ${outcome.bytes} bytes, which is no answer to this`)
    default: {
      const { status, statusText, answer } = outcome
      return answerVerdict(status, statusText, fault, waitOf(answer.headers, now))
    }
  }
}

function answerVerdict(status: number, text: string, fault: VenueFault | null, wait: number | null): Verdict | null {
  const asked = wait === null ? '' : `, to be asked again in ${Math.ceil(wait / 1000)} s`
  const said = `${status}${text === '' ? '' : ` ${text}`}${asked}`
  if (status === 418) return { kind: 'banned', why: said, act: 'pause', attempts: Infinity, wait }
  if (status === 403) return stop('blocked', said)
  if (status === 451) return stop('legal', said)
  if (status === 429 || fault?.kind === 'limit')
    return { kind: 'limit', why: said, act: 'pause', attempts: Infinity, wait }
  if (status === 408 || status >= 500 || fault?.kind === 'server') return again('server', said, wait)
  if (fault !== null) return stop(fault.kind, said)
  return status === 200 ? null : stop('request', said)
}

/** A certificate that is not trusted, or a name that is none, is no passing trouble; a connection that was lost is. */
function networkVerdict(code: string, message: string): Verdict {
  const why = code === 'timeout' ? message : `${message} (${code})`
  if (/CERT|SSL|TLS|EPROTO|SELF_SIGNED|UNABLE_TO_(GET|VERIFY)|HOSTNAME_MISMATCH/.test(code)) return stop('network', why)
  const isName = code === 'ENOTFOUND' || code === 'EAI_AGAIN'
  return { kind: 'network', why, act: 'again', attempts: isName ? FEW_ATTEMPTS : ATTEMPTS, wait: null }
}

/** The verdict on an answer that is not what the documentation promises. */
export function strange(why: string): Verdict {
  return { kind: 'content', why, act: 'again', attempts: FEW_ATTEMPTS, wait: null }
}

function stop(kind: VenueErrorKind, why: string): Verdict {
  return { kind, why, act: 'stop', attempts: 1, wait: null }
}

function again(kind: VenueErrorKind, why: string, wait: number | null): Verdict {
  return { kind, why, act: 'again', attempts: ATTEMPTS, wait }
}

/** `Retry-After` in seconds or as a date; KuCoin says when its window ends, in ms. */
function waitOf(headers: Readonly<Record<string, string>>, now: number): number | null {
  const after = headers['retry-after']
  if (after !== undefined) {
    const seconds = Number(after)
    const wait = Number.isFinite(seconds)
      ? seconds * 1000
      : Date.parse(after) - (Date.parse(headers['date'] ?? '') || now)
    return Number.isFinite(wait) ? Math.max(0, wait) : null
  }
  const reset = Number(headers['gw-ratelimit-reset'])
  return headers['gw-ratelimit-remaining'] === '0' && reset > 0 ? reset : null
}

/** ms that a venue is left alone which limits or bans without saying for how long. */
const UNTOLD = { limit: 10_000, banned: 120_000 }
/** And at least, whatever it says: `Retry-After: 0`, or a date that is over, is not taken at its word. */
const LEAST = { limit: 1000, banned: 120_000 }
const MOST_LEAST = { limit: 60_000, banned: 3_600_000 }

/**
 * How long a venue is left alone that refuses, ms: as long as it says, but no less than twice as long each time in a row. A ban that
 * has an end is believed once.
 */
export function pauseFor(reason: 'limit' | 'banned', told: number | null, inARow: number): number {
  if (inARow === 1 && told !== null && told >= LEAST.limit) return told
  return Math.max(told ?? UNTOLD[reason], Math.min(MOST_LEAST[reason], LEAST[reason] * 2 ** (inARow - 1)))
}

const FIRST_WAIT = 500
const LONGEST_WAIT = 60_000

/** Before the next attempt, ms: twice as long each time, and half of it by chance so that many do not come back at once. */
export function backOff(attempt: number, random: Random): number {
  const most = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** (attempt - 1))
  return Math.round(most / 2 + (most / 2) * random())
}

import { timeName } from '../../core/time.ts'
import { UsageError } from '../usage-error.ts'
import type { SessionFile } from './session-file.ts'

/** What is asked for the time may answer so long before what was heard of its bars, ms. */
const MOMENT = 1000

/** Whether a session's orders are at a simulated exchange, of its broker's name. */
export const isSimulated = (broker: string) => broker.startsWith('exchange ')

/**
 * What is said where another exchange answers than the session has traded at.
 * @param seen last instant that the session has taken, UTC ms; 0 before the first
 * @param now what time it is there, UTC ms
 */
export function begunAnew({ name, broker, from }: SessionFile, seen: number, now: number): UsageError {
  return new UsageError(
    `${name}: at ${broker.slice('exchange '.length)} it is ${timeName(now)}, and this session was there until ${timeName(Math.max(seen, from))}: the exchange has begun anew, and knows nothing of its orders and its position. Nothing was sent; begin a new session with another --name`,
  )
}

/** What is known of a simulated exchange. */
export interface Met {
  /** What time it is there, UTC ms. */
  readonly now: number
  /** Which one answers, as it says; `null`: it does not say so. */
  readonly begun: string | null
  /** At which one the session has traded; `null`: nobody said so then. */
  readonly before: string | null
}

/**
 * A simulated exchange has its account and its time as long as its process lives. Where another answers, or one that stands before what
 * a session has seen of it, it knows none of the session's orders, and what the session holds is not held there. Time alone does not
 * tell: one that plays quickly, or was left to itself, is soon as far as the session was.
 * @param seen last instant that the session has taken, UTC ms; 0 before the first
 * @throws UsageError, before anything is sent
 */
export function checkBegunAnew(file: SessionFile, seen: number, { now, begun, before }: Met): void {
  if (!isSimulated(file.broker)) return
  const isAnother = begun !== null && before !== null && begun !== before
  if (isAnother || now < Math.max(seen, file.from) - MOMENT) throw begunAnew(file, seen, now)
}

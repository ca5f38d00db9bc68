import { setTimeout as sleep } from 'node:timers/promises'
import { errorReply } from './error-codes.ts'
import type { Fault } from './faults.ts'
import { spoilCandles, spoilFilters } from './spoil-answer.ts'
import type { WireReply, WireRequest } from './wire.ts'

/** What becomes of a request: an answer; `cut`: the connection is cut instead; `hang`: nothing ever comes. */
export type Outcome = { readonly reply: WireReply; readonly isHalf?: boolean } | 'cut' | 'hang'

/** What faults need of the exchange. */
export interface FaultHost {
  handle(request: WireRequest): WireReply
  /** Resolves when the replay has come so many pauses on. */
  steps(count: number): Promise<void>
}

const TEXT = { 'content-type': 'text/plain' }
const UNKNOWN = 'Unknown error, please check your request or try again later.'
const INTERNAL = 'Internal error; unable to process your request. Please try again.'
const THROTTLED =
  'Request throttled by system-level protection. Reduce-only/close-position orders are exempt. Please try again.'
const BACKEND = 'Timeout waiting for response from backend server. Send status unknown; execution status unknown.'

/** Handles a request as its faults have it. The first that answers in place of the exchange wins. */
export async function handleWithFaults(
  request: WireRequest,
  faults: readonly Fault[],
  host: FaultHost,
): Promise<Outcome> {
  let asked = request
  for (const fault of faults) {
    if (fault.kind === 'clock') asked = { ...asked, at: asked.at + (fault.ms ?? 0) }
    if (fault.kind === 'late') {
      if (fault.steps !== undefined) await host.steps(fault.steps)
      await sleep(fault.ms ?? 0)
    }
    const refusal = refusalOf(fault, asked)
    if (refusal !== null) return refusal
  }
  let outcome: Outcome = { reply: host.handle(asked) }
  for (const fault of faults) outcome = await afterwards(fault, outcome)
  return outcome
}

/** An answer that comes without the request having been handled. */
function refusalOf(fault: Fault, request: WireRequest): Outcome | null {
  const { seconds = 30, code = -1000, msg = 'An unknown error occurred while processing the request.' } = fault
  const retry = { 'retry-after': String(seconds) }
  const plain = (status: number, body: string) => ({ reply: { status, headers: TEXT, body } })
  const limited = (reply: WireReply) => ({ reply: { ...reply, headers: { ...reply.headers, ...retry } } })
  switch (fault.kind) {
    case 'refused':
      return 'cut'
    case 'unavailable':
      return plain(503, 'Service Unavailable.')
    case 'internal':
      return { reply: errorReply(-1000, INTERNAL, 503) }
    case 'throttled':
      return isReducing(request) ? null : { reply: errorReply(-1008, THROTTLED, 503) }
    case 'rate-limit':
      return limited(errorReply(-1003, 'Too many requests; please use the websocket for live updates.', 429))
    case 'ban':
      return limited(errorReply(-1003, `Way too many requests; IP banned until ${request.at + seconds * 1000}.`, 418))
    case 'waf':
      return plain(403, '<html><head><title>403 Forbidden</title></head><body>403 Forbidden</body></html>')
    case 'error':
      return { reply: errorReply(code, msg, fault.status ?? 400) }
    default:
      return null
  }
}

/** Cancels go through, and orders that can only reduce. */
function isReducing({ method, query, body }: WireRequest): boolean {
  return method === 'DELETE' || /(^|&)(reduceOnly|closePosition)=true(&|$)/i.test(`${query}&${body}`)
}

async function afterwards({ kind, ms = 0, ...fault }: Fault, outcome: Outcome): Promise<Outcome> {
  if (typeof outcome === 'string') return outcome
  const { reply } = outcome
  switch (kind) {
    case 'unknown':
      return { reply: errorReply(-1000, UNKNOWN, 503) }
    case 'timeout':
      await sleep(ms)
      return { reply: errorReply(-1007, BACKEND, 408) }
    case 'delay':
      await sleep(ms)
      return outcome
    case 'reset':
      return 'cut'
    case 'hang':
      return 'hang'
    case 'garbled':
      return { reply, isHalf: true }
    case 'missing-bars':
    case 'misaligned-bars':
    case 'revised-bars':
      return { reply: spoilCandles(kind, reply, { count: fault.count ?? 1, ms }) }
    case 'filters':
      return { reply: spoilFilters(reply, fault) }
    default:
      return outcome
  }
}

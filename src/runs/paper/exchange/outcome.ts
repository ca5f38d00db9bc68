/**
 * What came of a request. `refused`: it was judged, and nothing was done. `failed`: surely nothing was done, and it may be tried again.
 * `unknown`: it may have been carried out; only a question by the client id tells.
 */
export type Outcome =
  | { readonly kind: 'done'; readonly reply: unknown }
  | { readonly kind: 'refused'; readonly code: number; readonly text: string }
  | { readonly kind: 'failed'; readonly cause: Cause; readonly text: string; readonly retryAfter: number | null }
  | { readonly kind: 'unknown'; readonly text: string }

/** Why nothing was done: our clock, too many requests, too many after being told so, the exchange too busy, or no connection. */
type Cause = 'clock' | 'limit' | 'ban' | 'busy' | 'away'

/** Timestamp outside of the window: by the gateway, and by the matching engine. */
const CLOCK = [-1021, -5028]
/** These codes say of themselves that nobody knows: UNKNOWN, DISCONNECTED, UNEXPECTED_RESP, TIMEOUT, SERVICE_SHUTTING_DOWN. */
const UNKNOWN = [-1000, -1001, -1006, -1007, -1016]
const BUSY = -1008
const LIMIT = [-1003, -1015]
/** A connection that was never made has carried nothing. */
const NEVER_LEFT = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH']

/** Reads what the `binance` package throws with `parseExceptions: false`: the HTTP client's own error. */
export function outcomeOf(error: unknown): Outcome {
  const { response, code, message } = error as {
    response?: { status: number; data: unknown; headers: Record<string, unknown> }
    code?: string
    message?: string
  }
  if (response === undefined) {
    const text = [code, message].filter(Boolean).join(' ')
    return NEVER_LEFT.includes(code ?? '')
      ? { kind: 'failed', cause: 'away', text, retryAfter: null }
      : { kind: 'unknown', text }
  }
  const { status, data, headers } = response
  const body = (typeof data === 'object' && data !== null ? data : {}) as { code?: number; msg?: string }
  const said = Number(body.code ?? 0)
  const text = said === 0 ? `HTTP ${status} ${brief(data)}` : `${said} ${body.msg ?? ''}`.trim()
  const failed = (cause: Cause): Outcome => ({ kind: 'failed', cause, text, retryAfter: secondsOf(headers) })
  if (status === 418) return failed('ban')
  if (status === 429 || status === 403 || LIMIT.includes(said)) return failed('limit')
  if (CLOCK.includes(said)) return failed('clock')
  if (said === BUSY) return failed('busy')
  if (UNKNOWN.includes(said) || status === 408) return { kind: 'unknown', text }
  if (status >= 500) return isSurelyNothing(body.msg ?? String(data)) ? failed('busy') : { kind: 'unknown', text }
  return { kind: 'refused', code: said, text }
}

/** Of the texts that a 503 has, the ones that say that nothing was done. "Unknown error, …" is not among them. */
function isSurelyNothing(text: string): boolean {
  return text.includes('Service Unavailable.') || text.includes('Internal error; unable to process your request')
}

function secondsOf(headers: Record<string, unknown>): number | null {
  const seconds = Number(headers['retry-after'] ?? Number.NaN)
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1000 : null
}

function brief(data: unknown): string {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  return (text ?? '').slice(0, 120)
}

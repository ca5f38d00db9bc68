import type { Answer } from '../venues/venue.ts'
import type { HttpClock } from './http-clock.ts'

/** What came of one request. */
export type Outcome =
  | { readonly kind: 'answer'; readonly status: number; readonly statusText: string; readonly answer: Answer }
  /** Sent on to another server, which was not followed. */
  | { readonly kind: 'elsewhere'; readonly status: number; readonly to: string }
  | { readonly kind: 'circles'; readonly status: number }
  /** `code` as the system names it: ENOTFOUND, ECONNRESET, CERT_HAS_EXPIRED … */
  | { readonly kind: 'network'; readonly code: string; readonly message: string }
  /** The answer is larger than anything a venue has to say. */
  | { readonly kind: 'oversized'; readonly bytes: number }

export interface SendOptions {
  /** ms from the first byte asked to the last one read. */
  readonly timeout: number
  readonly signal?: AbortSignal
  readonly clock: HttpClock
  /** Go no further than the origin that is asked. */
  readonly headers?: Readonly<Record<string, string>>
}

/** Spot's `exchangeInfo` has some 15 MB. */
const MOST_BYTES = 64 * 1024 * 1024
const MOST_REDIRECTS = 3

/** One GET. Redirects within the origin are followed, those that lead out of it are told. @throws only what the signal says */
export async function send(url: string, options: SendOptions): Promise<Outcome> {
  const { signal, clock } = options
  signal?.throwIfAborted()
  const timeout = clock.expire?.(options.timeout) ?? AbortSignal.timeout(options.timeout)
  const both = signal === undefined ? timeout : AbortSignal.any([signal, timeout])
  try {
    return await follow(new URL(url), both, options)
  } catch (problem) {
    signal?.throwIfAborted()
    if (timeout.aborted)
      return { kind: 'network', code: 'timeout', message: `no whole answer within ${options.timeout / 1000} s` }
    return { kind: 'network', ...causeOf(problem) }
  }
}

async function follow(first: URL, signal: AbortSignal, { clock, headers }: SendOptions): Promise<Outcome> {
  let url = first
  // Coinbase answers nobody who does not say who he is
  const said = { 'user-agent': 'klinelab', ...headers }
  for (let hops = 0; ; hops++) {
    const response = await fetch(url.href, { signal, redirect: 'manual', headers: said })
    const location = response.headers.get('location')
    if (response.status < 300 || response.status >= 400 || location === null) return read(response, clock)
    await response.body?.cancel()
    const { status } = response
    const to = URL.canParse(location, url.href) ? new URL(location, url) : null
    if (to?.origin !== first.origin)
      return { kind: 'elsewhere', status, to: to === null ? 'nowhere' : to.origin + to.pathname }
    if (hops === MOST_REDIRECTS) return { kind: 'circles', status }
    url = to
  }
}

async function read(response: Response, clock: HttpClock): Promise<Outcome> {
  const chunks: Uint8Array[] = []
  let length = 0
  for await (const chunk of response.body ?? []) {
    length += chunk.length
    // leaving the loop ends the connection
    if (length > MOST_BYTES) return { kind: 'oversized', bytes: length }
    chunks.push(chunk)
  }
  const headers = Object.fromEntries(response.headers)
  const bytes = Buffer.concat(chunks)
  let text: string | null = null
  const answer = {
    bytes,
    // files are no text
    get body() {
      text ??= bytes.toString('utf8')
      return text
    },
    at: madeAt(headers, clock.now()),
    headers,
  }
  return { kind: 'answer', status: response.status, statusText: response.statusText, answer }
}

/** A cache states how old its copy is beside the date on which it hands it out. */
function madeAt(headers: Readonly<Record<string, string>>, now: number): number {
  const date = Date.parse(headers['date'] ?? '')
  const age = Number(headers['age'] ?? 0)
  return Number.isFinite(date) ? date - (age > 0 ? age * 1000 : 0) : now
}

/** The system's code is in what fetch names as the cause, or in the cause of that. */
function causeOf(problem: unknown): { readonly code: string; readonly message: string } {
  let at: unknown = problem
  let last = String(problem)
  for (let depth = 0; depth < 5 && at instanceof Error; depth++) {
    const { code } = at as { readonly code?: unknown }
    if (typeof code === 'string') return { code, message: plainly(at.message) }
    last = at.message
    at = at instanceof AggregateError ? at.errors[0] : at.cause
  }
  // the browsers' list of ports of other protocols, by which fetch goes
  if (last === 'bad port')
    return { code: 'BAD_PORT', message: 'no request is made to this port, which is of another protocol' }
  return { code: 'unknown', message: plainly(last) }
}

/** One line; of what OpenSSL says only the reason: `40A7…:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/…`. */
function plainly(message: string): string {
  const [, reason] = /:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+)/.exec(message) ?? []
  if (reason === 'wrong version number' || reason === 'packet length too long')
    return `no TLS is spoken there (${reason}); is its address to begin with http: or ws:?`
  return reason === undefined ? message.replace(/\s+/g, ' ').trim() : `TLS cannot be agreed upon: ${reason}`
}

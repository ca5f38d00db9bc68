import type { IncomingMessage } from 'node:http'
import type { Answer } from '../venues/venue.ts'
import type { HttpClock } from './http-clock.ts'
import { bytesOf, oneGet } from './one-get.ts'

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
  // of `AbortSignal.any` and `.timeout` the collector keeps track, which takes longer than the request
  const end = new AbortController()
  const stop = () => end.abort()
  let isLate = false
  const timer = setTimeout(() => {
    isLate = true
    stop()
  }, clock.patienceFor?.(options.timeout) ?? options.timeout)
  signal?.addEventListener('abort', stop)
  try {
    return await follow(new URL(url), end.signal, options)
  } catch (problem) {
    signal?.throwIfAborted()
    if (isLate)
      return { kind: 'network', code: 'timeout', message: `no whole answer within ${options.timeout / 1000} s` }
    return { kind: 'network', ...causeOf(problem) }
  } finally {
    clearTimeout(timer)
    signal?.removeEventListener('abort', stop)
  }
}

async function follow(first: URL, signal: AbortSignal, { clock, headers }: SendOptions): Promise<Outcome> {
  let url = first
  // Coinbase answers nobody who does not say who he is
  const said = { 'user-agent': 'klinelab', ...headers }
  for (let hops = 0; ; hops++) {
    const message = await oneGet(url, said, signal)
    const status = message.statusCode!
    const { location } = message.headers
    if (status < 300 || status >= 400 || location === undefined) return read(message, clock)
    message.destroy()
    const to = URL.canParse(location, url.href) ? new URL(location, url) : null
    if (to?.origin !== first.origin)
      return { kind: 'elsewhere', status, to: to === null ? 'nowhere' : to.origin + to.pathname }
    if (hops === MOST_REDIRECTS) return { kind: 'circles', status }
    url = to
  }
}

async function read(message: IncomingMessage, clock: HttpClock): Promise<Outcome> {
  const bytes = await bytesOf(message, MOST_BYTES)
  if (bytes === null) return { kind: 'oversized', bytes: MOST_BYTES }
  // all others are one text each
  const { 'set-cookie': _, ...rest } = message.headers
  const headers = rest as Readonly<Record<string, string>>
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
  return { kind: 'answer', status: message.statusCode!, statusText: message.statusMessage ?? '', answer }
}

/** A cache states how old its copy is beside the date on which it hands it out. */
function madeAt(headers: Readonly<Record<string, string>>, now: number): number {
  const date = Date.parse(headers['date'] ?? '')
  const age = Number(headers['age'] ?? 0)
  return Number.isFinite(date) ? date - (age > 0 ? age * 1000 : 0) : now
}

/** Where a name has several addresses, what was wrong with the first. */
function causeOf(problem: unknown): { readonly code: string; readonly message: string } {
  const first = problem instanceof AggregateError ? problem.errors[0] : problem
  const { code, message } = first as { readonly code?: unknown; readonly message?: unknown }
  // a connection that ends in mid-answer
  const said = message === 'aborted' ? 'the connection was lost in mid-answer' : plainly(String(message ?? first))
  return { code: typeof code === 'string' ? code : 'unknown', message: said }
}

/** One line; of what OpenSSL says only the reason: `40A7…:error:0A00010B:SSL routines:tls_validate_record_header:wrong version number:../deps/…`. */
function plainly(message: string): string {
  const [, reason] = /:error:[0-9A-F]+:SSL routines:[^:]*:([^:]+)/.exec(message) ?? []
  if (reason === 'wrong version number' || reason === 'packet length too long')
    return `no TLS is spoken there (${reason}); is its address to begin with http: or ws:?`
  return reason === undefined ? message.replace(/\s+/g, ' ').trim() : `TLS cannot be agreed upon: ${reason}`
}

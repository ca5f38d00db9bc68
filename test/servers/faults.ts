import type { ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { TruthBar } from './truth.ts'
import type { Reply, WireRequest } from './wire.ts'

/** What goes wrong with one answer. */
export type Fault =
  /** 429 and 418 say in seconds when to come again; 403 is a firewall's page. */
  | { readonly kind: 'status'; readonly status: number; readonly retryAfter?: number; readonly body?: string }
  /** The JSON ends in its middle, though the answer is whole as HTTP knows it. */
  | { readonly kind: 'truncated' }
  /** Status 200 and somebody's page of apology. */
  | { readonly kind: 'html' }
  /** The page before this one once more. */
  | { readonly kind: 'repeated' }
  /** The page after the one asked for. */
  | { readonly kind: 'skipped' }
  /** One candle stands in this answer otherwise than in others. */
  | { readonly kind: 'changed' }
  /** The venue's clock, in `Date` and where it says the time, is off by so many ms. */
  | { readonly kind: 'skew'; readonly ms: number }
  /** A byte each so many ms. */
  | { readonly kind: 'drip'; readonly ms: number }
  | { readonly kind: 'redirect'; readonly to: string }
  /** The connection is reset in the middle of the body. */
  | { readonly kind: 'reset' }
  /** Nothing is ever answered. */
  | { readonly kind: 'silent' }
  /** Times are 1000 times what they are: microseconds for milliseconds, milliseconds for seconds. */
  | { readonly kind: 'microseconds' }
  | { readonly kind: 'empty' }
  /** The rows come in the other order. */
  | { readonly kind: 'newest-first' }
  /** The bytes of a file are others than its hash says. */
  | { readonly kind: 'damaged' }

const CLOCKS = /(time|Time|timestamp)$/

/** How a fault bends what a wire makes. */
export function bent(
  fault: Fault | null,
  path: string,
  now: number,
): Pick<WireRequest, 'bend' | 'shift' | 'timeScale' | 'isTurned' | 'now'> {
  return {
    // what has ended has ended, whatever a clock says
    now: CLOCKS.test(path) ? clockOf(fault, now) : now,
    bend: (bars) => (fault?.kind === 'empty' ? [] : fault?.kind === 'changed' ? oneChanged(bars) : bars),
    shift: fault?.kind === 'skipped' ? 1 : 0,
    timeScale: fault?.kind === 'microseconds' ? 1000 : 1,
    isTurned: fault?.kind === 'newest-first',
  }
}

/** What the venue takes for the time. */
export function clockOf(fault: Fault | null, now: number): number {
  return fault?.kind === 'skew' ? now + fault.ms : now
}

/** The middle bar trades above its high. */
function oneChanged(bars: readonly TruthBar[]): readonly TruthBar[] {
  const middle = bars.length >> 1
  return bars.map((bar, k) => (k === middle ? { ...bar, high: bar.high + 3, close: bar.high + 3 } : bar))
}

const HTML =
  '<!DOCTYPE html><html><head><title>ERROR: The request could not be satisfied</title></head><body>Request blocked.</body></html>'

/** What is said where the answer itself is another; `null`: the wire answers. */
export function saidInstead(fault: Fault | null): Reply | null {
  switch (fault?.kind) {
    case 'status':
      return statusReply(fault.status, fault.retryAfter, fault.body)
    case 'html':
      return { status: 200, body: HTML, weight: 1, type: 'text/html' }
    case 'redirect':
      return { status: 302, body: '', weight: 1, headers: { location: fault.to } }
    default:
      return null
  }
}

/** Bodies as Binance words them. */
const BODIES: Readonly<Record<number, string>> = {
  408: '{"code":-1007,"msg":"Timeout waiting for response from backend server. Send status unknown; execution status unknown."}',
  418: '{"code":-1003,"msg":"Way too many requests; IP banned until 1764115200000. Please use the websocket for live updates to avoid bans."}',
  429: '{"code":-1003,"msg":"Too many requests; current limit is 2400 request weight per 1 MINUTE. Please use the websocket for live updates to avoid polling the API."}',
  451: '{"code":0,"msg":"Service unavailable from a restricted location according to \'b. Eligibility\' in our terms."}',
  500: '{"code":-1000,"msg":"An unknown error occurred while processing the request."}',
  503: 'Service Unavailable.',
}

function statusReply(status: number, retryAfter: number | undefined, body = BODIES[status] ?? HTML): Reply {
  const headers: Record<string, string> = retryAfter === undefined ? {} : { 'retry-after': String(retryAfter) }
  const type = body.startsWith('{') ? 'application/json' : 'text/html'
  return { status, body, headers, weight: 1, type }
}

/** Sends the body as the fault has it. */
export async function sendBody(response: ServerResponse, body: Uint8Array, fault: Fault | null): Promise<void> {
  switch (fault?.kind) {
    case 'silent':
      return
    case 'truncated':
      response.end(body.subarray(0, Math.max(1, body.length >> 1)))
      return
    case 'damaged':
      response.end(body.map((byte, at) => (at === body.length >> 1 ? byte ^ 0xff : byte)))
      return
    case 'reset':
      response.setHeader('content-length', body.length)
      await new Promise<void>((sent) => response.write(body.subarray(0, body.length >> 1), () => sent()))
      await sleep(5)
      response.socket?.resetAndDestroy()
      return
    case 'drip':
      for (let at = 0; at < body.length && !response.destroyed; at++) {
        response.write(body.subarray(at, at + 1))
        await sleep(fault.ms)
      }
      response.end()
      return
    default:
      response.end(body)
  }
}

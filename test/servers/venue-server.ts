import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Venue } from '../../src/core/series.ts'
import { binanceArchive } from './archive-wire.ts'
import { binanceSpot, binanceUsdm } from './binance-wire.ts'
import { coinbase } from './coinbase-wire.ts'
import { bent, clockOf, type Fault, saidInstead, sendBody } from './faults.ts'
import { kraken } from './kraken-wire.ts'
import { kucoin } from './kucoin-wire.ts'
import { listenAnew } from './new-port.ts'
import { Truth } from './truth.ts'
import { json, type Reply, type Wire, type WireRequest } from './wire.ts'

/** What was asked of the server. */
export interface Asked {
  readonly venue: Venue | 'archive'
  readonly path: string
  readonly query: URLSearchParams
  readonly headers: IncomingMessage['headers']
  /** The answer's status; 0 until it is known. */
  status: number
  /** It was answered with a page of bars. */
  isPage: boolean
  weight: number
}

export interface VenueServerOptions {
  readonly truth?: Truth
  /** The simulated clock; 2024-06-01T00:00:30Z unless told. */
  readonly now?: number | (() => number)
  /** ms before every answer. */
  readonly latency?: number
  /** What goes wrong with the `nth` request (from 1) of this path; `null`: nothing. */
  fault?(asked: Asked, nth: number): Fault | null
  /** Refuses with 429 what is beyond the venue's allowance of a minute by the wall clock. */
  readonly isStrict?: boolean
}

export interface VenueServer {
  /** Of all venues and the archive, e.g. `http://127.0.0.1:40123`. */
  readonly origin: string
  readonly truth: Truth
  readonly asked: readonly Asked[]
  /** Requests of a path that were answered with a page, or of all. */
  count(path?: RegExp): number
  /** Most requests that were underway at once. */
  readonly mostAtOnce: number
  now: () => number
  latency: number
  fault: ((asked: Asked, nth: number) => Fault | null) | null
  close(): Promise<void>
}

const WIRES: readonly Wire[] = [binanceArchive, binanceSpot, binanceUsdm, coinbase, kraken, kucoin]
/** Weight a minute, of venues that say in a header how much is used. */
const ALLOWANCE: Partial<Record<Venue | 'archive', number>> = { binance: 6000, 'binance-usdm': 2400 }
export const NOW_THERE = Date.UTC(2024, 5, 1, 0, 0, 30)

/** Plays the venues on 127.0.0.1: generated bars in each venue's own words, and whatever goes wrong is asked for. */
export async function startVenueServer(options: VenueServerOptions = {}): Promise<VenueServer> {
  const given = options.now ?? NOW_THERE
  const asked: Asked[] = []
  const nths = new Map<string, number>()
  const used = new Map<string, number>()
  let lastPage: Reply | null = null
  let underway = 0

  const server = createServer((incoming, response) => {
    underway++
    played.mostAtOnce = Math.max(played.mostAtOnce, underway)
    response.on('close', () => underway--)
    answer(incoming, response).catch((problem) => response.destroy(problem))
  })

  async function answer(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(incoming.url!, 'http://127.0.0.1')
    const { pathname: path, searchParams: query } = url
    const about: Asked = {
      venue: venueOf(path),
      path,
      query,
      headers: incoming.headers,
      status: 0,
      isPage: false,
      weight: 0,
    }
    asked.push(about)
    const nth = (nths.get(path) ?? 0) + 1
    nths.set(path, nth)
    const fault = played.fault?.(about, nth) ?? null
    if (played.latency > 0) await sleep(played.latency)
    const bend = bent(fault, path, played.now())
    const request: WireRequest = { path, query, headers: incoming.headers, truth: played.truth, ...bend }
    let reply =
      saidInstead(fault) ?? (incoming.method === 'GET' ? fromWires(request) : json({ msg: 'GET only' }, 1, 405))
    if (fault?.kind === 'repeated' && lastPage !== null && reply.isPage) reply = lastPage
    else if (reply.isPage) lastPage = reply
    const weights = weighed(about.venue, reply.weight)
    if (options.isStrict && weights.isOver)
      reply = saidInstead({ kind: 'status', status: 429, retryAfter: weights.wait })!
    Object.assign(about, { status: reply.status, isPage: reply.isPage === true, weight: reply.weight })
    response.writeHead(reply.status, {
      'content-type': reply.type ?? 'application/json;charset=UTF-8',
      date: new Date(clockOf(fault, played.now())).toUTCString(),
      ...weights.headers,
      ...reply.headers,
    })
    await sendBody(response, typeof reply.body === 'string' ? Buffer.from(reply.body) : reply.body, fault)
  }

  function weighed(venue: Asked['venue'], weight: number) {
    const most = ALLOWANCE[venue]
    if (most === undefined) return { headers: {}, isOver: false, wait: 0 }
    const minute = Math.floor(Date.now() / 60_000)
    const key = `${venue} ${minute}`
    const sum = (used.get(key) ?? 0) + weight
    used.set(key, sum)
    const headers = { 'x-mbx-used-weight': String(sum), 'x-mbx-used-weight-1m': String(sum) }
    return { headers, isOver: sum > most, wait: Math.ceil(((minute + 1) * 60_000 - Date.now()) / 1000) }
  }

  const origin = await listenAnew(server)
  const played = {
    origin,
    truth: options.truth ?? new Truth(),
    asked,
    count: (path?: RegExp) => (path === undefined ? asked.length : asked.filter((one) => path.test(one.path)).length),
    mostAtOnce: 0,
    now: typeof given === 'number' ? () => given : given,
    latency: options.latency ?? 0,
    fault: options.fault?.bind(options) ?? null,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
  return played
}

function venueOf(path: string): Asked['venue'] {
  if (path.startsWith('/data/')) return 'archive'
  if (path.startsWith('/fapi/')) return 'binance-usdm'
  if (path.startsWith('/0/')) return 'kraken'
  if (/^\/api\/v[12]\/|^\/api\/v3\/currencies/.test(path)) return 'kucoin'
  return path.startsWith('/api/v3/') ? 'binance' : 'coinbase'
}

function fromWires(request: WireRequest): Reply {
  for (const wire of WIRES) {
    const reply = wire.answer(request)
    if (reply !== null) return reply
  }
  return { status: 404, body: '<html><body>404 Not found</body></html>', weight: 1, type: 'text/html' }
}

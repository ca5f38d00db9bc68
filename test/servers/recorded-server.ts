import { readFileSync } from 'node:fs'
import { createServer } from 'node:http'
import { setTimeout as sleep } from 'node:timers/promises'
import { recorded } from '../data/recorded.ts'
import { listenAnew } from './new-port.ts'

/** An answer that others heard and wrote down. */
interface Recorded {
  readonly path: string
  /** Sorted by name. */
  readonly query: string
  readonly status: number
  /** When the venue made it, where that was written down, UTC ms. */
  readonly at: number
  readonly body: string
}

interface Route {
  readonly queryString: string
  readonly data: unknown
}

interface Exchange {
  readonly request: { readonly url: string }
  readonly response: {
    readonly status_code: number
    readonly header: { readonly Date?: readonly string[] }
    readonly body: string
  }
}

/** Of Binance (spot, USDS-M, COIN-M), KuCoin and Coinbase. */
export function recordedAnswers(): readonly Recorded[] {
  read ??= readAnswers()
  return read
}

let read: readonly Recorded[] | null = null

function readAnswers(): readonly Recorded[] {
  const answers: Recorded[] = []
  for (const venue of ['binance', 'kucoin']) {
    const file = JSON.parse(readFileSync(recorded(`recorded-http/${venue}/http.json`), 'utf8'))
    for (const [path, methods] of Object.entries(file.routes as Record<string, { readonly GET?: readonly Route[] }>))
      for (const { queryString, data } of methods.GET ?? []) {
        const isRefused = typeof (data as { readonly code?: unknown } | null)?.code === 'number'
        const status = isRefused ? 400 : 200
        answers.push({ path, query: sorted(queryString), status, at: Number.NaN, body: JSON.stringify(data) })
      }
  }
  for (const what of ['KLines', 'Markets', 'Ticker', 'Tickers']) {
    const file = readFileSync(recorded(`recorded-http/coinbase/TestExchange_Query${what}.json`), 'utf8')
    for (const { request, response } of JSON.parse(file) as readonly Exchange[]) {
      const { pathname: path, search } = new URL(request.url)
      const at = Date.parse(response.header.Date?.[0] ?? '')
      answers.push({ path, query: sorted(search), status: response.status_code, at, body: response.body })
    }
  }
  return answers
}

/** Says what was recorded for the same path and query, by the clock of then. */
export async function startRecordedServer(options: { readonly latency?: number } = {}) {
  const answers = new Map(recordedAnswers().map((answer) => [`${answer.path}?${answer.query}`, answer]))
  const server = createServer(async (request, response) => {
    const { pathname, search } = new URL(request.url!, 'http://127.0.0.1')
    if (options.latency !== undefined) await sleep(options.latency)
    const found = answers.get(`${pathname}?${sorted(search)}`)
    const date = Number.isFinite(found?.at) ? { date: new Date(found!.at).toUTCString() } : {}
    response.writeHead(found?.status ?? 404, { 'content-type': 'application/json', ...date })
    response.end(found?.body ?? `{"message":"nobody recorded ${pathname}${search}"}`)
  })
  const origin = await listenAnew(server)
  return {
    origin,
    async close() {
      server.closeAllConnections()
      await new Promise((closed) => server.close(closed))
    },
  }
}

function sorted(query: string): string {
  const parameters = new URLSearchParams(query)
  parameters.sort()
  return parameters.toString()
}

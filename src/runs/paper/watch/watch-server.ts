import { createHash } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { hostname } from 'node:os'
import { Gatekeeper, isLoopback } from '../../../data/serve/gatekeeper.ts'
import { UsageError } from '../../usage-error.ts'
import type { LiveHub } from './live-hub.ts'
import { CHALLENGE, hasKey, KEY_NAME } from './watch-key.ts'

export interface WatchServerOptions {
  readonly host: string
  /** 0: one that is free. */
  readonly port: number
  /** What whoever asks must have; `null`: nothing, which is for loopback. */
  readonly key: string | null
  /** What the flag that asks for it is called. */
  readonly flag: string
  /** The page and what it is fed with; `null`: figures alone are served. */
  readonly page: {
    readonly html: string
    readonly script: string
    readonly style: string
    readonly hub: LiveHub
  } | null
  readonly snapshot: () => unknown
  readonly metrics: { readonly contentType: string; text(): Promise<string> }
  /** Why it needs eyes; `null` while all is well. */
  readonly trouble: () => string | null
}

const MOST_CONNECTIONS = 100
/** The header as well, for who writes a client. */
const HOW_TO_ENTER = `this session wants the key that its process has in ${KEY_NAME}, by HTTP Basic: as the password beside any name. In a browser type it when it asks; elsewhere: curl -u ":$${KEY_NAME}" …, basic_auth of Prometheus, or the header Authorization: Basic base64(":" + key)`

const HEADERS: Readonly<Record<string, string>> = {
  'cache-control': 'no-store',
  'x-content-type-options': 'nosniff',
  'x-frame-options': 'DENY',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
  'cross-origin-opener-policy': 'same-origin',
}

/** What a session shows of itself over HTTP. It is asked with GET alone, and nothing can be done with it. */
export class WatchServer {
  readonly #options: WatchServerOptions
  readonly #gatekeeper: Gatekeeper
  readonly #server: Server
  readonly #policy: string

  private constructor(options: WatchServerOptions) {
    this.#options = options
    this.#gatekeeper = gatekeeperAt(options.host)
    this.#policy = options.page === null ? "default-src 'none'" : policyOf(options.page)
    this.#server = createServer((request, response) => this.#answer(request, response))
    this.#server.maxConnections = MOST_CONNECTIONS
    this.#server.requestTimeout = 15_000
    this.#server.headersTimeout = 10_000
    this.#server.on('clientError', (_, socket) => socket.destroy())
  }

  /** @throws UsageError where the port is taken, or the address is none of this machine */
  static async open(options: WatchServerOptions): Promise<WatchServer> {
    const one = new WatchServer(options)
    const { host, port, flag } = options
    await new Promise<void>((resolve, reject) => {
      one.#server.once('error', (error: { code?: string; message: string }) => {
        const why =
          error.code === 'EADDRINUSE'
            ? 'the port is taken: give another'
            : `cannot be bound (${error.code ?? error.message})`
        reject(new UsageError(`--${flag} ${port} on ${host}: ${why}`))
      })
      one.#server.listen(port, host, resolve)
    })
    return one
  }

  /** Where it is. */
  get address(): string {
    const { host } = this.#options
    return `http://${host.includes(':') ? `[${host}]` : host}:${(this.#server.address() as AddressInfo).port}/`
  }

  async close(): Promise<void> {
    const closed = new Promise((resolve) => this.#server.close(resolve))
    this.#options.page?.hub.close()
    // who has its answer goes by itself
    setTimeout(() => this.#server.closeAllConnections(), 200).unref()
    await closed
  }

  #answer(request: IncomingMessage, response: ServerResponse): void {
    response.on('error', () => response.destroy())
    const say = (status: number, type: string, body: string, headers: Readonly<Record<string, string>> = {}) => {
      response.writeHead(status, {
        ...{ ...HEADERS, 'content-security-policy': this.#policy, ...headers },
        ...{ 'content-type': type, 'content-length': Buffer.byteLength(body) },
      })
      response.end(body)
    }
    const text = (status: number, body: string, headers = {}) =>
      say(status, 'text/plain; charset=utf-8', `${body}\n`, headers)
    const refused = this.#gatekeeper.refuses(request.headers)
    if (refused !== null) return text(403, refused)
    const [path, query = ''] = (request.url ?? '/').split('?', 2)
    // whoever looks whether it is up may ask for no more than the head; of a stream there is none without the rest
    const allow = path === '/events' ? 'GET' : 'GET, HEAD'
    if (!allow.split(', ').includes(request.method ?? ''))
      return text(405, `only ${allow}`, { allow, connection: 'close' })
    const { key, page, snapshot, metrics, trouble } = this.#options
    const isAdmitted = key === null || hasKey(request.headers, key)
    if (path === '/healthz') {
      const why = trouble()
      // what restarts containers has no key: to it whether all is well, and not of what it trades
      return text(why === null ? 200 : 503, why === null ? 'ok' : isAdmitted ? why : 'not well')
    }
    if (!isAdmitted) return text(401, HOW_TO_ENTER, CHALLENGE)
    switch (path) {
      case '/metrics':
        return void metrics.text().then(
          (body) => say(200, metrics.contentType, body),
          (error: Error) => text(500, error.message),
        )
      case '/snapshot.json':
        return say(200, 'application/json; charset=utf-8', `${JSON.stringify(snapshot())}\n`)
    }
    if (page !== null && path === '/') return say(200, 'text/html; charset=utf-8', page.html)
    if (page !== null && path === '/events') {
      const last = request.headers['last-event-id'] ?? new URLSearchParams(query).get('last')
      if (page.hub.connect(response, HEADERS, typeof last === 'string' ? last : null)) return
      return text(503, 'too many pages are open', { 'retry-after': '30' })
    }
    text(404, 'nothing is here')
  }
}

/** Where others may reach it, under its addresses and its own name, too. */
function gatekeeperAt(host: string): Gatekeeper {
  const isOpen = !isLoopback(host)
  return new Gatekeeper({
    of: 'this session',
    hosts: isOpen ? [host, hostname()] : [host],
    isAtAnyAddress: isOpen,
  })
}

/** Its own script and style, told by their hashes, and its own events; nothing else may be loaded, run or sent. */
function policyOf({ script, style }: { readonly script: string; readonly style: string }): string {
  const hash = (text: string) => `'sha256-${createHash('sha256').update(text).digest('base64')}'`
  return `default-src 'none'; script-src ${hash(script)}; style-src ${hash(style)}; connect-src 'self'; img-src data:; base-uri 'none'; form-action 'none'; frame-ancestors 'none'`
}

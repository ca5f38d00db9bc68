import {
  createServer as createPlain,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTls } from 'node:https'
import type { AddressInfo } from 'node:net'
import type { Duplex } from 'node:stream'
import { WebSocketServer } from 'ws'
import { Gatekeeper } from '../data/serve/gatekeeper.ts'
import { listen } from '../data/serve/listen.ts'
import { errorReply } from './error-codes.ts'
import type { Fault, Faults } from './faults.ts'
import { type FaultHost, handleWithFaults, type Outcome } from './request-faults.ts'
import type { StreamHub } from './stream-hub.ts'
import { parseStreamPath } from './stream-path.ts'
import type { WireReply, WireRequest } from './wire.ts'

/** Bytes of a body; the longest that a client sends is a batch of five orders. */
const MOST_BODY = 64 * 1024
const MOST_CONNECTIONS = 1000
const MOST_SOCKETS = 300

export interface ServerOptions {
  readonly kind: 'usdm' | 'spot'
  readonly host: string
  /** 0: whichever is free. */
  readonly port: number
  readonly tls: { readonly key: string; readonly cert: string } | null
  /** Names that it answers to besides those of loopback. */
  readonly hosts: readonly string[]
  readonly faults: Faults
  readonly hub: StreamHub
  readonly exchange: FaultHost & { outbox: Outbox }
  /** A fault of this program: told, and answered with a 500. */
  readonly onError: (error: unknown) => void
}

/** User events of the request that is being handled, held back until it is known whether they go ahead of its answer. */
export interface Outbox {
  /** Whether the events of the next request go out first; `faults` may say so. */
  isFirst(faults: readonly { readonly kind: string }[]): boolean
  hold(): void
  release(): void
}

/** REST and websockets of the exchange on one port. */
export class ExchangeServer {
  readonly #options: ServerOptions
  readonly #server: Server
  readonly #sockets: WebSocketServer
  readonly #gatekeeper: Gatekeeper

  constructor(options: ServerOptions) {
    this.#options = options
    this.#gatekeeper = new Gatekeeper({ of: 'this exchange', hosts: [options.host, ...options.hosts] })
    const listener: RequestListener = (request, response) => this.#request(request, response)
    const { tls } = options
    this.#server = tls === null ? createPlain(listener) : (createTls(tls, listener) as unknown as Server)
    this.#server.maxConnections = MOST_CONNECTIONS
    this.#server.requestTimeout = 30_000
    this.#server.headersTimeout = 15_000
    this.#server.keepAliveTimeout = 60_000
    this.#sockets = new WebSocketServer({ noServer: true, maxPayload: MOST_BODY, perMessageDeflate: false })
    this.#server.on('upgrade', (request, socket, head) => this.#upgrade(request, socket, head))
    this.#server.on('clientError', (_, socket) => {
      if (socket.writable) socket.end('HTTP/1.1 400 Bad Request\r\nConnection: close\r\nContent-Length: 0\r\n\r\n')
      else socket.destroy()
    })
  }

  /** @throws what the port says, such as EADDRINUSE */
  async listen(): Promise<{ readonly port: number }> {
    const { host, port } = this.#options
    await listen(this.#server, { host, port })
    return { port: (this.#server.address() as AddressInfo).port }
  }

  async close(): Promise<void> {
    this.#options.hub.closeAll()
    this.#sockets.close()
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const refused = this.#gatekeeper.refuses(request.headers)
    if (refused !== null) {
      request.resume()
      return send(response, { status: 403, headers: { 'content-type': 'text/plain' }, body: refused })
    }
    const parts: Buffer[] = []
    let length = 0
    request.on('data', (part: Buffer) => {
      length += part.length
      if (length <= MOST_BODY) parts.push(part)
      else if (!response.headersSent) {
        send(response, errorReply(-1000, 'The body of the request is too large.', 413), () => request.destroy())
      }
    })
    request.on('error', () => response.destroy())
    request.on('end', () => {
      if (length > MOST_BODY) return
      this.#answer(wireOf(request, Buffer.concat(parts).toString('utf8')), response)
    })
  }

  #answer(request: WireRequest, response: ServerResponse): void {
    const { faults, exchange } = this.#options
    const found = faults.ofRequest(request.method, request.path)
    if (found.length > 0) return this.#answerWithFaults(request, found, response)
    const { outbox } = exchange
    try {
      outbox.hold()
      const reply = exchange.handle(request)
      const isFirst = outbox.isFirst(found)
      if (isFirst) outbox.release()
      send(response, reply)
      if (!isFirst) outbox.release()
    } catch (error) {
      this.#fail(error, response)
    }
  }

  #answerWithFaults(request: WireRequest, found: readonly Fault[], response: ServerResponse): void {
    const { exchange } = this.#options
    const { outbox } = exchange
    handleWithFaults(request, found, {
      steps: (count) => exchange.steps(count),
      handle: (asked) => {
        outbox.hold()
        const reply = exchange.handle(asked)
        if (outbox.isFirst(found)) outbox.release()
        return reply
      },
    }).then(
      (outcome) => {
        finish(response, outcome)
        outbox.release()
      },
      (error) => this.#fail(error, response),
    )
  }

  #fail(error: unknown, response: ServerResponse): void {
    this.#options.exchange.outbox.release()
    this.#options.onError(error)
    send(response, errorReply(-1000, 'An unknown error occurred while processing the request.', 500))
  }

  #upgrade(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    socket.on('error', () => socket.destroy())
    const path = parseStreamPath(request.url ?? '/', this.#options.kind)
    const refuse = (status: string) =>
      socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`)
    if (this.#gatekeeper.refuses(request.headers) !== null) return void refuse('403 Forbidden')
    if (path === null) return void refuse('404 Not Found')
    if (this.#options.hub.count >= MOST_SOCKETS) return void refuse('503 Service Unavailable')
    this.#sockets.handleUpgrade(request, socket, head, (one) => this.#options.hub.connect(one, socket, path))
  }
}

function wireOf(request: IncomingMessage, body: string): WireRequest {
  const url = request.url ?? '/'
  const at = url.indexOf('?')
  const headers: Record<string, string> = {}
  for (const [name, value] of Object.entries(request.headers)) if (typeof value === 'string') headers[name] = value
  return {
    method: request.method ?? 'GET',
    path: at < 0 ? url : url.slice(0, at),
    query: at < 0 ? '' : url.slice(at + 1),
    body,
    headers,
    ip: request.socket.remoteAddress ?? '',
    at: Date.now(),
  }
}

function finish(response: ServerResponse, outcome: Outcome): void {
  if (outcome === 'hang') return
  if (outcome === 'cut') return void response.socket?.destroy()
  if (outcome.isHalf !== true) return send(response, outcome.reply)
  const { status, headers, body } = outcome.reply
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.write(body.slice(0, body.length / 2), () => response.socket?.destroy())
}

function send(response: ServerResponse, { status, headers, body }: WireReply, then?: () => void): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { ...headers, 'content-length': Buffer.byteLength(body) })
  response.end(body, then)
}

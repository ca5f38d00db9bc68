import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { Gatekeeper } from '../data/serve/gatekeeper.ts'
import { listen } from '../data/serve/listen.ts'
import type { ReplayState } from '../data/serve/replay-header.ts'
import { type FaultSpec, readFault } from './fault-spec.ts'
import type { Fault, FaultNote, Faults } from './faults.ts'
import type { StepPace } from './pace.ts'
import type { StreamHub } from './stream-hub.ts'
import type { StreamSocket } from './stream-socket.ts'
import type { WireReply, WireRequest } from './wire.ts'

const MOST_BODY = 16 * 1024

export interface ControlOptions {
  readonly port: number
  readonly faults: Faults
  /** @throws RangeError for one whose route no request has */
  readonly addFault: (spec: FaultSpec) => Fault
  readonly hub: StreamHub
  /** `null`: the replay does not wait for anybody. */
  readonly step: StepPace | null
  /** Replay time. */
  readonly now: () => number
  readonly replay: () => ReplayState
  /** What the account itself may ask. */
  readonly ask: (request: WireRequest) => WireReply
  readonly keys: { readonly key: string; readonly secret: string }
  /** Hears of what is done to connections. */
  readonly onFault?: (note: FaultNote) => void
}

/**
 * What steers the exchange, on a port of its own and on loopback only: `POST /step`, `POST`, `GET` and `DELETE /fault`, `POST /sockets` (all
 * connections at once: close, cut, half-open), `POST /act` (a request of the account's owner from elsewhere), `GET /state`.
 */
export class ControlServer {
  readonly #options: ControlOptions
  readonly #gatekeeper = new Gatekeeper({ of: 'this exchange', hosts: [] })
  readonly #server = createServer((request, response) => this.#request(request, response))

  constructor(options: ControlOptions) {
    this.#options = options
  }

  async listen(): Promise<{ readonly port: number }> {
    await listen(this.#server, { host: '127.0.0.1', port: this.#options.port })
    return { port: (this.#server.address() as AddressInfo).port }
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    this.#server.closeAllConnections()
    await closed
  }

  #request(request: IncomingMessage, response: ServerResponse): void {
    const refused = this.#gatekeeper.refuses(request.headers)
    if (refused !== null) return answer(response, 403, { error: refused })
    let body = ''
    request.setEncoding('utf8')
    request.on('data', (part: string) => {
      body += part
      if (body.length > MOST_BODY) request.destroy()
    })
    request.on('error', () => response.destroy())
    request.on('end', () => {
      this.#answer(`${request.method} ${(request.url ?? '').split('?')[0]}`, body).then(
        ([status, json]) => answer(response, status, json),
        (error) => answer(response, 400, { error: (error as Error).message }),
      )
    })
  }

  async #answer(route: string, body: string): Promise<[number, unknown]> {
    const { faults, addFault, step, now, replay } = this.#options
    switch (route) {
      case 'GET /state':
        return [200, { time: now(), replay: replay(), stands: step?.last ?? null, sockets: this.#options.hub.count }]
      case 'POST /step':
        if (step === null) throw new RangeError('this replay does not wait for steps: start it with --speed step')
        return [200, await step.step()]
      case 'GET /fault':
        return [200, faults.all]
      case 'POST /fault':
        return [200, addFault(readFault(body))]
      case 'DELETE /fault': {
        const { id } = body === '' ? {} : objectOf(body, '{"id": 1}, or nothing for all of them')
        faults.remove(typeof id === 'number' ? id : undefined)
        return [200, faults.all]
      }
      case 'POST /sockets':
        return [200, this.#sockets(objectOf(body, '{"act": "cut"}'))]
      case 'POST /act':
        return [200, this.#act(objectOf(body, ACT_EXAMPLE))]
      default:
        return [
          404,
          {
            error: `${route} is none of GET /state, POST /step, GET, POST and DELETE /fault, POST /sockets, POST /act`,
          },
        ]
    }
  }

  #sockets({ act, road }: Readonly<Record<string, unknown>>): unknown {
    const acts: Readonly<Record<string, (socket: StreamSocket) => void>> = {
      close: (socket) => socket.close(1001, 'Going away'),
      cut: (socket) => socket.terminate(),
      'half-open': (socket) => socket.silence(),
    }
    const chosen = acts[String(act)]
    if (chosen === undefined)
      throw new RangeError(`unknown act ${JSON.stringify(act)}; known: ${Object.keys(acts).join(', ')}`)
    let count = 0
    this.#options.hub.each((socket) => {
      if (road !== undefined && socket.path.road !== road) return
      chosen(socket)
      count++
    })
    this.#options.onFault?.({ kind: String(act), sockets: count })
    return { sockets: count }
  }

  /** Signed and sent as the owner would: a manual order, another leverage, a key that is closed. */
  #act({ method = 'POST', path, params = {} }: Readonly<Record<string, unknown>>): unknown {
    if (typeof path !== 'string' || typeof method !== 'string' || typeof params !== 'object' || params === null)
      throw new RangeError(`write ${ACT_EXAMPLE}`)
    const { key, secret } = this.#options.keys
    const at = Date.now()
    const given = Object.entries(params).map(([name, value]): [string, string] => [name, String(value)])
    const query = new URLSearchParams([...given, ['timestamp', String(at)]]).toString()
    const signature = createHmac('sha256', secret).update(query).digest('hex')
    const reply = this.#options.ask({
      ...{ method: method.toUpperCase(), path, query: `${query}&signature=${signature}`, body: '' },
      // an address of its own: what is looked at here is not counted against whoever is looked at
      ...{ headers: { 'x-mbx-apikey': key }, ip: 'control', at },
    })
    if (!(reply.headers['content-type'] ?? '').startsWith('application/json'))
      throw new RangeError(`the exchange has no ${method.toUpperCase()} ${path} (${reply.status})`)
    return { status: reply.status, body: JSON.parse(reply.body) }
  }
}

const ACT_EXAMPLE = '{"method": "POST", "path": "/fapi/v1/order", "params": {"symbol": "BTCUSDT"}}'

/** @throws RangeError that says what is expected */
function objectOf(body: string, example: string): Readonly<Record<string, unknown>> {
  let json: unknown
  try {
    json = JSON.parse(body === '' ? '{}' : body)
  } catch (error) {
    throw new RangeError(`the body is no JSON (${(error as Error).message}): write ${example}`)
  }
  if (typeof json !== 'object' || json === null || Array.isArray(json))
    throw new RangeError(`the body is no object: write ${example}`)
  return json as Record<string, unknown>
}

function answer(response: ServerResponse, status: number, json: unknown): void {
  if (response.destroyed || response.headersSent) return
  response.writeHead(status, { 'content-type': 'application/json' })
  response.end(`${JSON.stringify(json)}\n`)
}

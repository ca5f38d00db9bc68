import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Fault, plainName, type StubAnswer } from './stub-answer.ts'
import { type StubOrder, type StubTrade, stubOrder } from './stub-order.ts'
import { answer } from './stub-routes.ts'
import { StubStream } from './stub-stream.ts'

/**
 * A small Binance, USDS-M or spot, scripted: it takes orders and does with them what a test says. No market, no margin: fills, triggers and
 * everything that goes wrong are commands.
 */
export class StubExchange extends StubStream {
  readonly requests: {
    readonly method: string
    readonly path: string
    readonly params: URLSearchParams
    readonly at: number
  }[] = []
  readonly #faults: { readonly what: string; readonly fault: Fault; left: number }[] = []
  readonly #server = createServer((request, response) => void this.#serve(request, response))

  constructor(kind: 'usdm' | 'spot' = 'usdm') {
    super(kind)
  }

  async start(): Promise<string> {
    this.#server.on('upgrade', (request, socket, head) => this.takeStream(request, socket, head))
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    this.endStreams()
    this.#server.closeAllConnections()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  /** The next `times` requests of `POST /fapi/v1/order` and the like meet this first. */
  fault(what: string, fault: Fault, times = 1): void {
    this.#faults.push({ what, fault, left: times })
  }

  /** Requests so far of `POST /fapi/v1/order` and the like. */
  count(what: string): number {
    return this.requests.filter(({ method, path }) => plainName(`${method} ${path}`) === what).length
  }

  /** An order of somebody else. */
  foreign(order: Partial<StubOrder> & Pick<StubOrder, 'clientId'>): StubOrder {
    const limit = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', qty: 1, price: '90' } as const
    const made = stubOrder({ id: this.nextId(), ...limit, ...order })
    this.orders.push(made)
    if (made.route === 'algo') this.tellAlgo(made, '')
    else this.tellOrder(made, made.type === 'LIQUIDATION' ? 'CALCULATED' : 'NEW')
    return made
  }

  fill(order: StubOrder, qty: number, price: string, { maker = false, isTold = true, fee = '0' } = {}): StubTrade {
    const trade = this.settle(order, qty, price, fee, maker)
    if (isTold) this.tellTrade(trade)
    for (const other of this.restOf(order)) {
      other.status = 'EXPIRED'
      if (isTold) this.tellOrder(other, 'EXPIRED')
    }
    return trade
  }

  /** A conditional order is reached, and becomes an order with an id of its own; on spot it begins to work. */
  trigger(algo: StubOrder, clientId = algo.clientId): StubOrder {
    if (this.kind === 'spot') {
      algo.isWorking = true
      this.tellOrder(algo, 'NEW')
      return algo
    }
    algo.status = 'TRIGGERED'
    const order: StubOrder = {
      ...algo,
      ...{ route: 'order', id: this.nextId(), clientId, status: 'NEW', executed: 0, actualOrderId: 0 },
      type: algo.type.endsWith('_MARKET') ? 'MARKET' : 'LIMIT',
    }
    algo.actualOrderId = order.id
    this.orders.push(order)
    this.tellAlgo(algo, '')
    this.tellOrder(order, 'NEW')
    return order
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url!, 'http://stub')
    const params = new URLSearchParams(search)
    const method = request.method!
    const what = `${method} ${pathname}`
    this.requests.push({ method, path: pathname, params, at: Date.now() })
    let reply: StubAnswer | undefined
    const carryOut = () => {
      reply ??= answer(this, what, search)
      return reply
    }
    const fault = this.#faults.find((one) => one.what === plainName(what) && one.left > 0)
    if (fault !== undefined) fault.left--
    const { socket } = request
    const spoiled = await fault?.fault({
      ...{ params, carryOut, reset: () => socket.destroy() },
      get givenUp() {
        return new Promise((done) => socket.once('close', done))
      },
    })
    if (socket.destroyed) return
    const { status, body, headers = {} } = spoiled ?? carryOut()
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }
}

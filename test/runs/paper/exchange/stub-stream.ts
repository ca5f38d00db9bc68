import type { IncomingMessage } from 'node:http'
import type { Duplex } from 'node:stream'
import { type WebSocket, WebSocketServer } from 'ws'
import { StubBook } from './stub-book.ts'
import type { StubOrder, StubTrade } from './stub-order.ts'

/** What the stub tells: the user stream, its key, and all that can be wrong with both. */
export class StubStream extends StubBook {
  /** Nothing is sent on the stream, which stands. */
  isMute = false
  /** As on paths of old: streams are taken, and nothing is ever sent on them. */
  isLegacy = false
  /** USDS-M says with each trade what it realised. */
  tellsProfit = true
  /** Frames wait until `release`. */
  isHeld = false
  listenKey = 'key1'
  keysMade = 0
  readonly #held: object[] = []
  readonly #sockets = new Set<WebSocket>()
  readonly #server = new WebSocketServer({ noServer: true })
  #E = Date.now()

  get openStreams(): number {
    return this.#sockets.size
  }

  /** A dead key or a path of old is taken, and is silent. */
  takeStream(request: IncomingMessage, socket: Duplex, head: Buffer): void {
    const { pathname, searchParams } = new URL(request.url!, 'http://stub')
    const isLive =
      this.kind === 'spot'
        ? pathname === `/ws/${this.listenKey}`
        : pathname.startsWith('/private') && searchParams.get('listenKey') === this.listenKey
    this.#server.handleUpgrade(request, socket, head, (ws) => {
      if (isLive && !this.isLegacy) this.#sockets.add(ws)
      ws.on('close', () => this.#sockets.delete(ws))
    })
  }

  endStreams(): void {
    for (const ws of this.#server.clients) ws.terminate()
  }

  /** The network is gone, and nobody has said so: no frame, no pong. */
  freezeStreams(): void {
    for (const ws of this.#sockets) ws.pause()
  }

  dropStreams(): void {
    for (const ws of this.#sockets) ws.close(1001)
  }

  send(event: object): void {
    const frame = { ...event, E: ++this.#E }
    if (this.isHeld) this.#held.push(frame)
    else if (!this.isMute)
      for (const ws of this.#sockets)
        ws.send(JSON.stringify(this.kind === 'spot' ? frame : { stream: this.listenKey, data: frame }))
  }

  /** So many of the frames that wait are sent, in their order or from the last one on; the others go on waiting. */
  release(first: 'the first first' | 'the last first', count = this.#held.length): void {
    this.isHeld = false
    if (first === 'the last first') this.#held.reverse()
    for (const frame of this.#held.splice(0, count)) this.send(frame)
    if (first === 'the last first') this.#held.reverse()
    this.isHeld = this.#held.length > 0
  }

  end(order: StubOrder, status: string, why = ''): void {
    order.status = status
    if (order.route === 'algo') this.tellAlgo(order, why)
    else this.tellOrder(order, status)
  }

  tellTrade(trade: StubTrade): void {
    this.tellOrder(trade.order, 'TRADE', trade)
  }

  /** `x` is what has happened to it. */
  tellOrder(order: StubOrder, x: string, trade?: StubTrade): void {
    const { symbol, clientId, side, type, tif, qty, price, id, status, executed, reduceOnly } = order
    const now = Date.now()
    const o = {
      ...{ s: symbol, c: clientId, S: side, o: type, f: tif, q: String(qty), p: price, x, X: status, i: id },
      ...{ z: String(executed), l: String(trade?.qty ?? 0), L: trade?.price ?? '0', n: trade?.fee ?? '0' },
      ...{ N: this.feeAssetOf(order), T: now, t: trade?.id ?? 0, m: trade?.maker ?? false },
      ...(this.tellsProfit && { rp: String(Number((trade?.realised ?? 0).toFixed(8))) }),
      ...{ R: reduceOnly, ps: 'BOTH', er: '0' },
    }
    if (this.kind === 'usdm') return this.send({ e: 'ORDER_TRADE_UPDATE', T: now, o })
    // a cancel has a client id of its own
    const names = x === 'CANCELED' ? { c: `c${id}`, C: clientId } : { c: clientId, C: '' }
    this.send({ ...o, e: 'executionReport', ...names, w: order.isWorking ?? true, r: 'NONE' })
    this.send({ e: 'outboundAccountPosition', u: now, B: [] })
  }

  tellAlgo({ clientId, id, symbol, status, actualOrderId }: StubOrder, rm: string): void {
    const ai = actualOrderId === 0 ? '' : String(actualOrderId)
    this.send({ e: 'ALGO_UPDATE', T: Date.now(), o: { caid: clientId, aid: id, s: symbol, X: status, ai, rm } })
  }
}

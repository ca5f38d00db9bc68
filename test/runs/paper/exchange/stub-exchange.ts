import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { setTimeout as wait } from 'node:timers/promises'
import { type WebSocket, WebSocketServer } from 'ws'

/** One order of the stub, plain or conditional; amounts in its own plain numbers. */
export interface StubOrder {
  readonly route: 'order' | 'algo'
  readonly id: number
  readonly clientId: string
  readonly symbol: string
  readonly side: 'BUY' | 'SELL'
  readonly type: string
  qty: number
  price: string
  readonly trigger: string
  readonly reduceOnly: boolean
  readonly tif: string
  status: string
  executed: number
  actualOrderId: number
  /** Of spot: its order list, and whether a stop has been reached. */
  readonly list?: string | null
  isWorking?: boolean
}

interface Trade {
  readonly id: number
  readonly order: StubOrder
  readonly qty: number
  readonly price: string
  readonly fee: string
  readonly maker: boolean
  readonly time: number
}

/** What a fault does with one request; `carryOut` does what was asked for and gives the true reply. */
export type Fault = (request: {
  readonly params: URLSearchParams
  readonly carryOut: () => Answer
  readonly reset: () => void
}) => Promise<Answer | undefined> | Answer | undefined
interface Answer {
  readonly status: number
  readonly body: unknown
  readonly headers?: Record<string, string>
}

const refuse = (code: number, msg: string): Answer => ({ status: 400, body: { code, msg } })

/** Spot's paths under the names that USDS-M has for the same: faults and counts of both markets are named alike. */
function plainName(what: string): string {
  return what
    .replace('/api/v3/', '/fapi/v1/')
    .replace('/myTrades', '/userTrades')
    .replace('/userDataStream', '/listenKey')
}

/**
 * A small Binance, USDS-M or spot, scripted: it takes orders and does with them what a test says. No market, no margin: fills, triggers and
 * everything that goes wrong are commands.
 */
export class StubExchange {
  readonly keys = { key: 'stub-key', secret: 'stub-secret' }
  readonly kind: 'usdm' | 'spot'
  readonly orders: StubOrder[] = []
  readonly trades: Trade[] = []
  readonly positions = new Map<string, number>()
  readonly requests: {
    readonly method: string
    readonly path: string
    readonly params: URLSearchParams
    readonly at: number
  }[] = []
  wallet = 10_000
  clockAhead = 0
  leverage = 20
  marginType = 'cross'
  dual = false
  multi = false
  /** Of spot: whether order lists are taken, and what its fees are taken in. */
  takesLists = true
  feeAsset = 'USDT'
  tick = '0.01'
  step = '0.001'
  incomes: { symbol: string; income: string; time: number; tranId: number; incomeType: string }[] = []
  /** Nothing is sent on the stream, which stands. */
  isMute = false
  /** As on paths of old: streams are taken, and nothing is ever sent on them. */
  isLegacy = false
  /** Frames wait until `release`. */
  isHeld = false
  readonly #held: object[] = []
  readonly #faults: { readonly what: string; readonly fault: Fault; left: number }[] = []
  readonly #sockets = new Set<WebSocket>()
  listenKey = 'key1'
  keysMade = 0
  #entry = 0
  #lastId = 1000
  #E = Date.now()
  readonly #server = createServer((request, response) => void this.#serve(request, response))
  readonly #streams = new WebSocketServer({ noServer: true })

  constructor(kind: 'usdm' | 'spot' = 'usdm') {
    this.kind = kind
  }

  async start(): Promise<string> {
    this.#server.on('upgrade', (request, socket, head) => {
      const url = new URL(request.url!, 'http://stub')
      this.#streams.handleUpgrade(request, socket, head, (ws) => {
        // a dead key or a path of old is taken, and is silent
        if (
          !this.isLegacy &&
          (this.kind === 'spot'
            ? url.pathname === `/ws/${this.listenKey}`
            : url.pathname.startsWith('/private') && url.searchParams.get('listenKey') === this.listenKey)
        )
          this.#sockets.add(ws)
        ws.on('close', () => this.#sockets.delete(ws))
      })
    })
    await new Promise<void>((done) => this.#server.listen(0, '127.0.0.1', done))
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`
  }

  async close(): Promise<void> {
    for (const ws of this.#streams.clients) ws.terminate()
    this.#server.closeAllConnections()
    await new Promise<void>((done) => this.#server.close(() => done()))
  }

  /** The next `times` requests of `POST /fapi/v1/order` and the like meet this first. */
  fault(what: string, fault: Fault, times = 1): void {
    this.#faults.push({ what, fault, left: times })
  }

  get openStreams(): number {
    return this.#sockets.size
  }

  count(what: string): number {
    return this.requests.filter(({ method, path }) => plainName(`${method} ${path}`) === what).length
  }

  open(): StubOrder[] {
    return this.orders.filter(({ status }) => status === 'NEW' || status === 'PARTIALLY_FILLED')
  }

  /** Whoever it was sent by. */
  find(predicate: (order: StubOrder) => boolean): StubOrder {
    const found = this.orders.findLast(predicate)
    if (found === undefined) throw new Error('the stub has no such order')
    return found
  }

  /** An order of somebody else. */
  foreign(order: Partial<StubOrder> & Pick<StubOrder, 'clientId'>): StubOrder {
    const made: StubOrder = {
      ...{
        route: 'order',
        id: ++this.#lastId,
        symbol: 'BTCUSDT',
        side: 'BUY',
        type: 'LIMIT',
        qty: 1,
        price: '90',
        trigger: '0',
      },
      ...{ reduceOnly: false, tif: 'GTC', status: 'NEW', executed: 0, actualOrderId: 0 },
      ...order,
    }
    this.orders.push(made)
    if (made.route === 'algo') this.#tellAlgo(made, '')
    else this.#tellOrder(made, made.type === 'LIQUIDATION' ? 'CALCULATED' : 'NEW')
    return made
  }

  fill(order: StubOrder, qty: number, price: string, { maker = false, isTold = true, fee = '0' } = {}): Trade {
    order.executed = Number((order.executed + qty).toFixed(8))
    order.status = order.executed >= order.qty ? 'FILLED' : 'PARTIALLY_FILLED'
    const signed = order.side === 'BUY' ? qty : -qty
    const held = this.positions.get(order.symbol) ?? 0
    if (this.kind === 'spot') {
      this.wallet -= signed * Number(price)
      this.#entry = 0
    }
    // what closes is settled at the average price of what was held; no test turns a position over
    else if (held * signed < 0) this.wallet += -signed * (Number(price) - this.#entry)
    else this.#entry = (this.#entry * Math.abs(held) + Number(price) * qty) / (Math.abs(held) + qty)
    this.positions.set(order.symbol, Number((held + signed).toFixed(8)))
    const trade = { id: this.trades.length + 1, order, qty, price, fee, maker, time: Date.now() }
    this.trades.push(trade)
    if (this.kind === 'spot' && this.feeAsset === 'BTC' && order.side === 'BUY')
      this.positions.set(order.symbol, Number((held + signed - Number(fee)).toFixed(8)))
    order.isWorking = true
    if (isTold) this.tellTrade(trade)
    for (const other of this.#restOf(order)) {
      other.status = 'EXPIRED'
      if (isTold) this.#tellOrder(other, 'EXPIRED')
    }
    return trade
  }

  tellTrade(trade: Trade): void {
    this.#tellOrder(trade.order, 'TRADE', trade)
  }

  /** A conditional order is reached, and becomes an order with an id of its own. */
  trigger(algo: StubOrder, clientId = algo.clientId): StubOrder {
    if (this.kind === 'spot') {
      algo.isWorking = true
      this.#tellOrder(algo, 'NEW')
      return algo
    }
    algo.status = 'TRIGGERED'
    const order: StubOrder = {
      ...algo,
      ...{ route: 'order', id: ++this.#lastId, clientId, status: 'NEW', executed: 0, actualOrderId: 0 },
      type: algo.type.endsWith('_MARKET') ? 'MARKET' : 'LIMIT',
    }
    algo.actualOrderId = order.id
    this.orders.push(order)
    this.#tellAlgo(algo, '')
    this.#tellOrder(order, 'NEW')
    return order
  }

  end(order: StubOrder, status: string, why = ''): void {
    order.status = status
    if (order.route === 'algo') this.#tellAlgo(order, why)
    else this.#tellOrder(order, status)
  }

  send(event: object): void {
    const frame = { ...event, E: ++this.#E }
    if (this.isHeld) this.#held.push(frame)
    else if (!this.isMute)
      for (const ws of this.#sockets)
        ws.send(JSON.stringify(this.kind === 'spot' ? frame : { stream: this.listenKey, data: frame }))
  }

  release(): void {
    this.isHeld = false
    for (const frame of this.#held.splice(0)) this.send(frame)
  }

  /** The network is gone, and nobody has said so: no frame, no pong. */
  freezeStreams(): void {
    for (const ws of this.#sockets) ws.pause()
  }

  dropStreams(): void {
    for (const ws of this.#sockets) ws.close(1001)
  }

  #tellOrder(order: StubOrder, x: string, trade?: Trade): void {
    const { symbol, clientId, side, type, tif, qty, price, id, status, executed, reduceOnly } = order
    const o = {
      ...{
        s: symbol,
        c: clientId,
        S: side,
        o: type,
        f: tif,
        q: String(qty),
        p: price,
        x,
        X: status,
        i: id,
        z: String(executed),
      },
      ...{
        l: String(trade?.qty ?? 0),
        L: trade?.price ?? '0',
        n: trade?.fee ?? '0',
        N: this.feeAsset === 'USDT' || side === 'BUY' ? this.feeAsset : 'USDT',
        T: Date.now(),
        t: trade?.id ?? 0,
      },
      ...{ m: trade?.maker ?? false, R: reduceOnly, ps: 'BOTH', er: '0' },
    }
    if (this.kind === 'usdm') return this.send({ e: 'ORDER_TRADE_UPDATE', T: Date.now(), o })
    // a cancel has a client id of its own
    const isCancel = x === 'CANCELED'
    const names = {
      c: isCancel ? `c${id}` : clientId,
      C: isCancel ? clientId : '',
      w: order.isWorking ?? true,
      r: 'NONE',
    }
    this.send({ ...o, e: 'executionReport', ...names })
    this.send({ e: 'outboundAccountPosition', u: Date.now(), B: [] })
  }

  /** What stands in one list with an order, and is open. */
  #restOf({ list, id }: StubOrder): StubOrder[] {
    return list == null ? [] : this.open().filter((one) => one.list === list && one.id !== id)
  }

  /** Coins that no sale holds back; a list holds them once. */
  #freeCoins(symbol: string): number {
    const sales = this.open().filter((one) => one.symbol === symbol && one.side === 'SELL')
    const held = sales.filter(
      ({ list, id }, k) => list == null || sales.findIndex((one) => one.list === list) === k || id < 0,
    )
    return held.reduce((free, { qty, executed }) => free - (qty - executed), this.positions.get(symbol) ?? 0)
  }

  #tellAlgo({ clientId, id, symbol, status, actualOrderId }: StubOrder, rm: string): void {
    const ai = actualOrderId === 0 ? '' : String(actualOrderId)
    this.send({ e: 'ALGO_UPDATE', T: Date.now(), o: { caid: clientId, aid: id, s: symbol, X: status, ai, rm } })
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const { pathname, search } = new URL(request.url!, 'http://stub')
    const params = new URLSearchParams(search)
    const method = request.method!
    const what = `${method} ${pathname}`
    this.requests.push({ method, path: pathname, params, at: Date.now() })
    let answer: Answer | undefined
    const carryOut = () => {
      answer ??= this.#answer(what, params, search)
      return answer
    }
    const fault = this.#faults.find((one) => one.what === plainName(what) && one.left > 0)
    if (fault !== undefined) fault.left--
    const spoiled = await fault?.fault({ params, carryOut, reset: () => request.socket.destroy() })
    if (request.socket.destroyed) return
    const { status, body, headers = {} } = spoiled ?? carryOut()
    response.writeHead(status, { 'content-type': 'application/json', ...headers })
    response.end(typeof body === 'string' ? body : JSON.stringify(body))
  }

  #answer(asked: string, params: URLSearchParams, search: string): Answer {
    const isOther = asked.includes('/api/v3/') !== (this.kind === 'spot')
    if (isOther) return { status: 404, body: '<html>not found</html>' }
    const what = plainName(asked)
    if (what.endsWith('/time')) return { status: 200, body: { serverTime: Date.now() + this.clockAhead } }
    if (what.endsWith('/exchangeInfo')) return { status: 200, body: this.#info() }
    if (what.endsWith('/listenKey')) return this.#listenKey(what)
    if (what.endsWith('/fundingRate')) return { status: 200, body: [{ fundingRate: '0.0001', markPrice: '100' }] }
    const query = search.slice(1).replace(/&signature=.*$/, '')
    const signature = createHmac('sha256', this.keys.secret).update(query).digest('hex')
    if (params.get('signature') !== signature) return refuse(-1022, 'Signature for this request is not valid.')
    const now = Date.now() + this.clockAhead
    const stamp = Number(params.get('timestamp'))
    if (stamp >= now + 1000 || now - stamp > Number(params.get('recvWindow')))
      return refuse(-1021, 'Timestamp for this request is outside of the recvWindow.')
    const symbol = params.get('symbol') ?? ''
    const rows = (route: string) => this.open().filter((one) => one.route === route && one.symbol === symbol)
    switch (what) {
      case 'POST /fapi/v1/order':
      case 'POST /fapi/v1/algoOrder':
        return this.kind === 'spot' ? this.#placeSpot([params]) : this.#place(what, params)
      case 'POST /fapi/v1/orderList/oco':
        return this.#placeList(params)
      case 'DELETE /fapi/v1/orderList': {
        const all = this.open().filter(({ list }) => list === params.get('listClientOrderId'))
        if (all.length === 0) return refuse(-2011, 'Unknown order sent.')
        for (const one of all) this.end(one, 'CANCELED')
        return { status: 200, body: { orderReports: all.map(cancelRow) } }
      }
      case 'GET /fapi/v1/account':
        return { status: 200, body: this.#account() }
      case 'PUT /fapi/v1/order':
        return this.#amend(params)
      case 'GET /fapi/v1/order':
      case 'DELETE /fapi/v1/order':
      case 'GET /fapi/v1/algoOrder':
      case 'DELETE /fapi/v1/algoOrder':
        return this.#one(what, params)
      case 'GET /fapi/v1/openOrders':
        return { status: 200, body: rows('order').map(plainRow) }
      case 'GET /fapi/v1/openAlgoOrders':
        return { status: 200, body: rows('algo').map(algoRow) }
      case 'GET /fapi/v1/userTrades':
        return { status: 200, body: this.#tradeRows(params) }
      case 'GET /fapi/v2/positionRisk':
        return {
          status: 200,
          body: [
            {
              symbol,
              positionAmt: String(this.positions.get(symbol) ?? 0),
              leverage: String(this.leverage),
              marginType: this.marginType,
              positionSide: 'BOTH',
            },
          ],
        }
      case 'GET /fapi/v3/balance':
        return { status: 200, body: [{ asset: 'USDT', balance: String(this.wallet) }] }
      case 'GET /fapi/v1/positionSide/dual':
        return { status: 200, body: { dualSidePosition: this.dual } }
      case 'GET /fapi/v1/multiAssetsMargin':
        return { status: 200, body: { multiAssetsMargin: this.multi } }
      case 'GET /fapi/v1/income':
        return { status: 200, body: this.incomes }
      case 'POST /fapi/v1/leverage':
        this.leverage = Number(params.get('leverage'))
        return { status: 200, body: { leverage: this.leverage } }
      case 'POST /fapi/v1/marginType':
        this.marginType = params.get('marginType') === 'ISOLATED' ? 'isolated' : 'cross'
        return { status: 200, body: { code: 200, msg: 'success' } }
      default:
        return { status: 404, body: '<html>not found</html>' }
    }
  }

  #listenKey(what: string): Answer {
    if (what.startsWith('DELETE')) this.listenKey = ''
    if (what.startsWith('PUT') && this.listenKey === '') return refuse(-1125, 'This listenKey does not exist.')
    if (what.startsWith('POST')) {
      if (this.listenKey === '') this.listenKey = `key${this.keysMade + 2}`
      this.keysMade++
    }
    return { status: 200, body: { listenKey: this.listenKey } }
  }

  #account(): object {
    const of = (symbol: string) => {
      const free = this.#freeCoins(symbol)
      const all = this.positions.get(symbol) ?? 0
      return {
        asset: symbol.replace('USDT', ''),
        free: String(Number(free.toFixed(8))),
        locked: String(Number((all - free).toFixed(8))),
      }
    }
    const quote = { asset: 'USDT', free: this.wallet.toFixed(8), locked: '0' }
    return {
      commissionRates: { maker: '0.001', taker: '0.001' },
      balances: [quote, ...[...this.positions.keys()].map(of)],
    }
  }

  #placeList(params: URLSearchParams): Answer {
    const legs = ['above', 'below'].map((prefix) => {
      const own = new URLSearchParams(params)
      for (const name of ['Type', 'Price', 'StopPrice', 'TimeInForce']) {
        const value = params.get(`${prefix}${name}`)
        if (value !== null) own.set(`${name[0]!.toLowerCase()}${name.slice(1)}`, value)
      }
      own.set('newClientOrderId', params.get(`${prefix}ClientOrderId`)!)
      return own
    })
    const answer = this.#placeSpot(legs)
    const orderReports = legs.map((leg) =>
      this.orders.findLast(({ clientId }) => clientId === leg.get('newClientOrderId')),
    )
    return answer.status === 200
      ? { status: 200, body: { orderReports: orderReports.map((one) => plainRow(one!)) } }
      : answer
  }

  /** An order, or two that hold the same coins. */
  #placeSpot(all: readonly URLSearchParams[]): Answer {
    const [first] = all as [URLSearchParams]
    const [symbol, side, qty] = [
      first.get('symbol')!,
      first.get('side') as 'BUY' | 'SELL',
      Number(first.get('quantity')),
    ]
    for (const one of all) {
      const clientId = one.get('newClientOrderId')!
      if (!/^[a-zA-Z0-9-_]{1,36}$/.test(clientId)) return refuse(-1100, 'Illegal characters found in parameter.')
      if (this.open().some((order) => order.clientId === clientId)) return refuse(-2010, 'Duplicate order sent.')
      if (one.get('type')!.endsWith('_MARKET') || one.get('timeInForce') === 'GTX')
        return refuse(-1116, 'Invalid orderType.')
      if (one.has('reduceOnly') || one.has('triggerPrice')) return refuse(-1104, 'Not all sent parameters were read.')
    }
    if (side === 'SELL' && qty > this.#freeCoins(symbol) + 1e-9)
      return refuse(-2010, 'Account has insufficient balance for requested action.')
    const made = all.map(
      (one): StubOrder => ({
        ...{
          route: 'order',
          id: ++this.#lastId,
          clientId: one.get('newClientOrderId')!,
          symbol,
          side,
          type: one.get('type')!,
          qty,
        },
        ...{ price: one.get('price') ?? '0', trigger: one.get('stopPrice') ?? '0', reduceOnly: false, tif: 'GTC' },
        ...{ status: 'NEW', executed: 0, actualOrderId: 0 },
        ...{ list: one.get('listClientOrderId'), isWorking: !one.has('stopPrice') },
      }),
    )
    this.orders.push(...made)
    for (const one of made) this.#tellOrder(one, 'NEW')
    return { status: 200, body: plainRow(made[0]!) }
  }

  #place(what: string, params: URLSearchParams): Answer {
    const route = what.endsWith('algoOrder') ? 'algo' : 'order'
    const type = params.get('type')!
    if (route === 'order' && type !== 'LIMIT' && type !== 'MARKET')
      return refuse(
        -4120,
        'Order type not supported for this endpoint. Please use the Algo Order API endpoints instead.',
      )
    const clientId = params.get(route === 'algo' ? 'clientAlgoId' : 'newClientOrderId')!
    if (!/^[.A-Z:/a-z0-9_-]{1,36}$/.test(clientId)) return refuse(-4015, 'Client order id is not valid.')
    if (this.open().some((order) => order.clientId === clientId)) return refuse(-4116, 'ClientOrderId is duplicated.')
    if (!/^\d+(\.\d+)?$/.test(params.get('quantity')!)) return refuse(-1102, 'quantity')
    const order: StubOrder = {
      ...{
        route,
        id: ++this.#lastId,
        clientId,
        symbol: params.get('symbol')!,
        side: params.get('side') as 'BUY' | 'SELL',
        type,
      },
      ...{
        qty: Number(params.get('quantity')),
        price: params.get('price') ?? '0',
        trigger: params.get('triggerPrice') ?? '0',
      },
      ...{
        reduceOnly: params.get('reduceOnly') === 'true',
        tif: params.get('timeInForce') ?? 'GTC',
        status: 'NEW',
        executed: 0,
        actualOrderId: 0,
      },
    }
    this.orders.push(order)
    if (route === 'algo') this.#tellAlgo(order, '')
    else this.#tellOrder(order, 'NEW')
    return { status: 200, body: route === 'algo' ? algoRow(order) : plainRow(order) }
  }

  #amend(params: URLSearchParams): Answer {
    const order = this.#named(params, 'order')
    if (order === undefined || !this.open().includes(order)) return refuse(-2013, 'Order does not exist.')
    order.qty = Number(params.get('quantity'))
    order.price = params.get('price')!
    this.#tellOrder(order, 'AMENDMENT')
    return { status: 200, body: plainRow(order) }
  }

  #one(what: string, params: URLSearchParams): Answer {
    const route = what.endsWith('algoOrder') ? 'algo' : 'order'
    const order = this.#named(params, route)
    if (what.startsWith('GET'))
      return order === undefined
        ? refuse(-2013, 'Order does not exist.')
        : { status: 200, body: route === 'algo' ? algoRow(order) : plainRow(order) }
    if (order === undefined || !this.open().includes(order)) return refuse(-2011, 'Unknown order sent.')
    for (const other of this.#restOf(order)) this.end(other, 'CANCELED')
    this.end(order, 'CANCELED')
    const body =
      route === 'algo'
        ? { algoId: order.id, clientAlgoId: order.clientId, code: '200', msg: 'success' }
        : this.kind === 'spot'
          ? cancelRow(order)
          : plainRow(order)
    return { status: 200, body }
  }

  #named(params: URLSearchParams, route: string): StubOrder | undefined {
    const clientId = params.get('origClientOrderId') ?? params.get('clientAlgoId')
    return this.orders.findLast(
      (one) =>
        one.route === route &&
        (clientId === null ? String(one.id) === params.get('orderId') : one.clientId === clientId),
    )
  }

  #tradeRows(params: URLSearchParams): object[] {
    const from = Number(params.get('fromId') ?? 0)
    const limit = Number(params.get('limit') ?? 500)
    return this.trades
      .filter(({ id, order }) => id >= from && order.symbol === params.get('symbol'))
      .slice(0, limit)
      .map(({ id, order, qty, price, fee, maker, time }) => ({
        ...{
          id,
          orderId: order.id,
          symbol: order.symbol,
          qty: String(qty),
          price,
          commission: fee,
          commissionAsset: this.feeAsset === 'USDT' || order.side === 'BUY' ? this.feeAsset : 'USDT',
          ...(this.kind === 'spot' ? { isMaker: maker } : { maker }),
          time,
        },
      }))
  }

  #info(): object {
    const filters = [
      { filterType: 'PRICE_FILTER', minPrice: this.tick, maxPrice: '1000000', tickSize: this.tick },
      { filterType: 'LOT_SIZE', minQty: this.step, maxQty: '9000', stepSize: this.step },
    ]
    const of = (symbol: string) => ({
      ...{
        symbol,
        baseAsset: symbol.replace('USDT', ''),
        quoteAsset: 'USDT',
        ...(this.kind === 'spot'
          ? { ocoAllowed: this.takesLists }
          : { marginAsset: 'USDT', contractType: 'PERPETUAL' }),
      },
      ...{ status: 'TRADING', orderTypes: ['LIMIT', 'MARKET'], filters },
    })
    return { serverTime: Date.now(), symbols: [of('BTCUSDT'), of('ETHUSDT')] }
  }
}

function plainRow(order: StubOrder): object {
  const { symbol, id, clientId, status, executed, qty, price, side, type } = order
  return {
    symbol,
    orderId: id,
    clientOrderId: clientId,
    status,
    executedQty: String(executed),
    origQty: String(qty),
    price,
    side,
    type,
    ...(order.isWorking !== undefined && { isWorking: order.isWorking }),
  }
}

/** As spot answers to a cancel, which has a client id of its own. */
function cancelRow(order: StubOrder): object {
  return { ...plainRow(order), clientOrderId: `c${order.id}`, origClientOrderId: order.clientId }
}

function algoRow(order: StubOrder): object {
  const { symbol, id, clientId, status, qty, trigger, actualOrderId, type } = order
  return {
    ...{
      symbol,
      algoId: id,
      clientAlgoId: clientId,
      algoStatus: status,
      quantity: String(qty),
      triggerPrice: trigger,
      orderType: type,
    },
    actualOrderId: actualOrderId === 0 ? '' : String(actualOrderId),
  }
}

/** Waits until something holds; says what was waited for where it never does. */
export async function until(what: string, holds: () => boolean, ms = 3000): Promise<void> {
  for (const end = Date.now() + ms; !holds(); ) {
    if (Date.now() > end) throw new Error(`waited ${ms} ms in vain until ${what}`)
    await wait(3)
  }
}

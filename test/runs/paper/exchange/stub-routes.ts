import { createHmac } from 'node:crypto'
import { done, plainName, type StubAnswer, said } from './stub-answer.ts'
import { algoRow, plainRow, type StubOrder, tradeRow } from './stub-order.ts'
import { amend, cancel, cancelList, look, place, placeList, placeSpot } from './stub-placing.ts'
import type { StubStream } from './stub-stream.ts'

const NO_SUCH_PATH: StubAnswer = { status: 404, body: '<html>not found</html>' }

type Route = (stub: StubStream, params: URLSearchParams) => StubAnswer

const OPEN: Readonly<Record<string, Route>> = {
  'GET /fapi/v1/time': ({ clockAhead }) => done({ serverTime: Date.now() + clockAhead }),
  'GET /fapi/v1/exchangeInfo': (stub) => done(info(stub)),
  'GET /fapi/v1/fundingRate': () => done([{ fundingRate: '0.0001', markPrice: '100' }]),
  'POST /fapi/v1/listenKey': (stub) => {
    if (stub.listenKey === '') stub.listenKey = `key${stub.keysMade + 2}`
    stub.keysMade++
    return done({ listenKey: stub.listenKey })
  },
  'PUT /fapi/v1/listenKey': ({ listenKey }) =>
    listenKey === '' ? said(-1125, 'This listenKey does not exist.') : done({ listenKey }),
  'DELETE /fapi/v1/listenKey': (stub) => {
    stub.listenKey = ''
    return done({ listenKey: '' })
  },
}

const SIGNED: Readonly<Record<string, Route>> = {
  'POST /fapi/v1/order': (stub, params) =>
    stub.kind === 'spot' ? placeSpot(stub, [params]) : place(stub, 'order', params),
  'GET /fapi/v1/order': (stub, params) => look(stub, 'order', params),
  'PUT /fapi/v1/order': amend,
  'DELETE /fapi/v1/order': (stub, params) => cancel(stub, 'order', params),
  'POST /fapi/v1/algoOrder': (stub, params) => place(stub, 'algo', params),
  'GET /fapi/v1/algoOrder': (stub, params) => look(stub, 'algo', params),
  'DELETE /fapi/v1/algoOrder': (stub, params) => cancel(stub, 'algo', params),
  'POST /fapi/v1/orderList/oco': placeList,
  'DELETE /fapi/v1/orderList': cancelList,
  'GET /fapi/v1/openOrders': (stub, params) => done(openRows(stub, 'order', params).map(plainRow)),
  'GET /fapi/v1/openAlgoOrders': (stub, params) => done(openRows(stub, 'algo', params).map(algoRow)),
  'GET /fapi/v1/userTrades': (stub, params) => {
    const from = Number(params.get('fromId') ?? 0)
    const all = stub.trades.filter(({ id, order }) => id >= from && order.symbol === params.get('symbol'))
    return done(all.slice(0, Number(params.get('limit') ?? 500)).map((trade) => tradeRow(trade, stub.kind)))
  },
  'GET /fapi/v2/positionRisk': ({ positions, leverage, marginType }, params) => {
    const symbol = params.get('symbol')!
    const positionAmt = String(positions.get(symbol) ?? 0)
    return done([{ symbol, positionAmt, leverage: String(leverage), marginType, positionSide: 'BOTH' }])
  },
  'GET /fapi/v3/balance': ({ wallet }) => done([{ asset: 'USDT', balance: String(wallet) }]),
  'GET /fapi/v1/account': (stub) => done(account(stub)),
  'GET /fapi/v1/account/commission': ({ paysInBnb }) =>
    done({ discount: { enabledForAccount: paysInBnb, enabledForSymbol: true, discountAsset: 'BNB' } }),
  'GET /fapi/v1/positionSide/dual': ({ dual }) => done({ dualSidePosition: dual }),
  'GET /fapi/v1/multiAssetsMargin': ({ multi }) => done({ multiAssetsMargin: multi }),
  'GET /fapi/v1/income': ({ incomes }, params) => {
    const [type, start, most] = [params.get('incomeType'), params.get('startTime'), Number(params.get('limit'))]
    const all = incomes.filter((one) => type === null || one.incomeType === type).sort((a, b) => a.time - b.time)
    const from = Number(start)
    const week = all.filter(({ time }) => time >= from && time <= from + 7 * 86_400_000)
    return done(start === null ? all.slice(-most) : week.slice(0, most))
  },
  'POST /fapi/v1/leverage': (stub, params) => {
    stub.leverage = Number(params.get('leverage'))
    return done({ leverage: stub.leverage })
  },
  'POST /fapi/v1/marginType': (stub, params) => {
    stub.marginType = params.get('marginType') === 'ISOLATED' ? 'isolated' : 'cross'
    return done({ code: 200, msg: 'success' })
  },
}

/** What the stub answers where no fault is in the way; `asked` is a method and a path, `search` the raw query that was signed. */
export function answer(stub: StubStream, asked: string, search: string): StubAnswer {
  if (asked.includes('/api/v3/') !== (stub.kind === 'spot')) return NO_SUCH_PATH
  const what = plainName(asked)
  const params = new URLSearchParams(search)
  const route = SIGNED[what]
  if (route === undefined) return OPEN[what]?.(stub, params) ?? NO_SUCH_PATH
  return refusalOf(stub, params, search) ?? route(stub, params)
}

/** Who signs wrongly, or at another time, is turned away. */
function refusalOf({ keys, clockAhead }: StubStream, params: URLSearchParams, search: string): StubAnswer | null {
  const query = search.slice(1).replace(/&signature=.*$/, '')
  const signature = createHmac('sha256', keys.secret).update(query).digest('hex')
  if (params.get('signature') !== signature) return said(-1022, 'Signature for this request is not valid.')
  const now = Date.now() + clockAhead
  const stamp = Number(params.get('timestamp'))
  return stamp >= now + 1000 || now - stamp > Number(params.get('recvWindow'))
    ? said(-1021, 'Timestamp for this request is outside of the recvWindow.')
    : null
}

function openRows(stub: StubStream, route: StubOrder['route'], params: URLSearchParams): StubOrder[] {
  return stub.open().filter((one) => one.route === route && one.symbol === params.get('symbol'))
}

function account(stub: StubStream): object {
  const coins = [...stub.positions].map(([symbol, all]) => {
    const free = stub.freeCoins(symbol)
    const asset = symbol.replace('USDT', '')
    return { asset, free: String(Number(free.toFixed(8))), locked: String(Number((all - free).toFixed(8))) }
  })
  return {
    commissionRates: { maker: '0.001', taker: '0.001' },
    balances: [{ asset: 'USDT', free: stub.wallet.toFixed(8), locked: '0' }, ...coins],
  }
}

function info({ kind, tick, step, takesLists }: StubStream): object {
  const filters = [
    { filterType: 'PRICE_FILTER', minPrice: tick, maxPrice: '1000000', tickSize: tick },
    { filterType: 'LOT_SIZE', minQty: step, maxQty: '9000', stepSize: step },
  ]
  const own = kind === 'spot' ? { ocoAllowed: takesLists } : { marginAsset: 'USDT', contractType: 'PERPETUAL' }
  const of = (symbol: string) => ({
    ...{ symbol, baseAsset: symbol.replace('USDT', ''), quoteAsset: 'USDT', ...own },
    ...{ status: 'TRADING', orderTypes: ['LIMIT', 'MARKET'], filters },
  })
  return { serverTime: Date.now(), symbols: [of('BTCUSDT'), of('ETHUSDT'), of('BNBUSDT')] }
}

import { describe, expect, test } from 'vitest'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const LIMIT = { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1.000', price: '99.50' } as const
const MARKET = { side: 'BUY', type: 'MARKET', quantity: '1' } as const

describe('orders and what is answered', () => {
  test('a limit order rests, is found by either id, and is cancelled once', () => {
    const scene = new VenueScene([CALM, CALM])
    const placed = scene.order({ ...LIMIT, newClientOrderId: 'mine' })
    expect(placed.body).toMatchObject({
      symbol: 'BTCUSDT', status: 'NEW', clientOrderId: 'mine', price: '99.50', origQty: '1.000', executedQty: '0.000',
      cumQty: '0.000', timeInForce: 'GTC', type: 'LIMIT', origType: 'LIMIT', side: 'BUY', positionSide: 'BOTH',
      reduceOnly: false, closePosition: false,
    }) // biome-ignore format: one reply
    expect(placed.headers).toMatchObject({ 'x-mbx-order-count-10s': '1', 'x-mbx-used-weight-1m': '0' })
    const { orderId } = placed.body
    const byId = scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId })
    const byClient = scene.ask('GET', '/fapi/v1/openOrder', { symbol: 'BTCUSDT', origClientOrderId: 'mine' })
    expect(byId.body).toEqual(byClient.body)
    expect(byId.body).toMatchObject({ orderId, status: 'NEW', avgPrice: '0.00000', cumQuote: '0.00000' })
    expect(scene.ask('GET', '/fapi/v1/openOrders', {}).body).toEqual([byId.body])
    const cancel = () => scene.ask('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId })
    expect(cancel().body).toMatchObject({ orderId, status: 'CANCELED' })
    expect(cancel()).toMatchObject({ status: 400, body: { code: -2011 } })
    expect(scene.ask('GET', '/fapi/v1/openOrders', { symbol: 'BTCUSDT' }).body).toEqual([])
    scene.bar()
    expect(scene.ask('GET', '/fapi/v1/allOrders', { symbol: 'BTCUSDT' }).body).toMatchObject([{ orderId, status: 'CANCELED' }]) // biome-ignore format: one line
  })

  test('a market order between two bars is filled at the next open, one at the open at once', () => {
    const scene = new VenueScene([CALM, [102, 103, 101, 102], [104, 105, 103, 104]])
    const waiting = scene.order({ ...MARKET, newOrderRespType: 'RESULT' }).body
    expect(waiting).toMatchObject({ status: 'NEW', executedQty: '0.000' })
    scene.open()
    const filled = scene.order({ ...MARKET, quantity: '2', newOrderRespType: 'RESULT' }).body
    expect(filled).toMatchObject({ status: 'FILLED', executedQty: '2.000', cumQty: '2.000' })
    // neither is in a reply to POST since July 2026; GET has both
    expect(filled).not.toHaveProperty('avgPrice')
    expect(filled).not.toHaveProperty('cumQuote')
    const trades = scene.ask('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT' }).body
    // 0.0005 × 102 = 0.051, and twice that
    expect(trades).toMatchObject([
      { orderId: waiting.orderId, price: '102.00', qty: '1.000', quoteQty: '102.00', commission: '0.05100000', maker: false, buyer: true },
      { orderId: filled.orderId, price: '102.00', qty: '2.000', quoteQty: '204.00', commission: '0.10200000' },
    ]) // biome-ignore format: a line a trade
    const asked = scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId: filled.orderId }).body
    expect(asked).toMatchObject({ status: 'FILLED', avgPrice: '102.00000', cumQuote: '204.00000' })
  })

  test('the older shape has avgPrice and cumQuote, and an ACK says nothing of what was filled', () => {
    const scene = new VenueScene([CALM, CALM], { shape: '2025' })
    scene.open()
    expect(scene.order({ ...MARKET, newOrderRespType: 'RESULT' }).body).toMatchObject({ avgPrice: '100.00000', cumQuote: '100.00000' }) // biome-ignore format: one line
    expect(scene.order({ ...MARKET, newOrderRespType: 'ACK' }).body).toMatchObject({ status: 'NEW', executedQty: '0.000' }) // biome-ignore format: one line
  })

  test('post-only that would take, and fill-or-kill that cannot, never were', () => {
    const scene = new VenueScene([CALM, CALM])
    scene.listen()
    scene.open()
    expect(scene.order({ ...LIMIT, timeInForce: 'GTX', price: '100.50' }).body.code).toBe(-5022)
    expect(scene.order({ ...LIMIT, timeInForce: 'FOK' }).body.code).toBe(-5021)
    expect(scene.told()).toEqual([])
    expect(scene.ask('GET', '/fapi/v1/allOrders', { symbol: 'BTCUSDT' }).body).toEqual([])
    const ioc = scene.order({ ...LIMIT, timeInForce: 'IOC', newOrderRespType: 'RESULT' }).body
    expect(ioc).toMatchObject({ status: 'EXPIRED', executedQty: '0.000' })
    expect(scene.told()).toEqual(['ORDER_TRADE_UPDATE NEW NEW', 'ORDER_TRADE_UPDATE EXPIRED EXPIRED'])
  })

  test('a good-till-date order lives for more than ten minutes, in whole seconds', () => {
    const scene = new VenueScene([CALM, CALM, CALM])
    const gtd = { ...LIMIT, timeInForce: 'GTD' }
    const hour = 3_600_000
    expect(scene.order({ ...gtd, goodTillDate: hour + 600_000 }).body.code).toBe(-5040)
    expect(scene.order(gtd).body.code).toBe(-1102)
    const { orderId, goodTillDate } = scene.order({ ...gtd, price: '90', goodTillDate: hour + 600_999 + 1 }).body
    expect(goodTillDate).toBe(hour + 601_000)
    scene.bar()
    scene.bar()
    expect(scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId }).body.status).toBe('EXPIRED')
  })

  test('a changed order keeps its id; as much as was filled already ends it', () => {
    const scene = new VenueScene([CALM, CALM])
    scene.listen()
    const { orderId } = scene.order(LIMIT).body
    scene.told()
    const put = (change: Record<string, string | boolean>) =>
      scene.ask('PUT', '/fapi/v1/order', {
        symbol: 'BTCUSDT',
        orderId,
        side: 'BUY',
        quantity: '1',
        price: '99.50',
        ...change,
      })
    expect(put({}).body.code).toBe(-5027)
    expect(put({ price: '99.505' }).body.code).toBe(-1111)
    expect(put({ reduceOnly: true }).body.code).toBe(-5047)
    expect(put({ side: 'SELL' }).body.code).toBe(-1117)
    expect(put({ quantity: '2', price: '98' }).body).toMatchObject({ orderId, status: 'NEW', price: '98.00', origQty: '2.000' }) // biome-ignore format: one line
    expect(scene.told()).toEqual(['ORDER_TRADE_UPDATE AMENDMENT NEW'])
    expect(scene.ask('GET', '/fapi/v1/orderAmendment', { symbol: 'BTCUSDT', orderId }).body).toMatchObject([
      { orderId, amendment: { price: { before: '99.50', after: '98.00' }, origQty: { before: '1.000', after: '2.000' }, count: 1 } },
    ]) // biome-ignore format: one line
    expect(put({ quantity: '0' }).body.code).toBe(-4003)
  })

  test('up to five orders in one request, each with an answer of its own', () => {
    const scene = new VenueScene([CALM, CALM])
    const batch = (method: string, params: Record<string, unknown>) =>
      scene.ask(method, '/fapi/v1/batchOrders', Object.fromEntries(Object.entries(params).map(([k, v]) => [k, typeof v === 'string' ? v : JSON.stringify(v)]))) // biome-ignore format: one line
    const one = { symbol: 'BTCUSDT', ...LIMIT }
    const placed = batch('POST', { batchOrders: [one, { ...one, symbol: 'NONE' }, { ...one, quantity: 2 }] }).body
    expect(placed).toMatchObject([{ status: 'NEW' }, { code: -1121 }, { status: 'NEW', origQty: '2.000' }])
    const ids = [placed[0].orderId, 1]
    expect(batch('DELETE', { symbol: 'BTCUSDT', orderIdList: ids }).body).toMatchObject([{ status: 'CANCELED' }, { code: -2011 }]) // biome-ignore format: one line
    expect(batch('POST', { batchOrders: Array(6).fill(one) }).body.code).toBe(-4082)
    expect(batch('POST', { batchOrders: 'nonsense' }).body.code).toBe(-1130)
    expect(scene.ask('DELETE', '/fapi/v1/allOpenOrders', { symbol: 'BTCUSDT' }).body.code).toBe(200)
    expect(scene.ask('GET', '/fapi/v1/openOrders').body).toEqual([])
  })
})

describe('what an order can earn', () => {
  const refused: readonly (readonly [string, Record<string, string | boolean>, number])[] = [
    ['an unknown symbol', { ...MARKET, symbol: 'NONE' }, -1121],
    ['no side', { type: 'MARKET', quantity: '1' }, -1102],
    ['another side', { ...MARKET, side: 'buy' }, -1117],
    ['another type', { ...MARKET, type: 'OTHER' }, -1116],
    ['a stop, which is an algo order', { ...MARKET, type: 'STOP_MARKET', stopPrice: '110' }, -4120],
    ['a trailing stop', { ...MARKET, type: 'TRAILING_STOP_MARKET', callbackRate: '1' }, -4120],
    ['a limit order without a time in force', { side: 'BUY', type: 'LIMIT', quantity: '1', price: '99' }, -1102],
    ['another time in force', { ...LIMIT, timeInForce: 'DAY' }, -1115],
    ['a market order with a price', { ...MARKET, price: '100' }, -1106],
    ['an exponent', { ...MARKET, quantity: '1e-7' }, -1100],
    ['a sign', { ...MARKET, quantity: '+1' }, -1100],
    ['no number', { ...MARKET, quantity: 'NaN' }, -1100],
    ['nothing for a number', { ...MARKET, quantity: '' }, -1102],
    ['a quantity that is too fine', { ...MARKET, quantity: '0.0001' }, -1111],
    ['a quantity off every bound', { ...MARKET, quantity: '1000.001' }, -4005],
    ['a hedge side', { ...MARKET, positionSide: 'LONG' }, -4061],
    ['reduce-only with nothing held', { ...MARKET, reduceOnly: true }, -2022],
    ['a client id that is too long', { ...MARKET, newClientOrderId: 'x'.repeat(37) }, -4015],
    ['a client id of other letters', { ...MARKET, newClientOrderId: 'a b' }, -1100],
    ['a price match', { ...LIMIT, priceMatch: 'QUEUE' }, -1130],
  ] // biome-ignore format: a line a case
  test.each(refused)('%s', (_, params, code) => {
    const scene = new VenueScene([CALM, CALM])
    const { status, body } = scene.order(params)
    expect([status, body.code]).toEqual([400, code])
    expect(scene.ask('GET', '/fapi/v1/openOrders').body).toEqual([])
  })

  test('margin: 10,000 at leverage 20 carry 200,000 of notional less fees, not more', () => {
    const scene = new VenueScene([
      [1000, 1010, 990, 1000],
      [1000, 1010, 990, 1000],
    ])
    // 198 × 1000 ÷ 20 = 9,900, and 198,000 × 0.0005 = 99 of fees: 9,999
    expect(scene.order({ ...MARKET, quantity: '199' }).body.code).toBe(-2019)
    expect(scene.order({ ...MARKET, quantity: '198' }).status).toBe(200)
  })

  test('leverage bounds the notional', () => {
    const scene = new VenueScene([[1000, 1010, 990, 1000]], { cash: 1_000_000 })
    expect(scene.ask('POST', '/fapi/v1/leverage', { symbol: 'BTCUSDT', leverage: 100 }).body).toEqual({ leverage: 100, maxNotionalValue: '600000', symbol: 'BTCUSDT' }) // biome-ignore format: one line
    expect(scene.order({ ...MARKET, quantity: '601' }).body.code).toBe(-2027)
    expect(scene.order({ ...MARKET, quantity: '600' }).status).toBe(200)
  })

  test('a client id is taken while its order is open, and free after', () => {
    const scene = new VenueScene([CALM, CALM])
    const named = { ...LIMIT, newClientOrderId: 'again' }
    expect(scene.order(named).status).toBe(200)
    expect(scene.order(named).body.code).toBe(-4116)
    scene.ask('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', origClientOrderId: 'again' })
    expect(scene.order(named).status).toBe(200)
  })

  test('an order of test is judged and placed nowhere', () => {
    const scene = new VenueScene([CALM, CALM])
    expect(scene.ask('POST', '/fapi/v1/order/test', { symbol: 'BTCUSDT', ...LIMIT })).toMatchObject({
      status: 200,
      body: {},
    })
    expect(scene.ask('POST', '/fapi/v1/order/test', { symbol: 'BTCUSDT', ...LIMIT, price: '99.505' }).body.code).toBe(
      -1111,
    )
    expect(scene.ask('GET', '/fapi/v1/openOrders').body).toEqual([])
  })
})

describe('reduce-only', () => {
  test('is cut to the position, and what is cut off expires', () => {
    const scene = new VenueScene([CALM, CALM, CALM])
    scene.open()
    scene.order(MARKET)
    scene.listen()
    const out = scene.order({ side: 'SELL', type: 'MARKET', quantity: '3', reduceOnly: true }).body
    expect(scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId: out.orderId }).body).toMatchObject({
      status: 'EXPIRED', executedQty: '1.000', origQty: '3.000',
    }) // biome-ignore format: one line
    expect(scene.told()).toEqual([
      'ORDER_TRADE_UPDATE NEW NEW', 'TRADE_LITE', 'ORDER_TRADE_UPDATE TRADE PARTIALLY_FILLED', 'ACCOUNT_UPDATE',
      'ORDER_TRADE_UPDATE EXPIRED EXPIRED',
    ]) // biome-ignore format: two lines
  })
})

import { describe, expect, test } from 'vitest'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const STOP = { side: 'SELL', type: 'STOP_MARKET', quantity: '1', triggerPrice: '95' } as const
const ENTRY = { side: 'BUY', type: 'MARKET', quantity: '1' } as const

/** One bought at 100, the second bar closed. */
function long(...next: Row[]): VenueScene {
  const scene = new VenueScene([CALM, CALM, ...next])
  scene.order(ENTRY)
  scene.bar()
  scene.listen()
  return scene
}

describe('the life of an algo order', () => {
  test('it waits outside of the book and becomes an order with another id when it is triggered', () => {
    const scene = long([98, 99, 94, 96])
    const placed = scene.algo({ ...STOP, reduceOnly: true, clientAlgoId: 'guard' }).body
    expect(placed).toMatchObject({
      clientAlgoId: 'guard', algoType: 'CONDITIONAL', orderType: 'STOP_MARKET', algoStatus: 'NEW', triggerPrice: '95.00',
      quantity: '1.000', reduceOnly: true, closePosition: false, symbol: 'BTCUSDT', side: 'SELL',
    }) // biome-ignore format: one reply
    expect(scene.ask('GET', '/fapi/v1/openOrders').body).toEqual([])
    expect(scene.ask('GET', '/fapi/v1/openAlgoOrders').body).toMatchObject([
      { algoId: placed.algoId, actualOrderId: '' },
    ])
    expect(scene.told()).toEqual(['ALGO_UPDATE NEW'])
    scene.bar()
    const events = [...scene.events]
    expect(scene.told()).toEqual([
      'ALGO_UPDATE TRIGGERING', 'ALGO_UPDATE TRIGGERED', 'ORDER_TRADE_UPDATE NEW NEW', 'TRADE_LITE',
      'ORDER_TRADE_UPDATE TRADE FILLED', 'ACCOUNT_UPDATE', 'ALGO_UPDATE FINISHED',
    ]) // biome-ignore format: two lines
    const done = scene.ask('GET', '/fapi/v1/algoOrder', { algoId: placed.algoId }).body
    expect(done).toMatchObject({
      algoStatus: 'FINISHED',
      actualPrice: '95.00000',
      actualQty: '1.000',
      actualType: 'MARKET',
    })
    const orderId = Number(done.actualOrderId)
    expect(orderId).not.toBe(placed.algoId)
    expect(events[1]!['o']).toMatchObject({ aid: placed.algoId, ai: done.actualOrderId, tp: '95.00', X: 'TRIGGERED' })
    expect(scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId }).body).toMatchObject({
      status: 'FILLED', type: 'MARKET', origType: 'STOP_MARKET', avgPrice: '95.00000', stopPrice: '95.00',
    }) // biome-ignore format: one line
    expect(scene.ask('GET', '/fapi/v1/openAlgoOrders').body).toEqual([])
    expect(scene.ask('GET', '/fapi/v1/allAlgoOrders', { symbol: 'BTCUSDT' }).body).toEqual([done])
  })

  test('a stop-limit that is jumped over rests as a limit order', () => {
    const scene = long([90, 91, 89, 90])
    const { algoId } = scene.algo({ ...STOP, type: 'STOP', price: '94' }).body
    scene.told()
    scene.bar()
    expect(scene.told()).toEqual(['ALGO_UPDATE TRIGGERING', 'ALGO_UPDATE TRIGGERED', 'ORDER_TRADE_UPDATE NEW NEW'])
    const [resting] = scene.ask('GET', '/fapi/v1/openOrders').body
    expect(resting).toMatchObject({ type: 'LIMIT', origType: 'STOP', price: '94.00', status: 'NEW' })
    expect(scene.ask('DELETE', '/fapi/v1/algoOrder', { algoId }).body.code).toBe(-2011)
    scene.ask('DELETE', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId: resting.orderId })
    expect(scene.told()).toEqual(['ORDER_TRADE_UPDATE CANCELED CANCELED', 'ALGO_UPDATE FINISHED'])
  })

  test('a take-profit is triggered where the price comes to it', () => {
    const scene = long([101, 106, 100, 104])
    scene.algo({ ...STOP, type: 'TAKE_PROFIT_MARKET', triggerPrice: '105', reduceOnly: true })
    scene.bar()
    expect(scene.ask('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT' }).body.at(-1)).toMatchObject({
      price: '105.00',
      side: 'SELL',
    })
  })

  test('a trailing stop follows by its callback rate', () => {
    // from 100: 98; the high of 110 moves it to 107.8, which the next low reaches
    const scene = long([101, 110, 100, 109], [109, 109.5, 107, 108])
    expect(scene.algo({ ...STOP, type: 'TRAILING_STOP_MARKET', callbackRate: '2' }).body).toMatchObject({
      callbackRate: '2',
    })
    scene.bar()
    expect(scene.ask('GET', '/fapi/v1/openAlgoOrders').body).toHaveLength(1)
    scene.bar()
    expect(scene.ask('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT' }).body.at(-1)).toMatchObject({
      price: '107.80',
    })
  })

  test('closePosition closes whatever is held by then', () => {
    const scene = long(CALM, [98, 99, 94, 96])
    expect(scene.algo({ ...STOP, closePosition: true }).body.code).toBe(-4137)
    const close = { side: 'SELL', type: 'STOP_MARKET', triggerPrice: '95', closePosition: true }
    expect(scene.algo({ ...close, reduceOnly: true }).body.code).toBe(-1106)
    const { algoId } = scene.algo(close).body
    scene.order({ ...ENTRY, quantity: '2' })
    scene.bar()
    scene.bar()
    const { actualOrderId, actualQty } = scene.ask('GET', '/fapi/v1/algoOrder', { algoId }).body
    expect(actualQty).toBe('3.000')
    expect(scene.ask('GET', '/fapi/v1/order', { symbol: 'BTCUSDT', orderId: actualOrderId }).body).toMatchObject({
      status: 'FILLED',
      origQty: '3.000',
      closePosition: true,
    })
    expect(scene.ask('GET', '/fapi/v3/positionRisk').body).toEqual([])
  })

  test('one that finds nothing to reduce is rejected when it is triggered', () => {
    const scene = long(CALM, [98, 99, 94, 96])
    scene.algo({ ...STOP, reduceOnly: true })
    scene.order({ side: 'SELL', type: 'MARKET', quantity: '1' })
    scene.bar()
    // the orphan waits on
    expect(scene.ask('GET', '/fapi/v1/openAlgoOrders').body).toHaveLength(1)
    scene.told()
    scene.bar()
    const [, , rejected] = scene.events
    expect(rejected).toMatchObject({ e: 'CONDITIONAL_ORDER_TRIGGER_REJECT', or: { s: 'BTCUSDT' } })
    expect(scene.told()).toEqual(['ALGO_UPDATE TRIGGERING', 'ALGO_UPDATE REJECTED', 'CONDITIONAL_ORDER_TRIGGER_REJECT'])
  })

  test('it is cancelled by either id, or with all of its symbol; orders are not', () => {
    const scene = long(CALM)
    const { algoId } = scene.algo(STOP).body
    expect(scene.ask('DELETE', '/fapi/v1/algoOrder', { algoId }).body).toMatchObject({
      algoId,
      code: '200',
      msg: 'success',
    })
    scene.algo({ ...STOP, clientAlgoId: 'a' })
    expect(scene.algo({ ...STOP, clientAlgoId: 'a' }).body.code).toBe(-4116)
    expect(scene.ask('DELETE', '/fapi/v1/algoOrder', { clientAlgoId: 'a' }).body.clientAlgoId).toBe('a')
    scene.algo(STOP)
    scene.order({ side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '90' })
    expect(scene.ask('DELETE', '/fapi/v1/algoOpenOrders', { symbol: 'BTCUSDT' }).body.code).toBe(200)
    expect(scene.ask('GET', '/fapi/v1/openAlgoOrders').body).toEqual([])
    expect(scene.ask('GET', '/fapi/v1/openOrders').body).toHaveLength(1)
  })
})

describe('a stop that is placed after a fill meets the bar that is underway', () => {
  test('as the leg of a bracket would', () => {
    const scene = new VenueScene([CALM, [100, 110, 90, 105]])
    scene.open()
    scene.order(ENTRY)
    scene.algo({ ...STOP, reduceOnly: true })
    scene.order({ side: 'SELL', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '108', reduceOnly: true })
    while (scene.inside()) {}
    scene.close()
    expect(scene.ask('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT' }).body).toMatchObject([
      { side: 'BUY', price: '100.00' },
      { side: 'SELL', price: '95.00' },
    ])
  })
})

describe('what an algo order can earn', () => {
  test.each<[string, Record<string, string | boolean>, number]>([
    ['no algo type', { ...STOP, algoType: '' }, -1102],
    ['another algo type', { ...STOP, algoType: 'VP' }, -1130],
    ['an order of the book', { ...STOP, type: 'LIMIT' }, -1116],
    ['no trigger', { side: 'SELL', type: 'STOP_MARKET', quantity: '1' }, -1102],
    ['a trigger that is reached already', { ...STOP, triggerPrice: '100' }, -2021],
    ['a take-profit of a sale below the price', { ...STOP, type: 'TAKE_PROFIT_MARKET', triggerPrice: '99' }, -2021],
    ['a buy stop below the price', { ...STOP, side: 'BUY', triggerPrice: '99' }, -2021],
    ['a trigger off the tick', { ...STOP, triggerPrice: '95.005' }, -1111],
    ['a stop-limit without a price', { ...STOP, type: 'STOP' }, -1102],
    ['a callback rate out of range', { ...STOP, type: 'TRAILING_STOP_MARKET', callbackRate: '10.1' }, -2007],
    ['a callback rate below it', { ...STOP, type: 'TRAILING_STOP_MARKET', callbackRate: '0.05' }, -2007],
    ['triggers by mark, which this exchange does not have', { ...STOP, workingType: 'MARK_PRICE' }, -1130],
    ['price protection', { ...STOP, priceProtect: true }, -1130],
    ['closePosition of a trailing stop', { ...STOP, type: 'TRAILING_STOP_MARKET', closePosition: true }, -1106],
    ['a hedge side', { ...STOP, positionSide: 'SHORT' }, -4061],
  ])('%s', (_, params, code) => {
    const scene = new VenueScene([CALM])
    expect(scene.algo(params).body.code).toBe(code)
    expect(scene.ask('GET', '/fapi/v1/openAlgoOrders').body).toEqual([])
  }) // biome-ignore format: a line a case
})

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const LIMIT = { side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '2', price: '90' } as const
const MARKET = { side: 'BUY', type: 'MARKET', quantity: '2' } as const
const spot = (rows: readonly Row[], fees = { maker: 0.001, taker: 0.001 }) =>
  new VenueScene(rows, { kind: 'spot', fees, cash: 1000 })
const order = (scene: VenueScene, params: Readonly<Record<string, string>>) =>
  scene.ask('POST', '/api/v3/order', { symbol: 'BTCUSDT', ...params }).body
const balances = (scene: VenueScene) => scene.ask('GET', '/api/v3/account').body.balances

describe('spot', () => {
  test('a buy pays its fee in what it receives', () => {
    const scene = spot([CALM, CALM])
    scene.open()
    // 2 × 0.001 = 0.002 BTC
    expect(order(scene, MARKET)).toMatchObject({
      status: 'FILLED', executedQty: '2.00000000', cummulativeQuoteQty: '200.00000000',
      fills: [{ price: '100.00000000', qty: '2.00000000', commission: '0.00200000', commissionAsset: 'BTC', tradeId: 1 }],
    }) // biome-ignore format: one reply
    expect(balances(scene)).toEqual([
      { asset: 'USDT', free: '800.00000000', locked: '0.00000000' },
      { asset: 'BTC', free: '1.99800000', locked: '0.00000000' },
    ])
    expect(scene.ask('GET', '/api/v3/myTrades', { symbol: 'BTCUSDT' }).body).toMatchObject([{ id: 1, isBuyer: true, isMaker: false, commission: '0.00200000' }]) // biome-ignore format: one line
  })

  test('a resting buy holds its money back, its fee included, until it is cancelled', () => {
    const scene = spot([CALM, CALM], { maker: 0, taker: 0 })
    const { orderId } = order(scene, LIMIT)
    expect(balances(scene)[0]).toEqual({ asset: 'USDT', free: '820.00000000', locked: '180.00000000' })
    expect(scene.ask('DELETE', '/api/v3/order', { symbol: 'BTCUSDT', orderId }).body).toMatchObject({ orderId, status: 'CANCELED' }) // biome-ignore format: one line
    expect(balances(scene)[0]).toMatchObject({ free: '1000.00000000' })
    expect(scene.ask('GET', '/api/v3/order', { symbol: 'BTCUSDT', orderId }).body).toMatchObject({ status: 'CANCELED', isWorking: true }) // biome-ignore format: one line
    expect(scene.ask('DELETE', '/api/v3/openOrders', { symbol: 'BTCUSDT' }).body.code).toBe(-2011)
  })

  test('a stop is an order of the book, under one id from first to last', () => {
    const scene = spot([CALM, CALM, [98, 99, 94, 96]], { maker: 0, taker: 0 })
    order(scene, MARKET)
    scene.bar()
    const { orderId, ...ack } = order(scene, { side: 'SELL', type: 'STOP_LOSS', quantity: '2', stopPrice: '95' })
    expect(ack).not.toHaveProperty('status')
    const look = () => scene.ask('GET', '/api/v3/order', { symbol: 'BTCUSDT', orderId }).body
    expect(look()).toMatchObject({ status: 'NEW', isWorking: false, stopPrice: '95.00000000' })
    expect(balances(scene)[1]).toEqual({ asset: 'BTC', free: '0.00000000', locked: '2.00000000' })
    scene.bar()
    expect(look()).toMatchObject({ status: 'FILLED', isWorking: true, cummulativeQuoteQty: '190.00000000' })
  })

  test('an amount of quote buys what it pays for', () => {
    const scene = spot([CALM, CALM], { maker: 0, taker: 0 })
    scene.open()
    expect(order(scene, { side: 'BUY', type: 'MARKET', quoteOrderQty: '250' })).toMatchObject({ status: 'FILLED', executedQty: '2.50000000', origQty: '2.50000000' }) // biome-ignore format: one line
  })

  test.each<[string, Record<string, string>, number, string]>([
    ['more than there is', { ...MARKET, quantity: '11' }, -2010, 'Account has insufficient balance for requested action.'],
    ['a sale of nothing', { ...MARKET, side: 'SELL' }, -2010, 'Account has insufficient balance for requested action.'],
    ['off the tick', { ...LIMIT, price: '90.001' }, -1013, 'Filter failure: PRICE_FILTER'],
    ['off the step', { ...LIMIT, quantity: '0.0001' }, -1013, 'Filter failure: LOT_SIZE'],
    ['a stop that is reached', { side: 'BUY', type: 'STOP_LOSS', quantity: '1', stopPrice: '99' }, -2010, 'Stop price would trigger immediately.'],
    ['a type of futures', { ...MARKET, type: 'STOP_MARKET' }, -1116, 'Invalid orderType.'],
    ['post-only as futures have it', { ...LIMIT, timeInForce: 'GTX' }, -1115, 'Invalid timeInForce.'],
  ])('%s', (_, params, code, msg) => {
    const scene = spot([CALM, CALM])
    expect(order(scene, params)).toEqual({ code, msg })
  }) // biome-ignore format: a line a case

  test('a limit maker that would take is refused', () => {
    const scene = spot([CALM, CALM])
    scene.open()
    expect(order(scene, { side: 'BUY', type: 'LIMIT_MAKER', quantity: '1', price: '100.5' })).toEqual({ code: -2010, msg: 'Order would immediately match and take.' }) // biome-ignore format: one line
  })

  test('a name that is taken', () => {
    const scene = spot([CALM, CALM])
    order(scene, { ...LIMIT, newClientOrderId: 'a' })
    expect(order(scene, { ...LIMIT, newClientOrderId: 'a' })).toEqual({ code: -2010, msg: 'Duplicate order sent.' })
  })
})

const RECORDED = resolve(
  import.meta.dirname,
  '../../../shared/datasets/ws-events/binance-spot-testnet-userdata-2020-11-19.jsonl',
)

test.skipIf(!existsSync(RECORDED))(
  'a buy of 0.01 at 9000 and its cancel are told as Binance told them (needs ../shared/datasets)',
  () => {
    const recorded = readFileSync(RECORDED, 'utf8')
      .trim()
      .split('\n')
      .slice(0, 4)
      .map((line) => JSON.parse(line))
    const scene = new VenueScene([[10_000, 10_000, 10_000, 10_000], CALM], {
      kind: 'spot',
      fees: { maker: 0, taker: 0 },
      cash: 9870,
    })
    scene.listen()
    const { orderId } = order(scene, {
      ...LIMIT,
      quantity: '0.01',
      price: '9000',
      newClientOrderId: 'daa3Lntyw5phO7yGkmkUzn',
    })
    scene.ask('DELETE', '/api/v3/order', { symbol: 'BTCUSDT', orderId })
    const told = scene.events
    expect(told.map(({ e }) => e)).toEqual(recorded.map(({ e }) => e))
    // all but what names times, ids and the BTC that the other account had
    for (const field of [
      's',
      'c',
      'S',
      'o',
      'f',
      'q',
      'p',
      'P',
      'F',
      'g',
      'C',
      'x',
      'X',
      'r',
      'l',
      'z',
      'L',
      'n',
      'N',
      't',
      'w',
      'm',
      'M',
      'Z',
      'Y',
      'Q',
    ])
      expect([field, told[0]![field]]).toEqual([field, recorded[0][field]])
    for (const field of ['S', 'o', 'q', 'p', 'C', 'x', 'X', 'l', 'z', 'w', 'N'])
      expect([field, told[2]![field]]).toEqual([field, recorded[2][field]])
    for (const k of [1, 3]) expect((told[k]!['B'] as unknown[])[0]).toEqual(recorded[k].B[1])
  },
)

test('a stop with a limit that is reached and rests is told as being on the book now', () => {
  const scene = new VenueScene([CALM, [100, 106, 99, 100], CALM], { kind: 'spot' })
  scene.listen()
  const stop = {
    side: 'BUY',
    type: 'STOP_LOSS_LIMIT',
    quantity: '1',
    price: '90',
    stopPrice: '105',
    timeInForce: 'GTC',
  }
  scene.ask('POST', '/api/v3/order', { symbol: 'BTCUSDT', ...stop, newClientOrderId: 'up' })
  scene.bar()
  scene.bar()
  const said = scene.events.filter(({ e }) => e === 'executionReport')
  expect(said.map(({ c, x, X, w }) => [c, x, X, w])).toEqual([
    ['up', 'NEW', 'NEW', false],
    ['up', 'NEW', 'NEW', true],
  ])
})

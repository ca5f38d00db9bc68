import { describe, expect, test } from 'vitest'
import { parseFault } from '../../src/exchange/fault-spec.ts'
import { Faults } from '../../src/exchange/faults.ts'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const DOWN: Row = [98, 99, 94, 96]
const STOP = { side: 'SELL', type: 'STOP_MARKET', quantity: '1', triggerPrice: '95', reduceOnly: true } as const

/** One bought at 100 on the second bar, and what befalls the account after it. */
function long(faults: readonly string[], next: readonly Row[], kind: 'usdm' | 'spot' = 'usdm'): VenueScene {
  const asked = new Faults(1)
  const scene = new VenueScene([CALM, CALM, ...next], { kind, faults: asked, fees: { maker: 0, taker: 0.001 } })
  const buy = { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '1' }
  scene.ask('POST', kind === 'spot' ? '/api/v3/order' : '/fapi/v1/order', buy)
  scene.bar()
  for (const one of faults) asked.add(parseFault(one))
  scene.listen()
  return scene
}

const position = (scene: VenueScene) =>
  scene.ask('GET', '/fapi/v2/positionRisk', { symbol: 'BTCUSDT' }).body[0].positionAmt
const openAlgos = (scene: VenueScene) => scene.ask('GET', '/fapi/v1/openAlgoOrders').body

describe('9: a conditional order that is reached and turned away', () => {
  test('is REJECTED with the reason, on the stream and when it is asked for; the position stands', () => {
    const scene = long(['trigger-rejected,msg=Margin is insufficient.'], [DOWN, DOWN])
    const { algoId } = scene.algo(STOP).body
    scene.told()
    scene.bar()
    const events = [...scene.events]
    expect(scene.told()).toEqual(['ALGO_UPDATE TRIGGERING', 'ALGO_UPDATE REJECTED', 'CONDITIONAL_ORDER_TRIGGER_REJECT'])
    expect(events[2]).toMatchObject({ or: { s: 'BTCUSDT', i: algoId, r: 'Margin is insufficient.' } })
    expect(scene.ask('GET', '/fapi/v1/algoOrder', { algoId }).body).toMatchObject({
      algoStatus: 'REJECTED',
      actualOrderId: '',
    })
    expect([position(scene), openAlgos(scene)]).toEqual(['1.000', []])
    // it is gone: the next bar does not find it
    scene.bar()
    expect(scene.told()).toEqual([])
  })

  test.each([
    ['type=TAKE_PROFIT*', '0.000'],
    ['type=STOP*', '1.000'],
    ['symbol=ETHUSDT', '0.000'],
    ['nth=2', '0.000'],
    ['p=0', '0.000'],
    ['p=1', '1.000'],
  ])('%s of a stop leaves %s', (condition, left) => {
    const scene = long([`trigger-rejected,${condition}`], [DOWN])
    scene.algo(STOP)
    scene.bar()
    expect(position(scene)).toBe(left)
  })

  test('at the open, where a stop that waits is jumped over', () => {
    const scene = long(['trigger-rejected,times=1'], [[90, 91, 89, 90], CALM])
    scene.algo(STOP)
    scene.algo({ ...STOP, triggerPrice: '94' })
    scene.bar()
    // the first is turned away, the second fills
    expect(scene.told().filter((one) => one.startsWith('ALGO_UPDATE'))).toEqual([
      'ALGO_UPDATE NEW', 'ALGO_UPDATE NEW', 'ALGO_UPDATE TRIGGERING', 'ALGO_UPDATE REJECTED', 'ALGO_UPDATE TRIGGERING',
      'ALGO_UPDATE TRIGGERED', 'ALGO_UPDATE FINISHED',
    ]) // biome-ignore format: two lines
    expect(position(scene)).toBe('0.000')
  })

  test('on spot, where a stop is an order of the book, it expires', () => {
    const scene = long(['trigger-rejected'], [DOWN], 'spot')
    const stop = { symbol: 'BTCUSDT', side: 'SELL', type: 'STOP_LOSS', quantity: '0.9', stopPrice: '95' }
    const { orderId } = scene.ask('POST', '/api/v3/order', stop).body
    scene.bar()
    expect(scene.ask('GET', '/api/v3/order', { symbol: 'BTCUSDT', orderId }).body).toMatchObject({
      status: 'EXPIRED',
      executedQty: '0.00000000',
    })
  })
})

describe('8: an algo order that outlives its cancel', () => {
  test.each([
    ['DELETE /fapi/v1/algoOrder', { code: '200', msg: 'success' }],
    ['DELETE /fapi/v1/algoOpenOrders', { code: 200 }],
  ])('%s says done, and the order lives until it is cancelled again', (route, answer) => {
    const scene = long(['orphan,times=1'], [DOWN])
    const { algoId } = scene.algo(STOP).body
    scene.told()
    const [method, path] = route.split(' ')
    const cancel = () => scene.ask(method!, path!, { symbol: 'BTCUSDT', algoId }).body
    expect(cancel()).toMatchObject(answer)
    expect(openAlgos(scene)).toMatchObject([{ algoId, algoStatus: 'NEW' }])
    expect(scene.ask('GET', '/fapi/v1/openOrders').body).toEqual([])
    expect(scene.told()).toEqual([])
    expect(cancel()).toMatchObject(answer)
    expect(openAlgos(scene)).toEqual([])
  })

  test('it is an order like any other: when its trigger is reached it fills', () => {
    const scene = long(['orphan'], [DOWN])
    const { algoId } = scene.algo(STOP).body
    scene.ask('DELETE', '/fapi/v1/algoOrder', { algoId })
    scene.bar()
    expect(position(scene)).toBe('0.000')
  })
})

describe('20: orders of the exchange itself', () => {
  test.each([
    ['liquidation', /^autoclose-\d+$/, 'CALCULATED', 'LIQUIDATION', 'INSURANCE_CLEAR', 'CANCELED'],
    ['adl', /^adl_autoclose$/, 'CALCULATED', 'LIQUIDATION', 'COMMISSION', 'NEW'],
    ['settlement', /^settlement_autoclose-\d+$/, 'TRADE', 'MARKET', 'COMMISSION', 'CANCELED'],
  ] as const)('%s closes what is held at the open', (kind, clientId, x, type, incomeType, stop) => {
    const scene = long([kind], [DOWN])
    const { algoId } = scene.algo(STOP).body
    scene.told()
    scene.open()
    const events = scene.events
      .filter(({ e }) => e === 'ORDER_TRADE_UPDATE')
      .map(({ o }) => o as Record<string, string>)
    expect(events.map(({ x: act }) => act)).toEqual(['NEW', x])
    for (const one of events) expect(one['c']).toMatch(clientId)
    expect(events[1]).toMatchObject({ S: 'SELL', o: type, q: '1.000', L: '98.00', X: 'FILLED', n: '0.09800000' })
    expect(scene.told().filter((one) => !one.startsWith('ORDER') && !one.startsWith('ALGO'))).toEqual([
      'TRADE_LITE',
      'ACCOUNT_UPDATE',
    ])
    expect(position(scene)).toBe('0.000')
    expect(scene.ask('GET', '/fapi/v1/algoOrder', { algoId }).body.algoStatus).toBe(stop)
    // 2 lost on the way down, 0.1 paid for the entry and 0.098 for the exit
    expect(scene.ask('GET', '/fapi/v3/balance').body[0].balance).toBe('9997.80200000')
    const income = scene.ask('GET', '/fapi/v1/income').body.map((one: { incomeType: string }) => one.incomeType)
    expect(income).toEqual(['COMMISSION', 'REALIZED_PNL', incomeType])
    const forced = (autoCloseType: string) => scene.ask('GET', '/fapi/v1/forceOrders', { autoCloseType }).body.length
    expect([forced('LIQUIDATION'), forced('ADL')]).toEqual([kind === 'liquidation' ? 1 : 0, kind === 'adl' ? 1 : 0])
  })

  test('a part of it, at the nth bar that finds something, and never where nothing is held', () => {
    const scene = long(['adl,part=0.4,nth=2'], [CALM, CALM, CALM])
    scene.bar()
    expect(position(scene)).toBe('1.000')
    scene.bar()
    expect(position(scene)).toBe('0.600')
    const flat = new VenueScene([CALM, CALM], { faults: new Faults() })
    flat.listen()
    flat.bar()
    expect(flat.told()).toEqual([])
  })
})

test.each([
  ['orphan,route=DELETE /fapi/v1/algoOrder', /orphan has no route; of it speak unknown, /],
  ['adl,stream=kline', /adl has no stream; of it speak drop, /],
  ['unknown,symbol=BTCUSDT', /unknown has no symbol; of it speak trigger-rejected, orphan, /],
  ['liquidation,part=0.5', /liquidation has no part; of it speak adl$/],
  ['adl,part=0', /part 0 of a fault is not allowed; a share is above 0/],
  ['adl,type=STOP', /adl has no type; of it speak trigger-rejected, orphan$/],
])('%s', (text, why) => {
  expect(() => parseFault(text)).toThrow(why)
})

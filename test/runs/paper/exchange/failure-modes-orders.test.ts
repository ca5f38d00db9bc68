import { describe, expect, test } from 'vitest'
import { buy, cancel, close } from '../../../../src/core/order.ts'
import { said } from './stub-answer.ts'
import { anew, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/**
 * What goes wrong between a client and Binance USDS-M, numbered as in the list of twenty that this project keeps; 15 and 16 are of
 * candles, and tested where those are read. Here the first eight: of orders; the rest are of the connection and the account, and what befalls
 * the account itself (8, 9, 20) is in failure-modes-simulated. Each test fails without the defence that it is of.
 */

const ORDER = 'POST /fapi/v1/order'
const ALGO = 'POST /fapi/v1/algoOrder'

describe.each(['usdm', 'spot'] as const)('%s', (kind) => {
  useStub(kind)

  test('1: 503 "Unknown error" though the order was taken: it is asked for, and not sent again', async () => {
    await anew({ echo: 50 })
    stub.isMute = true
    stub.fault(ORDER, ({ carryOut }) => {
      carryOut()
      return { status: 503, body: { code: -1000, msg: 'Unknown error, please check your request or try again later.' } }
    })
    await session.settle(buy({ qty: 1, limit: 90, id: 'dip' }))
    expect(stub.orders).toHaveLength(1)
    expect([stub.count(ORDER), stub.count('GET /fapi/v1/order')]).toEqual([1, 1])
    const id = stub.orders[0]!.clientId
    expect(session.logged.filter((one) => one.includes(id) || one.includes('nobody knows'))).toEqual([
      `nobody knows what came of ${id}: -1000 Unknown error, please check your request or try again later.; it is asked for`,
      `${id}: it is known now: live`,
    ])
    await session.settle(cancel('dip'))
    expect(stub.open()).toEqual([])
  })

  test('1: the same words, and the order never came: it is sent again when the first cannot come any more', async () => {
    await anew({ recvWindow: 400 })
    const began = Date.now()
    stub.fault(ORDER, () => ({ status: 503, body: '<html>503</html>' }))
    await session.settle(buy({ qty: 1, limit: 90 }))
    expect(stub.open()).toHaveLength(1)
    const sent = stub.requests.filter(({ method, params }) => method === 'POST' && params.has('newClientOrderId'))
    // its window is 400 ms: until that is over the exchange could still take it
    expect(sent[1]!.at - began).toBeGreaterThan(400)
    expect(sent.map(({ params }) => params.get('newClientOrderId')!.slice(-2))).toEqual(['-1', '-2'])
  })

  test.each(['Service Unavailable.', 'Internal error; unable to process your request. Please try again.'])(
    '1: 503 "%s" has surely done nothing: it is sent again at once, and nothing is asked',
    async (msg) => {
      stub.fault(ORDER, () => said(0, msg, 503))
      await session.settle(buy({ qty: 1, limit: 90 }))
      expect([stub.open().length, stub.count(ORDER), stub.count('GET /fapi/v1/order')]).toEqual([1, 2, 0])
    },
  )

  test('2: an answer that comes too late, and the stream that shows the order: it is not sent again', async () => {
    await anew({ timeout: 1500 })
    stub.fault(ORDER, async ({ carryOut, givenUp }) => {
      carryOut()
      await givenUp
      return undefined
    })
    await session.settle(buy({ qty: 1, limit: 90 }))
    expect([stub.orders.length, stub.count(ORDER)]).toEqual([1, 1])
    await until('the lost answer is told', () => session.logged.some((one) => one.includes('the answer was lost (')))
    expect(session.logged.join('\n')).toMatch(
      /-1: the answer was lost \(.*\), and the user stream has said what came of it/,
    )
  })

  test('2: an order id that is there already means that it is there', async () => {
    await anew({ echo: 50 })
    stub.fault(ORDER, ({ carryOut }) => {
      carryOut()
      return kind === 'spot' ? said(-2010, 'Duplicate order sent.') : said(-4116, 'ClientOrderId is duplicated.')
    })
    stub.isMute = true
    await session.settle(buy({ qty: 1, limit: 90 }))
    expect([stub.open().length, stub.count(ORDER)]).toEqual([1, 1])
    expect(session.run.openOrders()).toHaveLength(1)
  })

  test('3: the connection is reset after the order was filled: its id was on the disk before, and it is filled once', async () => {
    let noted = false
    stub.isMute = true
    session.diskMs = 40
    stub.fault(ORDER, ({ carryOut, params, reset }) => {
      const id = params.get('newClientOrderId')
      noted = session.journal.some((one) => 'note' in one && one.note.note === 'sending' && one.note['clientId'] === id)
      carryOut()
      stub.fill(stub.orders[0]!, 1, '100')
      reset()
      return undefined
    })
    await session.settle(buy({ qty: 1 }))
    expect(noted).toBe(true)
    expect([stub.orders.length, session.position, stub.positions.get('BTCUSDT')]).toEqual([1, 1, 1])
    expect(session.fills).toEqual(['o1 1 at 100'])
  })

  test('5: a cancel whose answer was lost, and the next one is refused with -2011: it was cancelled', async () => {
    await session.settle(buy({ qty: 1, limit: 90, id: 'dip' }))
    stub.isMute = true
    stub.fault('DELETE /fapi/v1/order', ({ carryOut }) => {
      carryOut()
      return { status: 502, body: '<html>bad gateway</html>' }
    })
    await session.settle(cancel('dip'))
    expect(stub.open()).toEqual([])
    expect(stub.count('DELETE /fapi/v1/order')).toBe(1)
    expect(session.said).toEqual([])
  })

  test('5: a cancel that was lost before it did anything is sent again', async () => {
    await session.settle(buy({ qty: 1, limit: 90, id: 'dip' }))
    stub.fault('DELETE /fapi/v1/order', () => ({ status: 502, body: '' }))
    await session.settle(cancel('dip'))
    expect([stub.open(), stub.count('DELETE /fapi/v1/order')]).toEqual([[], 2])
  })

  test('6: a fill overtakes a cancel: it counts, and gets its stop', async () => {
    await anew({ echo: 400 })
    await session.settle(buy({ qty: 1, limit: 90, stopLoss: 80, id: 'dip' }))
    stub.isMute = true
    stub.fault('DELETE /fapi/v1/order', () => {
      stub.fill(stub.orders[0]!, 1, '90')
      return said(-2011, 'Unknown order sent.')
    })
    await session.settle(cancel('dip'))
    stub.isMute = false
    expect(session.fills).toEqual(['dip 1 at 90'])
    expect(stub.open().map(({ type, trigger }) => `${type} ${trigger}`)).toEqual([
      kind === 'spot' ? 'STOP_LOSS 80' : 'STOP_MARKET 80',
    ])
    expect(session.halts).toEqual([])
  })

  test('6: and where the exchange says that there never was such an order, the trades are asked', async () => {
    await anew({ echo: 400 })
    await session.settle(buy({ qty: 1, limit: 90, stopLoss: 80, id: 'dip' }))
    stub.isMute = true
    stub.fault('DELETE /fapi/v1/order', () => {
      stub.fill(stub.orders[0]!, 1, '90')
      return said(-2011, 'Unknown order sent.')
    })
    stub.fault('GET /fapi/v1/order', () => said(-2013, 'Order does not exist.'), 3)
    await session.settle(cancel('dip'))
    expect(session.position).toBe(1)
  })
})

describe('what only usdm has', () => {
  useStub()

  test('4: throttled but for what reduces: exits go out, an entry waits until it is taken', async () => {
    await hold()
    let [refused, ahead] = [0, Number.NaN]
    stub.fault(
      ORDER,
      ({ params }) => {
        if (params.get('reduceOnly') === 'true') ahead = refused
        if (params.get('reduceOnly') === 'true' || refused >= 4) return undefined
        refused++
        return said(
          -1008,
          'Request throttled by system-level protection. Reduce-only/close-position orders are exempt.',
          503,
        )
      },
      100,
    )
    session.decide([buy({ qty: 1, limit: 80, id: 'more' }), close()])
    await session.broker.idle()
    expect(stub.orders.some(({ type, reduceOnly }) => type === 'MARKET' && reduceOnly)).toBe(true)
    // the exit has not waited until the entry was taken
    expect(ahead).toBeLessThan(4)
    expect(refused).toBe(4)
    expect(stub.open().filter(({ price }) => price === '80')).toHaveLength(1)
    // nothing was unknown, so nothing had to be asked
    expect(stub.count('GET /fapi/v1/order')).toBe(0)
  })

  test('7: a stop that the exchange does not take: the position leaves at the market, and that is said', async () => {
    await session.settle(buy({ qty: 1, stopLoss: 90 }))
    stub.fault(ALGO, () => said(-4120, 'Order type not supported for this endpoint.'))
    stub.fill(stub.orders[0]!, 1, '100')
    await until('its exit is there', () => stub.orders.length === 2)
    const exit = stub.find(({ reduceOnly }) => reduceOnly)
    expect(exit).toMatchObject({ route: 'order', type: 'MARKET', side: 'SELL', qty: 1 })
    stub.fill(exit, 1, '99')
    await until('the session is flat', () => session.position === 0)
    await session.broker.idle()
    expect(session.said).toEqual(['stop-refused critical'])
    expect(session.fills).toEqual(['o1 1 at 100', 'o2 1 at 99'])
    expect(stub.open()).toEqual([])
  })

  test('7: conditional orders go to their own door, and what reduces says so', async () => {
    const stops = [
      buy({ qty: 1, stop: 110 }),
      buy({ qty: 1, stop: 110, limit: 111 }),
      buy({ qty: 1, touch: 95 }),
      buy({ qty: 1, touch: 95, limit: 96 }),
    ]
    await session.settle(stops)
    expect(stub.orders.map(({ route, type }) => `${route} ${type}`)).toEqual([
      'algo STOP_MARKET',
      'algo STOP',
      'algo TAKE_PROFIT_MARKET',
      'algo TAKE_PROFIT',
    ])
    expect(session.run.openOrders()).toHaveLength(4)
  })

  test('8: an algo order of somebody else halts', async () => {
    stub.foreign({ clientId: 'web_1', route: 'algo', type: 'STOP_MARKET', trigger: '80' })
    await session.broker.reconcile()
    expect(session.said).toEqual(['foreign-order critical'])
    expect(session.halts).toHaveLength(1)
    expect(session.decide(buy({ qty: 1 })).map(({ type }) => type)).toEqual(['rejected'])
  })
})

import { describe, expect, test } from 'vitest'
import { amend, buy, cancel, close, sell } from '../../../../src/core/order.ts'
import { said } from './stub-answer.ts'
import { anew, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** Coins are owned on spot, and every sale that rests holds some of them back. */
useStub('spot')

const ORDER = 'POST /fapi/v1/order'
const LIST = 'POST /fapi/v1/orderList/oco'
const busy = () => said(-1008, 'busy', 503)
const lost = () => said(-1007, 'Timeout waiting for response from backend server.', 504)
const open = () =>
  stub
    .open()
    .map(
      ({ type, side, qty, price, trigger, list }) =>
        `${type} ${side} ${qty} ${price} ${trigger}${list == null ? '' : ' list'}`,
    )
    .sort()
const BOTH = ['LIMIT_MAKER SELL 1 120 0 list', 'STOP_LOSS SELL 1 0 90 list']

/** 1 coin at 100, with a stop at 90 and a target at 120. */
async function held(legs: Parameters<typeof buy>[0] = { qty: 1, stopLoss: 90, takeProfit: 120 }): Promise<void> {
  await session.settle(buy(legs))
  stub.fill(stub.orders[0]!, 1, '100')
  await until('it is known', () => session.position === 1)
  await session.broker.idle()
}

describe('orders as spot has them', () => {
  test.each([
    [buy({ qty: 1, limit: 90 }), 'LIMIT BUY 1 90 0'],
    [buy({ qty: 1, limit: 90, tif: 'GTX' }), 'LIMIT_MAKER BUY 1 90 0'],
    [buy({ qty: 1, stop: 110 }), 'STOP_LOSS BUY 1 0 110'],
    [buy({ qty: 1, stop: 110, limit: 111 }), 'STOP_LOSS_LIMIT BUY 1 111 110'],
    [buy({ qty: 1, touch: 90 }), 'TAKE_PROFIT BUY 1 0 90'],
    [buy({ qty: 1, touch: 90, limit: 91 }), 'TAKE_PROFIT_LIMIT BUY 1 91 90'],
  ])('%j', async (request, wire) => {
    await session.settle(request)
    expect(open()).toEqual([wire])
    expect(session.said).toEqual([])
  })

  test('a price that is changed is another order, after the first has gone', async () => {
    await session.settle(buy({ qty: 1, limit: 90, id: 'dip' }))
    await session.settle(amend('dip', { limit: 95 }))
    expect(stub.orders.map(({ status, price }) => `${status} ${price}`)).toEqual(['CANCELED 90', 'NEW 95'])
    expect(session.said).toEqual([])
  })

  test('an order whose time is over is taken back', async () => {
    await session.settle(buy({ qty: 1, limit: 90, tif: 'GTD', expiresAt: 3 * 3_600_000 }))
    await session.settle(null)
    expect(open()).toEqual(['LIMIT BUY 1 90 0'])
    await session.settle(null)
    expect([open(), session.run.openOrders(), session.halts]).toEqual([[], [], []])
  })

  test('a fee in coins makes the position smaller, and all that can be sold is protected', async () => {
    stub.feeAsset = 'BTC'
    await session.settle(buy({ qty: 1, stopLoss: 90 }))
    stub.fill(stub.orders[0]!, 1, '100', { fee: '0.0014' })
    await until('it is known', () => session.fills.length === 1)
    await session.broker.idle()
    // 0.9986 is owned, and the step is 0.001
    expect(open()).toEqual(['STOP_LOSS SELL 0.998 0 90'])
    await session.broker.reconcile()
    expect([session.halts, session.said]).toEqual([[], []])
  })
})

describe('a stop and a target', () => {
  test('stand in one order list, of which the one that fills ends the other', async () => {
    await held()
    expect(open()).toEqual(BOTH)
    stub.fill(
      stub.find(({ type }) => type === 'LIMIT_MAKER'),
      1,
      '120',
      { maker: true },
    )
    await until('it is flat', () => session.position === 0)
    await session.broker.idle()
    await session.broker.reconcile()
    expect([open(), session.run.openOrders(), session.said, session.halts]).toEqual([[], [], [], []])
  })

  test('leave room for an exit: what holds the coins back goes first', async () => {
    await held()
    await session.settle(close())
    expect(stub.orders.map(({ type, status }) => `${type} ${status}`)).toEqual([
      'MARKET FILLED', 'LIMIT_MAKER CANCELED', 'STOP_LOSS CANCELED', 'MARKET NEW',
    ]) // biome-ignore format: one list
    stub.fill(stub.orders.at(-1)!, 1, '99')
    await until('it is flat', () => session.position === 0)
    await session.broker.idle()
    expect([stub.count(ORDER), session.said, session.halts]).toEqual([2, [], []])
  })

  test('a stop that is moved takes its target along', async () => {
    await held()
    const stop = session.run.openOrders().find(({ role }) => role === 'stop')!
    await session.settle(amend(stop.id, { stop: 95 }))
    expect(open()).toEqual(['LIMIT_MAKER SELL 1 120 0 list', 'STOP_LOSS SELL 1 0 95 list'])
    expect(session.said).toEqual([])
  })

  test('a target that is cancelled leaves the stop where it was', async () => {
    await held()
    const target = session.run.openOrders().find(({ role }) => role === 'target')!
    await session.settle(cancel(target.id))
    expect(open()).toEqual(['STOP_LOSS SELL 1 0 90'])
    expect([session.said, session.halts]).toEqual([[], []])
  })

  test('a target of which a part fills as the strategy cancels it ends its list, and the stop stands for what is left', async () => {
    await held()
    const target = session.run.openOrders().find(({ role }) => role === 'target')!
    stub.isHeld = true
    stub.fill(
      stub.find(({ type }) => type === 'LIMIT_MAKER'),
      0.4,
      '120',
      { maker: true },
    )
    session.decide(cancel(target.id))
    stub.release('the first first')
    await until('the stop stands for what is left', () => open().includes('STOP_LOSS SELL 0.6 0 90'))
    await session.broker.idle()
    await session.broker.reconcile()
    expect([open(), session.position]).toEqual([['STOP_LOSS SELL 0.6 0 90'], 0.6])
    expect([session.said, session.halts]).toEqual([[], []])
  })

  test('a part of the target ends the list; what is left of both is a new one', async () => {
    await held()
    stub.fill(
      stub.find(({ type }) => type === 'LIMIT_MAKER'),
      0.4,
      '120',
      { maker: true },
    )
    await until(
      'a new list is there',
      () => open().join() === 'LIMIT_MAKER SELL 0.6 120 0 list,STOP_LOSS SELL 0.6 0 90 list',
    )
    await session.broker.idle()
    await session.broker.reconcile()
    expect([session.said, session.halts]).toEqual([[], []])
  })

  test('whose list is refused: the stop stands alone, and the target leaves once a bar has closed beyond it', async () => {
    stub.fault(LIST, () => said(-1013, 'Filter failure: PERCENT_PRICE_BY_SIDE'))
    await held()
    expect(open()).toEqual(['STOP_LOSS SELL 1 0 90'])
    expect(session.said).toEqual(['list-refused warning', 'own-work info'])
    await session.settle(null, 119)
    expect(open()).toEqual(['STOP_LOSS SELL 1 0 90'])
    // with the bar, and not with the next comparison
    await session.settle(null, 121)
    expect([open(), session.halts]).toEqual([['MARKET SELL 1 0 0'], []])
  })

  test.each([
    ['beyond its target', '121', 'list-refused warning'],
    ['below its stop', '89', 'stop-passed warning'],
  ])('of an entry that is filled %s leave at once', async (_what, price, alarm) => {
    stub.fault(LIST, () => said(-2010, 'The relationship of the prices for the orders is not correct.'))
    const passed = said(-2010, 'Stop price would trigger immediately.')
    stub.fault(ORDER, ({ params, carryOut }) => (params.get('type') === 'STOP_LOSS' ? passed : carryOut()), 9)
    await session.settle(buy({ qty: 1, stopLoss: 90, takeProfit: 120 }))
    stub.fill(stub.orders[0]!, 1, price)
    await until('it leaves', () => open().join() === 'MARKET SELL 1 0 0')
    await session.broker.idle()
    expect(session.said).toContain(alarm)
    expect(session.halts).toEqual([])
  })

  test('where there are no lists it is the same', async () => {
    await session.kill()
    stub.takesLists = false
    await anew()
    await held()
    expect([open(), stub.count(LIST), session.said]).toEqual([['STOP_LOSS SELL 1 0 90'], 0, ['own-work info']])
  })

  test('of two stops the nearer one rests', async () => {
    await held({ qty: 1, stopLoss: 90, trailingStop: { distance: 5 } })
    expect(open()).toEqual(['STOP_LOSS SELL 1 0 95'])
    stub.fill(stub.open()[0]!, 1, '95')
    await until('it is flat', () => session.position === 0)
    await session.broker.idle()
    expect([session.run.openOrders(), session.halts]).toEqual([[], []])
  })
})

describe('what goes wrong', () => {
  test('a list whose answer is lost is found by the names of its orders, and stands once', async () => {
    stub.fault(LIST, ({ carryOut }) => {
      carryOut()
      return lost()
    })
    await held()
    expect([open(), stub.count(LIST), session.halts]).toEqual([BOTH, 1, []])
  })

  test('a list that never arrived is placed again', async () => {
    await anew({ recvWindow: 400 })
    stub.fault(LIST, () => said(-1007, 'Timeout', 504))
    await held()
    await until('it stands', () => open().length === 2)
    expect([open(), session.halts]).toEqual([BOTH, []])
  })

  test('an exit whose stop cannot be cancelled at first goes as soon as it can', async () => {
    await held({ qty: 1, stopLoss: 90 })
    stub.fault('DELETE /fapi/v1/order', busy, 3)
    await session.settle(close())
    expect(open()).toEqual(['MARKET SELL 1 0 0'])
  })

  test('a stop that the exchange refuses for good leaves at the market, and says so', async () => {
    stub.fault(
      ORDER,
      ({ params, carryOut }) =>
        params.get('type') === 'STOP_LOSS' ? said(-1013, 'Filter failure: PRICE_FILTER') : carryOut(),
      9,
    )
    await held({ qty: 1, stopLoss: 90 })
    expect([open(), session.said]).toEqual([['MARKET SELL 1 0 0'], ['stop-refused critical']])
  })

  test('a stop whose price has been passed leaves at the market', async () => {
    stub.fault(LIST, () => said(-2010, 'Stop price would trigger immediately.'))
    await held()
    expect([open(), session.said]).toEqual([['MARKET SELL 1 0 0'], ['stop-passed warning']])
  })

  test('a stop that never comes to rest: its coins leave in the end, whatever became of it', async () => {
    await anew({ naked: 300 })
    stub.fault(
      ORDER,
      ({ params, carryOut }) => (params.get('type') === 'STOP_LOSS' ? [carryOut(), lost()][1] : carryOut()),
      9,
    )
    stub.fault('GET /fapi/v1/order', () => (stub.count(ORDER) < 3 ? busy() : undefined), 1e6)
    await session.settle(buy({ qty: 1, stopLoss: 90 }))
    stub.isMute = true
    stub.fill(stub.orders[0]!, 1, '100', { isTold: false })
    stub.isMute = false
    stub.tellTrade(stub.trades[0]!)
    stub.isMute = true
    await until('it leaves', () => open().join() === 'MARKET SELL 1 0 0')
    expect(session.halts).toHaveLength(1)
  })

  test.each(['close', 'stop'])(
    'an exit in place of a %s whose stop has filled, as is found out when it is taken back, sells no coins from before',
    async (what) => {
      await session.kill()
      stub.positions.set('BTCUSDT', 3)
      await anew({ naked: what === 'stop' ? 300 : 60_000 })
      const isStop = (params: URLSearchParams) => params.get('type') === 'STOP_LOSS'
      stub.fault(ORDER, ({ params, carryOut }) => (isStop(params) ? [carryOut(), lost()][1] : carryOut()), 9)
      stub.fault('GET /fapi/v1/order', () => (stub.count('DELETE /fapi/v1/order') === 0 ? busy() : undefined), 1e6)
      stub.fault('DELETE /fapi/v1/order', () => {
        stub.fill(
          stub.find(({ type }) => type === 'STOP_LOSS'),
          1,
          '90',
          { isTold: false },
        )
        return undefined
      })
      await session.settle(buy({ qty: 1, stopLoss: 90 }))
      stub.isMute = true
      stub.fill(stub.orders[0]!, 1, '100', { isTold: false })
      stub.isMute = false
      stub.tellTrade(stub.trades[0]!)
      stub.isMute = true
      await until('the stop has been sent', () => stub.count(ORDER) === 2)
      if (what === 'close') session.decide(close())
      await until('it is flat', () => session.position === 0)
      await session.broker.idle()
      expect([stub.positions.get('BTCUSDT'), open()]).toEqual([3, []])
      expect(stub.orders.filter(({ type, side }) => type === 'MARKET' && side === 'SELL')).toEqual([])
    },
  )

  test('a sale that finds no coins is refused, and says so', async () => {
    await held({ qty: 1, stopLoss: 90 })
    await session.settle(sell({ qty: 1, limit: 130 }))
    expect(session.run.events.at(-1)).toMatchObject({ type: 'rejected', reason: 'EXCHANGE' })
    expect(open()).toEqual(['STOP_LOSS SELL 1 0 90'])
  })
})

describe('somebody else', () => {
  test('coins that were there before are nobody’s business', async () => {
    await session.kill()
    stub.positions.set('BTCUSDT', 3)
    await anew()
    await held({ qty: 1, stopLoss: 90 })
    await session.broker.reconcile()
    expect([session.said, session.halts]).toEqual([[], []])
  })

  test.each([
    ['coins that are gone', () => stub.positions.set('BTCUSDT', 0.5), 'position critical'],
    ['money that is gone', () => Object.assign(stub, { wallet: stub.wallet - 500 }), 'balance critical'],
    ['a foreign order', () => void stub.foreign({ clientId: 'web_1', isWorking: true }), 'foreign-order critical'],
  ])('%s halt', async (_what, spoil, alarm) => {
    await held({ qty: 1, stopLoss: 90 })
    spoil()
    await session.broker.reconcile()
    await until('it is said', () => session.said.includes(alarm))
    expect(session.halts).toHaveLength(1)
  })

  const text = (kind: string) => session.alarms.findLast((alarm) => alarm.kind === kind)?.text

  test('an order of another symbol that spends money halts each time, and it is said beforehand and then what can be done', async () => {
    const eth = stub.foreign({ clientId: 'web_1', symbol: 'ETHUSDT', isWorking: true })
    await until('it is said', () => session.said.length > 0)
    expect(text('other-symbol')).toBe(
      'ETHUSDT is traded on this account and not by this session: they share its money, and what it spends halts the session, as on spot nothing tells how much that was; trade it on another account',
    )
    for (const wallet of ['9955.00', '9910.00']) {
      stub.fill(eth, 0.5, '90')
      await session.broker.reconcile()
      expect(session.halts.at(-1)).toMatch(
        new RegExp(
          `^the wallet holds ${wallet}, 45.00 less than .* \\(others trade ETHUSDT on this account\\), so nothing is opened any more; when you know what it was, klinelab paper resume double accepts it; on spot each order of others that spends halts the session again, so trade ETHUSDT on an account of their own$`,
        ),
      )
      await session.resume()
    }
    expect([session.halts.length, session.said]).toEqual([
      2,
      ['other-symbol warning', 'balance critical', 'balance critical'],
    ])
  })

  test('money that is gone and that nobody has said anything of may be an order of another symbol', async () => {
    stub.wallet -= 100
    await session.broker.reconcile()
    expect(session.halts[0]).toContain(
      'accepts it, be it a transfer or an order of another symbol; on spot each one halts the session again, so trade others on an account of their own',
    )
  })
})

import { describe, expect, test } from 'vitest'
import { buy, sell } from '../../../../src/core/order.ts'
import { said } from './stub-answer.ts'
import { goOn, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** An id is an order's while it is open: what became of the one before says nothing of the next. */
describe.each(['usdm', 'spot'] as const)('%s', (kind) => {
  useStub(kind)
  const door = kind === 'spot' ? 'POST /fapi/v1/order' : 'POST /fapi/v1/algoOrder'

  /** A stop of the strategy's own, refused, so that it left at the market; and the position is opened again. */
  async function leftOnce(): Promise<void> {
    await session.settle(buy({ qty: 1 }))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it is known', () => session.position === 1)
    stub.fault(door, () => said(-2021, 'Order would immediately trigger.'))
    session.decide(sell({ qty: 1, stop: 90, id: 'guard', reduceOnly: true }))
    await until('it leaves', () => stub.open().some(({ type, side }) => type === 'MARKET' && side === 'SELL'))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it has left', () => session.position === 0)
    await session.broker.idle()
    await session.settle(buy({ qty: 1 }))
    stub.fill(stub.open()[0]!, 1, '100')
    await until('it is known', () => session.position === 1)
  }

  test.each(['at once', 'after a restart'])(
    'a stop whose id had to leave at the market before rests, %s',
    async (when) => {
      await leftOnce()
      await session.settle(sell({ qty: 1, stop: 80, id: 'guard', reduceOnly: true }))
      if (when !== 'at once') await goOn()
      expect(stub.open().map(({ type, trigger }) => `${type} ${trigger}`)).toEqual([
        kind === 'spot' ? 'STOP_LOSS 80' : 'STOP_MARKET 80',
      ])
    },
  )

  test('an exit is sent though the end of the one before was not heard of', async () => {
    await session.settle(buy({ qty: 2 }))
    stub.fill(stub.open()[0]!, 2, '100')
    await until('it is known', () => session.position === 2)
    await session.settle(sell({ qty: 1, limit: 110, id: 'out', reduceOnly: true }))
    stub.isMute = true
    stub.fill(stub.open()[0]!, 1, '110')
    stub.isMute = false
    stub.fault('GET /fapi/v1/openOrders', () => said(-1008, 'busy', 503), 99)
    stub.dropStreams()
    await until('it is known', () => session.position === 1)
    session.decide(sell({ qty: 1, limit: 111, id: 'out', reduceOnly: true }))
    await until('it rests', () => stub.open().length === 1)
    expect(stub.open()[0]).toMatchObject({ price: '111', qty: 1 })
  })
})

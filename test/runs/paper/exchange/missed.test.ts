import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { buy } from '../../../../src/core/order.ts'
import { said } from './stub-answer.ts'
import { hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** What happened while the stream was not there, and what comes as soon as it is back. */
const unsaid = (happens: () => void) => {
  stub.isMute = true
  happens()
  stub.isMute = false
}

describe.each([
  ['usdm', 'o1 1 at 100'],
  ['spot', 'o1 1 at 100'],
] as const)('%s', (kind, first) => {
  useStub(kind)

  test.each(['at once', 'once the exchange answers'])(
    'what was missed is booked before what follows it, %s: another order makes another average price',
    async (when) => {
      await hold({ stopLoss: 90, takeProfit: 120 })
      await session.settle(buy({ qty: 1, limit: 80, id: 'dip' }))
      unsaid(() =>
        stub.fill(
          stub.find(({ price }) => price === '120'),
          0.4,
          '120',
          { maker: true },
        ),
      )
      if (when !== 'at once') stub.fault('GET /fapi/v1/userTrades', () => said(-1008, 'busy', 503), 2)
      stub.fault('GET /fapi/v1/userTrades', async () => {
        stub.fill(
          stub.find(({ price }) => price === '80'),
          0.5,
          '80',
          { maker: true },
        )
        // time in which it would be booked, were it not waiting
        await wait(40)
        return undefined
      })
      stub.dropStreams()
      await until('both are booked', () => session.fills.length === 3)
      expect(session.fills).toEqual([first, 'o3 0.4 at 120', 'dip 0.5 at 80'])
      await session.broker.idle()
      await session.broker.reconcile()
      expect([session.halts, session.said.filter((one) => !one.startsWith('stream-lost'))]).toEqual([[], []])
    },
  )

  test('a stop that has filled for less than its entry has grown to stands again for the rest', async () => {
    await session.settle(buy({ qty: 1, limit: 100, stopLoss: 90 }))
    const entry = stub.orders[0]!
    stub.fill(entry, 0.4, '100', { maker: true })
    await until('the stop rests there', () => stub.open().length === 2)
    await session.broker.idle()
    stub.isHeld = true
    stub.fill(entry, 0.3, '100', { maker: true })
    const stop = stub.find(({ trigger }) => trigger === '90')
    stub.fill(kind === 'spot' ? stop : stub.trigger(stop), 0.4, '90')
    stub.release('the first first')
    const rest = () => stub.open().filter(({ trigger, type }) => trigger === '90' && type.startsWith('STOP'))
    await until('a stop of the rest is there', () => rest().length === 1 && rest()[0]!.qty === 0.3)
    await session.broker.idle()
    await session.broker.reconcile()
    expect([session.position, session.halts, session.said]).toEqual([0.3, [], []])
  })

  test('a stop that has ended unheard is put back by a comparison, though another order is in the list', async () => {
    await hold({ stopLoss: 90 })
    await session.settle(buy({ qty: 1, limit: 80, id: 'dip' }))
    unsaid(() =>
      stub.end(
        stub.find(({ trigger }) => trigger === '90'),
        'CANCELED',
      ),
    )
    await session.broker.reconcile()
    await session.broker.idle()
    const rest = stub.open().map(({ trigger, price }) => `${trigger} ${price}`)
    expect([rest, session.said]).toEqual([['90 0'], ['cancelled-elsewhere critical']])
  })

  test('a stop does not wait for another that has sold all of its coins, though its end is not heard of', async () => {
    await hold({ stopLoss: 90 })
    await session.settle(buy({ qty: 1, limit: 80, stopLoss: 70 }))
    const stop = stub.find(({ trigger }) => trigger === '90')
    const reached = kind === 'spot' ? stop : stub.trigger(stop)
    stub.fill(reached, 0.4, '90')
    await until('its first part is known', () => session.fills.length === 2)
    // nothing but the list of trades says what is missed from here on
    stub.fault('GET /fapi/v1/openOrders', () => said(-1008, 'busy', 503), 99)
    unsaid(() => {
      stub.fill(reached, 0.6, '90')
      stub.fill(
        stub.find(({ price }) => price === '80'),
        1,
        '80',
        { maker: true },
      )
    })
    stub.dropStreams()
    await until('its own stop rests there', () => stub.open().some(({ trigger }) => trigger === '70'))
    expect([session.fills, session.halts]).toEqual([[first, 'o2 0.4 at 90', 'o2 0.6 at 90', 'o3 1 at 80'], []])
  })
})

describe('usdm', () => {
  useStub('usdm')

  test('a triggered order that the comparison names while the exchange is asked whose it is, is ours', async () => {
    await hold()
    const stop = stub.open()[0]!
    unsaid(() => stub.fill(stub.trigger(stop, 'named-by-the-exchange'), 1, '90'))
    stub.fault('GET /fapi/v1/order', async () => {
      const isKnown = () =>
        session.journal.some((one) => 'note' in one && one.note['orderId'] === `${stop.actualOrderId}`)
      await until('it is named', isKnown)
      return undefined
    })
    stub.dropStreams()
    await until('it is booked', () => session.position === 0)
    await session.broker.reconcile()
    expect([session.fills, session.halts]).toEqual([['o1 1 at 100', 'o2 1 at 90'], []])
  })
})

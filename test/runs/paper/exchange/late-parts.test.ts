import { expect, test } from 'vitest'
import { buy } from '../../../../src/core/order.ts'
import { elsewhere, hold, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

useStub()

test.each(['spot', 'usdm'] as const)(
  'a part of an entry that fills as its stop does is not naked, though another bracket is held: %s',
  async (kind) => {
    await elsewhere(kind)
    await hold({ stopLoss: 80 })
    await session.settle(buy({ qty: 1, limit: 95, stopLoss: 90 }))
    const entry = stub.find(({ price }) => price === '95')
    stub.fill(entry, 0.6, '95', { maker: true })
    await until('it is known', () => session.position === 1.6)
    await session.broker.idle()
    stub.isHeld = true
    const stop = stub.find(({ trigger }) => trigger === '90')
    stub.fill(kind === 'usdm' ? stub.trigger(stop) : stop, 0.6, '90')
    // ahead of the cancel of what is left of it
    stub.fill(entry, 0.3, '95', { maker: true })
    stub.release('the first first')
    await until('all is known', () => session.position === 1.3)
    await session.broker.idle()
    await session.broker.reconcile()
    const stops = session.run.openOrders().map(({ role, qty, trigger }) => `${role} ${qty} ${trigger}`)
    expect(stops).toEqual(['stop 1 80', 'stop 0.3 90'])
    expect(
      stub
        .open()
        .map(({ qty, trigger }) => `${qty} ${trigger}`)
        .sort(),
    ).toEqual(['0.3 90', '1 80'])
    expect([session.said, session.halts]).toEqual([[], []])
  },
)

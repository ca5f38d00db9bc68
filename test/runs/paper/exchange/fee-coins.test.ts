import { expect, test } from 'vitest'
import { buy, close, sell } from '../../../../src/core/order.ts'
import { barsOf, instrumentOf } from '../../../engine/scene.ts'
import { said } from './stub-answer.ts'
import { anew, another, goOn, session, stub, useStub } from './stub-scene.ts'
import { until } from './until.ts'

/** BNBUSDT: the asset in which fees may be paid is the one that is traded. */
useStub('spot')

const slot = {
  ...{ instrument: instrumentOf({}, 'BNBUSDT'), bars: barsOf([], '1h', 'BNBUSDT'), margin: null },
  costs: { feeMaker: 0.001, feeTaker: 0.001, slippageBps: 0 },
} as const
const held = () => session.run.positionOf('BNBUSDT').qty

/** 2 are bought, less a fee of 0.002. */
async function bought(): Promise<void> {
  await anew({}, { slot })
  stub.feeAsset = 'BNB'
  await session.settle(buy({ qty: 2 }))
  stub.fill(stub.open()[0]!, 2, '100', { fee: '0.002' })
  await until('it is known', () => held() > 0)
  await session.broker.idle()
}

test('what is held is what was bought less its fee, and a sale that is charged in what it brings leaves nothing', async () => {
  await bought()
  expect(held()).toBe(1.998)
  await session.settle(close())
  stub.fill(stub.open()[0]!, 1.998, '100', { fee: '0.1998' })
  await until('it is known', () => held() === 0)
  await session.broker.reconcile()
  expect([stub.positions.get('BNBUSDT'), session.said]).toEqual([0, []])
})

test('an account that pays its fees in BNB is refused, and says what to do', async () => {
  stub.paysInBnb = true
  const refused = another({}, { slot })
  await expect(refused.open()).rejects.toThrow('BNBUSDT: this account pays its fees in BNB, those of sales too')
  await refused.kill()
  await anew()
})

test.each([
  ['refused', () => said(-1002, 'You are not authorized to execute this request.', 401), 'You are not authorized'],
  ['without the word', () => ({ status: 200, body: {} }), 'its answer does not say'],
] as const)(
  'where it cannot be read in what fees are paid, as the answer is %s, that is said',
  async (_, answer, why) => {
    stub.fault('GET /fapi/v1/account/commission', answer, 9)
    await anew({}, { slot })
    expect(session.said).toEqual(['fees-unread warning'])
    expect(session.alarms[0]!.text).toContain(`BNBUSDT: whether this account pays its fees in BNB could not be read (`)
    expect(session.alarms[0]!.text).toContain(why)
  },
)

test('a sale that is charged in BNB all the same halts, and what is held is still known to the last digit', async () => {
  await bought()
  stub.saleFeeAsset = 'BNB'
  await session.settle(sell({ qty: 1, reduceOnly: true }))
  stub.fill(stub.open()[0]!, 1, '100', { fee: '0.00075' })
  await until('it is known', () => held() === 0.998)
  await session.broker.idle()
  expect(stub.positions.get('BNBUSDT')).toBe(0.99725)
  for (let k = 0; k < 2; k++) await session.broker.reconcile()
  expect(session.said.toSorted()).toEqual(['fee-asset warning', 'fee-coins critical'])
  expect(session.halts).toEqual([expect.stringMatching(/out of the coins.* klinelab paper resume double$/)])
  await goOn()
  await session.resume()
  expect(session.said).toEqual([])
})

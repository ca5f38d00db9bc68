import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const PATHS = [
  'POST /fapi/v1/order', 'PUT /fapi/v1/order', 'DELETE /fapi/v1/order', 'POST /fapi/v1/algoOrder', 'DELETE /fapi/v1/algoOrder',
  'POST /fapi/v1/batchOrders', 'DELETE /fapi/v1/batchOrders', 'GET /fapi/v1/userTrades', 'GET /fapi/v1/allOrders',
  'GET /fapi/v1/income', 'POST /fapi/v1/leverage', 'POST /fapi/v1/marginType', 'GET /fapi/v3/account', 'POST /fapi/v1/countdownCancelAll',
] // biome-ignore format: a list of words
const NAMES = [
  'side', 'type', 'quantity', 'price', 'triggerPrice', 'timeInForce', 'callbackRate', 'closePosition', 'reduceOnly', 'algoType',
  'newClientOrderId', 'orderId', 'origClientOrderId', 'algoId', 'leverage', 'marginType', 'limit', 'startTime', 'endTime', 'fromId',
  'goodTillDate', 'batchOrders', 'orderIdList', 'countdownTime', 'page', 'positionSide',
] // biome-ignore format: a list of words
const value = fc.oneof(
  fc.constantFrom(
    'BUY', 'SELL', 'LIMIT', 'MARKET', 'STOP_MARKET', 'STOP', 'TRAILING_STOP_MARKET', 'CONDITIONAL', 'GTC', 'GTX', 'IOC', 'GTD', 'FOK',
    'true', 'false', '0', '1', '5', '100', '99.99', '0.001', '1000', '99999999999999999999', '0.00000000000000000001', '9007199254740993',
    '[]', '[1]', '[{}]', 'null', '[null]', '[{"symbol":"BTCUSDT"}]', '__proto__', '1e9', '-1', '', 'x'.repeat(40),
  ),
  fc.string({ maxLength: 12 }),
) // biome-ignore format: a list of words
const asked = fc.record({
  path: fc.constantFrom(...PATHS),
  params: fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 10 }),
  isOpen: fc.boolean(),
  isSound: fc.boolean(),
})

/** A whole order, of which something may be spoilt: what is nonsense throughout gets nowhere. */
const SOUND = {
  side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '99', algoType: 'CONDITIONAL', triggerPrice: '105',
} // biome-ignore format: one order
/** Nothing is bounded. */
const NO_FILTERS = { price: { min: '0', max: '0', tick: '0' }, lot: { min: '0', max: '0', step: '0' } }

test('whatever is asked is answered, and the account goes on adding up', () => {
  const allowances = { weightPerMinute: 1e9, ordersPerTenSeconds: 1e9, ordersPerLonger: 1e9 }
  let fine = 0
  fc.assert(
    fc.property(fc.array(asked, { maxLength: 15 }), fc.boolean(), (requests, isBounded) => {
      const scene = new VenueScene([CALM, CALM], { allowances, filters: isBounded ? {} : NO_FILTERS })
      scene.listen()
      const ask = ({ path, params, isSound }: (typeof requests)[number]) => {
        const [method, route] = path.split(' ')
        const { status, body } = scene.ask(method!, route!, { symbol: 'BTCUSDT', ...(isSound && SOUND), ...params })
        expect([200, 400]).toContain(status)
        if (status === 400) expect(body).toEqual({ code: expect.any(Number), msg: expect.any(String) })
        else fine++
      }
      for (const one of requests.filter(({ isOpen }) => !isOpen)) ask(one)
      scene.open()
      for (const one of requests.filter(({ isOpen }) => isOpen)) ask(one)
      while (scene.inside()) {}
      scene.close()
      const [{ balance }] = scene.ask('GET', '/fapi/v3/balance').body
      expect(balance.replace('.', '')).toBe(String(scene.venue.engine.account.wallet))
    }),
    { numRuns: 150 },
  )
  expect(fine).toBeGreaterThan(50)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { ACCOUNT_FAULTS, type FaultKind } from '../../src/exchange/fault-kinds.ts'
import { Faults } from '../../src/exchange/faults.ts'
import type { Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

const CALM: Row = [100, 101, 99, 100]
const WILD: Row = [100, 108, 92, 97]
const NAMES = [
  'side', 'type', 'quantity', 'price', 'triggerPrice', 'timeInForce', 'callbackRate', 'closePosition', 'reduceOnly', 'algoType',
  'newClientOrderId', 'orderId', 'origClientOrderId', 'algoId', 'leverage', 'marginType', 'limit', 'startTime', 'endTime', 'fromId',
  'goodTillDate', 'batchOrders', 'orderIdList', 'countdownTime', 'page', 'positionSide', 'amount', 'stopPrice', 'quoteOrderQty',
  'aboveType', 'abovePrice', 'aboveStopPrice', 'belowType', 'belowPrice', 'belowStopPrice', 'workingType', 'workingSide', 'workingPrice',
  'workingQuantity', 'pendingType', 'pendingSide', 'pendingQuantity', 'pendingPrice', 'pendingAboveType', 'pendingAbovePrice',
  'pendingBelowType', 'pendingBelowStopPrice', 'listClientOrderId', 'orderListId', 'cancelReplaceMode', 'cancelOrderId', 'stopLimitPrice',
  'newOrderRespType', 'symbol', 'dualSidePosition', 'multiAssetsMargin', 'feeBurn',
] // biome-ignore format: a list of words
const value = fc.oneof(
  fc.constantFrom(
    'BUY', 'SELL', 'LIMIT', 'MARKET', 'STOP_MARKET', 'STOP', 'TRAILING_STOP_MARKET', 'CONDITIONAL', 'GTC', 'GTX', 'IOC', 'GTD', 'FOK',
    'LIMIT_MAKER', 'STOP_LOSS', 'STOP_LOSS_LIMIT', 'TAKE_PROFIT', 'TAKE_PROFIT_LIMIT', 'ISOLATED', 'CROSSED', 'ACK', 'RESULT', 'FULL',
    'ALLOW_FAILURE', 'true', 'false', '0', '1', '2', '5', '95', '100', '105', '99.99', '0.001', '1000', '99999999999999999999',
    '0.00000000000000000001', '9007199254740993', '8000000001', '8000000002', '[]', '[1]', '[{}]', 'null', '[null]',
    '[{"symbol":"BTCUSDT"}]', '__proto__', '1e9', '-1', '', 'x'.repeat(40), 'BTCUSDT',
  ),
  fc.string({ maxLength: 12 }),
) // biome-ignore format: a list of words

/** Whole orders of every route, of which something may be spoilt: what is nonsense throughout gets nowhere. */
const SOUND = {
  usdm: {
    side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '99', algoType: 'CONDITIONAL', triggerPrice: '105',
    amount: '1',
  },
  spot: {
    side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '99', cancelReplaceMode: 'ALLOW_FAILURE',
    cancelOrderId: '8000000001', aboveType: 'STOP_LOSS', aboveStopPrice: '105', belowType: 'LIMIT_MAKER', belowPrice: '95',
    workingType: 'LIMIT', workingSide: 'BUY', workingPrice: '98', workingQuantity: '1', workingTimeInForce: 'GTC',
    pendingType: 'LIMIT_MAKER', pendingSide: 'SELL', pendingQuantity: '0.9', pendingPrice: '104', pendingAboveType: 'LIMIT_MAKER',
    pendingAbovePrice: '104', pendingBelowType: 'STOP_LOSS', pendingBelowStopPrice: '94', stopPrice: '105',
  },
} as const // biome-ignore format: two orders
/** Nothing is bounded. */
const NO_FILTERS = { price: { min: '0', max: '0', tick: '0' }, lot: { min: '0', max: '0', step: '0' } }

const routesOf = (kind: 'usdm' | 'spot') => new VenueScene([CALM], { kind }).venue.routeNames
const askedOf = (kind: 'usdm' | 'spot') =>
  fc.record({
    route: fc.constantFrom(...routesOf(kind)),
    params: fc.dictionary(fc.constantFrom(...NAMES), value, { maxKeys: 8 }),
    isOpen: fc.boolean(),
    isSound: fc.oneof({ weight: 3, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
  })
const faultKinds = fc.subarray(Object.keys(ACCOUNT_FAULTS) as FaultKind[], { maxLength: 2 })

/** What the account says it has is what the engine's ledger has. */
function expectSound(scene: VenueScene, kind: 'usdm' | 'spot'): void {
  const { account } = scene.venue.engine
  if (kind === 'usdm') {
    const [{ balance }] = scene.ask('GET', '/fapi/v3/balance').body
    expect(balance.replace('.', '')).toBe(String(account.wallet))
    return
  }
  const units = (text: string) => BigInt(text.replace('.', ''))
  const [quote, base] = scene.ask('GET', '/api/v3/account').body.balances
  expect([units(quote.free) >= 0n, units(quote.locked) >= 0n, units(base.locked) >= 0n]).toEqual([true, true, true])
  const open = scene.ask('GET', '/api/v3/openOrders', { symbol: 'BTCUSDT' }).body as { orderListId: number }[]
  // a list is over exactly when none of its orders is open
  const lists = scene.ask('GET', '/api/v3/allOrderList').body as { orderListId: number; listOrderStatus: string }[]
  for (const list of lists)
    expect(list.listOrderStatus === 'EXECUTING').toBe(open.some((one) => one.orderListId === list.orderListId))
}

test.each([
  ['usdm', 150],
  ['spot', 150],
] as const)(
  '%s: whatever is asked is answered, whatever befalls it, and the account goes on adding up',
  (kind, runs) => {
    const allowances = { weightPerMinute: 1e9, ordersPerTenSeconds: 1e9, ordersPerLonger: 1e9 }
    const fine = new Set<string>()
    fc.assert(
      fc.property(
        fc.array(askedOf(kind), { maxLength: 15 }),
        fc.boolean(),
        faultKinds,
        (requests, isBounded, kinds) => {
          const faults = new Faults(1)
          for (const one of kinds) faults.add({ kind: one, p: 0.5 })
          const filters = isBounded ? {} : NO_FILTERS
          const scene = new VenueScene([CALM, CALM, WILD], { kind, allowances, filters, faults })
          scene.listen()
          const ask = ({ route, params, isSound }: (typeof requests)[number]) => {
            const [method, path] = route.split(' ')
            const given = { symbol: 'BTCUSDT', ...(isSound && SOUND[kind]), ...params }
            const { status, body } = scene.ask(method!, path!, given)
            expect([200, 400, 409]).toContain(status)
            if (status === 200) fine.add(route)
            else expect(body).toMatchObject({ code: expect.any(Number), msg: expect.any(String) })
          }
          for (const one of requests.filter(({ isOpen }) => !isOpen)) ask(one)
          scene.open()
          for (const one of requests.filter(({ isOpen }) => isOpen)) ask(one)
          while (scene.inside()) {}
          scene.close()
          expectSound(scene, kind)
          scene.bar()
          expectSound(scene, kind)
        },
      ),
      { numRuns: runs },
    )
    // else it would be a test of refusals
    expect(fine.size).toBeGreaterThan(routesOf(kind).length / 2)
  },
)

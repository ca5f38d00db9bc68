import fc from 'fast-check'
import { expect, test } from 'vitest'
import { buy, type OrderRequest, sell } from '../../src/core/order.ts'
import { play, type Row } from '../engine/scene.ts'
import { VenueScene } from './venue-scene.ts'

/** Prices around 100 on the tick, each bar beginning where it will. */
const price = fc.integer({ min: 9000, max: 11_000 }).map((ticks) => ticks / 100)
const row = fc
  .tuple(price, price, price, price)
  .map(([a, b, c, d]): Row => [a, Math.max(a, b, c, d), Math.min(a, b, c, d), d])

const order = fc.record({
  at: fc.integer({ min: 0, max: 8 }),
  side: fc.constantFrom('BUY' as const, 'SELL' as const),
  kind: fc.constantFrom(
    'MARKET' as const,
    'LIMIT' as const,
    'STOP_MARKET' as const,
    'TAKE_PROFIT_MARKET' as const,
    'STOP' as const,
  ),
  qty: fc.integer({ min: 1, max: 3000 }).map((units) => units / 1000),
  price,
  trigger: price,
})

function requestOf({
  side,
  kind,
  qty,
  price: limit,
  trigger,
}: typeof order extends fc.Arbitrary<infer T> ? T : never): OrderRequest {
  const make = side === 'BUY' ? buy : sell
  if (kind === 'MARKET') return make({ qty })
  if (kind === 'LIMIT') return make({ qty, limit })
  if (kind === 'STOP_MARKET') return make({ qty, stop: trigger })
  return kind === 'STOP' ? make({ qty, stop: trigger, limit }) : make({ qty, touch: trigger })
}

test('orders sent over the wire between bars fill as those of a strategy do, bar for bar and to the unit', () => {
  let filled = 0
  fc.assert(
    fc.property(fc.array(row, { minLength: 4, maxLength: 10 }), fc.array(order, { maxLength: 12 }), (rows, orders) => {
      const scene = new VenueScene(rows)
      const taken: Record<number, OrderRequest[]> = {}
      for (let bar = 0; bar < rows.length - 1; bar++) {
        for (const one of orders.filter(({ at }) => at === bar)) {
          const { side, kind, qty } = one
          const [quantity, limit, trigger] = [qty.toFixed(3), one.price.toFixed(2), one.trigger.toFixed(2)]
          const { status } =
            kind === 'MARKET'
              ? scene.order({ side, type: kind, quantity })
              : kind === 'LIMIT'
                ? scene.order({ side, type: kind, quantity, price: limit, timeInForce: 'GTC' })
                : scene.algo({
                    side,
                    type: kind,
                    quantity,
                    triggerPrice: trigger,
                    ...(kind === 'STOP' && { price: limit }),
                  })
          // what the exchange alone refuses, such as a trigger that is reached already, the strategy does not send either
          if (status === 200) taken[bar] = [...(taken[bar] ?? []), requestOf(one)]
        }
        scene.bar()
      }
      const { fills } = play({
        rows,
        decide: Object.fromEntries(Object.entries(taken).map(([bar, requests]) => [bar, () => requests])),
        ...{ kind: 'perpetual', cash: 10_000, feeMaker: 0.0002, feeTaker: 0.0005, margin: { leverage: 20 } },
      })
      filled += fills.length
      const trades = scene.ask('GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT', limit: 1000 }).body
      const told = trades.map((t: Record<string, string | boolean>) => [
        t['side'],
        t['price'],
        t['qty'],
        t['commission'],
        t['realizedPnl'],
        t['maker'],
      ])
      expect(told).toEqual(
        fills.map((fill) => [
          fill.side.toUpperCase(), fill.price.toFixed(2), fill.qty.toFixed(3), fill.fee.toFixed(8), fill.realised.toFixed(8), fill.liquidity === 'maker',
        ]),
      ) // biome-ignore format: one row a fill
      expect(scene.ask('GET', '/fapi/v3/balance').body[0].balance).toBe(
        (scene.venue.engine.account.wallet / 1e8).toFixed(8),
      )
    }),
    { numRuns: 150 },
  )
  expect(filled).toBeGreaterThan(100)
})

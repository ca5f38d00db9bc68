import { isDeepStrictEqual } from 'node:util'
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { OrderType, OrderView } from '../../src/core/order.ts'
import type { Engine } from '../../src/engine/index.ts'
import { plainText } from '../core/exact.ts'
import { big, brokenFilters } from '../filters/naive-filters.ts'
import { instrumentOf, play } from './run.ts'
import { HOUR, type Market, type Scenario, scenario } from './scenario.ts'

/** An open order as the events alone tell of it. */
interface Open {
  readonly view: OrderView
  type: OrderType
  qty: string
}

const text = (value: number, decimals: number) => plainText(BigInt(Math.round(value * 10 ** decimals)), decimals)
const isAlgo = ({ type }: { type: OrderType }) => type !== 'market' && type !== 'limit'
const isResting = ({ view }: Open) => view.type !== 'market' && view.tif !== 'IOC' && view.tif !== 'FOK'

/** What a reader of the event log knows of the open orders. */
class Log {
  readonly open = new Map<string, Open>()

  others(symbol: string, id: string): Open[] {
    return [...this.open.values()].filter(({ view }) => view.symbol === symbol && view.id !== id)
  }

  read(event: RunEvent, now: number): void {
    if (event.type === 'accepted' || event.type === 'amended') {
      const { order } = event
      this.open.set(`${order.symbol} ${order.id}`, { view: order, type: order.type, qty: text(order.qty, 8) })
    } else if (event.type === 'cancelled') this.open.delete(`${event.symbol} ${event.id}`)
    // refused at its fill; refused at a close, it is another order of the same id, or a change
    else if (event.type === 'rejected' && event.at < now) this.open.delete(`${event.symbol} ${event.id}`)
    else if (event.type === 'triggered') {
      const order = this.open.get(`${event.symbol} ${event.id}`)
      if (order) order.type = 'limit'
    } else if (event.type === 'cut') {
      const order = this.open.get(`${event.symbol} ${event.id}`)
      if (order) order.qty = text(event.to, 8)
    } else if (event.type === 'fill') this.open.delete(`${event.fill.symbol} ${event.fill.order}`)
  }
}

/** Filters that an order breaks, as the exchange would see it at `row` of its market. */
function broken(of: Scenario, log: Log, order: OrderView, engine: Engine, row: number): string[] {
  const { filters } = of.markets.find(({ symbol }) => symbol === order.symbol)!
  const { position, bars } = engine.slots.find(({ symbol }) => symbol === order.symbol)!
  const { gridFrom } = instrumentOf(of, order.symbol)
  const others = log.others(order.symbol, order.id)
  const last = text(bars.close[row]!, 8)
  const onOrder = others
    .filter(({ view }) => view.side === 'buy' && !view.reduceOnly)
    .reduce((sum, { qty }) => sum + big(qty), 0n)
  const price = (value: number | null) => (value === null ? null : text(value, 8))
  const verdict = brokenFilters(
    filters,
    gridFrom,
    {
      side: order.side,
      isMarket: order.type === 'market',
      qty: text(order.qty, 8),
      limit: price(order.limit),
      trigger: price(order.trigger),
      reduceOnly: order.reduceOnly,
      isResting: isResting({ view: order, type: order.type, qty: '' }),
      isAlgo: isAlgo(order),
    },
    {
      last,
      reference: last,
      openOrders: others.filter(isResting).length,
      openAlgoOrders: others.filter(isAlgo).length,
      held: plainText(big(text(position.heldQty, 8)) / 10n ** 22n + onOrder / 10n ** 22n, 8),
    },
  )
  return [...verdict]
}

test('an accepted order, a changed one and every bracket leg pass all filters, judged by a reader of the exchange’s docs', () => {
  const seen = new Set<string>()
  let judged = 0
  fc.assert(
    fc.property(scenario(), (of) => {
      const log = new Log()
      play(of, {
        onEvent(event, engine, now) {
          if (event.type === 'accepted' || event.type === 'amended') {
            const { order } = event
            const slot = engine.slots.find(({ symbol }) => symbol === order.symbol)!
            // legs are placed inside a bar, whose own close nobody knows yet
            const row = event.at === now ? slot.row : slot.row - 1
            // a close() of nothing waits for a position to close
            const isIdle = order.role === 'close' && order.qty === 0
            if (!isIdle) {
              judged++
              seen.add(order.type)
              expect(broken(of, log, order, engine, row), `${order.role} ${order.id} at ${event.at / HOUR}`).toEqual([])
            }
          }
          log.read(event, now)
        },
      })
    }),
    { numRuns: 200 },
  )
  expect(judged).toBeGreaterThan(100)
  expect([...seen].sort()).toEqual(['limit', 'market', 'stop', 'stop-limit', 'touch', 'touch-limit', 'trailing-stop'])
})

/** (value − origin) is a whole number of steps. */
function isOn(market: Market, of: Scenario, value: number, which: 'price' | 'lot'): boolean {
  const rule = which === 'price' ? market.filters.price! : market.filters.lot!
  const step = 'tick' in rule ? rule.tick : rule.step
  const origin = of.kind === 'perpetual' ? big(rule.min) : 0n
  return (big(text(value, 8)) - origin) % big(step) === 0n
}

test('every fill is at a legal price and for whole steps; an order of the strategy’s own fills at least the minimum', () => {
  fc.assert(
    fc.property(scenario(), (of) => {
      for (const fill of play(of).fills) {
        const market = of.markets.find(({ symbol }) => symbol === fill.symbol)!
        expect(isOn(market, of, fill.price, 'price'), `price ${fill.price}`).toBe(true)
        expect(big(text(fill.price, 8)) >= big(market.filters.price!.min)).toBe(true)
        // what closes a position takes what is there: whole steps counted from zero
        if (fill.role !== 'order') expect(big(text(fill.qty, 8)) % big(market.filters.lot!.step)).toBe(0n)
        else expect(isOn(market, of, fill.qty, 'lot'), `qty ${fill.qty}`).toBe(true)
      }
    }),
    { numRuns: 200 },
  )
})

test('a refusal names what refused, the value and the limit, and leaves account, positions and open orders as they were', () => {
  const reasons = new Set<string>()
  fc.assert(
    fc.property(scenario(), (of) => {
      const state = (engine: Engine) => {
        const { wallet, cost, locked, realised, feesUnits, slippageUnits } = engine.account
        const positions = engine.slots.map(({ position }) => [position.held, position.units, position.cost])
        const orders = engine.slots.map((slot) => slot.orders.filter((o) => o.isAlive).map((o) => ({ ...o })))
        return { money: [wallet, cost, realised, feesUnits, slippageUnits], positions, locked, orders }
      }
      let before: ReturnType<typeof state> | null = null
      play(of, {
        onEvent(event, engine, now) {
          const after = state(engine)
          if (event.type === 'rejected') {
            reasons.add(event.reason)
            expect(event.value).not.toBe('')
            expect(event.limit).not.toBe('')
            // at a close nothing else has happened since the last event
            if (before !== null && event.at === now && !isDeepStrictEqual(after, before)) expect(after).toEqual(before)
            expect([after.money, after.positions]).toEqual([before?.money, before?.positions])
          }
          before = after
        },
        onAsk(engine) {
          before = state(engine)
        },
      })
    }),
    { numRuns: 150 },
  )
  for (const reason of [
    'LOT_SIZE',
    'PRICE_FILTER',
    'MIN_NOTIONAL',
    'INSUFFICIENT_BALANCE',
    'MAX_NUM_ORDERS',
    'WOULD_TRIGGER',
  ])
    expect(reasons).toContain(reason)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { Fill } from '../../src/core/fill.ts'
import type { OrderView } from '../../src/core/order.ts'
import { ceilDiv, floorDiv } from '../core/exact.ts'
import { play } from './run.ts'
import { HOUR, type Market, type Scenario, scenario } from './scenario.ts'

/** A fill with the order behind it as it last stood, and the instants at which that was placed or changed. */
interface Told {
  readonly fill: Fill
  readonly order: OrderView
  /** When the order became as it is: the fill must not lie before. */
  readonly since: number
}

function told(of: Scenario): Told[] {
  const orders = new Map<string, { order: OrderView; since: number }>()
  const out: Told[] = []
  for (const event of play(of).events) {
    if (event.type === 'accepted' || event.type === 'amended')
      orders.set(`${event.order.symbol} ${event.order.id}`, { order: event.order, since: event.at })
    // a liquidation is the exchange's doing, at the mark: no order of anybody's is behind it
    if (event.type === 'fill' && event.fill.role !== 'liquidation')
      out.push({ fill: event.fill, ...orders.get(`${event.fill.symbol} ${event.fill.order}`)! })
  }
  return out
}

const unitsOf = (price: number, market: Market) => BigInt(Math.round(price * 10 ** market.decimals))

/** fills.md 13 by the letter: the reference made worse by the rate, then the next legal price against the trader. */
function worsened(reference: bigint, fill: Fill, of: Scenario, market: Market): bigint {
  const tick = BigInt(market.tick)
  const minimum = unitsOf(Number(market.filters.price!.min), market)
  const origin = of.kind === 'perpetual' ? minimum : 0n
  const lowest = origin + ceilDiv(minimum - origin, tick) * tick
  const rate = BigInt(of.slippageBps)
  if (fill.side === 'buy')
    return origin + ceilDiv(reference * (10_000n + rate) - origin * 10_000n, tick * 10_000n) * tick
  const price = origin + floorDiv(reference * (10_000n - rate) - origin * 10_000n, tick * 10_000n) * tick
  // nothing is sold for nothing: the lowest price there is
  return price < lowest ? lowest : price
}

test('no reference price lies outside its bar, and no fill on a bar without trade or before its order', () => {
  let fills = 0
  fc.assert(
    fc.property(scenario(), (of) => {
      for (const { fill, order, since } of told(of)) {
        fills++
        const market = of.markets.find(({ symbol }) => symbol === fill.symbol)!
        const reference = unitsOf(fill.reference, market)
        if (fill.phase === 'close') {
          const last = market.rows.findLast((row) => row !== null)!
          expect(reference).toBe(BigInt(last.close))
          continue
        }
        const bar = market.rows[fill.time / HOUR]!
        expect(reference >= BigInt(bar.low) && reference <= BigInt(bar.high)).toBe(true)
        if (fill.phase === 'open') expect(reference).toBe(BigInt(bar.open))
        const isVolumeKnown = market.rows.slice(0, fill.time / HOUR).some((row) => row !== null && row.volume > 0)
        if (isVolumeKnown) expect(bar.volume).toBeGreaterThan(0)
        expect(fill.time).toBeGreaterThanOrEqual(since)
        expect(order.symbol).toBe(fill.symbol)
      }
    }),
    { numRuns: 250 },
  )
  expect(fills).toBeGreaterThan(50)
})

test('a limit fill is never beyond its limit, a resting one is the limit and the bar trades through it', () => {
  let resting = 0
  fc.assert(
    fc.property(scenario(), (of) => {
      for (const { fill, order } of told(of)) {
        if (order.limit === null) continue
        const market = of.markets.find(({ symbol }) => symbol === fill.symbol)!
        if (fill.side === 'buy') expect(fill.price).toBeLessThanOrEqual(order.limit)
        else expect(fill.price).toBeGreaterThanOrEqual(order.limit)
        if (fill.liquidity !== 'maker') continue
        resting++
        expect(fill.price).toBe(order.limit)
        const bar = market.rows[fill.time / HOUR]!
        const limit = Number(unitsOf(order.limit, market))
        const depth = fill.side === 'buy' ? limit - bar.low : bar.high - limit
        expect(depth).toBeGreaterThanOrEqual(of.limitTouch ? 0 : 1)
        expect(fill.slippage).toBe(0)
      }
    }),
    { numRuns: 250 },
  )
  expect(resting).toBeGreaterThan(5)
})

test('market and stop fills are the reference made worse by the slippage and rounded to the tick against the trader', () => {
  let slipped = 0
  fc.assert(
    fc.property(scenario(), (of) => {
      for (const { fill, order } of told(of)) {
        if (order.limit !== null) continue
        const market = of.markets.find(({ symbol }) => symbol === fill.symbol)!
        const reference = unitsOf(fill.reference, market)
        const price = unitsOf(fill.price, market)
        expect(price).toBe(worsened(reference, fill, of, market))
        expect(fill.liquidity).toBe('taker')
        if (price !== reference) slipped++
      }
    }),
    { numRuns: 250 },
  )
  expect(slipped).toBeGreaterThan(20)
})

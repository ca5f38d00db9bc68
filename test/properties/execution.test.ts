import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import { type Execution, PLAIN_EXECUTION } from '../../src/core/execution.ts'
import type { EngineResult } from '../../src/core/run.ts'
import { ceilDiv, floorDiv } from '../core/exact.ts'
import { play } from './run.ts'
import { HOUR, hindered, instantsOf, type Market, type Scenario, scenario } from './scenario.ts'

const COLUMNS = ['time', 'equity', 'cash', 'exposure'] as const
const bytes = (result: EngineResult) => JSON.stringify([result, ...COLUMNS.map((name) => [...result.equity[name]])])

/** More traded than anybody could ask for; silent bars stay silent. */
const deep = (of: Scenario): Scenario => ({
  ...of,
  markets: of.markets.map((market) => ({
    ...market,
    rows: market.rows.map((row) => row && { ...row, volume: row.volume * 1e9 }),
  })),
})
const isHeard = (of: Scenario) => of.markets.every(({ rows }) => rows.find((row) => row !== null)!.volume > 0)

/** Settings that come to nothing. */
const OFF: readonly (readonly [string, (of: Scenario) => Partial<Execution>])[] = [
  ['all of them said to be off', () => PLAIN_EXECUTION],
  ['a share that nobody reaches', () => ({ participation: 1 })],
  ['a spread of the same basis points, without impact', ({ slippageBps: spreadBps }) => ({
    slippage: { model: 'impact', spreadBps, impact: 0 },
  })],
] // biome-ignore format: a table

test.each(OFF)('what is off changes no byte: %s', (_, off) => {
  let fills = 0
  fc.assert(
    fc.property(fc.boolean().chain(scenario).filter(isHeard).map(deep), (of) => {
      const plain = play(of)
      fills += plain.fills.length
      expect(bytes(play({ ...of, execution: off(of) }))).toBe(bytes(plain))
    }),
    { numRuns: 75 },
  )
  expect(fills).toBeGreaterThan(50)
})

test('no ticks are no slippage', () => {
  fc.assert(
    fc.property(scenario(), (of) => {
      const free = { ...of, slippageBps: 0 }
      const none: Partial<Execution> = { slippage: { model: 'ticks', ticks: 0 } }
      expect(bytes(play({ ...free, execution: none }))).toBe(bytes(play(free)))
    }),
    { numRuns: 40 },
  )
})

const marketOf = (of: Scenario, symbol: string) => of.markets.find((market) => market.symbol === symbol)!
const barOf = (market: Market, time: number) => market.rows[time / HOUR]!
/** Whether a bar with volume has been seen by then. */
const isKnown = ({ rows }: Market, time: number) =>
  rows.slice(0, time / HOUR + 1).some((row) => row !== null && row.volume > 0)

test('no bar gives more than its share, and no order gets more than it asked for', () => {
  let [capped, parts] = [0, 0]
  fc.assert(
    fc.property(hindered(), (of) => {
      const share = of.execution!.participation!
      fc.pre(share !== null)
      const { fills, events } = play(of)
      const taken = new Map<string, number>()
      const ofOrder = new Map<string, number>()
      for (const { symbol, time, phase, qty, role, order } of fills) {
        const open = phase === 'close' ? time - HOUR : time
        if (role === 'liquidation' || !isKnown(marketOf(of, symbol), open)) continue
        const key = `${symbol} ${open}`
        taken.set(key, (taken.get(key) ?? 0) + qty)
        ofOrder.set(`${symbol} ${order}`, (ofOrder.get(`${symbol} ${order}`) ?? 0) + 1)
        const most = share * barOf(marketOf(of, symbol), open).volume
        expect(taken.get(key)).toBeLessThanOrEqual(most + 1e-9)
        if (taken.get(key)! > most - 0.001) capped++
      }
      parts += [...ofOrder.values()].filter((count) => count > 1).length
      checkQuantities(events)
    }),
    { numRuns: 125 },
  )
  expect(capped).toBeGreaterThan(20)
  expect(parts).toBeGreaterThan(20)
})

/** From the events alone: what is left of an order never falls below nothing, and a FOK fills once or never. */
function checkQuantities(events: readonly RunEvent[]): void {
  const open = new Map<string, { left: number; tif: string; role: string }>()
  for (const event of events) {
    if (event.type === 'accepted' || event.type === 'amended') {
      const { symbol, id, qty, tif, role } = event.order
      open.set(`${symbol} ${id}`, { left: qty, tif, role })
    } else if (event.type === 'cut') {
      const order = open.get(`${event.symbol} ${event.id}`)
      if (order) order.left = event.to
    } else if (event.type === 'fill' && event.fill.role !== 'liquidation') {
      const order = open.get(`${event.fill.symbol} ${event.fill.order}`)!
      // a close() takes what is there when it fills
      if (order.role === 'close') continue
      order.left -= event.fill.qty
      expect(order.left).toBeGreaterThan(-1e-9)
      if (order.tif === 'FOK') expect(order.left).toBeLessThan(1e-9)
    }
  }
}

test('a fill is never better than its reference, never beyond a limit, and ticks are what they say', () => {
  let slipped = 0
  fc.assert(
    fc.property(hindered(), (of) => {
      const { events } = play(of)
      const limits = new Map<string, number | null>()
      const model = of.execution!.slippage!
      for (const event of events) {
        if (event.type === 'accepted' || event.type === 'amended')
          limits.set(`${event.order.symbol} ${event.order.id}`, event.order.limit)
        if (event.type !== 'fill' || event.fill.role === 'liquidation') continue
        const { symbol, order, side, price, reference, liquidity } = event.fill
        const limit = limits.get(`${symbol} ${order}`)!
        const sign = side === 'buy' ? 1 : -1
        if (limit !== null) expect(sign * (limit - price)).toBeGreaterThanOrEqual(0)
        if (liquidity === 'maker' || limit !== null) continue
        if (model.model === 'ticks') {
          slipped++
          expect(price).toBe(worsened(reference, side, model.ticks, of, marketOf(of, symbol)))
        } else if (price > lowestOf(of, marketOf(of, symbol)))
          expect(sign * (price - reference)).toBeGreaterThanOrEqual(0)
      }
    }),
    { numRuns: 125 },
  )
  expect(slipped).toBeGreaterThan(20)
})

const unitsOf = (price: number, market: Market) => BigInt(Math.round(price * 10 ** market.decimals))

function gridOf(of: Scenario, market: Market): { tick: bigint; origin: bigint; lowest: bigint } {
  const tick = BigInt(market.tick)
  const minimum = unitsOf(Number(market.filters.price!.min), market)
  const origin = of.kind === 'perpetual' ? minimum : 0n
  return { tick, origin, lowest: origin + ceilDiv(minimum - origin, tick) * tick }
}

function lowestOf(of: Scenario, market: Market): number {
  return Number(gridOf(of, market).lowest) / 10 ** market.decimals
}

/** The next legal price against the trader, and so many ticks more. */
function worsened(reference: number, side: string, ticks: number, of: Scenario, market: Market): number {
  const { tick, origin, lowest } = gridOf(of, market)
  const from = unitsOf(reference, market) - origin
  const price =
    side === 'buy'
      ? origin + (ceilDiv(from, tick) + BigInt(ticks)) * tick
      : origin + (floorDiv(from, tick) - BigInt(ticks)) * tick
  return Number(side === 'sell' && price < lowest ? lowest : price) / 10 ** market.decimals
}

test('requests arrive when their time has passed, and nothing fills before its order has', () => {
  let arrivals = 0
  fc.assert(
    fc.property(hindered(), (of) => {
      const { latency, cancelLatency } = of.execution as Execution
      const result = play(of)
      const end = result.equity.time[result.equity.length - 1]
      const since = new Map<string, number>()
      for (const event of result.events) {
        if (event.type === 'arrived') {
          arrivals++
          const bars = Math.ceil(
            (event.request === 'order' || event.request === 'close' ? latency : cancelLatency) / HOUR,
          )
          // at the end of the data nothing more can be waited for
          if (event.at !== end) expect(event.at - event.decidedAt).toBeGreaterThanOrEqual(bars * HOUR)
          // a close at which it could have arrived is not passed over
          const instants = [...result.equity.time].filter((time) => time >= event.decidedAt + bars * HOUR)
          expect(event.at).toBe(instants[0] ?? end)
        }
        if (event.type === 'accepted') since.set(`${event.order.symbol} ${event.order.id}`, event.at)
        // a sale at the end is one at a close that has passed
        if (event.type === 'fill' && event.fill.role !== 'liquidation' && event.fill.phase !== 'close')
          expect(event.fill.time).toBeGreaterThanOrEqual(since.get(`${event.fill.symbol} ${event.fill.order}`)!)
      }
    }),
    { numRuns: 100 },
  )
  expect(arrivals).toBeGreaterThan(200)
})

/** What happened while there were bars: at the end, what is underway arrives at once, and orders expire. */
function lived({ events }: EngineResult, execution: Partial<Execution>): RunEvent[] {
  const isEarly = (event: RunEvent) =>
    event.type === 'arrived' &&
    event.at - event.decidedAt <
      Math.ceil((event.request === 'order' || event.request === 'close' ? execution.latency! : execution.cancelLatency!) / HOUR) * HOUR
  const end = events.findIndex((event) => isEarly(event) || (event.type === 'cancelled' && event.reason === 'end'))
  return end === -1 ? [...events] : events.slice(0, end)
} // biome-ignore format: one condition

test('cutting off the future never changes the past: what slippage and shares are reckoned from is known by then', () => {
  let compared = 0
  const cut = fc
    .boolean()
    .chain(hindered)
    .chain((of) => fc.record({ of: fc.constant(of), hours: fc.integer({ min: 1, max: of.markets[0]!.rows.length }) }))
  fc.assert(
    fc.property(cut, ({ of, hours }) => {
      const open: Scenario = { ...of, closeAtEnd: false }
      fc.pre(of.markets.every(({ rows }) => rows.slice(0, hours).some((row) => row !== null)))
      const whole = play(open)
      const part = play(open, {}, hours)
      const past = lived(part, of.execution!)
      compared += past.length
      expect(lived(whole, of.execution!).slice(0, past.length)).toEqual(past)
      const last = instantsOf(open, hours).at(-1)!
      for (const event of lived(whole, of.execution!).slice(past.length)) expect(event.at).toBeGreaterThanOrEqual(last)
      const { length } = part.equity
      for (const column of COLUMNS)
        expect([...whole.equity[column].subarray(0, length)]).toEqual([...part.equity[column]])
    }),
    { numRuns: 75 },
  )
  expect(compared).toBeGreaterThan(200)
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { Fill } from '../../src/core/fill.ts'
import type { OrderView } from '../../src/core/order.ts'
import type { RiskLimits } from '../../src/core/risk.ts'
import { type Engine, resolveRisk } from '../../src/engine/index.ts'
import { limitsOf } from './limits.ts'
import { play } from './run.ts'
import { HOUR, hindered, scenario } from './scenario.ts'

const DAY = 24 * HOUR
/** Doubles on both sides. */
const CLOSE_TO = 1 + 1e-9

/** A market, and limits that its account runs into. */
const limited = scenario().chain((of) => fc.record({ of: fc.constant(of), risk: limitsOf(of.cash) }))

/** Keeps its own account of what may be open, from events alone, and fails at the fill that should not have been. */
function auditor(risk: RiskLimits, hits: Map<string, number>) {
  const orders = new Map<string, OrderView>()
  const held = new Map<string, number>()
  const stopped = new Map<string, number>()
  /** The mark of each instrument when the last instant ended: what is known when an order fills. */
  const marks = new Map<string, number>()
  let halted = false
  const check = (isWithin: boolean, rule: string, what: unknown) => {
    hits.set(rule, (hits.get(rule) ?? 0) + 1)
    if (!isWithin) expect.fail(`${rule} was passed: ${JSON.stringify(what)}`)
  }
  const opened = (fill: Fill, engine: Engine) => {
    const slot = engine.slots.find(({ symbol }) => symbol === fill.symbol)!
    const order = orders.get(`${fill.symbol} ${fill.order}`)!
    check(!halted, 'halt', fill)
    if (risk.coolDown !== undefined) check(fill.time >= (stopped.get(fill.symbol) ?? 0), 'coolDown', fill)
    if (risk.hours !== undefined) {
      const hour = (fill.time % DAY) / HOUR
      check(risk.hours.startsWith('02') ? hour >= 2 && hour < 9 : hour >= 20 || hour < 5, 'hours', fill)
    }
    const price = order.limit ?? order.trigger ?? slot.bars.close[slot.row - 1]!
    const notionals = engine.slots.map((one) =>
      one === slot ? fill.position * price : one.position.heldQty * (marks.get(one.symbol) ?? 0),
    )
    const gross = notionals.reduce((sum, value) => sum + Math.abs(value), 0)
    if (risk.maxPosition !== undefined)
      check(Math.abs(fill.position * price) <= risk.maxPosition * CLOSE_TO, 'maxPosition', fill)
    if (risk.maxGross !== undefined) check(gross <= risk.maxGross * CLOSE_TO, 'maxGross', fill)
    if (risk.maxNet !== undefined)
      check(Math.abs(notionals.reduce((a, b) => a + b, 0)) <= risk.maxNet * CLOSE_TO, 'maxNet', fill)
    if (risk.maxLeverage !== undefined)
      check(gross <= risk.maxLeverage * engine.account.equity * CLOSE_TO, 'maxLeverage', fill)
  }
  const onInstant = (engine: Engine) => {
    for (const slot of engine.slots) if (slot.hasBegun) marks.set(slot.symbol, slot.position.mark)
  }
  const onEvent = (event: RunEvent, engine: Engine) => {
    if (event.type === 'accepted' || event.type === 'amended')
      orders.set(`${event.order.symbol} ${event.order.id}`, event.order)
    if (event.type === 'halted') halted = true
    if (event.type === 'resumed') halted = false
    if (event.type !== 'fill') return
    const { fill } = event
    const before = held.get(fill.symbol) ?? 0
    held.set(fill.symbol, fill.position)
    const isOpening = Math.sign(fill.position) !== Math.sign(before) || Math.abs(fill.position) > Math.abs(before)
    if (fill.position !== 0 && isOpening) opened(fill, engine)
    const order = orders.get(`${fill.symbol} ${fill.order}`)
    const isStop = ['stop', 'trail', 'liquidation'].includes(fill.role) || order?.type.includes('stop')
    if (isStop && (fill.position === 0 || Math.sign(fill.position) === -Math.sign(before)))
      stopped.set(fill.symbol, fill.time + HOUR + 3 * HOUR)
  }
  return { onEvent, onInstant }
}

test('no sequence of orders passes a risk limit', () => {
  const hits = new Map<string, number>()
  let refused = 0
  fc.assert(
    fc.property(limited, ({ of, risk }) => {
      const result = play(of, auditor(risk, hits), undefined, resolveRisk([{ source: 'test', limits: risk }]))
      refused += result.events.filter((event) => event.type === 'rejected' && event.reason.startsWith('RISK_')).length
    }),
    { numRuns: 400 },
  )
  // every rule was put to the test, and some orders were refused
  expect(refused).toBeGreaterThan(300)
  for (const rule of ['halt', 'coolDown', 'hours', 'maxPosition', 'maxGross', 'maxNet', 'maxLeverage'])
    expect(hits.get(rule) ?? 0, rule).toBeGreaterThan(50)
})

test('while trading is halted nothing grows, and what is held is being closed', () => {
  const tight = { maxDrawdown: 0.02, maxDailyLoss: 0.01 } as const
  let [halted, closed] = [0, 0]
  fc.assert(
    fc.property(
      fc.oneof(scenario(), hindered()),
      fc.constantFrom('maxDrawdown' as const, 'maxDailyLoss' as const),
      (of, rule) => {
        let isHalted = false
        const refused = new Set<string>()
        const onEvent = (event: RunEvent) => {
          if (event.type === 'halted') isHalted = true
          // at the end of the data all orders are cancelled, these too
          if (event.type === 'resumed' || (event.type === 'cancelled' && event.reason === 'end')) isHalted = false
          if (event.type === 'rejected' && event.tag === 'risk') refused.add(event.symbol)
        }
        const onInstant = (engine: Engine) => {
          if (!isHalted) return
          halted++
          for (const slot of engine.slots) {
            if (!slot.isFresh || slot.position.units === 0) continue
            const closes = slot.orders.filter(({ isAlive, isRisk }) => isAlive && isRisk)
            if (closes.length > 0) closed++
            const isLate = of.execution?.latency !== undefined && of.execution.latency > 0
            expect(closes.length > 0 || refused.has(slot.symbol) || isLate, slot.symbol).toBe(true)
            // and the strategy is shown none of it
            expect(slot.orderViews().length + closes.length).toBe(slot.orders.filter(({ isAlive }) => isAlive).length)
            for (const order of closes) expect(Math.sign(order.side)).toBe(-Math.sign(slot.position.units))
          }
        }
        play(of, { onEvent, onInstant }, undefined, resolveRisk([{ source: 'test', limits: { [rule]: tight[rule] } }]))
      },
    ),
    { numRuns: 450 },
  )
  expect(halted).toBeGreaterThan(200)
  expect(closed).toBeGreaterThan(40)
})

test('limits that are never reached change nothing', () => {
  const wide: RiskLimits = {
    maxPosition: 1e15, maxGross: 1e15, maxNet: 1e15, maxLeverage: 1e15, maxOpenOrders: 1e6, maxOrdersPerMinute: 1e6,
    maxDrawdown: 0.999999999, maxDailyLoss: 0.99999999, hours: '00:00-24:00', priceCollar: 1e15,
  } // biome-ignore format: all of them
  fc.assert(
    fc.property(scenario(), (of) => {
      fc.pre(play(of).equity.equity.every((value) => value > 0))
      const plain = play(of)
      const guarded = play(of, {}, undefined, resolveRisk([{ source: 'test', limits: wide }]))
      expect(guarded.events).toEqual(plain.events)
      expect(guarded.fills).toEqual(plain.fills)
    }),
    { numRuns: 100 },
  )
})

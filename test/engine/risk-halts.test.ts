import { describe, expect, test } from 'vitest'
import { buy, cancel, cancelAll, close } from '../../src/core/order.ts'
import type { RiskLimits } from '../../src/core/risk.ts'
import type { EngineResult } from '../../src/core/run.ts'
import { resolveRisk } from '../../src/engine/index.ts'
import { HOUR, play, type Row, type Scene } from './scene.ts'

const AT_100 = [100, 101, 99, 100] as const
const flat = (count: number): Row[] => Array.from({ length: count }, () => AT_100)

function guarded(risk: RiskLimits, decide: Scene['decide'], more: Partial<Scene> = {}) {
  return play({
    rows: flat(8),
    decide,
    risk: resolveRisk([{ source: 'test', limits: risk }]),
    kind: 'perpetual',
    ...more,
  })
}
const refusals = (run: EngineResult) =>
  run.events.flatMap((event) => (event.type === 'rejected' ? [[event.reason, event.value, event.limit]] : []))

describe('losses', () => {
  const falling: Row[] = [AT_100, AT_100, [100, 100, 79, 79], [79, 80, 78, 79], AT_100, AT_100, AT_100]
  const decide: Scene['decide'] = {
    0: () => [buy({ qty: 10, stopLoss: 50 }), buy({ qty: 1, limit: 40 })],
    3: () => buy({ qty: 1 }),
    5: () => [buy({ qty: 1 }), close()],
  }

  test('maxDrawdown: everything is closed at the next open, and nothing opens again', () => {
    const run = guarded({ maxDrawdown: 0.2 }, decide, { rows: falling, cash: 1000 })
    // 1000 − 10 × 21 = 790
    expect(run.events.find(({ type }) => type === 'halted')).toEqual({
      type: 'halted',
      at: 3 * HOUR,
      rule: 'RISK_DRAWDOWN',
      value: '0.21',
      limit: '0.2',
      until: null,
    })
    expect(run.events.filter(({ type }) => type === 'cancelled')).toMatchObject([
      { at: 3 * HOUR, reason: 'risk' },
      // the stop of what was closed
      { reason: 'flat' },
    ])
    expect(run.fills.map(({ role, time, tag }) => [role, time / HOUR, tag])).toEqual([
      ['order', 1, null],
      ['close', 3, 'risk'],
    ])
    expect(run.trades).toMatchObject([{ exitTag: 'risk' }])
    expect(refusals(run).map(([rule]) => rule)).toEqual(['RISK_DRAWDOWN', 'RISK_DRAWDOWN', 'NO_POSITION'])
    expect(run.notes.join()).toContain(
      'trading was halted at 1970-01-01T03:00:00.000Z, when equity was 21 % below its highest (limit 20 %)',
    )
  })

  test('a drawdown of exactly the limit halts, a hair less does not', () => {
    const to = (price: number): Row[] => [AT_100, AT_100, [100, 100, price, price], [price, price, price, price]]
    const halts = (price: number) =>
      guarded({ maxDrawdown: 0.2 }, { 0: () => buy({ qty: 10 }) }, { rows: to(price), cash: 1000 }).events.some(
        ({ type }) => type === 'halted',
      )
    expect([halts(80), halts(80.01)]).toEqual([true, false])
  })

  test('exactly the limit is reached where it is no double: 1000 less 7 % is 930', () => {
    const to = (price: number): Row[] => [AT_100, AT_100, [100, 100, price, price], [price, price, price, price]]
    for (const rule of ['maxDrawdown', 'maxDailyLoss'])
      for (const [price, halts] of [
        [93, 1],
        [93.01, 0],
      ] as const) {
        const run = guarded({ [rule]: 0.07 }, { 0: () => buy({ qty: 10 }) }, { rows: to(price), cash: 1000 })
        const halted = run.events.filter(({ type }) => type === 'halted')
        expect(halted).toHaveLength(halts)
        if (halts === 1) expect(halted).toMatchObject([{ value: '0.07', limit: '0.07' }])
      }
  })

  test('maxDailyLoss counts from the equity at midnight and is lifted at the next', () => {
    const day = 24
    const rows = Array.from({ length: 2 * day + 3 }, (_, k): Row => (k < day + 2 ? AT_100 : [90, 90, 90, 90]))
    const run = guarded(
      { maxDailyLoss: 0.05 },
      { 0: () => buy({ qty: 10 }), [day + 4]: () => buy({ qty: 1 }), [2 * day]: () => buy({ qty: 2 }) },
      { rows, cash: 1000 },
    )
    expect(run.events.filter(({ type }) => type === 'halted' || type === 'resumed')).toEqual([
      // the bar that opens at 02:00 of the second day loses 100 of 1000
      {
        type: 'halted',
        at: (day + 3) * HOUR,
        rule: 'RISK_DAILY_LOSS',
        value: '0.1',
        limit: '0.05',
        until: 2 * day * HOUR,
      },
      { type: 'resumed', at: (2 * day + 1) * HOUR, rule: 'RISK_DAILY_LOSS' },
    ])
    expect(refusals(run).map(([rule]) => rule)).toEqual(['RISK_DAILY_LOSS'])
    expect(run.fills.map(({ side, qty }) => [side, qty])).toEqual([
      ['buy', 10],
      ['sell', 10],
      ['buy', 2],
    ])
  })

  test('the first bar of a day can lose the day', () => {
    const rows = Array.from({ length: 28 }, (_, k): Row => (k < 24 ? AT_100 : [90, 90, 90, 90]))
    const run = guarded({ maxDailyLoss: 0.05 }, { 0: () => buy({ qty: 10 }) }, { rows, cash: 1000 })
    expect(run.events.filter(({ type }) => type === 'halted')).toMatchObject([{ at: 25 * HOUR, value: '0.1' }])
  })

  test('a strategy can neither see nor cancel what a halt closes', () => {
    const seen: number[] = []
    const run = guarded(
      { maxDrawdown: 0.2 },
      {
        0: () => buy({ qty: 10 }),
        2: ({ orders }) => {
          seen.push(orders.length)
          return cancelAll()
        },
        3: ({ orders }) => {
          seen.push(orders.length)
          return [cancel('o2'), cancelAll()]
        },
      },
      // nobody trades until the fifth bar, so that the close waits
      { rows: [...falling.slice(0, 3), [79, 79, 79, 79, 0], [79, 79, 79, 79, 0], AT_100, AT_100], cash: 1000 },
    )
    expect(seen).toEqual([0, 0])
    expect(refusals(run)).toEqual([['UNKNOWN_ORDER', 'o2', 'an order that is open']])
    expect(run.events.some(({ type }) => type === 'cancelled')).toBe(false)
    expect(run.fills.map(({ role, time, tag, position }) => [role, time / HOUR, tag, position])).toEqual([
      ['order', 1, null, 10],
      ['close', 5, 'risk', 0],
    ])
  })

  test('what is held is closed in parts where the exchange takes no larger order at the market', () => {
    const run = guarded(
      { maxDrawdown: 0.2 },
      { 0: () => [buy({ qty: 4 }), buy({ qty: 4 }), buy({ qty: 2.001 })] },
      { rows: falling, cash: 1000, filters: { marketLot: { min: '0.001', max: '4', step: '0.001' } } },
    )
    expect(run.fills.slice(3).map(({ role, time, qty }) => [role, time / HOUR, qty])).toEqual([
      ['close', 3, 3.334],
      ['close', 3, 3.334],
      ['close', 3, 3.333],
    ])
    expect(refusals(run)).toEqual([])
  })

  test('what the exchange refuses is tried again at each close, and told once', () => {
    const notional = { filter: 'NOTIONAL', min: '85', applyMinToMarket: true, avgPriceMins: 0, reduceOnlyExempt: false }
    const run = guarded(
      { maxDrawdown: 0.2 },
      { 0: () => buy({ qty: 1 }) },
      { rows: falling, cash: 100, kind: 'spot', filters: { notional: notional as never } },
    )
    // 79 is too little, three times; at 100 it is enough
    expect(refusals(run)).toEqual([['NOTIONAL', '79', 'minNotional 85']])
    expect(run.fills.map(({ role, time }) => [role, time / HOUR])).toEqual([
      ['order', 1],
      ['close', 5],
    ])
  })

  test('with latency it is asked for once, and arrives as orders do', () => {
    const run = guarded(
      { maxDrawdown: 0.2 },
      { 0: () => buy({ qty: 10 }) },
      { rows: [...flat(3), [100, 100, 79, 79], ...flat(4)], cash: 1000, execution: { latency: 2 * HOUR } },
    )
    expect(run.fills.map(({ role, time }) => [role, time / HOUR])).toEqual([
      ['order', 3],
      ['close', 6],
    ])
    expect(run.events.filter((event) => event.type === 'arrived' && event.request === 'close')).toHaveLength(1)
  })

  test('a person may resume: drawdown then counts from what is left', () => {
    const run = guarded(
      { maxDrawdown: 0.2 },
      { 0: () => buy({ qty: 10 }), 4: () => buy({ qty: 1 }) },
      {
        rows: falling,
        cash: 1000,
        onInstant: (engine, at) => {
          if (at === 4 * HOUR) engine.resume()
        },
      },
    )
    expect(run.events.filter(({ type }) => type === 'resumed')).toEqual([
      { type: 'resumed', at: 4 * HOUR, rule: 'RISK_DRAWDOWN' },
    ])
    expect(run.fills.at(-1)).toMatchObject({ side: 'buy', time: 5 * HOUR })
  })
})

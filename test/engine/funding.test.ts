import { describe, expect, test } from 'vitest'
import { buy, close, sell } from '../../src/core/order.ts'
import { eventsOf, play, type Row, type Scene } from './scene.ts'

const FLAT: Row = [100, 100, 100, 100]
const run = (decide: Scene['decide'], funding: Scene['funding'], more: Partial<Scene> = {}) =>
  play({
    kind: 'perpetual',
    cash: 1000,
    rows: [FLAT, FLAT, FLAT, FLAT, FLAT],
    decide,
    funding,
    margin: { leverage: 10 },
    ...more,
  })

describe('funding', () => {
  test('is charged on mark notional: longs pay where the rate is above 0, shorts receive it, and the other way round', () => {
    const funding = [[2, 0.0001, 101]] as const
    // 3 × 101 × 0.0001
    const long = run({ 0: () => buy({ qty: 3 }) }, funding)
    expect(long.funding).toBe(0.0303)
    expect(eventsOf(long, 'funding')).toMatchObject([
      { at: 2 * 3_600_000, rate: 0.0001, mark: 101, qty: 3, paid: 0.0303 },
    ])
    const short = run({ 0: () => sell({ qty: 3 }) }, funding)
    expect(short.funding).toBe(-0.0303)
    expect(run({ 0: () => buy({ qty: 3 }) }, [[2, -0.0002, 101]]).funding).toBe(-0.0606)
    expect(long.endEquity).toBe(1000 - 0.0303)
    expect(short.endEquity).toBeCloseTo(1000.0303, 9)
  })

  test('falls on the position held at that instant: before the orders that fill at the same open', () => {
    // bought at the open of bar 1, sold at the open of bar 3
    const decide = { 0: () => buy({ qty: 1 }), 2: () => close() }
    const at = (hour: number) => run(decide, [[hour, 0.01, 100]]).funding
    expect([0, 1, 2, 3, 4].map(at)).toEqual([0, 0, 1, 1, 0])
  })

  test('inside a longer bar falls on the position at its open, each time of it once', () => {
    const hours: Row[] = [FLAT, FLAT, FLAT]
    const funding = [0, 1, 2, 3, 4, 5, 6, 7, 8].map((hour) => [hour, 0.001, 100] as const)
    const long = run({ 0: () => buy({ qty: 1 }) }, funding, { rows: hours, interval: '4h' })
    // bought at the open of bar 1 (04:00), after its own funding times; bar 2 holds 8:00 alone
    expect(long.funding).toBe(0.1)
  })

  test('that fell due in a gap is charged before the next bar', () => {
    const rows: Row[] = [FLAT, FLAT, null, null, FLAT]
    expect(
      run(
        { 0: () => buy({ qty: 1 }) },
        [
          [2, 0.001, 100],
          [3, 0.002, 100],
        ],
        { rows },
      ).funding,
    ).toBe(0.3)
  })

  test('without a mark price of its time uses the bar’s open and says so', () => {
    const rows: Row[] = [FLAT, FLAT, [90, 95, 90, 95], FLAT]
    const result = run({ 0: () => buy({ qty: 1 }) }, [[2, 0.001]], { rows })
    expect(result.funding).toBe(0.09)
    expect(result.notes.join()).toMatch(/funding is charged on the bar's open/)
  })

  test('belongs to the trade, and its profit is after it', () => {
    const result = run({ 0: () => buy({ qty: 1 }), 2: () => close() }, [[2, 0.01, 100]])
    expect(result.trades).toMatchObject([{ funding: 1, pnl: -1 }])
    const { account } = result.engine
    expect(account.wallet).toBe(account.start + account.realised - account.feesUnits - account.fundingUnits)
  })

  test('of an isolated position comes out of its margin and brings its liquidation nearer', () => {
    const rows: Row[] = [FLAT, FLAT, FLAT, [100, 100, 90.5, 95]]
    const decide = { 0: () => buy({ qty: 90 }) }
    const margin = { leverage: 10, mode: 'isolated' } as const
    const free = run(decide, [], { rows, margin })
    expect(eventsOf(free, 'liquidation')).toEqual([])
    // 900 − 90 × 100 × 0.003 = 873: (873 − 9000) ÷ −89.64 = 90.66…
    const paid = run(decide, [[2, 0.003, 100]], { rows, margin })
    expect(eventsOf(paid, 'liquidation')[0]).toMatchObject({ balance: 873, mark: 90.66 })
  })

  test('before the run’s own time is nobody’s', () => {
    const result = run({ 0: () => buy({ qty: 1 }) }, [[-8, 0.5, 100]])
    expect(result.funding).toBe(0)
  })
})

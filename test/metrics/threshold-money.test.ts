import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { buy, close } from '../../src/core/order.ts'
import { type Chances, netReturn, type SweepOptions, sweepThresholds } from '../../src/metrics/threshold-money.ts'
import { play, type Row } from '../engine/scene.ts'

const FREE = { fee: 0, slippage: 0 }
const chances = (rows: readonly (readonly [row: number, p: number, ret: number, end: number])[]): Chances => ({
  rows: Int32Array.from(rows, ([row]) => row),
  p: Float64Array.from(rows, ([, p]) => p),
  returns: Float64Array.from(rows, ([, , ret]) => ret),
  end: Int32Array.from(rows, ([, , , end]) => end),
})
const sweep = (given: Chances, more: Partial<SweepOptions> = {}) =>
  sweepThresholds(given, { costs: FREE, auc: 0.6, minTrades: 1, ...more })

describe('return after costs', () => {
  test('by hand: 1 % of fee and 2 % of slippage a side', () => {
    // bought at 102 of 100, sold at 0.98 · 110; fees 1.02 and 1.078
    expect(netReturn(0.1, { fee: 0.01, slippage: 0.02 })).toBeCloseTo((0.98 * 110 - 1.078 - 102 - 1.02) / 102, 12)
    expect(netReturn(0.07, FREE)).toBeCloseTo(0.07, 15)
  })

  test('is the return of such a trade in the engine', () => {
    const flat = (price: number): Row => [price, price, price, price]
    const { trades } = play({
      rows: [flat(90), flat(100), flat(105), flat(110)],
      decide: { 0: () => buy({ qty: 1 }), 2: () => close() },
      feeTaker: 0.001,
      slippageBps: 10,
    })
    // 100.1 and 109.89 are on the tick
    expect(trades).toMatchObject([{ entryPrice: 100.1, exitPrice: 109.89 }])
    expect(netReturn(0.1, { fee: 0.001, slippage: 0.001 })).toBeCloseTo(trades[0]!.return, 9)
  })
})

describe('thresholds', () => {
  const given = chances([[0, 0.9, 0.02, 3], [1, 0.6, -0.01, 4], [2, 0.9, 0.03, 3], [3, 0.7, -0.04, 5], [5, 0.6, 0.01, 6]]) // biome-ignore format: rows

  test('by hand: every row at or above it, and one trade at a time', () => {
    const { rows } = sweep(given, { thresholds: [0.9, 0.6, 0.7, 0.95] })
    const sums = rows.map(({ threshold, every, single }) => [
      threshold,
      every.trades,
      every.total,
      single.trades,
      single.total,
    ])
    expect(sums).toEqual([
      // from row 0 to 3, whose own decision is at the close in which that trade ended; from 3 to 5, likewise
      [0.6, 5, expect.closeTo(0.01, 12), 3, expect.closeTo(0.02 - 0.04 + 0.01, 12)],
      [0.7, 3, expect.closeTo(0.01, 12), 2, expect.closeTo(0.02 - 0.04, 12)],
      [0.9, 2, expect.closeTo(0.05, 12), 1, expect.closeTo(0.02, 12)],
      [0.95, 0, 0, 0, 0],
    ])
    expect(rows[0]!.every).toMatchObject({
      expectancy: expect.closeTo(0.002, 12),
      gross: expect.closeTo(0.002, 12),
      winRate: 3 / 5,
    })
    expect(rows[3]!.every).toEqual({ trades: 0, gross: null, expectancy: null, total: 0, winRate: null })
  })

  test('costs are taken from each trade, and decide whether it gained', () => {
    const costs = { fee: 0.005, slippage: 0.001 }
    const [row] = sweep(given, { thresholds: [0.6], costs }).rows
    const nets = [0.02, -0.01, 0.03, -0.04, 0.01].map((gross) => netReturn(gross, costs))
    expect(row!.every.total).toBeCloseTo(
      nets.reduce((a, b) => a + b),
      12,
    )
    expect(row!.every.expectancy).toBeCloseTo(nets.reduce((a, b) => a + b) / 5, 12)
    expect(row!.every.gross).toBeCloseTo(0.002, 12)
    // 1 % is less than both sides cost
    expect(row!.every.winRate).toBe(2 / 5)
    expect(row!.single).toMatchObject({ trades: 3, winRate: 1 / 3 })
  })

  test('trades one at a time never overlap, and none is left out that would have found nothing open', () => {
    const one = fc.record({
      p: fc.integer({ min: 0, max: 10 }),
      ret: fc.integer({ min: -50, max: 50 }),
      span: fc.integer({ min: 1, max: 6 }),
      gap: fc.integer({ min: 1, max: 3 }),
    })
    fc.assert(
      fc.property(fc.array(one, { minLength: 1, maxLength: 40 }), fc.integer({ min: 0, max: 10 }), (list, at) => {
        let row = 0
        const all = list.map(({ p, ret, span, gap }) => {
          row += gap
          return [row, p / 10, ret / 1000, row + span] as const
        })
        const [found] = sweep(chances(all), { thresholds: [at / 10] }).rows
        const wanted = all.filter(([, p]) => p >= at / 10)
        // a trade is taken unless one taken before is still open
        const taken: (readonly [number, number, number, number])[] = []
        for (const next of wanted) if (taken.every(([, , , end]) => end <= next[0])) taken.push(next)
        const total = (trades: typeof wanted) => trades.reduce((sum, [, , ret]) => sum + ret, 0)
        expect([found!.every.trades, found!.single.trades]).toEqual([wanted.length, taken.length])
        expect(found!.every.total).toBeCloseTo(total(wanted), 12)
        expect(found!.single.total).toBeCloseTo(total(taken), 12)
      }),
      { numRuns: 200 },
    )
  })

  test('built in are the values of p, spread by rank: all rows at the lowest, the surest alone at the highest', () => {
    const many = chances(
      Array.from({ length: 1000 }, (_, k) => [k, 0.5 + ((k * 617) % 1000) / 100_000, 0, k + 1] as const),
    )
    const { rows } = sweep(many)
    expect([rows[0]!.every.trades, rows.at(-1)!.every.trades]).toEqual([1000, 1])
    expect(rows).toHaveLength(103)
    // a hundredth of the rows from one to the next
    for (let k = 1; k < 100; k++)
      expect(Math.abs(rows[k - 1]!.every.trades - rows[k]!.every.trades - 10)).toBeLessThanOrEqual(1)
    // a model that says three values has three thresholds
    expect(sweep(chances([[0, 0.2, 0, 1], [1, 0.3, 0, 2], [2, 0.2, 0, 3], [3, 0.4, 0, 4]])).rows.map(({ threshold }) => threshold)).toEqual([0.2, 0.3, 0.4]) // biome-ignore format: one look
    expect(sweep(chances([])).rows).toEqual([])
  })
})

describe('what the sweep says', () => {
  const rows = Array.from({ length: 20 }, (_, k) => [k, k < 10 ? 0.4 : 0.7, k < 10 ? -0.01 : 0.002, k + 1] as const)

  test('the best threshold makes the most money, one trade at a time', () => {
    const { best, isEdgeGone } = sweep(chances(rows))
    expect([best!.threshold, best!.single.trades]).toEqual([0.7, 10])
    expect(best!.single.total).toBeCloseTo(0.02, 12)
    expect(isEdgeGone).toBe(false)
  })

  test('many that overlap are not more money than one after the other', () => {
    // at 0.6: five at once of 1 % each, of which one can be had; at 0.8: two, one after the other, of 2 %
    const five = [0, 1, 2, 3, 4].map((row) => [row, 0.6, 0.01, 9] as const)
    const given = chances([...five, [10, 0.8, 0.02, 11], [11, 0.8, 0.02, 12], [12, 0.6, -0.02, 13]])
    const { rows: both, best } = sweep(given)
    expect(both.map(({ every, single }) => [every.total, single.total])).toEqual([
      [expect.closeTo(0.07, 12), expect.closeTo(0.03, 12)],
      [expect.closeTo(0.04, 12), expect.closeTo(0.04, 12)],
    ])
    expect(best!.threshold).toBe(0.8)
  })

  test('a trade that gains nothing is not won', () => {
    expect(sweep(chances([[0, 0.5, 0, 1]])).rows[0]!.every.winRate).toBe(0)
  })

  test('a good AUC whose edge is below its costs is said to be gone', () => {
    // 0.2 % a trade, and 0.1 % a side with fees on what is received
    const costs = { fee: 0.001, slippage: 0.0001 }
    expect(sweep(chances(rows), { costs }).isEdgeGone).toBe(true)
    expect(sweep(chances(rows), { costs, auc: 0.55 }).isEdgeGone).toBe(false)
    // an AUC that may be luck is no ranking
    expect(sweep(chances(rows), { costs, aucLow: 0.51 }).isEdgeGone).toBe(true)
    expect(sweep(chances(rows), { costs, aucLow: 0.5 }).isEdgeGone).toBe(false)
    expect(sweep(chances(rows), { costs, aucLow: null }).isEdgeGone).toBe(false)
    expect(sweep(chances(rows), { costs: { fee: 0.0009, slippage: 0 } }).isEdgeGone).toBe(false)
    expect(sweep(chances(rows), { costs, auc: null })).toMatchObject({
      isEdgeGone: false,
      notes: { isEdgeGone: 'there is no AUC' },
    })
  })

  test('a lucky trade or two are no edge, and no best threshold', () => {
    const lucky = [...rows.map(([row, p, , end]) => [row, p, -0.001, end] as const), [20, 0.99, 0.5, 21] as const]
    expect(sweep(chances(lucky), { minTrades: 1 })).toMatchObject({ isEdgeGone: false, best: { threshold: 0.99 } })
    const judged = sweep(chances(lucky), { minTrades: 12, thresholds: [0.8, 0.99] })
    expect(judged).toMatchObject({
      isEdgeGone: false,
      best: null,
      notes: { best: 'no threshold has 12 trades, one at a time' },
    })
    // eleven trades above 0.7, of which one carries all
    expect(sweep(chances(lucky), { minTrades: 2, thresholds: [0.7] }).isEdgeGone).toBe(false)
    // what never gained had no edge that costs could take
    expect(sweep(chances(lucky.slice(0, -1)), { minTrades: 2 }).isEdgeGone).toBe(false)
    expect(sweepThresholds(chances(lucky), { costs: FREE, auc: 0.6 }).notes).toHaveProperty('isEdgeGone')
  })
})

describe('what is refused', () => {
  test.each([
    [
      'rows out of order',
      chances([
        [1, 0.5, 0, 2],
        [0, 0.5, 0, 1],
      ]),
      FREE,
      'row 0 comes after row 1',
    ],
    [
      'a row without a label',
      chances([[1, 0.5, Number.NaN, 2]]),
      FREE,
      'row 1: return NaN: leave out rows without a label',
    ],
    ['an end that is none', chances([[1, 0.5, 0, -1]]), FREE, 'row 1: its label ends in row -1, which is not after it'],
    ['a percent', chances([[1, 50, 0, 2]]), FREE, 'row 1: 50 is not a probability'],
    ['costs in percent', chances([]), { fee: 0.001, slippage: 5 }, 'slippage 5: write a fraction'],
    ['a negative fee', chances([]), { fee: -0.001, slippage: 0 }, 'fee -0.001'],
    ['other lengths', { ...chances([[1, 0.5, 0, 2]]), p: new Float64Array(2) }, FREE, '2 values of p for 1 rows'],
  ])('%s', (_, given, costs, message) => {
    expect(() => sweep(given, { costs })).toThrow(message)
  })
})

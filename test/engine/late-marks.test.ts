import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import { buy, close } from '../../src/core/order.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { barsOf, HOUR, instrumentOf, type Row, stage } from './scene.ts'

/** A bar somewhere near 100, or none at all. */
const row = fc.oneof(
  { weight: 1, arbitrary: fc.constant(null) },
  {
    weight: 12,
    arbitrary: fc
      .tuple(fc.integer({ min: 95, max: 105 }), fc.integer({ min: 95, max: 105 }), fc.nat(3), fc.nat(3))
      .map(([open, last, up, down]): Row => [open, Math.max(open, last) + up, Math.min(open, last) - down, last]),
  },
)
const first: Row = [100, 101, 99, 100]

/** Bars at which the strategy buys, closes and looks. */
const plan = fc.record({
  rows: fc.array(row, { minLength: 60, maxLength: 60 }).map((rows) => [first, ...rows, first]),
  buys: fc.nat(12),
  lasts: fc.integer({ min: 5, max: 40 }),
  /** Bars until it buys once more. */
  rests: fc.integer({ min: 1, max: 12 }),
  stop: fc.option(fc.integer({ min: 60, max: 96 }), { nil: undefined }),
  looks: fc.array(fc.tuple(fc.nat(60), fc.constantFrom('at', 'equity', 'high', 'low', 'unrealised', 'bars')), {
    minLength: 20,
    maxLength: 20,
  }),
})

/** What it saw, and what came of it. */
function run(
  { rows, buys, lasts, rests, stop, looks }: typeof plan extends fc.Arbitrary<infer T> ? T : never,
  isWatched: boolean,
  keepsExtremes = true,
) {
  const seen: unknown[] = []
  let calls = -1
  const strategy = defineStrategy({
    name: 'looks-now-and-then',
    // limits that nobody reaches: such an account is watched, and marked, bar by bar
    ...(isWatched && { risk: { maxDrawdown: 0.99 } }),
    onBar(context) {
      calls++
      for (const [bar, what] of looks)
        if (bar === calls)
          seen.push([
            bar,
            what,
            what === 'at' ? context.at : what === 'equity' ? context.account.equity : context.position[what],
          ])
      if (calls === buys || calls === buys + lasts + rests)
        return buy({ qty: 2, ...(stop !== undefined && { stopLoss: stop }) })
      if (calls === buys + lasts) return close()
      return undefined
    },
  })
  const result = stage({ strategy, series: [{ symbol: 'BTCUSDT', rows }], keepsExtremes })
  const { equity, time, cash, exposure } = result.equity
  return { seen, trades: result.trades, columns: [equity, time, cash, exposure].map((column) => [...column]) }
}

test('what a strategy sees, and what a run comes to, is the same whether bars are marked one by one or late', () => {
  fc.assert(
    fc.property(plan, (asked) => {
      expect(run(asked, false)).toEqual(run(asked, true))
    }),
    { numRuns: 200 },
  )
})

test('where nobody asks trades how far price went, all else is the same, what a strategy sees of it included', () => {
  fc.assert(
    fc.property(plan, (asked) => {
      const { trades, ...all } = run(asked, false)
      const without = trades.map((trade) => ({ ...trade, mae: Number.NaN, mfe: Number.NaN }))
      expect(run(asked, false, false)).toEqual({ ...all, trades: without })
    }),
    { numRuns: 100 },
  )
})

test('a strategy that throws does so at the close of its bar, and what it is told of is marked', () => {
  const strategy = defineStrategy({
    name: 'throws',
    onBar({ account, at }) {
      if (at === 4 * 3_600_000) throw new Error(`at ${at / 3_600_000} with ${account.equity}`)
    },
  })
  const rows = Array.from({ length: 8 }, () => first)
  expect(() => stage({ strategy, series: [{ symbol: 'BTCUSDT', rows }] })).toThrow(
    'strategy throws (bar closed 1970-01-01T04:00:00.000Z, BTCUSDT) threw Error: at 4 with 10000',
  )
})

test('of a strategy that throws amid quiet bars all of them are marked, for whoever looks at what it had come to', () => {
  const bars = barsOf(Array.from({ length: 12 }, (_, k): Row => [100, 103 + k, 98 - k, 100 + k]))
  const strategy = defineStrategy({
    name: 'throws',
    onBar({ bar }) {
      if (bar.openTime === 0) return buy({ qty: 2 })
      if (bar.openTime === 8 * HOUR) throw new Error('it looked at nothing')
      return undefined
    },
  })
  const engine = new Engine({
    ...{ strategy, params: {}, cash: 10_000, instants: 12, limitTouch: false },
    slots: [
      {
        ...{ instrument: instrumentOf(), bars, indicators: {}, also: {}, startRow: 0, readyRow: 0, margin: null },
        costs: costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0, feeAsset: 'quote' }),
      },
    ],
  })
  expect(() => engine.onInstants(bars.openTime, HOUR, 0, 12)).toThrow('bar closed 1970-01-01T09:00:00.000Z')
  const { equity, openTrades } = engine.soFar
  expect([...equity.time].map((at) => at / HOUR)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9])
  expect([...equity.equity]).toEqual([10_000, ...[1, 2, 3, 4, 5, 6, 7, 8].map((k) => 10_000 + 2 * k)])
  expect(openTrades).toMatchObject([{ mfe: expect.closeTo(0.11), mae: expect.closeTo(-0.1), bars: 7 }])
})

test('what went before a trade is not looked at for it, however the one before it ended', () => {
  const rows = Array.from({ length: 60 }, (_, k): Row => (k === 3 ? [100, 150, 50, 100] : [100, 101, 99, 100]))
  const calls: Readonly<Record<number, () => ReturnType<typeof buy> | ReturnType<typeof close>>> = {
    0: () => buy({ qty: 0.01 }),
    4: () => close(),
    7: () => buy({ qty: 1.2 }),
    36: () => close(),
  }
  const strategy = defineStrategy({
    name: 'in-parts',
    onBar: ({ bar }) => calls[bar.openTime / HOUR]?.(),
  })
  const [first] = instrumentOf().snapshots
  // from then on no less than one can be traded: what is bought in parts of a tenth is dust until it comes to that
  const later = {
    ...first!,
    validFrom: 6 * HOUR,
    filters: { ...first!.filters, lot: { min: '1', max: '9000', step: '0.001' } },
  }
  const engine = new Engine({
    ...{ strategy, params: {}, cash: 10_000, instants: 60, limitTouch: false },
    execution: { ...PLAIN_EXECUTION, participation: 0.01 },
    slots: [
      {
        instrument: { ...instrumentOf(), snapshots: [first!, later] },
        bars: barsOf(rows),
        indicators: {},
        also: {},
        startRow: 0,
        readyRow: 0,
        costs: costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0, feeAsset: 'received' }),
        margin: null,
      },
    ],
  })
  engine.onInstants(
    Float64Array.from({ length: 60 }, (_, k) => (k + 1) * HOUR),
    0,
    0,
    60,
  )
  const { trades } = engine.finish()
  expect(trades.map(({ mae, mfe }) => [Number(mae.toFixed(6)), Number(mfe.toFixed(6))])).toEqual([
    [-0.5, 0.5],
    [-0.01, 0.01],
  ])
})

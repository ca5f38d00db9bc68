import { expect, test, vi } from 'vitest'
import { buy } from '../../src/core/order.ts'
import type { EngineResult } from '../../src/core/run.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { QuietLane } from '../../src/engine/quiet-lane.ts'
import { barsOf, FILTERS, HOUR, instrumentOf, type Row, stage } from './scene.ts'

/** Bars that open at 100 and close at 99.5, 100 and 100.5 by turns. */
const closing = (k: number): Row => [100, 101, 99, 99.5 + 0.5 * (k % 3)]

interface Stretch {
  /** What the strategy asks at the first bar; then it looks on. */
  readonly request?: ReturnType<typeof buy>
  /** The lot step that comes into force at hour 12. */
  readonly later?: string
  /** Bars before the first instant. */
  readonly startRow?: number
  /** Hours that have an instant and no bar. */
  readonly without?: readonly number[]
  /** The call at which it looks at its equity, and then at the time. */
  readonly looksAt?: number
}

/** Twenty like bars told at once, by an engine whose host knows their times. */
function pass({
  request,
  later,
  startRow = 0,
  without = [],
  looksAt,
}: Stretch): EngineResult & { readonly asked: number[]; readonly looked: number[] } {
  const instrument = instrumentOf({ lot: { min: '0.5', max: '9000', step: '0.5' } })
  const [first] = instrument.snapshots
  const rules = {
    ...first!,
    validFrom: 12 * HOUR,
    filters: { ...FILTERS, lot: { min: '1', max: '9000', step: later! } },
  }
  const bars = barsOf(Array.from({ length: 20 }, (_, k) => (without.includes(k) ? null : closing(k))))
  const asked: number[] = []
  const looked: number[] = []
  const strategy = defineStrategy({
    name: 'looks-on',
    onBar(context) {
      asked.push(context.at / HOUR)
      if (asked.length === looksAt) looked.push(context.account.equity, context.at / HOUR)
      return context.bar.openTime === 0 ? request : undefined
    },
  })
  const opens = Float64Array.from({ length: 20 - startRow }, (_, k) => (startRow + k) * HOUR)
  const engine = new Engine({
    ...{ strategy, params: {}, cash: 10_000, instants: opens.length, limitTouch: false },
    times: () => opens.map((at) => at + HOUR),
    slots: [
      {
        instrument: later === undefined ? instrument : { ...instrument, snapshots: [first!, rules] },
        bars,
        indicators: {},
        also: {},
        startRow,
        readyRow: startRow,
        costs: costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0, feeAsset: 'quote' }),
        margin: null,
      },
    ],
  })
  engine.onInstants(opens, HOUR, 0, opens.length)
  return { ...engine.finish(), asked, looked }
}

/** What became of an order in the midst of a stretch, and at which open. */
function ends(stretch: Stretch): string[] {
  return pass(stretch).events.flatMap(({ type, at }) =>
    type === 'accepted' || type === 'fill' || at === 20 * HOUR ? [] : [`${type} at ${at / HOUR}`],
  )
}

test('rule 19: filters that come into force in the midst of quiet bars do at their open', () => {
  expect(ends({ request: buy({ qty: 1.5 }) })).toEqual([])
  expect(ends({ request: buy({ qty: 1.5 }), later: '1' })).toEqual(['dust at 12'])
})

test('rule 6: an order out of reach expires at the open of its time, in the midst of quiet bars', () => {
  expect(ends({ request: buy({ qty: 1, limit: 50, tif: 'GTD', expiresAt: 7 * HOUR }) })).toEqual(['cancelled at 7'])
})

test('cash is what it is from the first instant on, where that is quiet already: after bars of warm-up', () => {
  for (const startRow of [0, 5]) {
    const { cash, equity } = pass({ startRow }).equity
    expect([...cash]).toEqual(Array(20 - startRow).fill(10_000))
    expect(equity).toEqual(cash)
  }
})

test('who looks at what the bars have come to finds the time as it was, also where none of them was marked before', () => {
  expect(pass({ startRow: 5, looksAt: 4 }).looked).toEqual([10_000, 9])
})

test('an instant at which no bar closes is marked at the close before it, and nobody is asked', () => {
  const { asked, equity } = pass({ request: buy({ qty: 2 }), without: [7, 8, 15] })
  expect(asked).toEqual([1, 2, 3, 4, 5, 6, 7, 10, 11, 12, 13, 14, 15, 17, 18, 19, 20])
  const closes = Array.from({ length: 20 }, (_, k) => closing(k === 7 || k === 8 ? 6 : k === 15 ? 14 : k)![3])
  // bought at the open of the second bar
  expect([...equity.equity]).toEqual(closes.map((close, k) => (k === 0 ? 10_000 : 10_000 + 2 * (close - 100))))
})

/** Of 200 like bars one may dip to the limit of an order that rests from the first on. */
function rest(dip: number, answer: unknown = undefined) {
  const asked: number[] = []
  const strategy = defineStrategy({
    name: 'rests',
    onBar({ bar }) {
      asked.push(bar.openTime / HOUR)
      return (bar.openTime === 0 ? buy({ qty: 1, limit: 90 }) : answer) as undefined
    },
  })
  const rows = Array.from({ length: 200 }, (_, k): Row => [100, 101, k === dip ? 89 : 99, 100])
  return { ...stage({ strategy, series: [{ symbol: 'BTCUSDT', rows }] }), asked }
}

test('an order that rests meets the bar that reaches it, however many quiet ones came before, and each bar is shown once', () => {
  for (let dip = 1; dip < 160; dip++) {
    const { fills, asked } = rest(dip)
    expect(fills.map(({ time }) => time / HOUR)).toEqual([dip])
    expect(asked).toEqual(Array.from({ length: 200 }, (_, k) => k))
  }
})

test('who answers every bar, and asks for nothing, does not end a stretch', () => {
  const pass = vi.spyOn(QuietLane.prototype, 'pass')
  try {
    const stretches = (answer?: unknown) => {
      pass.mockClear()
      const { asked, equity } = rest(150, answer)
      return { calls: pass.mock.calls.length, asked, equity: [...equity.equity] }
    }
    const silent = stretches()
    expect(silent.calls).toBeLessThan(20)
    for (const answer of [[], [false, null], false, null]) expect(stretches(answer)).toEqual(silent)
  } finally {
    pass.mockRestore()
  }
})

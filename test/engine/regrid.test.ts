import { expect, test } from 'vitest'
import { closeTimeOf } from '../../src/core/interval.ts'
import { buy, sell } from '../../src/core/order.ts'
import { costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { barsOf, FILTERS, instrumentOf } from './scene.ts'

/** Step 0.001 until the fourth bar, 0.01 from then on. */
function playAcrossGrids(decide: Record<number, () => unknown>) {
  const bars = barsOf(Array.from({ length: 8 }, () => [100, 101, 99, 100] as const))
  const coarse = { ...FILTERS, lot: { min: '0.01', max: '9000', step: '0.01' } }
  const [first] = instrumentOf().snapshots
  const instrument = {
    ...instrumentOf(),
    snapshots: [first!, { ...first!, validFrom: bars.openTime[3]!, filters: coarse }],
  }
  const strategy = defineStrategy({
    name: 'grids',
    onBar: ({ bar }) => decide[bar.openTime / 3_600_000]?.() as never,
  })
  const costs = costsOf({ feeMaker: 0, feeTaker: 0, slippageBps: 0, feeAsset: 'quote' })
  const slot = { instrument, bars, indicators: {}, also: {}, startRow: 0, readyRow: 0, costs }
  const engine = new Engine({ strategy, params: {}, cash: 10_000, instants: 8, limitTouch: false, slots: [slot] })
  for (const open of bars.openTime) engine.onBar(closeTimeOf(open, '1h'))
  return { ...engine.finish({ closeAtEnd: false }), engine }
}

test('a resting order is cut to a coarser step when that comes into force, and its bracket protects what it bought', () => {
  const run = playAcrossGrids({ 0: () => buy({ qty: 1.234, limit: 98, stopLoss: 90, id: 'entry' }) })
  expect(run.events.find((event) => event.type === 'cut')).toMatchObject({
    id: 'entry',
    reason: 'LOT_SIZE',
    from: 1.234,
    to: 1.23,
  })
  expect(run.rejected).toBe(0)
})

test('a holding off the new step can be closed; what is below one step is dust and the position is flat', () => {
  const run = playAcrossGrids({ 0: () => buy({ qty: 1.234 }), 4: () => sell({ qty: 1.23 }) })
  expect(run.events.filter((event) => event.type === 'dust')[0]).toMatchObject({ qty: 0.004 })
  expect(run.fills.map((fill) => [fill.side, fill.qty, fill.position])).toEqual([
    ['buy', 1.234, 1.234],
    ['sell', 1.23, 0],
  ])
  expect(run.trades).toHaveLength(1)
  expect(run.openTrades).toHaveLength(0)
  // dust stays in equity at its price
  expect(run.endEquity).toBe(10_000)
})

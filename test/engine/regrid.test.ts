import { expect, test } from 'vitest'
import { PLAIN_EXECUTION } from '../../src/core/execution.ts'
import type { Filters } from '../../src/core/instrument.ts'
import { closeTimeOf } from '../../src/core/interval.ts'
import { buy, close, sell } from '../../src/core/order.ts'
import { type AccountView, costsOf, defineStrategy, Engine } from '../../src/engine/index.ts'
import { barsOf, eventsOf, FILTERS, HOUR, instrumentOf } from './scene.ts'

/** Step 0.001 until the fourth bar, 0.01 from then on; ETHUSDT has all eight bars, the instrument at hand the first `count`. */
function playAcrossGrids(
  decide: Record<number, (context: { account: AccountView }) => unknown>,
  {
    later = {},
    count = 8,
    closeAtEnd = false,
    isReceived = false,
    participation = null,
  }: {
    later?: Partial<Filters>
    count?: number
    closeAtEnd?: boolean
    /** Whether buys pay a thousandth of what they buy. */
    isReceived?: boolean
    participation?: number | null
  } = {},
) {
  const flat = [100, 101, 99, 100] as const
  const bars = barsOf(Array.from({ length: count }, () => flat))
  const other = barsOf(
    Array.from({ length: 8 }, () => flat),
    '1h',
    'ETHUSDT',
  )
  const coarse = { ...FILTERS, lot: { min: '0.01', max: '9000', step: '0.01' }, ...later }
  const [first] = instrumentOf().snapshots
  const instrument = {
    ...instrumentOf(),
    snapshots: [first!, { ...first!, validFrom: 3 * HOUR, filters: coarse }],
  }
  const strategy = defineStrategy({
    name: 'grids',
    onBar: ({ bar, symbol, account }) =>
      symbol === 'BTCUSDT' ? (decide[bar.openTime / HOUR]?.({ account }) as never) : undefined,
  })
  const fee = isReceived ? 0.001 : 0
  const costs = costsOf({
    ...{ feeMaker: fee, feeTaker: fee, slippageBps: 0 },
    feeAsset: isReceived ? 'received' : 'quote',
  })
  const slot = { indicators: {}, also: {}, startRow: 0, readyRow: 0, costs }
  const slots = [
    { ...slot, instrument, bars },
    { ...slot, instrument: instrumentOf({}, 'ETHUSDT'), bars: other },
  ]
  const execution = { ...PLAIN_EXECUTION, participation }
  const engine = new Engine({ strategy, params: {}, cash: 10_000, instants: 8, limitTouch: false, slots, execution })
  for (const open of other.openTime) engine.onBar(closeTimeOf(open, '1h'))
  return { ...engine.finish({ closeAtEnd }), engine }
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

test('a close() obeys the filters of the close at which it was decided, as every order does', () => {
  const held = { 0: () => buy({ qty: 1.234 }) }
  // decided at the close of bar 2, which is when the coarser step comes into force
  const run = playAcrossGrids({ ...held, 2: () => close() })
  expect(eventsOf(run, 'accepted')[1]).toMatchObject({ at: 3 * HOUR, order: { role: 'close', qty: 1.23 } })
  expect(run.fills.map(({ side, qty, position }) => [side, qty, position])).toEqual([
    ['buy', 1.234, 1.234],
    ['sell', 1.23, 0],
  ])
  const later = { lot: { min: '2', max: '9000', step: '0.01' } }
  const refused = playAcrossGrids({ ...held, 1: () => undefined, 2: () => close() }, { later })
  expect(eventsOf(refused, 'rejected')).toMatchObject([{ at: 3 * HOUR, reason: 'LOT_SIZE', limit: 'minQty 2' }])
  // an hour earlier nobody knew of the minimum
  expect(playAcrossGrids({ ...held, 1: () => close() }, { later }).rejected).toBe(0)
})

test('the sale at the end obeys the filters of the end; refused, it sells nothing, and no other close() in its place', () => {
  const held = { 0: () => buy({ qty: 1.234 }) }
  // its data end with bar 2, the run with bar 7
  const cut = playAcrossGrids({ ...held, 2: () => close() }, { count: 3, closeAtEnd: true })
  expect(cut.fills.map(({ side, qty, position }) => [side, qty, position])).toEqual([
    ['buy', 1.234, 1.234],
    ['sell', 1.23, 0],
  ])
  expect(eventsOf(cut, 'dust')).toMatchObject([{ qty: 0.004 }])
  const later = { lot: { min: '2', max: '9000', step: '0.01' } }
  // small enough for the old minimum: this close() is accepted, and expires with the data
  const run = playAcrossGrids({ ...held, 1: () => close() }, { later, count: 2, closeAtEnd: true })
  expect(eventsOf(run, 'cancelled')).toMatchObject([{ id: 'o2', reason: 'end' }])
  expect(eventsOf(run, 'rejected')).toMatchObject([{ id: 'o3', reason: 'LOT_SIZE' }])
  expect(run.fills).toHaveLength(1)
  expect(run.openTrades).toMatchObject([{ qty: 1.234 }])
})

test('what rests moves to a coarser tick, to the side it was rounded to when it was placed, and frees what it no longer needs', () => {
  const free: number[] = []
  const run = playAcrossGrids(
    {
      0: () => [
        buy({ qty: 1.234, limit: 98.34, id: 'limit' }),
        buy({ qty: 1.234, stop: 110.3, id: 'stop' }),
        buy({ qty: 1.234, touch: 90.2, id: 'touch' }),
        buy({ qty: 1.234, limit: 0.34, id: 'cheap' }),
        buy({ qty: 1.23, limit: 98.5, id: 'fits' }),
      ],
      2: ({ account }) => void free.push(account.free),
      3: ({ account }) => void free.push(account.free),
    },
    { later: { price: { min: '0.5', max: '1000', tick: '0.5' } } },
  )
  expect(
    eventsOf(run, 'amended').map(({ at, order }) => [at / HOUR, order.id, order.qty, order.limit, order.trigger]),
  ).toEqual([
    [3, 'limit', 1.23, 98, null],
    [3, 'stop', 1.23, null, 110],
    [3, 'touch', 1.23, null, 90.5],
  ])
  // nothing is left of a price below one tick
  expect(eventsOf(run, 'cancelled')[0]).toMatchObject({ at: 3 * HOUR, id: 'cheap', reason: 'expired' })
  const fits = 98.5 * 1.23
  expect(free[0]).toBeCloseTo(10_000 - (98.34 + 110.3 + 90.2 + 0.34) * 1.234 - fits, 8)
  // 90.5 × 1.23 is dearer than the 90.2 × 1.234 that are locked: what is missing shows at the fill
  expect(free[1]).toBeCloseTo(10_000 - (98 + 110) * 1.23 - 90.2 * 1.234 - fits, 8)
})

test('sales move likewise: limits up, stops up', () => {
  const run = playAcrossGrids(
    {
      0: () => buy({ qty: 3 }),
      1: () => [sell({ qty: 1, limit: 110.3, id: 'limit' }), sell({ qty: 1, stop: 90.2, id: 'stop' })],
    },
    { later: { price: { min: '0.5', max: '1000', tick: '0.5' } } },
  )
  expect(eventsOf(run, 'amended').map(({ order }) => [order.id, order.limit, order.trigger])).toEqual([
    ['limit', 110.5, null],
    ['stop', null, 90.5],
  ])
})

test('what is held of an order when the minimum grows beyond it stays a position, and a trade, when the next part fills', () => {
  // a tenth of the volume of 10 a bar: 1 and 1 before the minimum is 3.5, 1 and 1 under it
  const later = { lot: { min: '3.5', max: '9000', step: '0.001' } }
  const run = playAcrossGrids({ 0: () => buy({ qty: 4 }) }, { later, isReceived: true, participation: 0.1 })
  expect(run.fills.map(({ side, qty, position }) => [side, qty, position])).toEqual([
    ['buy', 1, 0.999],
    ['buy', 1, 1.998],
    ['buy', 1, 2.997],
    ['buy', 1, 3.996],
  ])
  expect(eventsOf(run, 'dust')).toEqual([])
  expect(run.openTrades).toMatchObject([{ qty: 3.996, entryTime: HOUR, fees: 0.4 }])
})

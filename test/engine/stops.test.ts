import { describe, expect, test } from 'vitest'
import { buy, sell } from '../../src/core/order.ts'
import { breakEvenStop, chandelierStop, moveStop, timeStop } from '../../src/engine/index.ts'
import { eventsOf, HOUR, play, type Row, type Scene } from './scene.ts'

const flat = (price: number): Row => [price, price, price, price]
const every = (count: number, what: Scene['decide'][number]): Scene['decide'] =>
  Object.fromEntries(Array.from({ length: count }, (_, k) => [k, what]))
/** Enters at the first close, and asks `what` at every later one. */
const held = (entry: Scene['decide'][number], what: Scene['decide'][number], rows: readonly Row[]) =>
  play({ kind: 'perpetual', rows, decide: { ...every(rows.length, what), 0: entry } })
const moved = (run: ReturnType<typeof play>) =>
  eventsOf(run, 'amended').map(({ at, order }) => [at / HOUR, order.trigger])

const long = () => buy({ qty: 1, stopLoss: 90, takeProfit: 200 })
const short = () => sell({ qty: 1, stopLoss: 110 })

describe('chandelierStop', () => {
  test('follows the highest price since the entry and never goes back', () => {
    const rows: Row[] = [
      flat(100),
      flat(100),
      [100, 110, 100, 108],
      [108, 120, 107, 112],
      [112, 113, 108, 109],
      flat(109),
    ]
    const run = held(long, (context) => chandelierStop(context, { atr: 5, times: 2 }), rows)
    // entered at 100: 90 stands already; then 110 − 10, 120 − 10; the last bars make no new high and reach 110
    expect(moved(run)).toEqual([
      [3, 100],
      [4, 110],
    ])
    expect(run.fills.at(-1)).toMatchObject({ role: 'stop', time: 4 * HOUR, price: 110 })
  })
  test('a short hangs it above the lowest', () => {
    const rows: Row[] = [flat(100), flat(100), [100, 100, 90, 92], [92, 99, 92, 98], flat(98)]
    const run = held(short, (context) => chandelierStop(context, { atr: 4, times: 2 }), rows)
    expect(moved(run)).toEqual([
      [2, 108],
      [3, 98],
    ])
    expect(run.fills.at(-1)).toMatchObject({ role: 'stop', price: 98 })
  })
  test('an average that is not known yet moves nothing', () => {
    const run = held(long, (context) => chandelierStop(context, { atr: Number.NaN, times: 2 }), [
      flat(100),
      flat(100),
      flat(120),
    ])
    expect(moved(run)).toEqual([])
  })
})

describe('breakEvenStop', () => {
  test('moves to the entry once the gain is R, and not before', () => {
    // entry 100, stop 90: R is 10
    const rows = (high: number): Row[] => [
      flat(100),
      flat(100),
      [100, high, 100, 105],
      flat(105),
      [105, 105, 99, 99],
      flat(99),
    ]
    const run = (high: number) => held(long, (context) => breakEvenStop(context, { after: 1 }), rows(high))
    expect(moved(run(109.99))).toEqual([])
    expect(moved(run(110))).toEqual([[3, 100]])
    expect(run(110).fills.at(-1)).toMatchObject({ role: 'stop', price: 100 })
  })
  test('of a short, and at two R', () => {
    const rows: Row[] = [flat(100), flat(100), [100, 100, 85, 85], [85, 85, 80, 80], flat(80)]
    expect(moved(held(short, (context) => breakEvenStop(context, { after: 2 }), rows))).toEqual([[4, 100]])
  })
  test('a stop beyond the entry stays where it is', () => {
    const rows = [flat(100), flat(100), flat(130), flat(130), flat(130)]
    const run = held(long, (context) => [...moveStop(context, 110), ...breakEvenStop(context, { after: 1 })], rows)
    expect(moved(run).at(-1)).toEqual([2, 110])
  })
})

test('moveStop touches only what protects the position, and asks for nothing twice', () => {
  const rows = [flat(100), flat(100), flat(100), flat(100), flat(100)]
  const run = held(
    () => [
      buy({ qty: 1, stopLoss: 90, takeProfit: 200 }),
      buy({ qty: 1, stop: 150 }),
      sell({ qty: 0.5, stop: 80, reduceOnly: true, id: 'own' }),
    ],
    // between two ticks: a sell stop rounds up, and stands beyond what is asked for again
    (context) => moveStop(context, 95.004),
    rows,
  )
  expect(eventsOf(run, 'amended').map(({ order }) => [order.role, order.trigger])).toEqual([
    ['order', 95.01],
    ['stop', 95.01],
  ])
})

test('timeStop closes after so many bars', () => {
  const run = held(
    long,
    ({ position }) => timeStop({ position }, 2),
    Array.from({ length: 6 }, () => flat(100)),
  )
  // entered at the open of bar 1; bars is 2 at the close of bar 3
  expect(run.fills.map(({ time, tag }) => [time / HOUR, tag])).toEqual([
    [1, null],
    [4, 'time'],
  ])
  expect(run.trades).toMatchObject([{ exitTag: 'time' }])
})

describe('what cannot be meant is an error', () => {
  const nothing = { position: { qty: 0 }, orders: [] } as never
  test.each([
    [() => chandelierStop(nothing, { atr: 1, times: -3 }), 'chandelierStop: times is -3: write a number above 0'],
    [
      () => chandelierStop(nothing, { atr: 1, time: 3 } as never),
      'chandelierStop knows no "time" (did you mean "times"?)',
    ],
    [() => chandelierStop(nothing, { times: 3 } as never), 'chandelierStop: atr is undefined'],
    [() => breakEvenStop(nothing, { after: Number.NaN }), 'breakEvenStop: after is NaN'],
    [() => breakEvenStop(nothing, { afetr: 1 } as never), 'breakEvenStop knows no "afetr" (did you mean "after"?)'],
    [() => timeStop(nothing, 0), 'timeStop: bars is 0'],
  ])('%s', (call, message) => expect(call).toThrow(message))

  test('a range that is not known yet moves nothing', () => {
    expect(chandelierStop(nothing, { atr: Number.NaN, times: 3 })).toEqual([])
  })
})

import { describe, expect, test } from 'vitest'
import { buy, type OrderOptions } from '../../src/core/order.ts'
import { fillLines, play, type Row, type Scene } from './scene.ts'

const flat = (price: number): Row => [price, price, price, price]
const quarters = (...prices: readonly Row[]): Row[] => [...prices]
const still = (price: number): Row[] => Array.from({ length: 4 }, () => flat(price))

/** Bars of which the third is made of `parts`; the others stand still at 100. */
function lived(parts: readonly Row[], order: OrderOptions | readonly OrderOptions[], more: Partial<Scene> = {}) {
  const known = parts.map((row) => row!)
  const whole: Row = [
    known[0]![0],
    Math.max(...known.map(([, high]) => high)),
    Math.min(...known.map(([, , low]) => low)),
    known.at(-1)![3],
    known.reduce((sum, row) => sum + (row[4] ?? 10), 0),
  ]
  const rows: Row[] = [flat(100), flat(100), whole, flat(known.at(-1)![3])]
  const detail = [...still(100), ...still(100), ...parts, ...still(known.at(-1)![3])]
  const orders = Array.isArray(order) ? order : [order]
  const decide = { [(more as { at?: number }).at ?? 0]: () => orders.map((one) => buy(one as OrderOptions)) }
  const scene: Scene = { rows, decide, kind: 'perpetual', ...more }
  return { plain: fillLines(play(scene)), detailed: fillLines(play({ ...scene, detail })) }
}

const bracket = { qty: 1, stopLoss: 95, takeProfit: 110 }

describe('of a stop and a target in one bar, that comes first which came first', () => {
  test('the target', () => {
    const up = quarters(flat(100), [100, 111, 100, 108], [108, 108, 94, 96], flat(96))
    const { plain, detailed } = lived(up, bracket)
    expect(plain).toEqual(['1 open buy 1 @ 100 taker', '2 inside sell 1 @ 95 taker'])
    expect(detailed).toEqual(['1 open buy 1 @ 100 taker', '2 inside sell 1 @ 110 maker'])
  })
  test('the stop', () => {
    const down = quarters(flat(100), [100, 100, 94, 96], [96, 111, 96, 105], flat(105))
    expect(lived(down, bracket).detailed).toEqual(['1 open buy 1 @ 100 taker', '2 inside sell 1 @ 95 taker'])
  })
  test('both in one quarter: the stop, as ever', () => {
    const both = quarters(flat(100), [100, 111, 94, 100], flat(100), flat(100))
    expect(lived(both, bracket).detailed.at(-1)).toBe('2 inside sell 1 @ 95 taker')
  })
  test('a quarter that opens beyond the stop fills there: no price but the quarter’s own', () => {
    const gap = quarters(flat(100), [93, 111, 93, 110], flat(110), flat(110))
    expect(lived(gap, bracket).detailed.at(-1)).toBe('2 open sell 1 @ 93 taker')
  })
})

describe('an entry and its bracket', () => {
  const entry = { qty: 1, limit: 98, stopLoss: 95, takeProfit: 110 }
  test('a low from before the entry stops nothing, a high from after it is a target', () => {
    // above the limit until the third quarter: what was lower cannot have been, so the low comes last
    const parts = quarters([100, 105, 99, 99], [99, 99, 97, 99], [99, 111, 99, 110], flat(110))
    const { plain, detailed } = lived(parts, entry)
    expect(plain).toEqual(['2 inside buy 1 @ 98 maker'])
    expect(detailed).toEqual(['2 inside buy 1 @ 98 maker', '2 inside sell 1 @ 110 maker'])
  })
  test('a high from before the entry is no target', () => {
    const parts = quarters([100, 111, 100, 105], [105, 105, 97, 99], flat(99), flat(99))
    expect(lived(parts, entry).detailed).toEqual(['2 inside buy 1 @ 98 maker'])
  })
})

describe('a liquidation', () => {
  // long 90 at 100 with 1000 behind it: liquidated at 89.24
  const leveraged = { cash: 1000, margin: { leverage: 10 } } as const
  const held = { qty: 90, stopLoss: 95 }

  test('comes after a stop that an earlier quarter reached', () => {
    const parts = quarters(flat(100), [100, 100, 94, 96], [96, 96, 80, 85], flat(85))
    expect(lived(parts, held, leveraged).detailed.at(-1)).toBe('2 inside sell 90 @ 95 taker')
  })

  test('comes before a target that a later quarter reaches, and after one that an earlier quarter reached', () => {
    const order = { qty: 90, takeProfit: 110 }
    const down = quarters(flat(100), [100, 100, 85, 90], [90, 111, 90, 110], flat(110))
    const up = quarters(flat(100), [100, 111, 100, 105], [105, 105, 85, 90], flat(90))
    expect(lived(down, order, leveraged).detailed.at(-1)).toBe('2 inside sell 90 @ 89.24 taker')
    expect(lived(up, order, leveraged).detailed.at(-1)).toBe('2 inside sell 90 @ 110 maker')
  })

  test('in a quarter that no order notices', () => {
    const parts = quarters([100, 105, 100, 100], [100, 100, 85, 90], [90, 106, 90, 105], flat(105))
    const order = [{ qty: 90 }, { qty: 1, stop: 105 }]
    expect(lived(parts, order, leveraged).detailed.slice(1)).toEqual([
      '2 inside buy 1 @ 105 taker',
      expect.stringMatching(/^2 inside sell 91 @ 8/),
    ])
  })

  test('of a quarter that opens beyond stop and liquidation is a gap', () => {
    const parts = quarters(flat(100), [85, 111, 85, 110], flat(110), flat(110))
    const { detailed } = lived(parts, { ...held, takeProfit: 110 }, leveraged)
    expect(detailed.at(-1)).toBe('2 open sell 90 @ 85 taker')
  })

  test('is judged by the whole bar where marks are stored, and by its open of a stop and it the nearer comes first', () => {
    // the quarters have the target first; which mark belongs to which quarter nobody knows
    const parts = quarters(flat(100), [100, 111, 100, 105], [105, 105, 80, 90], flat(90))
    const marks = [
      [100, 100, 100, 100],
      [100, 100, 100, 100],
      [100, 111, 80, 90],
      [90, 90, 90, 90],
    ] as const
    const more = { ...leveraged, marks }
    expect(lived(parts, { ...held, takeProfit: 110 }, more).detailed.at(-1)).toBe('2 inside sell 90 @ 95 taker')
    const far = { qty: 90, stopLoss: 85, takeProfit: 110 }
    expect(lived(parts, far, more).detailed.at(-1)).toBe('2 inside sell 90 @ 89.24 taker')
  })
})

test('a trailing stop follows each quarter', () => {
  const parts = quarters([100, 120, 100, 118], [118, 118, 107, 110], flat(110), flat(110))
  const { plain, detailed } = lived(parts, { qty: 1, trailingStop: { distance: 10 } })
  // by the whole bar it moves to 110 afterwards, and fills at the next open
  expect(plain.at(-1)).toBe('3 open sell 1 @ 110 taker')
  expect(detailed.at(-1)).toBe('2 inside sell 1 @ 110 taker')
})

test('a post-only order is judged at the first quarter only', () => {
  const parts = quarters(flat(100), [100, 100, 100, 100], [94, 96, 94, 96], flat(96))
  const two = [
    { qty: 1, limit: 95, tif: 'GTX' as const },
    { qty: 1, limit: 95.5 },
  ]
  // the third quarter opens at 94: a resting limit has the better price
  expect(lived(parts, two, { at: 1 } as never).detailed).toEqual(['2 open buy 1 @ 94 taker', '2 open buy 1 @ 94 taker'])
})

test('a quarter without volume fills nothing', () => {
  const parts = quarters(flat(100), [100, 111, 94, 100, 0], [100, 111, 100, 100], flat(100))
  expect(lived(parts, bracket).detailed.at(-1)).toBe('2 inside sell 1 @ 110 maker')
})

test('volumes that are zero throughout are not known, and keep nobody from trading', () => {
  const unknown = (row: Row): Row => [row![0], row![1], row![2], row![3], 0]
  const parts = quarters(flat(100), [100, 111, 100, 108], [108, 108, 94, 96], flat(96)).map(unknown)
  const rows = [flat(100), flat(100), [100, 111, 94, 96] as const, flat(96)].map(unknown)
  const detail = [...still(100), ...still(100)].map(unknown).concat(parts)
  const run = play({ rows, detail, decide: { 0: () => buy(bracket) }, kind: 'perpetual' })
  expect(fillLines(run).at(-1)).toBe('2 inside sell 1 @ 110 maker')
})

test.each([
  ['are missing', quarters(flat(100), [100, 111, 100, 108], flat(96), null)],
  ['have another high', quarters(flat(100), [100, 112, 100, 108], [108, 108, 94, 96], flat(96))],
])('where the quarters %s, the bar is met whole', (_, parts) => {
  const rows: Row[] = [flat(100), flat(100), [100, 111, 94, 96], flat(96)]
  const detail = [...still(100), ...still(100), ...parts, ...still(96)]
  const run = play({ rows, detail, decide: { 0: () => buy(bracket) }, kind: 'perpetual' })
  expect(fillLines(run).at(-1)).toBe('2 inside sell 1 @ 95 taker')
})

test('orders that do not hang on the path fill as without', () => {
  const parts = quarters(flat(100), [100, 111, 94, 100], flat(100), flat(100))
  for (const order of [{ qty: 1 }, { qty: 1, limit: 95 }, { qty: 1, stop: 105 }]) {
    const { plain, detailed } = lived(parts, order)
    expect(detailed).toEqual(plain)
  }
})

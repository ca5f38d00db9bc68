import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bars, sliceBars } from '../../src/core/bar.ts'
import { atr, batchColumns, logReturn, stdev } from '../../src/indicators/index.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import { type TripleBarrierOptions, tripleBarrier } from '../../src/preprocess/label-triple-barrier.ts'
import type { BarLabels, LabelRule } from '../../src/preprocess/labels.ts'
import { barsFrom, market, withColumns } from '../indicators/market.ts'

/** Rows of open, high, low, close. */
function barsOf(...rows: readonly (readonly [open: number, high: number, low: number, close: number])[]): Bars {
  const column = (k: 0 | 1 | 2 | 3) => rows.map((row) => row[k])
  return barsFrom({ open: column(0), high: column(1), low: column(2), close: column(3), volume: column(0) }, 2)
}
const flat = (price: number) => [price, price, price, price] as const

/** Class, end and return of a row, as one reads them. */
const shown = ({ y, end, returns }: BarLabels, row: number) => [y[row], end[row], returns[row]]
const open = [-1, -1, Number.NaN]

describe('direction', () => {
  test('goes from the open of the next row to the close of the row at the horizon', () => {
    const bars = barsOf(flat(100), [200, 230, 190, 210], [205, 240, 200, 220], [215, 220, 150, 160], flat(170))
    const labels = direction({ horizon: 2 }).label(bars)
    // row 0: 200 → 220; row 1: 205 → 160; row 2: 215 → 170
    expect(shown(labels, 0)).toEqual([1, 2, 220 / 200 - 1])
    expect(shown(labels, 1)).toEqual([0, 3, 160 / 205 - 1])
    expect(shown(labels, 2)).toEqual([0, 4, 170 / 215 - 1])
    // rows 3 and 4 would end on rows 5 and 6
    expect(shown(labels, 3)).toEqual(open)
    expect(shown(labels, 4)).toEqual(open)
  })

  test('the threshold must be passed, and with 3 classes what passes neither is the middle one', () => {
    // entries at 100, closes 10 % up, 5 % up, 5 % and 10 % down; 0.05 of 100 is no double, 1/16 is
    const bars = barsOf(flat(100), [100, 110, 100, 110], [100, 106.25, 100, 106.25], [100, 100, 93.75, 93.75], [100, 100, 90, 90]) // biome-ignore format: a bar each
    const two = direction({ horizon: 1, threshold: 0.0625 }).label(bars)
    expect([...two.y]).toEqual([1, 0, 0, 0, -1])
    const three = direction({ horizon: 1, threshold: 0.0625, classes: 3 }).label(bars)
    expect([...three.y]).toEqual([2, 1, 1, 0, -1])
    expect([two.classes, three.classes]).toEqual([2, 3])
    expect([...two.end]).toEqual([1, 2, 3, 4, -1])
    expect(three.returns).toEqual(two.returns)
  })

  test('no move is not up', () => {
    expect([...direction({ horizon: 1 }).label(barsOf(flat(100), flat(100))).y]).toEqual([0, -1])
    expect([...direction({ horizon: 1, classes: 3 }).label(barsOf(flat(100), flat(100))).y]).toEqual([1, -1])
  })
})

describe('triple barrier, entry at 100, barriers at 102 and 97', () => {
  const rule = tripleBarrier({ up: 2, down: 3, horizon: 3, scale: 0.01 })
  const three = tripleBarrier({ up: 2, down: 3, horizon: 3, scale: 0.01, classes: 3 })
  const cases: readonly (readonly [
    string,
    readonly (readonly [number, number, number, number])[],
    readonly [number, number, number],
    number,
  ])[] = [
    ['the upper one first', [[100, 101, 99, 101], [101, 102.5, 100, 101], flat(90)], [1, 2, 0.02], 2],
    ['the lower one first', [[100, 101, 99, 101], [101, 101.5, 96, 98], flat(110)], [0, 2, -0.03], 0],
    ['on the bar of the entry', [[100, 103, 98, 101], flat(90), flat(90)], [1, 1, 0.02], 2],
    ['a touch of the upper one is enough', [flat(100), [100, 102, 99, 100], flat(100)], [1, 2, 0.02], 2],
    ['a touch of the lower one is enough', [flat(100), flat(100), [100, 101, 97, 100]], [0, 3, -0.03], 0],
    ['both in one bar are the lower one', [flat(100), [100, 103, 96, 102], flat(110)], [0, 2, -0.03], 0],
    ['both on the bar of the entry, too', [[100, 103, 96, 103], flat(110), flat(110)], [0, 1, -0.03], 0],
    ['a bar that opens above the upper one ends there', [flat(100), [105, 106, 104, 104], flat(90)], [1, 2, 0.05], 2],
    ['a bar that opens below the lower one ends there', [flat(100), [92, 95, 91, 94], flat(110)], [0, 2, -0.08], 0],
    [
      'both in one bar are the lower one wherever it opens',
      [flat(100), [105, 106, 96, 104], flat(90)],
      [0, 2, -0.03],
      0,
    ],
    ['neither: at the close of the horizon', [flat(100), flat(101), [101, 101.5, 98, 101.5]], [0, 3, 0.015], 1],
    ['what comes after the horizon does not count', [flat(100), flat(99), flat(98), flat(150)], [0, 3, -0.02], 1],
  ]
  test.each(cases)('%s', (_, after, [y, end, gain], of3) => {
    // the decision bar itself is far from the entry: nothing but its close time counts
    const bars = barsOf([50, 300, 10, 60], ...after)
    expect(shown(rule.label(bars), 0)).toEqual([y, end, expect.closeTo(gain, 14)])
    expect(shown(three.label(bars), 0)).toEqual([of3, end, expect.closeTo(gain, 14)])
  })

  test('the data end before it is decided', () => {
    const bars = barsOf(flat(100), flat(100), flat(101), flat(101), flat(101))
    // row 0 times out on row 3, row 1 on row 4; rows 2 and 3 are open, row 4 has no entry
    const { y, end, returns } = rule.label(bars)
    expect([...y]).toEqual([0, 0, -1, -1, -1])
    expect([...end]).toEqual([3, 4, -1, -1, -1])
    expect([...returns].map(Number.isNaN)).toEqual([false, false, true, true, true])
  })

  test('the data end before the horizon, but after it is decided', () => {
    const bars = barsOf(flat(100), flat(100), flat(100), flat(100), [100, 103, 100, 103])
    const { y, end } = rule.label(bars)
    // rows 1 to 3 see the last bar's high; row 0 looks at rows 1 to 3 only
    expect([...y]).toEqual([0, 1, 1, 1, -1])
    expect([...end]).toEqual([3, 4, 4, 4, -1])
  })

  test('missing bars do not count towards the horizon', () => {
    const bars = market(21, 300)
    const gap = withColumns(bars, {
      openTime: bars.openTime.map((time, row) => time + (row < 150 ? 0 : 80 * 60_000)),
    })
    expect(rule.label(gap)).toEqual(rule.label(bars))
  })
})

describe('the scale of the barriers', () => {
  test('an indicator is read at the decision bar, in units of the price', () => {
    // true ranges 4, 8 and 2 (of rows 1 to 3), and so is atr(1)
    const bars = barsOf(flat(100), [100, 104, 100, 104], [104, 104, 96, 96], [96, 98, 96, 98], [98, 107, 98, 105])
    const labels = tripleBarrier({ up: 1, down: 1, horizon: 1, scale: atr(1), classes: 3 }).label(bars)
    // row 0: no ATR yet; row 1: 104 ± 4, low 96; row 2: 96 ± 8, nothing; row 3: 98 ± 2, high 107
    expect([...labels.y]).toEqual([-1, 0, 1, 2, -1])
    expect(labels.returns[1]).toBeCloseTo(-4 / 104, 14)
    expect(labels.returns[3]).toBeCloseTo(2 / 98, 14)
  })

  test('or as a fraction of it', () => {
    const bars = market(22, 400)
    const volatility = stdev(24, logReturn(1))
    const byFraction = tripleBarrier({ up: 2, down: 1, horizon: 12, scale: volatility, unit: 'fraction' }).label(bars)
    const widths = batchColumns({ volatility }, bars).volatility['value']!.map((x, row) => x * bars.open[row + 1]!)
    expect(byFraction).toEqual(naive(bars, widths, { up: 2, down: 1, horizon: 12, classes: 2 }))
  })

  test('a market that has not moved has no scale, and so no label', () => {
    const bars = barsOf(...Array.from({ length: 20 }, () => flat(100)))
    const labels = tripleBarrier({ up: 1, down: 1, horizon: 2, scale: atr(3) }).label(bars)
    expect(new Set(labels.y)).toEqual(new Set([-1]))
    expect(new Set(labels.end)).toEqual(new Set([-1]))
  })
})

describe('any market', () => {
  const anyBarriers = fc.record({
    seed: fc.integer({ min: 1, max: 1e6 }),
    rows: fc.integer({ min: 40, max: 400 }),
    up: fc.double({ min: 0.1, max: 30, noNaN: true }),
    down: fc.double({ min: 0.1, max: 30, noNaN: true }),
    horizon: fc.oneof(fc.integer({ min: 1, max: 12 }), fc.integer({ min: 30, max: 39 }), fc.constant(39)),
    classes: fc.constantFrom(2 as const, 3 as const),
  })

  test('barriers found a block at a time are those found bar by bar', () => {
    const seen = new Set<string>()
    fc.assert(
      fc.property(anyBarriers, ({ seed, rows, ...options }) => {
        const bars = jumpy(market(seed, rows))
        const widths = batchColumns({ atr: atr(5) }, bars).atr['value']!
        const labels = tripleBarrier({ ...options, scale: atr(5) }).label(bars)
        expect(labels).toEqual(naive(bars, widths, options))
        for (const y of labels.y) seen.add(`${options.classes}: ${y}`)
      }),
      { numRuns: 300 },
    )
    expect([...seen].sort()).toEqual(['2: -1', '2: 0', '2: 1', '3: -1', '3: 0', '3: 1', '3: 2'])
  })

  test('prices and barriers that are whole numbers, so that many are touched and not passed', () => {
    let touched = 0
    for (let seed = 1; seed <= 40; seed++) {
      const bars = market(seed, 300, { decimals: 0, price: 300 })
      const widths = batchColumns({ atr: atr(1) }, bars).atr['value']!
      const options = { up: 3, down: 4, horizon: 80, classes: 3 } as const
      const labels = tripleBarrier({ ...options, scale: atr(1) }).label(bars)
      expect(labels).toEqual(naive(bars, widths, options))
      for (const [row, end] of labels.end.entries())
        if (labels.y[row] === 2 && bars.high[end] === bars.open[row + 1]! + 3 * widths[row]!) touched++
    }
    expect(touched).toBeGreaterThan(500)
  })

  test.each<[string, LabelRule]>([
    ['direction', direction({ horizon: 7, threshold: 0.002, classes: 3 })],
    ['tripleBarrier', tripleBarrier({ up: 2, down: 1.5, horizon: 9, scale: atr(5), classes: 3 })],
  ])('%s: cutting off the future changes a label only by making it unknown', (_, rule) => {
    const bars = jumpy(market(23, 200))
    const whole = rule.label(bars)
    for (let cut = rule.horizon + 1; cut <= bars.length; cut++) {
      const part = rule.label(sliceBars(bars, 0, cut))
      for (let row = 0; row < cut; row++)
        expect(shown(part, row)).toEqual(whole.end[row]! >= 0 && whole.end[row]! < cut ? shown(whole, row) : open)
    }
  })

  test.each<[string, LabelRule]>([
    ['direction', direction({ horizon: 7 })],
    ['tripleBarrier', tripleBarrier({ up: 2, down: 1.5, horizon: 9, scale: 0.01 })],
  ])('%s: the past of the decision does not matter', (_, rule) => {
    const bars = market(24, 120)
    const whole = rule.label(bars)
    for (const from of [1, 31, 32, 33, 80]) {
      const part = rule.label(sliceBars(bars, from, bars.length))
      expect(part.y).toEqual(whole.y.slice(from))
      expect(part.returns).toEqual(whole.returns.slice(from))
      expect(part.end).toEqual(whole.end.slice(from).map((row) => (row < 0 ? -1 : row - from)))
    }
  })
})

describe('rules as data', () => {
  test('settings say everything', () => {
    expect(direction({ horizon: 12 }).settings).toEqual({ horizon: 12, threshold: 0, classes: 2 })
    expect(tripleBarrier({ up: 2, down: 1, horizon: 24, scale: atr(14), classes: 3 }).settings).toEqual({
      up: 2,
      down: 1,
      horizon: 24,
      scale: atr(14).key,
      unit: 'price',
      classes: 3,
    })
    expect(tripleBarrier({ up: 2, down: 1, horizon: 24, scale: 0.01 }).settings).toMatchObject({
      scale: 0.01,
      unit: 'fraction',
    })
  })

  const barrier = (change: Partial<Record<keyof TripleBarrierOptions, unknown>>) => () =>
    tripleBarrier({ up: 1, down: 1, horizon: 5, scale: 0.01, ...change } as TripleBarrierOptions)
  test.each([
    [() => direction({ horizon: 0 }), 'direction horizon 0: write a whole number of bars'],
    [() => direction({ horizon: 2.5 }), 'direction horizon 2.5'],
    [() => direction({ horizon: 2, threshold: -0.1 }), 'direction threshold -0.1'],
    [() => direction({ horizon: 2, threshold: Number.NaN }), 'direction threshold NaN'],
    [() => direction({ horizon: 2, classes: 4 as 3 }), 'direction classes 4: write 2 or 3'],
    [barrier({ horizon: -1 }), 'tripleBarrier horizon -1'],
    [barrier({ up: 0 }), 'tripleBarrier up 0: write a number above 0'],
    [barrier({ down: Number.POSITIVE_INFINITY }), 'tripleBarrier down Infinity'],
    [barrier({ scale: -0.01 }), 'tripleBarrier scale -0.01'],
    [barrier({ unit: 'percent' }), 'tripleBarrier unit "percent": write price or fraction'],
    [barrier({ classes: 1 }), 'tripleBarrier classes 1: write 2 or 3'],
    [
      () => direction({ horizon: 50 }).label(market(25, 50)),
      'direction: a horizon of 50 bars needs at least 51 of them, and there are 50: take a shorter horizon or more bars',
    ],
    [() => barrier({ horizon: 80 })().label(market(25, 50)), 'a horizon of 80 bars needs at least 81'],
  ])('%s is refused', (call, message) => {
    expect(call).toThrow(RangeError)
    expect(call).toThrow(message)
  })
})

/** Opens that differ from the close before, so that bars open beyond barriers. */
function jumpy(bars: Bars): Bars {
  const factor = (row: number) => 1 + (((row * 7919) % 13) - 6) / 300
  const jump = (column: Float64Array) => column.map((x, row) => Math.round(x * factor(row) * 100) / 100)
  return withColumns(bars, { open: jump(bars.open), high: jump(bars.high), low: jump(bars.low), close: jump(bars.close) }) // biome-ignore format: all of them
}

/** Every label bar by bar, straight from the rule. */
function naive(
  bars: Bars,
  widths: Float64Array,
  { up, down, horizon, classes }: { up: number; down: number; horizon: number; classes: 2 | 3 },
): BarLabels {
  const labelOf = (row: number): readonly [y: number, end: number, exit: number] | null => {
    const [entry, width] = [bars.open[row + 1], widths[row]!]
    if (entry === undefined || Number.isNaN(width) || width <= 0) return null
    const [upper, lower] = [entry + up * width, entry - down * width]
    for (let k = 1; k <= horizon; k++) {
      const at = row + k
      if (at >= bars.length) return null
      if (bars.low[at]! <= lower) return [0, at, Math.min(bars.open[at]!, lower)]
      if (bars.high[at]! >= upper) return [classes === 3 ? 2 : 1, at, Math.max(bars.open[at]!, upper)]
    }
    return [classes === 3 ? 1 : 0, row + horizon, bars.close[row + horizon]!]
  }
  const labels = Array.from({ length: bars.length }, (_, row) => labelOf(row))
  return {
    classes,
    y: Int8Array.from(labels, (label) => label?.[0] ?? -1),
    end: Int32Array.from(labels, (label) => label?.[1] ?? -1),
    returns: Float64Array.from(labels, (label, row) =>
      label === null ? Number.NaN : label[2] / bars.open[row + 1]! - 1,
    ),
  }
}

import { describe, expect, test } from 'vitest'
import { buy, close, type Decision, sell } from '../../src/core/order.ts'
import { pathBand } from '../../src/metrics/index.ts'
import { barsOf, play, type Row, type Scene } from '../engine/scene.ts'

const flat = (price: number): Row => [price, price, price, price]

/** The band of a run over hand-made bars; fees: maker 0.1 %, taker 0.2 %. */
function bandOf(
  rows: readonly Row[],
  decide: Readonly<Record<number, () => Decision>>,
  isFree = true,
  more: Partial<Scene> = {},
) {
  const [feeMaker, feeTaker] = isFree ? [0, 0] : [0.001, 0.002]
  const run = play({ rows, decide, kind: 'perpetual', cash: 1000, feeMaker, feeTaker, ...more })
  const { limitTouch = false, detail } = more
  const details = [detail === undefined ? null : barsOf(detail, '15m')]
  const band = pathBand({ ...run, bars: [barsOf(rows)], details, makerFee: { BTCUSDT: feeMaker }, limitTouch })
  return { run, band, end: [band.endEquity.low, band.endEquity.high] }
}
const long = () => buy({ qty: 1, stopLoss: 95, takeProfit: 110 })

describe('a stop and a target in one bar', () => {
  const rows = [flat(100), flat(100), [100, 111, 94, 100], flat(100)] as const
  test('the stop was taken, the target might have come first', () => {
    const { band, end } = bandOf(rows, { 0: long })
    // −5 or +10
    expect(end).toEqual([995, 1010])
    expect(band).toMatchObject({
      method: 'repriced',
      bars: 1,
      totalReturn: { low: 995 / 1000 - 1, high: 1010 / 1000 - 1 },
      share: 15 / 5,
    })
    expect(band.maxDrawdown).toEqual({ low: 0, high: 5 / 1000 })
  })
  test('with the fees of either exit: 0.2 % of 95, or 0.1 % of 110', () => {
    const { run, end } = bandOf(rows, { 0: long }, false)
    expect(end[0]).toBe(run.endEquity)
    expect(end[1]! - end[0]!).toBeCloseTo(15 + 0.19 - 0.11, 9)
  })
  test('a short', () => {
    const { end } = bandOf([flat(100), flat(100), [100, 106, 89, 100], flat(100)], {
      0: () => sell({ qty: 2, stopLoss: 105, takeProfit: 90 }),
    })
    expect(end).toEqual([990, 1020])
  })
  test('a target that is only touched would not have filled, one that is not reached even less', () => {
    for (const high of [110, 109])
      expect(bandOf([flat(100), flat(100), [100, high, 94, 100], flat(100)], { 0: long }).band).toMatchObject({
        bars: 0,
        share: 0,
      })
  })
  test('a touch is enough where limits fill at one', () => {
    const touched = [flat(100), flat(100), [100, 110, 94, 100], flat(100)] as const
    expect(bandOf(touched, { 0: long }, true, { limitTouch: true }).end).toEqual([995, 1010])
  })
  test('of a stop that fills in part, that part; and what was sold left dust', () => {
    const thin = [flat(100), flat(100), [100, 111, 94, 100, 4], flat(95)] as const
    const { run, end } = bandOf(thin, { 0: long }, true, { execution: { participation: 0.1 } })
    // 0.4 at 95, which might have been 110, and the rest at 95
    expect(run.fills.map(({ qty, price }) => [qty, price])).toEqual([
      [1, 100],
      [0.4, 95],
      [0.6, 95],
    ])
    expect(end).toEqual([995, 995 + 0.4 * 15])
  })
  test('fees in what is received: less is sold than was bought, and dust is left', () => {
    const spot = { kind: 'spot', feeAsset: 'received' } as const
    const odd = () => buy({ qty: 1.001, stopLoss: 95, takeProfit: 110 })
    const { run, band, end } = bandOf(rows, { 0: odd }, false, spot)
    const [, sold] = run.fills
    expect(sold!.qty).toBe(0.998)
    expect(run.events.some(({ type }) => type === 'dust')).toBe(true)
    // 0.998 at 110 for 0.1 % instead of at 95 for 0.2 %
    expect(end[1]! - end[0]!).toBeCloseTo(0.998 * (110 * 0.999 - 95 * 0.998), 9)
    expect(band.bars).toBe(1)
  })
  test('a stop at the open hangs on no path', () => {
    expect(bandOf([flat(100), flat(100), [94, 111, 90, 100], flat(100)], { 0: long }).band.bars).toBe(0)
  })
})

describe('an entry and its stop inside one bar', () => {
  const entry = () => buy({ qty: 1, limit: 98, stopLoss: 95, takeProfit: 110 })
  test('the low might have come before: the trade lives on until its target', () => {
    const rows = [flat(100), [100, 100, 94, 97], flat(100), [100, 112, 100, 110], flat(110)] as const
    const { run, end, band } = bandOf(rows, { 0: entry })
    expect(run.trades).toMatchObject([{ pnl: -3 }])
    expect([end, band.bars]).toEqual([[997, 1012], 1])
    // and not beyond it, however far the price goes on
    expect(bandOf([...rows.slice(0, 4), flat(150)], { 0: entry }).end).toEqual([997, 1012])
  })
  test('the target may be reached in that very bar, and in one that reaches the stop as well', () => {
    const both = [100, 111, 94, 97] as const
    expect(bandOf([flat(100), both, flat(150)], { 0: entry }).end).toEqual([997, 1012])
    expect(bandOf([flat(100), [100, 100, 94, 97], both, flat(150)], { 0: entry }).end).toEqual([997, 1012])
  })
  test('an open beyond the target sells there, before the low of that bar', () => {
    expect(bandOf([flat(100), [100, 100, 94, 97], [115, 116, 90, 100]], { 0: entry }).end).toEqual([997, 1017])
  })
  test('a stop that it lives on to slips as far as the one that was taken', () => {
    const rows = [flat(100), [100, 104, 94, 97], flat(97), [97, 97, 90, 90], flat(90)] as const
    const stopped = () => buy({ qty: 1, stop: 104, stopLoss: 95 })
    const execution = { slippage: { model: 'ticks', ticks: 10 } } as const
    const [free, slipped] = [{}, { execution }].map((more) => bandOf(rows, { 0: stopped }, true, more).end)
    expect(free).toEqual([991, 991])
    // 0.10 in and 0.10 out, on either path
    expect(slipped).toEqual([990.8, 990.8])
  })
  test('or its stop, where nothing is gained; or a gap beyond it, which is worse and so is not the best', () => {
    expect(bandOf([flat(100), [100, 100, 94, 97], [97, 97, 90, 90], flat(90)], { 0: entry }).end).toEqual([997, 997])
    expect(bandOf([flat(100), [100, 100, 94, 97], flat(80), flat(80)], { 0: entry }).end).toEqual([997, 997])
  })
  test('or until the run enters anew, or to the end of the data', () => {
    const rows = [flat(100), [100, 100, 94, 97], flat(100), flat(104), flat(105)] as const
    // bought again at the open of bar 3, at 104
    expect(bandOf(rows, { 0: entry, 2: () => buy({ qty: 1 }) }).end).toEqual([998, 998 + (104 - 95)])
    expect(bandOf(rows, { 0: entry }).end).toEqual([997, 1007])
  })
})

test('an entry inside a bar that reaches the target: it might have come after', () => {
  const rows = [flat(100), [100, 111, 97, 104], flat(104), flat(101), flat(101)] as const
  const { run, end } = bandOf(rows, {
    0: () => buy({ qty: 1, limit: 98, stopLoss: 90, takeProfit: 110 }),
    2: () => close(),
  })
  expect(run.trades).toMatchObject([{ pnl: 3 }])
  expect(end).toEqual([1003, 1012])
})

describe('an entry and its stop inside one bar of which finer bars tell more', () => {
  const end = (bar: NonNullable<Row>, parts: readonly Row[]) => {
    const rows = [flat(100), bar, flat(bar[3])]
    const detail = [...Array<Row>(4).fill(flat(100)), ...parts, ...Array<Row>(4).fill(flat(bar[3]))]
    const entry = () => buy({ qty: 1, limit: 98, stopLoss: 95, takeProfit: 110 })
    return bandOf(rows, { 0: entry }, true, { detail }).end
  }
  test('what lives on through the part of its entry meets the next ones: here its stop comes before its target', () => {
    const parts: Row[] = [[100, 100, 94, 97], [97, 97, 94, 96], [96, 111, 96, 110], flat(110)]
    expect(end([100, 111, 94, 110], parts)).toEqual([997, 997])
    // and here its target
    const other: Row[] = [[100, 100, 94, 97], [97, 111, 96, 110], [110, 110, 94, 96], flat(96)]
    expect(end([100, 111, 94, 96], other)).toEqual([997, 1012])
  })
  test('the target in the part of the entry might have come after it, though a later one reached the stop', () => {
    expect(end([100, 111, 94, 95], [[100, 111, 97, 100], [100, 100, 94, 95], flat(95), flat(95)])).toEqual([997, 1012])
  })
  test('a part that only touches the limit is not that of the entry (rule 8)', () => {
    expect(end([100, 111, 94, 97], [[100, 100, 98, 99], [99, 111, 94, 97], flat(97), flat(97)])).toEqual([997, 1012])
  })
})

test('what might have been sold in the bar of its entry is not sold once more in that of its stop', () => {
  const rows = [flat(100), [100, 111, 97, 100], [100, 111, 89, 100], flat(100)] as const
  const decide = { 0: () => buy({ qty: 1, limit: 98, stopLoss: 90, takeProfit: 110 }) }
  const { band, end } = bandOf(rows, decide)
  expect([end, band.bars]).toEqual([[992, 1012], 1])
  // the next one is a trade of its own
  const again = bandOf([...rows, flat(100), [100, 111, 94, 100], flat(100)], { ...decide, 3: long })
  expect([again.end, again.band.bars]).toEqual([[987, 1022], 2])
})

test('the same with fees in what is received', () => {
  const rows = [flat(100), [100, 111, 97, 104], flat(104), flat(104)] as const
  const spot = { kind: 'spot', feeAsset: 'received' } as const
  const { run, end } = bandOf(
    rows,
    { 0: () => buy({ qty: 1, limit: 98, stopLoss: 90, takeProfit: 110 }), 2: () => close() },
    false,
    spot,
  )
  const [bought, sold] = run.fills
  expect([bought!.position, sold!.qty, sold!.price]).toEqual([0.999, 0.999, 104])
  expect(end[1]! - end[0]!).toBeCloseTo(0.999 * (110 * 0.999 - 104 * 0.998), 9)
})

test('gains add up from the bar on which they show, and the drawdown is that of the better curve', () => {
  const bad = [100, 111, 94, 100] as const
  const rows = [flat(100), flat(100), bad, flat(100), flat(100), bad, flat(100)]
  const { band, end } = bandOf(rows, { 0: long, 3: long })
  expect(end).toEqual([990, 1020])
  expect(band).toMatchObject({ bars: 2, maxDrawdown: { low: 0, high: 10 / 1000 }, share: 3 })
})

test('a run without trades has a band of no width', () => {
  expect(bandOf([flat(100), flat(100)], {}).band).toEqual({
    method: 'repriced', bars: 0, endEquity: { low: 1000, high: 1000 }, totalReturn: { low: 0, high: 0 }, maxDrawdown: { low: 0, high: 0 }, share: null,
  }) // biome-ignore format: one look
})

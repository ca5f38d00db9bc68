import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import { type Comparison, compareSeries } from '../../../src/data/collect/compare.ts'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { openStore, type Store } from '../../../src/data/index.ts'
import { scratch } from '../../cli/klinelab.ts'
import { command } from '../command.ts'
import { HOUR, START } from '../klines.ts'
import { batchOf, hourBar } from './bars.ts'

const A = parseSeries('binance:TESTUSDT:1h')
const B = parseSeries('kraken:TESTUSD:1h')
const at = (k: number) => START + k * HOUR

interface Told {
  readonly close: number
  readonly volume: number
}

/** Hours by number, each at one price. */
function flat(bars: Readonly<Record<number, Told>>) {
  return Object.entries(bars).map(([k, { close, volume }]) => {
    const price = String(close)
    return hourBar(Number(k), { open: price, high: price, low: price, close: price, volume: String(volume) })
  })
}

async function storeOf(a: Readonly<Record<number, Told>>, b: Readonly<Record<number, Told>>): Promise<Store> {
  const store = await openStore(join(scratch(), 'store'))
  await storeBars(store, A, batchOf(flat(a)))
  await storeBars(store, B, batchOf(flat(b)))
  return store
}

// hour:            0    1    2    3    4         6
const OURS = {
  0: { close: 100, volume: 10 },
  1: { close: 200, volume: 10 },
  2: { close: 100, volume: 10 },
  3: { close: 200, volume: 10 },
  4: { close: 400, volume: 10 },
  6: { close: 100, volume: 50 },
}
const THEIRS = {
  1: { close: 200, volume: 1 },
  2: { close: 101, volume: 2 },
  3: { close: 198, volume: 3 },
  4: { close: 400.4, volume: 4 },
  5: { close: 7, volume: 4 },
  6: { close: 100, volume: 5 },
  8: { close: 9, volume: 5 },
}

describe('two series', () => {
  test('bar by bar: figures worked out by hand', async () => {
    const store = await storeOf(OURS, THEIRS)
    const { a, b, both, closes, volumeRatio, correlation } = await compareSeries(store, A, B)
    const stretch = (k: number, bars = 1) => ({ start: at(k), end: at(k + bars), bars })
    expect(a).toEqual({
      ...{ series: 'binance:TESTUSDT:1h', bars: 6, made: 0, alone: 1 },
      ...{ stretches: [stretch(0)], gaps: { count: 1, bars: 1 } },
    })
    expect(b).toEqual({
      ...{ series: 'kraken:TESTUSD:1h', bars: 7, made: 0, alone: 2 },
      ...{ stretches: [stretch(5), stretch(8)], gaps: { count: 1, bars: 1 } },
    })
    expect(both).toBe(5)
    // hours 1, 2, 3, 4, 6: 0, +100, −100, +10, 0 bps; sizes in order 0, 0, 10, 100, 100
    expect(closes!.equal).toBe(2)
    expect(closes!.bias).toBeCloseTo(0, 9)
    expect(closes!.median).toBeCloseTo(10, 9)
    // between the fourth and the fifth of them, which are the same
    expect(closes!.p95).toBeCloseTo(100, 9)
    expect(Math.abs(closes!.largest.bps)).toBeCloseTo(100, 9)
    expect(volumeRatio).toBeCloseTo((1 + 2 + 3 + 4 + 5) / 90, 12)
    // returns 1→2, 2→3, 3→4; hour 6 has no hour before it in both
    const x = [-0.5, 1, 1]
    const y = [101 / 200 - 1, 198 / 101 - 1, 400.4 / 198 - 1]
    const [mx, my] = [x, y].map((all) => (all[0]! + all[1]! + all[2]!) / 3) as [number, number]
    const sum = (f: (k: number) => number) => f(0) + f(1) + f(2)
    const r =
      sum((k) => (x[k]! - mx) * (y[k]! - my)) / Math.sqrt(sum((k) => (x[k]! - mx) ** 2) * sum((k) => (y[k]! - my) ** 2))
    expect(correlation).toBeCloseTo(r, 12)
  })

  test('the other way round everything is mirrored', async () => {
    const store = await storeOf(OURS, THEIRS)
    const [one, other] = [await compareSeries(store, A, B), await compareSeries(store, B, A)]
    expect([other.a, other.b, other.both]).toEqual([one.b, one.a, one.both])
    expect(other.correlation).toBeCloseTo(one.correlation!, 12)
    expect(other.volumeRatio! * one.volumeRatio!).toBeCloseTo(1, 12)
  })

  test('bars that were made are no bars of the venue', async () => {
    const store = await storeOf(OURS, THEIRS)
    await storeBars(store, A, batchOf([], { fill: [{ start: at(5), end: at(6) }] }))
    const { a, b, both } = await compareSeries(store, A, B)
    expect([a.bars, a.made, both]).toEqual([6, 1, 5])
    expect(b.stretches.map(({ start }) => start)).toEqual([at(5), at(8)])
  })

  test('nothing in common, nothing that moves, no volume: no figure is made up', async () => {
    const apart = await storeOf({ 0: { close: 1, volume: 1 } }, { 1: { close: 1, volume: 1 } })
    expect(await compareSeries(apart, A, B)).toMatchObject({
      both: 0,
      closes: null,
      volumeRatio: null,
      correlation: null,
    })
    const still = Object.fromEntries([0, 1, 2, 3].map((k) => [k, { close: 5, volume: 0 }]))
    const moves = Object.fromEntries([0, 1, 2, 3].map((k) => [k, { close: 5 + k, volume: 1 }]))
    const quiet = await compareSeries(await storeOf(still, moves), A, B)
    expect(quiet).toMatchObject({ both: 4, volumeRatio: null, correlation: null })
  })

  test('of random bars: counts are those of sets, the largest difference is one, and a copy is equal throughout', async () => {
    const bars = fc.dictionary(
      fc.nat(30).map(String),
      fc.record({ close: fc.integer({ min: 1, max: 500 }), volume: fc.nat(9) }),
      {
        minKeys: 1,
      },
    )
    await fc.assert(
      fc.asyncProperty(bars, bars, async (a, b) => {
        const store = await storeOf(a, b)
        const { a: left, b: right, both, closes } = await compareSeries(store, A, B)
        const common = Object.keys(a).filter((k) => b[k] !== undefined)
        expect([both, left.alone, right.alone]).toEqual([
          common.length,
          Object.keys(a).length - common.length,
          Object.keys(b).length - common.length,
        ])
        expect(left.stretches.reduce((sum, one) => sum + one.bars, 0)).toBe(left.alone)
        const sizes = common.map((k) => Math.abs((b[k]!.close / a[k]!.close - 1) * 10_000))
        if (common.length > 0) expect(Math.abs(closes!.largest.bps)).toBe(Math.max(...sizes))
        const same: Comparison = await compareSeries(store, A, A)
        expect(same.closes).toMatchObject({ equal: same.both, median: 0, p95: 0, largest: { bps: 0 } })
      }),
      { numRuns: 8 },
    )
  })
})

describe('data compare', () => {
  test('prints what differs, and with --json everything', async () => {
    const store = await storeOf(OURS, THEIRS)
    const words = ['data', 'compare', 'binance:TESTUSDT:1h', 'kraken:TESTUSD:1h']
    const text = await command(words, store.dir)
    expect(text.code).toBe(0)
    expect(text.stdout).toContain('5 bars in both')
    expect(text.stdout).toContain('closes: equal in 40.00 %; apart by 10.00 bps in the median, 100.00 bps in 95 of 100')
    expect(text.stdout).toContain('only in kraken:TESTUSD:1h: 2 bars')
    const json = await command(
      [...words, '--from', '2024-01-01T02:00', '--to', '2024-01-01T05:00', '--json'],
      store.dir,
    )
    expect(JSON.parse(json.stdout)).toMatchObject({ interval: '1h', both: 3, a: { alone: 0 }, b: { alone: 0 } })
  })

  test('two intervals cannot be compared: exit 2, and what to do', async () => {
    const store = await storeOf(OURS, THEIRS)
    const { code, stderr } = await command(['data', 'compare', 'binance:TESTUSDT:1h', 'kraken:TESTUSD:4h'], store.dir)
    expect(code).toBe(2)
    expect(stderr).toMatch(/have different intervals; resample the finer one first/)
  })
})

import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { BarBatch, Hole } from '../../../src/data/collect/batch.ts'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { certify, importFiles, type Store } from '../../../src/data/index.ts'
import { scratch } from '../../cli/klinelab.ts'
import { HOUR, NOW, plainCsv, START, TEST } from '../klines.ts'
import { at, batchOf, closesOf, emptyStore, hourBar, hours } from './bars.ts'

const hole = (from: number, to: number, cause: Hole['cause'] = 'unexplained'): Hole => ({
  start: at(from),
  end: at(to),
  bars: to - from,
  cause,
  because: `said so of ${cause}`,
})

describe('holes', () => {
  test('are cut by the bars that come in, by whoever brings them', async () => {
    const store = await emptyStore()
    const asked = { from: at(-5), to: at(30), holes: [hole(-5, 0, 'not-listed'), hole(4, 20), hole(22, 30, 'outage')] }
    const bars = hours(0, 22).filter((_, k) => k < 4 || k >= 20)
    const { manifest } = await storeBars(store, TEST, batchOf(bars, { asked }))
    expect(manifest.holes).toEqual(asked.holes)
    const later = await storeBars(store, TEST, batchOf([hourBar(6), hourBar(19)]))
    expect(later.manifest.holes).toEqual([hole(-5, 0, 'not-listed'), hole(4, 6), hole(7, 19), hole(22, 30, 'outage')])
    expect(later.manifest.gaps.map(({ start, end }) => [start, end])).toEqual([
      [at(4), at(6)],
      [at(7), at(19)],
    ])
    const csv = plainCsv(Array.from({ length: 12 }, (_, k) => [at(7 + k), '1', '2', '0.5', '1', '0']))
    const cwd = scratch({ 'bars.csv': csv })
    await importFiles(store, [join(cwd, 'bars.csv')], TEST, { now: NOW })
    expect((await store.manifest(TEST))!.holes).toEqual([hole(-5, 0, 'not-listed'), hole(4, 6), hole(22, 30, 'outage')])
  })

  test('what was known of a stretch is replaced when it is asked for again, and what touches and says the same is one', async () => {
    const store = await emptyStore()
    const ask = (from: number, to: number, holes: Hole[]): Partial<BarBatch> => ({
      asked: { from: at(from), to: at(to), holes },
    })
    await storeBars(store, TEST, batchOf([hourBar(0), hourBar(40)], ask(0, 41, [hole(1, 40)])))
    const { manifest } = await storeBars(store, TEST, batchOf([], ask(10, 20, [hole(10, 20, 'outage')])))
    expect(manifest.holes).toEqual([hole(1, 10), hole(10, 20, 'outage'), hole(20, 40)])
    const joined = await storeBars(store, TEST, batchOf([], ask(10, 25, [hole(10, 15), hole(15, 25)])))
    expect(joined.manifest.holes).toEqual([hole(1, 40)])
  })

  test('may be all that is known of a series, which is then listed without bars', async () => {
    const store = await emptyStore()
    const asked = { from: at(0), to: at(10), holes: [hole(0, 10, 'not-listed')] }
    await storeBars(store, TEST, batchOf([], { asked }))
    expect(await store.list()).toMatchObject([{ rows: 0, files: [], from: at(0), to: at(0), holes: asked.holes }])
    await expect(store.load(TEST)).rejects.toThrow(/has no bars/)
    await storeBars(store, TEST, batchOf(hours(10, 3)))
    expect(await store.list()).toMatchObject([{ rows: 3, from: at(10), to: at(13), holes: asked.holes }])
  })

  test('of random answers are exactly where no bar is', async () => {
    const hour = fc.nat(59)
    const step = fc.record({ bars: fc.array(hour, { maxLength: 15 }), asked: fc.option(fc.tuple(hour, hour)) })
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 4 }), async (steps) => {
        const store = await emptyStore()
        const [known, absent] = [new Set<number>(), new Set<number>()]
        for (const { bars, asked } of steps) {
          const [from, to] = asked === null ? [0, 0] : [Math.min(...asked), Math.max(...asked) + 1]
          for (const k of bars) known.add(k)
          const holes: Hole[] = []
          for (let k = from; k < to; k++) {
            absent.add(k)
            if (!known.has(k)) holes.push(hole(k, k + 1))
          }
          for (const k of known) absent.delete(k)
          if (bars.length === 0 && holes.length === 0) continue
          const batch = batchOf(
            bars.map((k) => hourBar(k)),
            asked === null ? {} : { asked: { from: at(from), to: at(to), holes } },
          )
          const { manifest } = await storeBars(store, TEST, batch)
          const listed = (manifest.holes ?? []).flatMap(({ start, end }) =>
            Array.from({ length: (end - start) / HOUR }, (_, k) => (start - START) / HOUR + k),
          )
          expect(listed).toEqual([...absent].sort((a, b) => a - b))
          expect(manifest.rows).toBe(known.size)
        }
      }),
      { numRuns: 8 },
    )
  })
})

describe('bars that are made', () => {
  const fill = [
    { start: at(3), end: at(6) },
    { start: at(8), end: at(9) },
  ]
  const told = [0, 1, 2, 6, 7, 9].map((k) => hourBar(k))

  async function filled(): Promise<Store> {
    const store = await emptyStore()
    await storeBars(store, TEST, batchOf(told, { asked: { from: at(0), to: at(10), holes: [hole(3, 6), hole(8, 9)] } }))
    const { made, added } = await storeBars(store, TEST, batchOf([], { fill }))
    expect([made, added]).toEqual([4, 0])
    return store
  }

  test('stand flat at the last close, without volume, and are marked; the hole stays a hole, the gap is none', async () => {
    const store = await filled()
    const { open, high, low, close, volume, length } = await store.load(TEST)
    expect(length).toBe(10)
    for (const [k, price] of [
      [3, 102.02],
      [4, 102.02],
      [5, 102.02],
      [8, 100.07],
    ] as const)
      expect([open[k], high[k], low[k], close[k], volume[k]]).toEqual([price, price, price, price, 0])
    expect([volume[2], volume[6]]).toEqual([2.125, 6.125])
    const manifest = await store.manifest(TEST)
    expect(manifest).toMatchObject({ rows: 10, gaps: [], holes: [hole(3, 6), hole(8, 9)] })
    expect(manifest!.made).toEqual([
      { start: at(3), end: at(6), bars: 3 },
      { start: at(8), end: at(9), bars: 1 },
    ])
    expect(manifest!.origins).toEqual([{ origin: 'api.test', from: at(0), to: at(10), rows: 6, at: NOW }])
    // again makes nothing more
    expect(await storeBars(store, TEST, batchOf([], { fill }))).toMatchObject({ made: 0, manifest })
  })

  test('give way to a real one without a word, and those behind it stand at its close', async () => {
    const store = await filled()
    const { added, revised, manifest } = await storeBars(store, TEST, batchOf([hourBar(4)]))
    expect([added, revised]).toEqual([1, []])
    expect(manifest.made).toEqual([3, 5, 8].map((k) => ({ start: at(k), end: at(k + 1), bars: 1 })))
    expect(manifest.holes).toEqual([3, 5, 8].map((k) => hole(k, k + 1)))
    expect((await closesOf(store)).slice(2, 7)).toEqual([102.02, 102.02, 104.04, 104.04, 106.06])
  })

  test('give way to an import too', async () => {
    const store = await filled()
    const cwd = scratch({ 'bars.csv': plainCsv([[at(8), '101.25', '102', '100.5', '101.5', '8']]) })
    await importFiles(store, [join(cwd, 'bars.csv')], TEST, { now: NOW })
    expect((await store.manifest(TEST))!.made).toEqual([{ start: at(3), end: at(6), bars: 3 }])
    expect((await closesOf(store))[8]).toBe(101.5)
  })

  test('follow the close before them when it is revised, across the end of a month too', async () => {
    const store = await emptyStore()
    const january = 31 * 24
    const span = { start: at(january - 2), end: at(january + 3) }
    await storeBars(store, TEST, batchOf([hourBar(0), hourBar(january - 3), hourBar(january + 3)]))
    await storeBars(store, TEST, batchOf([], { fill: [span] }))
    const close = Number(hourBar(january - 3).close)
    expect((await closesOf(store)).slice(2, 7)).toEqual(Array(5).fill(close))
    await storeBars(store, TEST, batchOf([hourBar(january - 3, { close: '106.5' })]))
    expect((await closesOf(store)).slice(1, 7)).toEqual(Array(6).fill(106.5))
    expect((await certify(store, TEST)).faults).toEqual([])
  })

  test('cannot be made ahead of the first bar, and are made behind the last', async () => {
    const store = await emptyStore()
    const spans = [
      { start: at(0), end: at(2) },
      { start: at(3), end: at(5) },
    ]
    const { made, manifest } = await storeBars(store, TEST, batchOf([hourBar(2)], { fill: spans }))
    expect(made).toBe(2)
    expect(manifest).toMatchObject({ from: at(2), to: at(5), rows: 3 })
  })
})

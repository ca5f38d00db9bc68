import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barsBetween, INTERVALS, intervalMs } from '../../../src/core/interval.ts'
import { parseSeries } from '../../../src/core/series.ts'
import { type BarBatch, type Hole, PORTION_ROWS } from '../../../src/data/collect/batch.ts'
import { addBar, cutStretch, storeBars } from '../../../src/data/collect/store-bars.ts'
import { certify, DataError, importFiles, openStore, resampleSeries, type Store } from '../../../src/data/index.ts'
import { RowBuffer } from '../../../src/data/rows.ts'
import { scratch } from '../../cli/klinelab.ts'
import { HOUR, NOW, plainCsv, START, TEST } from '../klines.ts'
import { batchOf, filesOf, hourBar, hours, UNTOLD } from './bars.ts'

const emptyStore = () => openStore(join(scratch(), 'store'))
const at = (k: number) => START + k * HOUR
const hole = (from: number, to: number, cause: Hole['cause'] = 'unexplained'): Hole => ({
  start: at(from),
  end: at(to),
  bars: to - from,
  cause,
  because: `said so of ${cause}`,
})

async function closesOf(store: Store): Promise<number[]> {
  return Array.from((await store.load(TEST)).close)
}

describe('a bar on its way into a buffer', () => {
  test('keeps every digit, also where a double has no room for them', () => {
    const rows = new RowBuffer(1)
    addBar(rows, hourBar(0, { open: '0.1', volume: '9007199254740991.00000001', close: '100.000000010', low: '1e-8' }))
    addBar(rows, hourBar(1, { ...UNTOLD, quoteVolume: '302889.3015299149' }))
    expect(rows.text('open', 0)).toBe('0.1')
    expect(rows.text('volume', 0)).toBe('9007199254740991.00000001')
    expect(rows.text('close', 0)).toBe('100.00000001')
    expect(rows.text('low', 0)).toBe('0.00000001')
    expect(rows.trades[0]).toBe(0)
    // sums of products may be finer than the store's unit, and are cut there
    expect(rows.text('quoteVolume', 1)).toBe('302889.30152991')
    expect([rows.trades[1], rows.decimals.takerBase.whole[1], rows.closeTime[1]]).toEqual([NaN, NaN, NaN])
    expect(rows.length).toBe(2)
  })

  test.each([
    ['open', '1,5', 'is not a plain decimal number'],
    ['high', '', 'is empty'],
    ['low', '-1', 'is negative'],
    ['close', '1.123456789', 'has more than 8 decimals'],
    ['volume', '١٢', 'is not a plain decimal number'],
    ['volume', 'NaN', 'is not a plain decimal number'],
    ['volume', '9'.repeat(17), 'is too large'],
    ['takerBase', '1'.repeat(65), 'is too long'],
    ['trades', 1.5, 'is not a count'],
    ['trades', -1, 'is not a count'],
  ])('whose %s is %j is refused by name', (field, value, reason) => {
    const rows = new RowBuffer(1)
    const error = expect(() => addBar(rows, hourBar(3, { [field]: value })))
    error.toThrow(DataError)
    error.toThrow(`the bar of 2024-01-01T03:00:00.000Z: ${field} "${value}" ${reason}`)
    expect(rows.length).toBe(0)
  })
})

describe('bars of a venue in the store', () => {
  test('are the bytes that an import of the same bars makes', async () => {
    const bars = hours(700, 100, UNTOLD)
    const rows = bars.map(({ openTime, open, high, low, close, volume }) => [openTime, open, high, low, close, volume])
    const file = join(scratch({ 'bars.csv': plainCsv(rows as [number, ...string[]][]) }), 'bars.csv')
    const [imported, collected] = [await emptyStore(), await emptyStore()]
    const { manifest } = await importFiles(imported, [file], TEST, { now: NOW })
    const stored = await storeBars(collected, TEST, batchOf(bars))
    expect(stored).toMatchObject({ added: 100, known: 0, revised: [], made: 0 })
    expect(stored.manifest.files).toEqual(manifest.files)
    expect(stored.manifest).toMatchObject({ rows: 100, sources: [], duplicates: 0, gaps: [] })
    expect(stored.manifest.origins).toEqual([{ origin: 'api.test', from: at(700), to: at(800), rows: 100, at: NOW }])
    // and a series that was only imported says nothing of collecting
    expect(Object.keys(manifest)).toEqual([
      'format', 'series', 'rows', 'from', 'to', 'priceDecimals', 'gaps', 'outages', 'duplicates', 'unfinished', 'skipped', 'sources', 'files',
    ]) // biome-ignore format: a list of words
    expect((await certify(collected, TEST)).faults).toEqual([])
  })

  test('that are there already change nothing: no file is written', async () => {
    const store = await emptyStore()
    await storeBars(store, TEST, batchOf(hours(0, 50)))
    const folder = join(store.dir, 'binance', 'TESTUSDT', '1h')
    const written = () => [statSync(join(folder, 'manifest.json')).ino, statSync(folder).mtimeMs]
    const [before, when] = [filesOf(store.dir), written()]
    const asked = { from: at(10), to: at(20), holes: [] }
    const again = await storeBars(
      store,
      TEST,
      batchOf(hours(10, 20), { origin: 'another.host', at: NOW + HOUR, asked }),
    )
    expect(again).toMatchObject({ added: 0, known: 20, revised: [] })
    expect(filesOf(store.dir)).toEqual(before)
    expect(written()).toEqual(when)
  })

  test('in any order and overlap are the bytes of one answer with all of them', async () => {
    const truth = hours(650, 200).filter((_, k) => k % 17 !== 3)
    const whole = await emptyStore()
    await storeBars(whole, TEST, batchOf(truth))
    const expected = filesOf(whole.dir)
    const piece = fc.tuple(fc.nat(truth.length - 1), fc.integer({ min: 1, max: 120 }), fc.boolean(), fc.boolean())
    await fc.assert(
      fc.asyncProperty(fc.array(piece, { minLength: 1, maxLength: 4 }), fc.nat(), async (pieces, turn) => {
        const store = await emptyStore()
        const parts = pieces.map(([from, count, isReversed, knowsLittle]) => {
          const bars = truth.slice(from, from + count)
          const told = knowsLittle ? bars.map((bar) => ({ ...bar, ...UNTOLD })) : bars
          return isReversed ? told.toReversed() : told
        })
        // whatever the pieces left out comes as one more, somewhere among them
        parts.splice(turn % (parts.length + 1), 0, truth)
        for (const bars of parts) await storeBars(store, TEST, batchOf(bars))
        expect(filesOf(store.dir)).toEqual(expected)
      }),
      { numRuns: 8 },
    )
  })

  test('stated otherwise later replace exactly themselves, and are listed', async () => {
    const store = await emptyStore()
    await storeBars(store, TEST, batchOf(hours(0, 300)))
    const told = new Map(hours(0, 300).map((bar) => [bar.openTime, Number(bar.close)]))
    let revisions = 0
    await fc.assert(
      fc.asyncProperty(fc.nat(299), fc.integer({ min: 1, max: 99 }), async (k, cents) => {
        const close = `${100 + (k % 7)}.${String(cents).padStart(2, '0')}`
        const was = told.get(at(k))
        const { revised, manifest, added } = await storeBars(store, TEST, batchOf([hourBar(k, { close })]))
        const isAnother = was !== Number(close)
        told.set(at(k), Number(close))
        revisions += isAnother ? 1 : 0
        expect(added).toBe(0)
        expect(revised).toEqual(
          isAnother
            ? [
                {
                  openTime: at(k),
                  field: 'close',
                  was: String(was),
                  is: String(Number(close)),
                  origin: 'api.test',
                  at: NOW,
                },
              ]
            : [],
        )
        expect([manifest.revisions ?? 0, manifest.revised?.length ?? 0]).toEqual([revisions, revisions])
        expect(await closesOf(store)).toEqual([...told.values()])
      }),
      { numRuns: 8 },
    )
  })

  test('beyond a thousand revisions the oldest are only counted', async () => {
    const store = await emptyStore()
    await storeBars(store, TEST, batchOf(hours(0, 1200)))
    await storeBars(store, TEST, batchOf(hours(0, 700, { volume: '1' })))
    const { manifest } = await storeBars(store, TEST, batchOf(hours(700, 500, { volume: '2' })))
    // of the first, the hour whose volume was not another is none: 1.125 is never 1
    expect(manifest.revisions).toBe(1200)
    expect(manifest.revised).toHaveLength(1000)
    expect(manifest.revised![0]).toMatchObject({ openTime: at(200), field: 'volume', was: '200.125', is: '1' })
    expect(manifest.revised!.at(-1)).toMatchObject({ openTime: at(1199), was: '1199.125', is: '2' })
  })

  test('have gaps across the ends of months, whichever month is written', async () => {
    const store = await emptyStore()
    const [february, march] = [31 * 24, 60 * 24]
    await storeBars(store, TEST, batchOf([hourBar(february - 3), hourBar(march + 2)]))
    const { manifest } = await storeBars(store, TEST, batchOf([hourBar(february + 1), hourBar(february + 2)]))
    expect(manifest.gaps).toEqual([
      { start: at(february - 2), end: at(february + 1), bars: 3 },
      { start: at(february + 3), end: at(march + 2), bars: march - february - 1 },
    ])
    expect((await certify(store, TEST)).faults).toEqual([])
  })

  test('many series at once within a process: each is whole', async () => {
    const store = await emptyStore()
    const names = Array.from({ length: 12 }, (_, k) => parseSeries(`binance:T${k}USDT:1h`))
    await Promise.all(
      names.flatMap((series) => [0, 30].map((from) => storeBars(store, series, batchOf(hours(from, 40))))),
    )
    expect((await store.list()).map(({ rows, gaps }) => [rows, gaps.length])).toEqual(names.map(() => [70, 0]))
  })
})

describe('bars that cannot be', () => {
  test.each([
    [hourBar(2, { high: '101.5' }), 'open "102.25" is above the high 101.5'],
    [hourBar(2, { openTime: at(2) + 60_000 }), 'is off the 1h grid'],
    [hourBar(2, { openTime: NOW + HOUR, closeTime: Number.NaN }), 'lies in the future'],
    [hourBar(2, { close: '0', low: '0' }), 'low "0" is not above 0'],
    [hourBar(2, { closeTime: at(4) }), 'is later than a 1h bar ends'],
  ])('are named, and the store is as it was: %#', async (bar, reason) => {
    const store = await emptyStore()
    await storeBars(store, TEST, batchOf(hours(0, 2)))
    const before = filesOf(store.dir)
    const error = await storeBars(store, TEST, batchOf([hourBar(3), bar])).catch((thrown: Error) => thrown)
    expect(error).toBeInstanceOf(DataError)
    const when = new Date(bar.openTime).toISOString()
    expect((error as Error).message).toMatch(`binance:TESTUSDT:1h, from api.test: the bar of ${when} cannot be`)
    expect((error as Error).message).toMatch(reason)
    expect(filesOf(store.dir)).toEqual(before)
  })

  test('two that contradict each other in one answer are no revision', async () => {
    const store = await emptyStore()
    const both = batchOf([hourBar(1), hourBar(1, { close: '101.9' })])
    await expect(storeBars(store, TEST, both)).rejects.toThrow(
      'two different rows for 2024-01-01T01:00:00.000Z: api.test row 1 has close 101.01, api.test row 2 has 101.9',
    )
    expect(await store.list()).toEqual([])
  })

  test('an import by hand that says otherwise than a venue is still an error', async () => {
    const store = await emptyStore()
    await storeBars(store, TEST, batchOf(hours(0, 5)))
    const file = join(
      scratch({ 'bars.csv': plainCsv([[at(1), '101.25', '102', '100.5', '101.5', '1.125']]) }),
      'bars.csv',
    )
    await expect(importFiles(store, [file], TEST, { now: NOW })).rejects.toThrow(/two different rows.*stored 2024-01/)
  })
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

describe('portions', () => {
  test('cover a stretch without overlap, none is too large, and they end where months end', () => {
    const time = fc.integer({ min: Date.UTC(2012, 0), max: Date.UTC(2032, 0) })
    fc.assert(
      fc.property(fc.constantFrom(...INTERVALS), time, fc.nat(intervalMs('1w') * 200), (interval, from, length) => {
        const portions = cutStretch({ from, to: from + length }, interval)
        let next = from
        for (const portion of portions) {
          expect(portion.from).toBe(next)
          expect(portion.to).toBeGreaterThan(portion.from)
          expect(barsBetween(portion.from, portion.to, interval)).toBeLessThanOrEqual(PORTION_ROWS)
          next = portion.to
          if (next < from + length) expect(new Date(next).toISOString()).toMatch(/-01T00:00:00.000Z$/)
        }
        expect(next).toBe(from + length)
      }),
    )
    const years = cutStretch({ from: Date.UTC(2020, 0), to: Date.UTC(2024, 0) }, '1h')
    expect(years).toEqual([{ from: Date.UTC(2020, 0), to: Date.UTC(2024, 0) }])
  })
})

test('an archive file is a source once, also when it has become another one', async () => {
  const store = await emptyStore()
  const source = (sha256: string) => ({ name: 'TESTUSDT-1h-2024-01.zip', sha256, rows: 10 })
  const skipped = [
    { file: 'TESTUSDT-1h-2024-01.zip', row: 3, field: 'openTime', value: '1', reason: 'is off the grid' },
  ]
  const first = await storeBars(store, TEST, batchOf(hours(0, 10), { source: source('a'.repeat(64)), skipped }))
  expect(first.manifest).toMatchObject({ sources: [source('a'.repeat(64))], skipped })
  expect(first.manifest.origins).toBe(undefined)
  const again = await storeBars(store, TEST, batchOf(hours(0, 10), { source: source('a'.repeat(64)), skipped }))
  expect(again.manifest).toEqual(first.manifest)
  const other = await storeBars(store, TEST, batchOf(hours(0, 10), { source: source('b'.repeat(64)), skipped }))
  expect(other.manifest.sources).toEqual([source('b'.repeat(64))])
})

test('a collected series is not overwritten by a resampled one', async () => {
  const store = await emptyStore()
  await storeBars(store, TEST, batchOf(hours(0, 48)))
  const fourHours = parseSeries('binance:TESTUSDT:4h')
  await resampleSeries(store, TEST, '4h')
  const bar = hourBar(48, { closeTime: Number.NaN })
  await storeBars(store, fourHours, batchOf([bar]))
  await expect(resampleSeries(store, TEST, '4h')).rejects.toThrow(/in the store already, imported from api\.test/)
})

test('a manifest of before these facts were kept is read, and goes on', async () => {
  const cwd = scratch({ 'bars.csv': plainCsv([[at(0), '1', '2', '0.5', '1', '0']]) })
  const store = await openStore(join(cwd, 'store'))
  await importFiles(store, [join(cwd, 'bars.csv')], TEST, { now: NOW })
  const file = join(store.dir, 'binance', 'TESTUSDT', '1h', 'manifest.json')
  const old = JSON.parse(filesOf(store.dir)['binance/TESTUSDT/1h/manifest.json']!) as Record<string, unknown>
  for (const key of ['holes', 'made', 'revised', 'revisions', 'origins']) expect(old[key]).toBe(undefined)
  writeFileSync(file, JSON.stringify(old))
  const { manifest } = await storeBars(store, TEST, batchOf([hourBar(1)]))
  expect(manifest).toMatchObject({
    format: 1,
    rows: 2,
    sources: old['sources'],
    origins: [{ origin: 'api.test', rows: 1 }],
  })
})

import { statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { barsBetween, INTERVALS, intervalMs } from '../../../src/core/interval.ts'
import { parseSeries } from '../../../src/core/series.ts'
import { PORTION_ROWS } from '../../../src/data/collect/batch.ts'
import { addBar, cutStretch, storeBars } from '../../../src/data/collect/store-bars.ts'
import { certify, DataError, importFiles, openStore, resampleSeries } from '../../../src/data/index.ts'
import { RowBuffer } from '../../../src/data/rows.ts'
import { scratch } from '../../cli/klinelab.ts'
import { HOUR, NOW, plainCsv, TEST } from '../klines.ts'
import { at, batchOf, closesOf, emptyStore, filesOf, hourBar, hours, UNTOLD } from './bars.ts'

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

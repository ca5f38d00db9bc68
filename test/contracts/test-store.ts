import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Bars } from '../../src/core/bar.ts'
import { parseSeries, type Series, seriesName } from '../../src/core/series.ts'
import { DataError, NotFoundError, type SeriesManifest, type Store } from '../../src/data/index.ts'

/** A store with nothing of `kraken` in it (other series may be there), and the way in. */
export interface StoreUnderTest {
  readonly store: Store
  /** Stores klines given as a CSV with a header; refuses with a DataError what it does not take. */
  put(series: Series, csv: string): Promise<{ readonly added: number; readonly duplicates: number }>
}

const SERIES = parseSeries('kraken:TESTUSD:1h')
const HOUR = 3_600_000
/** Four hours before a month ends, so that the bars of most tests lie in two months. */
const START = Date.UTC(2024, 0, 31, 20)
const FIELDS = ['open', 'high', 'low', 'close', 'volume'] as const

/** Hours after START → a CSV; the open is 100 + the hour, so that every bar is known by its open. */
function hours(...numbers: number[]): string {
  const rows = numbers.map((n) => [START + n * HOUR, 100 + n, 101 + n, 99 + n, 100.5 + n, n + 1].join(','))
  return `open_time,open,high,low,close,volume\n${rows.join('\n')}\n`
}

const from = (first: number, count: number) => Array.from({ length: count }, (_, k) => first + k)
const opens = (bars: Bars) => [...bars.open].map((open) => open - 100)

/** What every implementation of `Store` must do, however it keeps its rows. */
export function testStore(name: string, makeStore: () => Promise<StoreUnderTest>): void {
  describe(`${name} keeps the contract of a store`, () => {
    test('a series that is not there is null, and an error that says how to import it', async () => {
      const { store, put } = await makeStore()
      expect(await store.manifest(SERIES)).toBe(null)
      const error = await store.load(SERIES).catch((problem: Error) => problem)
      expect(error).toBeInstanceOf(NotFoundError)
      expect((error as Error).message).toContain('kraken:TESTUSD:1h is not in the store')
      expect((error as Error).message).toContain('klinelab data import PATH --as kraken:TESTUSD:1h')
      await put(parseSeries('kraken:TESTUSDT:1h'), hours(0, 1, 2))
      await expect(store.load(SERIES)).rejects.toThrow('did you mean "kraken:TESTUSDT:1h"')
    })

    test('columns are the doubles nearest to the decimals that were put, oldest first', async () => {
      const price = fc.tuple(fc.integer({ min: 1, max: 9_999_999 }), fc.integer({ min: 0, max: 99_999_999 }))
      const volume = fc.tuple(
        fc.oneof(fc.nat(9_999_999_999), fc.nat(Number.MAX_SAFE_INTEGER)),
        fc.integer({ min: 0, max: 99_999_999 }),
      )
      const text = ([whole, fraction]: [number, number]) => `${whole}.${String(fraction).padStart(8, '0')}`
      await fc.assert(
        fc.asyncProperty(fc.array(fc.tuple(price, volume), { minLength: 1, maxLength: 40 }), async (rows) => {
          const { store, put } = await makeStore()
          const texts = rows.map(([p, v]) => ({ price: text(p), volume: text(v) }))
          const lines = texts.map((one, k) =>
            [START + k * HOUR, one.price, one.price, one.price, one.price, one.volume].join(','),
          )
          await put(SERIES, `time,open,high,low,close,volume\n${lines.join('\n')}\n`)
          const bars = await store.load(SERIES)
          expect(bars.length).toBe(rows.length)
          for (const field of ['openTime', ...FIELDS] as const) {
            expect(bars[field]).toBeInstanceOf(Float64Array)
            expect(bars[field].length).toBe(rows.length)
          }
          expect([...bars.openTime]).toEqual(texts.map((_, k) => START + k * HOUR))
          for (const field of ['open', 'high', 'low', 'close'] as const)
            expect([...bars[field]]).toEqual(texts.map((one) => Number(one.price)))
          expect([...bars.volume]).toEqual(texts.map((one) => Number(one.volume)))
        }),
        { numRuns: 15 },
      )
    })

    test('a range has its beginning and not its end; bars ahead of it are counted over gaps and months', async () => {
      const { store, put } = await makeStore()
      await put(SERIES, hours(0, 1, 2, 3, 4, 7, 8, 9))
      const at = (n: number) => START + n * HOUR
      const load = async (range: Parameters<Store['load']>[1]) => opens(await store.load(SERIES, range))
      expect(await load({})).toEqual([0, 1, 2, 3, 4, 7, 8, 9])
      expect(await load({ from: at(2), to: at(7) })).toEqual([2, 3, 4])
      expect(await load({ from: at(2) + 1, to: at(7) + 1 })).toEqual([3, 4, 7])
      expect(await load({ to: at(1) })).toEqual([0])
      expect(await load({ from: at(9) })).toEqual([9])
      expect(await load({ from: at(7), to: at(8), before: 2 })).toEqual([3, 4, 7])
      expect(await load({ from: at(5), before: 1 })).toEqual([4, 7, 8, 9])
      expect(await load({ from: at(8), before: 1000 })).toEqual([0, 1, 2, 3, 4, 7, 8, 9])
      expect(await load({ from: at(0) - 5, before: 3, to: at(1) })).toEqual([0])
      expect(await load({ from: at(3), to: at(4), before: 0 })).toEqual([3])
    })

    test('a range without bars is an error that names it and what there is', async () => {
      const { store, put } = await makeStore()
      await put(SERIES, hours(0, 1, 2, 3, 4, 7))
      for (const [a, b] of [
        [5, 7],
        [8, 20],
        [-5, 0],
      ]) {
        const range = { from: START + a! * HOUR, to: START + b! * HOUR }
        const error = await store.load(SERIES, range).catch((problem: Error) => problem)
        expect(error).toBeInstanceOf(NotFoundError)
        for (const time of [range.from, range.to, START, START + 8 * HOUR])
          expect((error as Error).message).toContain(new Date(time).toISOString())
      }
      // bars ahead of an empty range do not fill it
      await expect(store.load(SERIES, { from: START + 8 * HOUR, before: 3 })).rejects.toThrow(NotFoundError)
    })

    test('the manifest counts rows, range and gaps', async () => {
      const { store, put } = await makeStore()
      await put(SERIES, hours(0, 1, 4, 5, 9))
      const { series, rows, from: first, to, gaps, priceDecimals } = (await store.manifest(SERIES))!
      expect({ series, rows, first, to, priceDecimals }).toEqual({
        series: 'kraken:TESTUSD:1h',
        rows: 5,
        first: START,
        to: START + 10 * HOUR,
        priceDecimals: 1,
      })
      expect(gaps).toEqual([
        { start: START + 2 * HOUR, end: START + 4 * HOUR, bars: 2 },
        { start: START + 6 * HOUR, end: START + 9 * HOUR, bars: 3 },
      ])
    })

    test('what is put again changes nothing', async () => {
      const { store, put } = await makeStore()
      await put(SERIES, hours(...from(0, 10)))
      const before = await store.manifest(SERIES)
      expect(await put(SERIES, hours(...from(0, 10)))).toMatchObject({ added: 0, duplicates: 10 })
      expect(await store.manifest(SERIES)).toEqual(before)
      expect(opens(await store.load(SERIES))).toEqual(from(0, 10))
    })

    test('what is put later extends, before, behind and into gaps, in whatever order', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1, maxLength: 40 }),
          fc.infiniteStream(fc.integer({ min: 0, max: 3 })),
          async (numbers, pick) => {
            const { store, put } = await makeStore()
            const parts: number[][] = [[], [], [], []]
            for (const n of numbers) parts[pick.next().value as number]!.push(n)
            for (const part of parts) if (part.length > 0) await put(SERIES, hours(...part.toSorted((a, b) => a - b)))
            const all = numbers.toSorted((a, b) => a - b)
            expect(opens(await store.load(SERIES))).toEqual(all)
            const manifest = (await store.manifest(SERIES))!
            expect(manifest.rows).toBe(all.length)
            const missing = manifest.gaps.flatMap((gap) => from((gap.start - START) / HOUR, gap.bars))
            expect(missing).toEqual(from(all[0]!, all.at(-1)! - all[0]! + 1).filter((n) => !all.includes(n)))
          },
        ),
        { numRuns: 8 },
      )
    })

    test('overlapping rows that say the same are dropped and counted', async () => {
      const { store, put } = await makeStore()
      await put(SERIES, hours(...from(0, 8)))
      expect(await put(SERIES, hours(...from(5, 8)))).toMatchObject({ added: 5, duplicates: 3 })
      expect(opens(await store.load(SERIES))).toEqual(from(0, 13))
      expect((await store.manifest(SERIES))!.duplicates).toBe(3)
    })

    test.each(FIELDS)(
      'a row with another %s is refused, both rows are named, and nothing has changed',
      async (field) => {
        const { store, put } = await makeStore()
        await put(SERIES, hours(...from(0, 6)))
        const before: SeriesManifest | null = await store.manifest(SERIES)
        const other = hours(4, 5, 6).split('\n')
        const cells = other[2]!.split(',')
        const column = FIELDS.indexOf(field) + 1
        const old = cells[column]!
        // a step that leaves the bar possible
        cells[column] = String(Number(old) + { open: 0.25, high: 0.25, low: -0.25, close: 0.25, volume: 1 }[field])
        other[2] = cells.join(',')
        const error = await put(SERIES, other.join('\n')).catch((problem: Error) => problem)
        expect(error).toBeInstanceOf(DataError)
        const { message } = error as Error
        // it is the second bar of February: 31 January 20:00 + 5 h
        expect(message).toContain('2024-02-01T01:00:00.000Z')
        expect(message).toMatch(new RegExp(`row 2 has ${field} ${old}.*row 3 has ${cells[column]}`))
        expect(await store.manifest(SERIES)).toEqual(before)
        expect(opens(await store.load(SERIES))).toEqual(from(0, 6))
      },
    )

    test('series are listed by name, each once, and do not disturb each other', async () => {
      const { store, put } = await makeStore()
      const names = ['kraken:TESTUSD:1h', 'kraken:ATEST:1h', 'kraken:TESTUSD:1m', 'kraken:TESTUSD:1M']
      const month = `time,open,high,low,close,volume\n${Date.UTC(2024, 0, 1)},5,5,5,5,1\n`
      for (const one of names) await put(parseSeries(one), one.endsWith('1M') ? month : hours(0, 1, 2))
      const listed = (await store.list()).map((manifest) => manifest.series)
      expect(listed).toEqual(listed.toSorted())
      expect(listed.filter((one) => one.startsWith('kraken'))).toEqual(names.toSorted())
      expect((await store.load(parseSeries('kraken:TESTUSD:1M'))).open).toEqual(Float64Array.of(5))
      expect((await store.load(parseSeries('kraken:TESTUSD:1m'))).length).toBe(3)
    })

    test('loads that run side by side give what each gives alone', async () => {
      const { store, put } = await makeStore()
      const all = ['A', 'B', 'C'].map((letter) => parseSeries(`kraken:TEST${letter}:1h`))
      for (const [k, series] of all.entries()) await put(series, hours(...from(k, 700 + k)))
      const together = await Promise.all([...all, ...all].map((series) => store.load(series)))
      for (const [k, bars] of together.entries()) {
        expect(seriesName(bars.series)).toBe(seriesName(all[k % 3]!))
        expect(opens(bars)).toEqual(from(k % 3, 700 + (k % 3)))
      }
    })
  })
}

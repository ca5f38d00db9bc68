import { createHash } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { closeTimeOf, DAY } from '../../../src/core/interval.ts'
import { parseSeries, type Series } from '../../../src/core/series.ts'
import { type ArchiveOptions, fetchArchive, fetchFundingArchive } from '../../../src/data/collect/archive.ts'
import type { ArchiveHttp } from '../../../src/data/collect/archive-files.ts'
import { openArchiveHttp } from '../../../src/data/collect/archive-http.ts'
import type { BarBatch, Stretch } from '../../../src/data/collect/batch.ts'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { VenueError } from '../../../src/data/http/venue-error.ts'
import { DataError, openStore } from '../../../src/data/index.ts'
import type { DecimalField } from '../../../src/data/rows.ts'
import { scratch } from '../../cli/klinelab.ts'
import { fundingAt } from '../../servers/binance-wire.ts'
import { Truth } from '../../servers/truth.ts'
import { startVenueServer } from '../../servers/venue-server.ts'
import { dump, dumpRow, HOUR, zipOf } from '../klines.ts'
import { isRecorded, recorded } from '../recorded.ts'

const BTC = parseSeries('binance:BTCUSDT:1h')
const [MARCH, APRIL, MAY, JUNE] = [2, 3, 4, 5].map((month) => Date.UTC(2024, month)) as [number, number, number, number]
const SPRING = { from: MARCH, to: JUNE }

const server = await startVenueServer({ truth: new Truth({ seed: 7 }) })
const [NOW, FIRST] = [server.now(), new Truth({ seed: 7 })]
afterAll(() => server.close())
let truth: Truth
beforeEach(() => {
  server.fault = null
  server.now = () => NOW
  truth = server.truth
})

const http = openArchiveHttp({ origin: server.origin })

async function fetched(
  series: Series,
  stretch: Stretch,
  stored: ArchiveOptions['stored'] = null,
  more: Pick<ArchiveOptions, 'isThreaded'> = {},
) {
  const batches: (BarBatch & Stretch)[] = []
  const looked: string[] = []
  const onFile = (name: string, became: string) => void looked.push(`${became} ${name}`)
  for await (const batch of fetchArchive(series, stretch, { http, stored, now: server.now(), onFile, ...more }))
    batches.push(batch)
  return { batches, looked, sources: batches.map(({ source }) => source!) }
}

/** Every field of a batch in order, as numbers of the truth's texts. */
function barsOf(batches: readonly BarBatch[]) {
  const fields = ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'takerBase', 'takerQuote'] as const
  const number = ({ rows }: BarBatch, field: DecimalField, row: number) =>
    Number.isNaN(rows.decimals[field].whole[row]) ? Number.NaN : Number(rows.text(field, row))
  return batches.flatMap((batch) =>
    Array.from({ length: batch.rows.length }, (_, row) => [
      batch.rows.openTime[row],
      batch.rows.closeTime[row],
      batch.rows.trades[row],
      ...fields.map((field) => number(batch, field, row)),
    ]),
  )
}

function truthOf(series: Series, { from, to }: Stretch, isMark = false) {
  return truth.texts(series, from, to).map((bar) => {
    const extra = [bar.quoteVolume, bar.takerBase, bar.takerQuote].map((text) => (isMark ? Number.NaN : Number(text)))
    return [
      bar.openTime,
      closeTimeOf(bar.openTime, series.interval),
      isMark ? Number.NaN : bar.trades,
      ...[bar.open, bar.high, bar.low, bar.close, bar.volume].map(Number),
      ...extra,
    ]
  })
}

const zips = () => server.asked.filter(({ path }) => path.endsWith('.zip')).length

describe('the archive of Binance', () => {
  test('gives months, then the days of the month that is not made yet, every bar as it was, oldest first', async () => {
    const { batches, looked } = await fetched(BTC, { from: MARCH, to: JUNE + 45 * DAY })
    // it is the first of June, half a minute past midnight: neither May nor its last day is made
    expect(looked).toEqual([
      'fetched BTCUSDT-1h-2024-03.zip',
      'fetched BTCUSDT-1h-2024-04.zip',
      'absent BTCUSDT-1h-2024-05.zip',
      ...Array.from({ length: 30 }, (_, k) => `fetched BTCUSDT-1h-2024-05-${String(k + 1).padStart(2, '0')}.zip`),
      'absent BTCUSDT-1h-2024-05-31.zip',
    ])
    expect(barsOf(batches)).toEqual(truthOf(BTC, { from: MARCH, to: JUNE - DAY }))
    expect(batches[0]).toMatchObject({
      origin: 'data.binance.vision/data/spot/monthly/klines/BTCUSDT/1h/BTCUSDT-1h-2024-03.zip',
      at: NOW,
      from: MARCH,
      to: APRIL,
      source: { name: 'BTCUSDT-1h-2024-03.zip', rows: 31 * 24 },
    })
  })

  test('is not asked for files that are stored by name and hash, and gives those that have become others', async () => {
    const { sources, batches } = await fetched(BTC, { from: MARCH, to: MAY })
    const before = zips()
    const again = await fetched(BTC, { from: MARCH, to: MAY }, { ...SPRING, sources })
    expect([again.batches, again.looked]).toEqual([
      [],
      ['known BTCUSDT-1h-2024-03.zip', 'known BTCUSDT-1h-2024-04.zip'],
    ])
    expect(zips()).toBe(before)
    server.truth.revise(BTC, APRIL + 5 * HOUR)
    const revised = await fetched(BTC, { from: MARCH, to: MAY }, { ...SPRING, sources })
    expect(revised.looked).toEqual(['known BTCUSDT-1h-2024-03.zip', 'fetched BTCUSDT-1h-2024-04.zip'])
    const now = barsOf(revised.batches)
    expect(now).toEqual(truthOf(BTC, { from: APRIL, to: MAY }))
    const was = barsOf(batches.slice(1))
    expect(now.filter((bar, k) => JSON.stringify(bar) !== JSON.stringify(was[k])).map(([time]) => time)).toEqual([
      APRIL + 5 * HOUR,
    ])
    // a hash of another name is not the file's: a user's own copy must not hide it
    const renamed = sources.map((source) => ({ ...source, name: `my-${source.name}` }))
    expect((await fetched(BTC, { from: MARCH, to: APRIL }, { ...SPRING, sources: renamed })).looked).toEqual([
      'fetched BTCUSDT-1h-2024-03.zip',
    ])
  })

  test('has files revised: their bars take the place of the stored ones, each told, and the file is known by its new hash', async () => {
    const store = await openStore(join(scratch(), 'store'))
    const spring = { from: MARCH, to: MAY }
    const get = async () => {
      const { batches, looked } = await fetched(BTC, spring, await store.manifest(BTC))
      const stored = []
      for (const batch of batches) stored.push(await storeBars(store, BTC, batch))
      return { looked, stored }
    }
    const [march, april] = (await get()).stored
    expect([march!.added, april!.added, april!.revised]).toEqual([31 * 24, 30 * 24, []])
    const time = MARCH + 100 * HOUR
    server.truth.revise(BTC, time, 2)
    const { looked, stored } = await get()
    expect(looked).toEqual(['fetched BTCUSDT-1h-2024-03.zip', 'known BTCUSDT-1h-2024-04.zip'])
    expect(stored).toHaveLength(1)
    expect(stored[0]).toMatchObject({ added: 0, known: 31 * 24 - 1 })
    expect(stored[0]!.revised.map(({ openTime }) => openTime)).toEqual([time])
    expect(stored[0]!.revised[0]!.origin).toContain('2024-03.zip')
    const manifest = (await store.manifest(BTC))!
    expect(manifest.sources.map(({ name }) => name).sort()).toEqual([
      'BTCUSDT-1h-2024-03.zip',
      'BTCUSDT-1h-2024-04.zip',
    ])
    const bars = await store.load(BTC)
    const [bar] = truth.texts(BTC, time, time + HOUR)
    expect(bars.close[100]).toBe(Number(bar!.close))
    expect((await get()).stored).toEqual([])
  })

  test('gives of a file what is asked for, and the rest of it once that is', async () => {
    const store = await openStore(join(scratch(), 'store'))
    const get = async (stretch: Stretch) => {
      const { batches, looked } = await fetched(BTC, stretch, await store.manifest(BTC))
      for (const batch of batches) await storeBars(store, BTC, batch)
      return { looked, bars: barsOf(batches) }
    }
    const part = { from: MARCH + 10 * DAY + HOUR, to: APRIL + 3 * DAY }
    const first = await get(part)
    expect(first.bars).toEqual(truthOf(BTC, part))
    expect((await get(part)).looked).toEqual(['known BTCUSDT-1h-2024-03.zip', 'known BTCUSDT-1h-2024-04.zip'])
    // behind what is stored, and ahead of it: with what is stored of the file, which may be another by now
    const behind = { from: part.to, to: part.to + DAY }
    expect((await get(behind)).bars).toEqual(truthOf(BTC, { from: APRIL, to: behind.to }))
    const ahead = { from: MARCH, to: part.from }
    expect(await get(ahead)).toEqual({
      looked: ['fetched BTCUSDT-1h-2024-03.zip'],
      bars: truthOf(BTC, { from: MARCH, to: APRIL }),
    })
    expect(await store.manifest(BTC)).toMatchObject({ from: MARCH, to: behind.to, gaps: [] })
    expect((await store.manifest(BTC))!.sources).toHaveLength(2)
  })

  test('gives no bar that reaches over the end of its file: it had not ended when that was made', async () => {
    const weeks = parseSeries('binance:BTCUSDT:1w')
    const { batches } = await fetched(weeks, { from: MARCH, to: MAY })
    // the week of 2024-03-25 ends with March, that of 2024-04-29 in May
    const mondays = [4, 11, 18, 25, 32, 39, 46, 53].map((day) => Date.UTC(2024, 2, day))
    expect(batches.flatMap(({ rows }) => [...rows.openTime.subarray(0, rows.length)])).toEqual(mondays)
  })

  test('has no files of a market that was not listed; days of old months are not asked for', async () => {
    const { batches, looked } = await fetched(BTC, { from: Date.UTC(2017, 4), to: Date.UTC(2017, 8) })
    expect(looked).toEqual([
      'absent BTCUSDT-1h-2017-05.zip',
      'absent BTCUSDT-1h-2017-06.zip',
      'absent BTCUSDT-1h-2017-07.zip',
      'fetched BTCUSDT-1h-2017-08.zip',
    ])
    expect(batches).toHaveLength(1)
    expect((await fetched(parseSeries('kraken:XBTUSD:1h'), SPRING)).looked).toEqual([])
  })

  test('counts spot in µs since 2025: the bars are the same', async () => {
    server.now = () => Date.UTC(2025, 2, 2)
    const turn = { from: Date.UTC(2024, 11), to: Date.UTC(2025, 1) }
    expect(barsOf((await fetched(BTC, turn)).batches)).toEqual(truthOf(BTC, turn))
  })

  test('has mark prices of futures, in which what is no volume is not taken for one', async () => {
    const mark = parseSeries('binance-usdm:BTCUSDT@mark:1h')
    const { batches } = await fetched(mark, { from: MARCH, to: APRIL })
    expect(batches[0]!.origin).toContain('/data/futures/um/monthly/markPriceKlines/BTCUSDT/1h/BTCUSDT-1h-2024-03.zip')
    expect(barsOf(batches)).toEqual(truthOf(mark, { from: MARCH, to: APRIL }, true))
  })

  test('may hand out damaged bytes: they are asked for again, and never believed', async () => {
    const isMarch = (path: string) => path.endsWith('2024-03.zip')
    const march = { from: MARCH, to: APRIL }
    let asked = 0
    server.fault = ({ path }) => (isMarch(path) && ++asked === 1 ? { kind: 'damaged' } : null)
    expect(barsOf((await fetched(BTC, march)).batches)).toEqual(truthOf(BTC, march))
    expect(asked).toBe(2)
    server.fault = ({ path }) => (isMarch(path) ? { kind: 'damaged' } : null)
    const error = await fetched(BTC, march).catch((problem: Error) => problem)
    expect(error).toBeInstanceOf(VenueError)
    expect((error as VenueError).message).toMatch(
      /archive's file is damaged: .*2024-03\.zip has the sha256 [0-9a-f]{12}…, its CHECKSUM says [0-9a-f]{12}…; asked twice/,
    )
    expect((error as VenueError).facts).toMatchObject({ kind: 'content', venue: 'binance' })
    server.fault = ({ path }) => (path.endsWith('.CHECKSUM') ? { kind: 'html' } : null)
    await expect(fetched(BTC, march)).rejects.toThrow('does not say the hash of BTCUSDT-1h-2024-03.zip')
  })

  test('is asked again like a venue where it fails for a while', async () => {
    const nths = new Map<string, number>()
    server.fault = ({ path }) => {
      const nth = (nths.get(path) ?? 0) + 1
      nths.set(path, nth)
      return nth > 1 ? null : path.endsWith('.zip') ? { kind: 'reset' } : { kind: 'status', status: 503 }
    }
    const march = { from: MARCH, to: APRIL }
    expect(barsOf((await fetched(BTC, march)).batches)).toEqual(truthOf(BTC, march))
    expect([...nths.values()]).toEqual([2, 2])
    server.fault = () => ({ kind: 'status', status: 403 })
    await expect(fetched(BTC, march)).rejects.toThrow(/^binance: GET \/data\/spot\/monthly\/klines.*CHECKSUM: 403/)
  })

  test('is read on a thread as it is on this one', async () => {
    const mark = parseSeries('binance-usdm:BTCUSDT@mark:1h')
    for (const series of [BTC, mark]) {
      const part = { from: MARCH + 5 * HOUR, to: MAY + 3 * DAY }
      const here = await fetched(series, part, null, { isThreaded: false })
      const there = await fetched(series, part, null, { isThreaded: true })
      expect(here.batches).toHaveLength(5)
      expect(there.looked).toEqual(here.looked)
      expect(barsOf(there.batches)).toEqual(barsOf(here.batches))
      const facts = ({ batches }: typeof here) =>
        batches.map(({ rows, ...batch }) => ({
          ...batch,
          files: rows.files,
          lines: [...rows.line.subarray(0, rows.length)],
        }))
      expect(facts(there)).toEqual(facts(here))
    }
  })

  test('funding rates come by the month', async () => {
    const files = []
    for await (const file of fetchFundingArchive('BTCUSDT', SPRING, { http, now: NOW })) files.push(file)
    expect(files.map(({ name }) => name)).toEqual([
      'BTCUSDT-fundingRate-2024-03.zip',
      'BTCUSDT-fundingRate-2024-04.zip',
    ])
    const { fundingTime, fundingRate } = fundingAt(FIRST, 'BTCUSDT', APRIL)
    expect(files[1]!.csv.split('\n')[1]).toBe(`${fundingTime},8,${fundingRate}`)
  })
})

describe('a file of the archive', () => {
  const month = (csv: string, name = 'BTCUSDT-1h-2018-02.zip', isThreaded = false) => {
    const zip = zipOf({ 'BTCUSDT-1h-2018-02.csv': csv })
    const checksum = `${createHash('sha256').update(zip).digest('hex')}  ${name}\n`
    const get: ArchiveHttp['get'] = async (path) => (path.endsWith('.zip') ? zip : Buffer.from(checksum))
    return async () => {
      const stretch = { from: Date.UTC(2018, 1), to: Date.UTC(2018, 2) }
      const batches: BarBatch[] = []
      for await (const batch of fetchArchive(BTC, stretch, { http: { get }, stored: null, now: NOW, isThreaded }))
        batches.push(batch)
      return batches
    }
  }

  test.skipIf(!isRecorded)(
    'of the days when the exchange’s clock stood off the grid: those bars are left out and named',
    async () => {
      const text = readFileSync(recorded('defects/offgrid-2018-02-BTCUSDT-1h-dump.csv'), 'utf8')
      const times = text
        .trim()
        .split('\n')
        .slice(1)
        .map((line) => Date.parse(`${line.split(',')[0]!.replace(' ', 'T')}Z`))
      const onGrid = times.filter((time) => time % HOUR === 0)
      expect(onGrid.length).toBeLessThan(times.length)
      const [batch] = await month(text)()
      expect([...batch!.rows.openTime.subarray(0, batch!.rows.length)]).toEqual(onGrid)
      expect(batch!.skipped).toHaveLength(times.length - onGrid.length)
      expect(batch!.skipped![0]).toMatchObject({ field: 'openTime' })
      expect(batch!.source!.rows).toBe(times.length)
      // the rows that stay keep their own values
      const last = text.trim().split('\n').at(-1)!.split(',')
      expect(Number(batch!.rows.text('close', batch!.rows.length - 1))).toBe(Number(last[4]))
    },
  )

  test('that cannot be read says the same on a thread', async () => {
    const start = Date.UTC(2018, 1)
    for (const csv of ['', 'no,bars,at,all\n', dump(start + 1, 3)]) {
      const [here, there] = await Promise.all(
        [false, true].map((isThreaded) => month(csv, undefined, isThreaded)().catch((error: Error) => error)),
      )
      expect(here).toBeInstanceOf(DataError)
      expect(there).toBeInstanceOf(DataError)
      expect((there as Error).message).toBe((here as Error).message)
    }
    const [whole] = (await month(`${dumpRow(start)}\ntorn`, undefined, true)()) as BarBatch[]
    expect([whole!.rows.length, whole!.skipped!.length, whole!.source!.rows]).toEqual([1, 1, 2])
  })

  test('of which no row can be stored is an error, and so is one whose CHECKSUM is of another file', async () => {
    const start = Date.UTC(2018, 1)
    await expect(month(dump(start + 1, 3))()).rejects.toThrow(
      /line 1: openTime .* is off the 1h grid.*of its 3 rows none/,
    )
    await expect(month(`${dumpRow(start)}\ntorn`)()).resolves.toHaveLength(1)
    await expect(month(dump(start, 3), 'ETHUSDT-1h-2018-02.zip')()).rejects.toThrow('does not say the hash of BTCUSDT')
    await expect(month('')()).rejects.toThrow('2018-02.zip')
  })
})

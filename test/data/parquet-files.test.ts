import { createHash } from 'node:crypto'
import { mkdirSync, readdirSync, readFileSync, renameSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { parseSeries, type Series } from '../../src/core/series.ts'
import { exportSeries, type SeriesManifest, type Store } from '../../src/data/index.ts'
import { dump, dumpRow, HOUR, PLAIN, plainCsv, START, TEST, type Texts } from './klines.ts'
import { EMBEDDED, parquetStore, storeBeside } from './parquet-store.ts'

/** Every file under a folder with its bytes' hash. */
function bytesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).filter((name) =>
    statSync(join(folder, name)).isFile(),
  )
  return Object.fromEntries(names.sort().map((name) => [name, sha256(readFileSync(join(folder, name)))]))
}

const sha256 = (bytes: Uint8Array | string) => createHash('sha256').update(bytes).digest('hex')

async function exported(store: Store, series: Series, cwd: string): Promise<string[]> {
  await exportSeries(store, series, join(cwd, 'out.csv'))
  return readFileSync(join(cwd, 'out.csv'), 'utf8').trim().split('\n')
}

/** January to March: 91 days of hours. */
const THREE_MONTHS = dump(START, 24 * 91)

describe('the files of the Parquet store', () => {
  test('one a month, named by its content; the manifest has rows, range and sha256 of each, and the source', async () => {
    const { bring, folder } = await storeBeside({ 'a.csv': THREE_MONTHS })
    const { manifest } = await bring('a.csv')
    expect(readdirSync(folder).sort()).toEqual([...manifest.files.map(({ file }) => file), 'manifest.json'])
    expect(JSON.parse(readFileSync(join(folder, 'manifest.json'), 'utf8'))).toEqual(manifest)
    const months = [
      ['2024-01', 31, Date.UTC(2024, 0, 1), Date.UTC(2024, 1, 1)],
      ['2024-02', 29, Date.UTC(2024, 1, 1), Date.UTC(2024, 2, 1)],
      ['2024-03', 31, Date.UTC(2024, 2, 1), Date.UTC(2024, 3, 1)],
    ] as const
    expect(manifest.files).toEqual(
      months.map(([month, days, from, to], k) => {
        const file = manifest.files[k]!.file
        const hash = sha256(readFileSync(join(folder, file)))
        expect(file).toBe(`${month}.${hash.slice(0, 12)}.parquet`)
        return { month, file, rows: days * 24, from, to, sha256: hash }
      }),
    )
    expect(manifest.sources).toEqual([{ name: 'a.csv', sha256: sha256(THREE_MONTHS), rows: 24 * 91 }])
  })

  test('importing the same file again touches no file; neither does a copy under another name', async () => {
    const { bring, cwd } = await storeBeside({ 'a.csv': THREE_MONTHS, 'copy.csv': THREE_MONTHS })
    await bring('a.csv')
    const before = bytesOf(join(cwd, 'store'))
    const times = () =>
      readdirSync(join(cwd, 'store'), { recursive: true, encoding: 'utf8' })
        .filter((name) => statSync(join(cwd, 'store', name)).isFile())
        .map((name) => statSync(join(cwd, 'store', name)).mtimeMs)
    const written = times()
    expect(await bring('a.csv')).toMatchObject({ added: 0, duplicates: 24 * 91 })
    expect(await bring('copy.csv')).toMatchObject({ added: 0, duplicates: 24 * 91 })
    expect(bytesOf(join(cwd, 'store'))).toEqual(before)
    expect(times()).toEqual(written)
  })

  test('a glob that takes in old files again counts nothing twice', async () => {
    const parts = [dump(START, 30), dump(START + 25 * HOUR, 30), dump(START + 55 * HOUR, 30)]
    const { bring } = await storeBeside(Object.fromEntries(parts.map((text, k) => [`${k}.csv`, text])))
    expect((await bring('0.csv', '1.csv')).manifest.duplicates).toBe(5)
    const { manifest, added, duplicates } = await bring('0.csv', '1.csv', '2.csv')
    expect({ added, duplicates }).toEqual({ added: 30, duplicates: 60 })
    expect(manifest).toMatchObject({ rows: 85, duplicates: 5 })
    expect(manifest.sources.map(({ name }) => name)).toEqual(['0.csv', '1.csv', '2.csv'])
  })

  test('the order of imports does not show in the files', async () => {
    const [early, late] = [dump(START, 24 * 40), dump(START + 24 * 40 * HOUR, 24 * 40)]
    const one = await storeBeside({ 'early.csv': early, 'late.csv': late })
    const other = await storeBeside({ 'early.csv': early, 'late.csv': late })
    await one.bring('early.csv')
    await one.bring('late.csv')
    await other.bring('late.csv')
    await other.bring('early.csv')
    const parquet = ({ cwd }: { cwd: string }) =>
      Object.entries(bytesOf(join(cwd, 'store'))).filter(([name]) => name.endsWith('.parquet'))
    expect(parquet(one).length).toBe(3)
    expect(parquet(other)).toEqual(parquet(one))
  })

  test('a file with fewer columns takes nothing away from what is stored', async () => {
    const rich = dump(START, 3)
    const plain = plainCsv([
      [START + 2 * HOUR, ...PLAIN],
      [START + 3 * HOUR, ...PLAIN],
    ])
    const { bring, store, cwd } = await storeBeside({ 'rich.csv': rich, 'plain.csv': plain })
    await bring('rich.csv')
    expect(await bring('plain.csv')).toMatchObject({ added: 1, duplicates: 1 })
    const [header, ...rows] = await exported(store, TEST, cwd)
    expect(header).toBe('open_time,open,high,low,close,volume,quote_volume,taker_base,taker_quote,trades')
    const extras = ['1234.56789000', '6.17250000', '617.28394500', '42']
    expect(rows).toEqual([
      ...[0, 1, 2].map((k) => [START + k * HOUR, ...PLAIN, ...extras].join(',')),
      [START + 3 * HOUR, ...PLAIN, '', '', '', ''].join(','),
    ])
  })

  test('the text of the exchange is the text of the export, whatever the size', async () => {
    const digits = (most: number) => fc.tuple(fc.nat(most), fc.nat(99_999_999))
    const text = ([whole, fraction]: [number, number]) => `${whole}.${String(fraction).padStart(8, '0')}`
    const positive = digits(99_999_999).filter(([whole, fraction]) => whole + fraction > 0)
    const row = fc.tuple(positive, positive, positive, positive, digits(9_999_999_999)).map((five): Texts => {
      const prices = five.slice(0, 4).sort((a, b) => a[0] - b[0] || a[1] - b[1])
      const [low, open, close, high] = prices.map(text) as [string, string, string, string]
      return [open, high, low, close, text(five[4])]
    })
    await fc.assert(
      fc.asyncProperty(fc.array(row, { minLength: 1, maxLength: 30 }), async (rows) => {
        const lines = rows.map((texts, k) => dumpRow(START + k * HOUR, texts))
        const { bring, store, cwd } = await storeBeside({ 'a.csv': lines.join('\n') })
        await bring('a.csv')
        const [, ...out] = await exported(store, TEST, cwd)
        expect(out.map((line) => line.split(',').slice(0, 6))).toEqual(
          rows.map((texts, k) => [String(START + k * HOUR), ...texts]),
        )
      }),
      { numRuns: 25 },
    )
  })

  test('volumes beyond 18 digits are kept too, beside months with small ones', async () => {
    // a cheap coin's volume, and a rupiah turnover to the last 1e-8: 16 + 8 digits
    const volumes = ['9999999999.99999999', '98765432109876.00000000', '9007199254740991.12345678', '0.00000001']
    const times = [START, Date.UTC(2024, 1, 1), Date.UTC(2024, 1, 2), Date.UTC(2024, 2, 1)]
    const rows = volumes.map((volume, k): [number, ...string[]] => [times[k]!, ...PLAIN.slice(0, 4), volume])
    for (const order of [rows, rows.toReversed()]) {
      const names = order.map((_, k) => `${k}.csv`)
      const files = Object.fromEntries(order.map((row, k) => [names[k]!, plainCsv([row])]))
      const { bring, store, cwd } = await storeBeside(files)
      for (const name of names) await bring(name)
      const [, ...out] = await exported(store, TEST, cwd)
      expect(out.map((line) => line.split(',')[5])).toEqual(volumes)
      expect([...(await store.load(TEST)).volume]).toEqual(volumes.map(Number))
    }
  })
})

describe("the embedded store behind a user's own", () => {
  const BTC = parseSeries('binance:BTCUSDT:1h')

  test('it is asked for what the own store does not have, and is never written', async () => {
    const before = bytesOf(EMBEDDED)
    const { store, put } = await parquetStore(EMBEDDED)
    const spot = (await store.list()).map(({ series }) => series).filter((name) => name.startsWith('binance:'))
    expect(spot).toEqual(['binance:BTCUSDT:1h', 'binance:BTCUSDT:1m', 'binance:ETHUSDT:1h'])
    expect(store.folder(BTC)).toBe(join(EMBEDDED, 'binance/BTCUSDT/1h'))
    expect((await store.load(BTC, { to: Date.UTC(2022, 0, 2) })).length).toBe(24)
    await put(BTC, dump(START, 5))
    expect((await store.load(BTC)).length).toBe(5)
    expect((await store.list()).find(({ series }) => series === 'binance:BTCUSDT:1h')!.rows).toBe(5)
    expect(store.folder(BTC)).toBe(join(store.dir, 'binance/BTCUSDT/1h'))
    expect(bytesOf(EMBEDDED)).toEqual(before)
  })
})

describe('a store that is not whole', () => {
  const change = (folder: string, edit: (manifest: Record<string, unknown>) => unknown) => {
    const file = join(folder, 'manifest.json')
    const json = JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>
    writeFileSync(file, JSON.stringify(edit(json)))
  }

  test.each<[string, (folder: string) => void, RegExp]>([
    ['is cut off', (folder) => writeFileSync(join(folder, 'manifest.json'), '{"format": 1, "ser'), /JSON/],
    ['is of another format', (folder) => change(folder, (old) => ({ ...old, format: 2 })), /format is 2/],
    ['lacks a key', (folder) => change(folder, ({ gaps, ...rest }) => rest), /no "gaps"/],
    ['is null', (folder) => change(folder, () => null), /format/],
  ])('a manifest that %s is named, with the way out', async (_, spoil, reason) => {
    const { bring, store, folder } = await storeBeside({ 'a.csv': dump(START, 5) })
    await bring('a.csv')
    spoil(folder)
    for (const use of [() => store.load(TEST), () => store.list(), () => bring('a.csv')]) {
      await expect(use()).rejects.toThrow(reason)
      await expect(use()).rejects.toThrow(join(folder, 'manifest.json'))
      await expect(use()).rejects.toThrow(/delete the folder and import again/)
    }
  })

  test('a missing month is named when it is read and when it would be merged with', async () => {
    const { bring, store, folder } = await storeBeside({
      'a.csv': THREE_MONTHS,
      'b.csv': dump(Date.UTC(2024, 1, 20), 30),
    })
    const { manifest } = await bring('a.csv')
    const { file } = manifest.files[1]!
    rmSync(join(folder, file))
    await expect(store.load(TEST)).rejects.toThrow(file)
    await expect(bring('b.csv')).rejects.toThrow(file)
    expect((await store.load(TEST, { to: Date.UTC(2024, 1, 1) })).length).toBe(31 * 24)
  })

  test('what an import left half done is cleaned away by the next, and nothing else is', async () => {
    const { bring, folder } = await storeBeside({ 'a.csv': dump(START, 5), 'b.csv': dump(START + 5 * HOUR, 5) })
    await bring('a.csv')
    const strays = ['2024-01.4711.tmp', '2024-01.0123456789ab.parquet', 'manifest.json.4711.tmp']
    for (const name of [...strays, 'mine.parquet', 'notes.txt']) writeFileSync(join(folder, name), 'x')
    const { manifest } = await bring('b.csv')
    expect(readdirSync(folder).sort()).toEqual(
      [...manifest.files.map(({ file }) => file), 'manifest.json', 'mine.parquet', 'notes.txt'].sort(),
    )
  })

  test('a reader whose files are replaced under it reads the new ones', async () => {
    const [one, other] = [
      await storeBeside({ 'a.csv': dump(START, 5) }),
      await storeBeside({ 'a.csv': dump(START, 9) }),
    ]
    await one.bring('a.csv')
    await other.bring('a.csv')
    const loading = one.store.load(TEST)
    // the manifest has been read by now, the month has not
    rmSync(one.folder, { recursive: true })
    mkdirSync(join(one.folder, '..'), { recursive: true })
    renameSync(other.folder, one.folder)
    expect((await loading).length).toBe(9)
    const gone = one.store.load(TEST)
    for (const { file } of ((await one.store.manifest(TEST)) as SeriesManifest).files) rmSync(join(one.folder, file))
    await expect(gone).rejects.toThrow(/cannot be read/)
  })
})

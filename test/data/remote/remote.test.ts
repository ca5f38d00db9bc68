import { existsSync, mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { parseSeries } from '../../../src/core/series.ts'
import {
  importExchangeInfo,
  importFiles,
  importFunding,
  importTiers,
  loadFunding,
  loadInstrument,
  loadTiers,
} from '../../../src/data/index.ts'
import type { Store } from '../../../src/data/store.ts'
import { scratch } from '../../cli/klinelab.ts'
import { dump, HOUR, NOW, START, TEST } from '../klines.ts'
import { EMBEDDED } from '../parquet-store.ts'
import { machine } from './machine.ts'
import { type MemoryBucket, memoryBucket } from './memory-bucket.ts'

const DAY = 24 * HOUR
const FOLDER = 'place/binance/TESTUSDT/1h/'
const MANIFEST = `${FOLDER}manifest.json`

async function bring(store: Store, from: number, count: number): Promise<number> {
  const file = join(scratch(), 'some.csv')
  writeFileSync(file, dump(from, count))
  return (await importFiles(store, [file], TEST, { now: NOW })).added
}

const keys = (bucket: MemoryBucket) => [...bucket.objects.keys()].sort()
const months = (bucket: MemoryBucket) => keys(bucket).filter((key) => key.endsWith('.parquet'))
const monthsAsked = (bucket: MemoryBucket) => bucket.asked.filter((one) => /^get .*parquet$/.test(one))
const rowsOf = async (store: Store) => (await store.load(TEST)).length

test('months are put before the manifest that names them, and the layout is that of a folder', async () => {
  const bucket = memoryBucket()
  await bring(machine(bucket), START, 24 * 40)
  expect(
    bucket.asked.filter((one) => one.startsWith('put')).map((one) => one.replace(/\.[0-9a-f]{12}\./, '.')),
  ).toEqual([`put ${FOLDER}2024-01.parquet`, `put ${FOLDER}2024-02.parquet`, `put ${MANIFEST}`])
  expect(keys(bucket)).toHaveLength(3)
})

test('a month is read from the bucket once, by one load or by several at a time; the next process finds it', async () => {
  const bucket = memoryBucket()
  await bring(machine(bucket), START, 24 * 40)
  const cache = scratch()
  const store = machine(bucket, cache)
  expect(await Promise.all([rowsOf(store), rowsOf(store), rowsOf(store)])).toEqual([960, 960, 960])
  expect(monthsAsked(bucket)).toHaveLength(2)
  expect(await rowsOf(machine(bucket, cache))).toBe(960)
  expect(monthsAsked(bucket)).toHaveLength(2)
})

test('a range brings its months alone, and an import those that it touches', async () => {
  const bucket = memoryBucket()
  await bring(machine(bucket), START, 24 * 100)
  expect(months(bucket)).toHaveLength(4)
  const store = machine(bucket)
  await store.load(TEST, { from: START + 35 * DAY, to: START + 36 * DAY })
  expect(monthsAsked(bucket)).toEqual([expect.stringContaining('2024-02')])
  await bring(machine(bucket), START + 100 * DAY, 24)
  expect(monthsAsked(bucket).slice(1)).toEqual([expect.stringContaining('2024-04')])
  expect(await rowsOf(machine(bucket))).toBe(24 * 101)
})

test('manifests that have not changed are not read again for a list; one that is gone is not listed', async () => {
  const bucket = memoryBucket()
  await bring(machine(bucket), START, 24)
  const cache = scratch()
  const listed = async () => (await machine(bucket, cache).list()).map(({ series, rows }) => `${series} ${rows}`)
  expect(await listed()).toEqual(['binance:TESTUSDT:1h 24'])
  const before = bucket.asked.length
  expect(await listed()).toEqual(['binance:TESTUSDT:1h 24'])
  expect(bucket.asked.slice(before).filter((one) => one.startsWith('get'))).toEqual([])
  // what somebody did to the file is not taken for what the bucket has
  writeFileSync(join(cache, 'cache', 'binance', 'TESTUSDT', '1h', 'manifest.json'), '{}')
  expect(await listed()).toEqual(['binance:TESTUSDT:1h 24'])
  await bring(machine(bucket), START + DAY, 24)
  expect(await listed()).toEqual(['binance:TESTUSDT:1h 48'])
  bucket.objects.delete(MANIFEST)
  expect(await listed()).toEqual([])
  expect(await machine(bucket, cache).manifest(TEST)).toBe(null)
})

test('a damaged manifest is told of by its address and leaves the others in the list', async () => {
  const bucket = memoryBucket()
  await bring(machine(bucket), START, 24)
  await bucket.put('place/binance/OTHER/1h/manifest.json', new TextEncoder().encode('{"form'))
  const told: string[] = []
  const listed = await machine(bucket).list(({ message }) => told.push(message))
  expect(listed.map(({ series }) => series)).toEqual(['binance:TESTUSDT:1h'])
  expect(told).toEqual([expect.stringContaining('s3://klines/place/binance/OTHER/1h/manifest.json: is not a manifest')])
})

test('whoever is slower does the merge again on what the faster one wrote', async () => {
  const bucket = memoryBucket()
  const [slow, fast] = [machine(bucket), machine(bucket)]
  await bring(slow, START, 24)
  let isFirst = true
  bucket.beforePut = async (key) => {
    if (!key.endsWith('.parquet') || !isFirst) return
    isFirst = false
    // the same month, and another
    expect(await bring(fast, START + 2 * DAY, 24 * 40)).toBe(960)
  }
  expect(await bring(slow, START + DAY, 24)).toBe(24)
  expect(bucket.asked.filter((one) => one === `put ${MANIFEST}`)).toHaveLength(4)
  for (const store of [slow, fast, machine(bucket)]) expect(await rowsOf(store)).toBe(24 * 42)
})

test('a put whose answer was lost is known to have taken effect: nothing is counted as repeated', async () => {
  const bucket = memoryBucket()
  bucket.isDeaf = (key) => key === MANIFEST
  const store = machine(bucket)
  expect(await bring(store, START, 24)).toBe(24)
  expect(bucket.asked.filter((one) => one === `put ${MANIFEST}`)).toHaveLength(1)
  expect(await rowsOf(store)).toBe(24)
})

test('one who is always too late gives up and says so', async () => {
  const bucket = memoryBucket()
  const store = machine(bucket)
  await bring(store, START, 24)
  const manifest = bucket.objects.get(MANIFEST)!.bytes
  bucket.beforePut = (key) => {
    if (key === MANIFEST)
      bucket.objects.set(key, { bytes: manifest, version: `other ${bucket.asked.length}`, written: bucket.now })
  }
  await expect(bring(store, START + DAY, 24)).rejects.toThrow(
    /manifest\.json: 20 times in a row somebody else wrote it/,
  )
})

test('a month that was taken away while it was read for a change is no fault where the manifest is another by then', async () => {
  const bucket = memoryBucket()
  await bring(machine(bucket), START, 24)
  const slow = machine(bucket)
  const { get } = bucket
  bucket.get = async (key) => {
    if (!key.endsWith('.parquet')) return get(key)
    bucket.get = get
    await bring(machine(bucket), START + DAY, 24)
    bucket.objects.delete(key)
    return get(key)
  }
  expect(await bring(slow, START + 2 * DAY, 24)).toBe(24)
  expect(await rowsOf(machine(bucket))).toBe(72)
})

test('strays are taken away once they are a day old and neither the manifest nor the one before names them', async () => {
  const bucket = memoryBucket()
  const store = machine(bucket)
  await bring(store, START, 24)
  const [first] = months(bucket)
  // an upload that was interrupted long ago, one that may be underway, and what is nobody's
  const old = `${FOLDER}2024-05.0123456789ab.parquet`
  const young = `${FOLDER}2024-06.0123456789ab.parquet`
  const other = `${FOLDER}notes.txt`
  bucket.now -= 3 * DAY
  for (const key of [old, other]) await bucket.put(key, new Uint8Array(3))
  bucket.objects.get(first!)!.written = bucket.now
  bucket.now += 3 * DAY
  await bucket.put(young, new Uint8Array(3))
  await bring(store, START + DAY, 24)
  expect(keys(bucket)).not.toContain(old)
  expect(keys(bucket)).toEqual(expect.arrayContaining([first, young, other]))
  // the month that the state before named goes with the next one
  await bring(store, START + 2 * DAY, 24)
  expect(keys(bucket)).not.toContain(first)
  expect(keys(bucket)).toEqual(expect.arrayContaining([young, other]))
  expect(await rowsOf(machine(bucket))).toBe(72)
})

test('a month that was damaged in the cache is not merged into what is put', async () => {
  const bucket = memoryBucket()
  const store = machine(bucket)
  await bring(store, START, 24)
  const name = months(bucket)[0]!.slice('place/'.length)
  writeFileSync(join(store.dir, name), 'no parquet')
  expect(await bring(store, START + DAY, 24)).toBe(24)
  expect(await rowsOf(machine(bucket))).toBe(48)
})

test('what a dead process left in the staging folder is neither put nor read', async () => {
  const bucket = memoryBucket()
  const store = machine(bucket)
  const left = '2024-09.0123456789ab.parquet'
  const folder = join(`${store.dir}.staging`, '1', 'binance', 'TESTUSDT', '1h')
  mkdirSync(folder, { recursive: true })
  for (const name of [left, 'manifest.json']) writeFileSync(join(folder, name), 'half')
  expect(await bring(store, START, 24)).toBe(24)
  expect(keys(bucket).filter((key) => key.endsWith(left))).toEqual([])
  expect(existsSync(`${store.dir}.staging`)).toBe(false)
})

test('instruments, tiers and funding that one machine stores are there on another, with the bars or without', async () => {
  const bucket = memoryBucket()
  const [one, two] = [machine(bucket), machine(bucket)]
  const bitcoin = parseSeries('binance:BTCUSDT:1h')
  await importExchangeInfo(one, join(EMBEDDED, 'instruments', 'binance', 'BTCUSDT', '2018-02-10.json'))
  // opened before it was there: what is known of a symbol is asked for once
  expect((await loadInstrument(two, bitcoin)).snapshots).toEqual((await loadInstrument(one, bitcoin)).snapshots)
  expect((await loadInstrument(two, bitcoin)).base).toBe('BTC')
  const brackets = [{ notionalFloor: 0, notionalCap: 50_000, maintMarginRatio: 0.01, cum: 0, initialLeverage: 20 }]
  const files = scratch({
    'tiers.json': JSON.stringify({ symbol: 'TESTUSDT', brackets }),
    'funding.csv': `time,rate\n${START},0.0001\n`,
    'bars.csv': dump(START, 24),
  })
  const series = parseSeries('binance-usdm:TESTUSDT:1h')
  await importTiers(one, join(files, 'tiers.json'), START)
  await importFunding(one, [join(files, 'funding.csv')], 'binance-usdm', 'TESTUSDT')
  await importFiles(one, [join(files, 'bars.csv')], series, { now: NOW })
  await two.load(series)
  expect(loadTiers(two, 'binance-usdm', 'TESTUSDT', START)).toMatchObject({ asOf: START, brackets: [{ leverage: 20 }] })
  expect(loadFunding(two, 'binance-usdm', 'TESTUSDT', START, NOW)).toMatchObject({ rate: Float64Array.of(0.0001) })
})

test('a failure on the way leaves the bucket and the cache as they were', async () => {
  const bucket = memoryBucket()
  const store = machine(bucket)
  await bring(store, START, 24)
  const before = bucket.objects.get(MANIFEST)
  bucket.beforePut = (key) => {
    if (key === MANIFEST) throw new Error('the network is gone')
  }
  await expect(bring(store, START + DAY, 24)).rejects.toThrow('the network is gone')
  expect(bucket.objects.get(MANIFEST)).toBe(before)
  expect(await rowsOf(store)).toBe(24)
  bucket.beforePut = () => undefined
  expect(await bring(store, START + DAY, 24)).toBe(24)
  expect(await rowsOf(store)).toBe(48)
})

import { appendFileSync, existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { Tail } from '../../../src/data/collect/tail.ts'
import { certify, importFiles, openStore, type Store } from '../../../src/data/index.ts'
import { takeLock } from '../../../src/data/lock.ts'
import { scratch } from '../../cli/klinelab.ts'
import { HOUR, NOW, plainCsv, START, TEST } from '../klines.ts'
import { batchOf, filesOf, hourBar, hours, UNTOLD } from './bars.ts'

const at = (k: number) => START + k * HOUR
const FOLDER = ['binance', 'TESTUSDT', '1h']
const tailFile = (store: Store) => join(store.dir, ...FOLDER, 'tail.csv')

async function openTail(): Promise<{ store: Store; tail: Tail }> {
  const store = await openStore(join(scratch(), 'store'))
  return { store, tail: await Tail.open(store, TEST) }
}

async function opens(store: Store): Promise<number[]> {
  return Array.from((await store.load(TEST)).openTime, (time) => (time - START) / HOUR)
}

describe('live bars', () => {
  test("are in a file when append returns, in the venue's own digits, and in the months once folded", async () => {
    const { store, tail } = await openTail()
    for (const bar of [hourBar(0), hourBar(1, UNTOLD), hourBar(2)]) tail.append(bar, bar.openTime + HOUR + 7)
    expect(readFileSync(tailFile(store), 'utf8').split('\n')).toEqual([
      'openTime,closeTime,open,high,low,close,volume,quoteVolume,trades,takerBase,takerQuote,at',
      `${at(0)},${at(1)},100.25,101,99.00000001,100.00,0.125,0.5,0,0.5,50.75,${at(1) + 7}`,
      `${at(1)},,101.25,102,100.00000001,101.01,1.125,,,,,${at(2) + 7}`,
      `${at(2)},${at(3)},102.25,103,101.00000001,102.02,2.125,200.5,2,0.5,50.75,${at(3) + 7}`,
      '',
    ])
    expect(tail.bars).toBe(3)
    await tail.synced()
    // readers see them when they are folded
    expect(await store.list()).toEqual([])
    expect(await tail.fold()).toMatchObject({ added: 3, known: 0, revised: [] })
    expect([tail.bars, existsSync(tailFile(store)), await opens(store)]).toEqual([0, false, [0, 1, 2]])
    expect(await tail.fold()).toBe(null)
    await tail.close()
    // the months are those that one answer with the same bars makes
    const other = await openStore(join(scratch(), 'store'))
    const { manifest } = await storeBars(other, TEST, batchOf([hourBar(0), hourBar(1, UNTOLD), hourBar(2)]))
    expect((await store.manifest(TEST))!.files).toEqual(manifest.files)
  })

  test('that cannot be are refused before they are written', async () => {
    const { store, tail } = await openTail()
    tail.append(hourBar(0), at(1))
    const before = readFileSync(tailFile(store), 'utf8')
    expect(() => tail.append(hourBar(1, { low: '200' }), at(2))).toThrow(
      'binance:TESTUSDT:1h: the live bar of 2024-01-01T01:00:00.000Z cannot be: high "102" is below the low 200',
    )
    expect(() => tail.append(hourBar(1, { close: '1..2' }), at(2))).toThrow(/close "1\.\.2" is not a plain decimal/)
    expect(readFileSync(tailFile(store), 'utf8')).toBe(before)
    // clocks differ: the venue has closed a bar that by ours has not begun
    tail.append(hourBar(1), at(0))
    expect(await tail.fold()).toMatchObject({ added: 2 })
    await tail.close()
    expect(() => tail.append(hourBar(2), at(3))).toThrow(/was closed/)
  })

  test('a bar that is stated anew replaces what was heard before, folded or not, and is listed', async () => {
    const { store, tail } = await openTail()
    tail.append(hourBar(0), at(1))
    tail.append(hourBar(0, { close: '100.5' }), at(1) + 1)
    tail.append(hourBar(1), at(2))
    const first = await tail.fold()
    expect(first!.revised).toMatchObject([
      { openTime: at(0), field: 'close', was: '100', is: '100.5', origin: 'binance stream' },
    ])
    expect([first!.added, first!.manifest.revisions]).toEqual([2, 1])
    tail.append(hourBar(1, { trades: 77 }), at(2) + 1)
    const second = await tail.fold()
    expect(second!.revised).toMatchObject([{ openTime: at(1), field: 'trades', was: '1', is: '77' }])
    expect(second!.manifest.origins).toEqual([
      { origin: 'binance stream', from: at(0), to: at(2), rows: 3, at: at(2) + 1 },
    ])
    await tail.close()
    expect(Array.from((await store.load(TEST)).close)).toEqual([100.5, 101.01])
  })

  test('that come while a fold is underway are in the next one', async () => {
    const { store, tail } = await openTail()
    for (const bar of hours(0, 50)) tail.append(bar, NOW)
    const folds: Promise<unknown>[] = []
    for (let k = 50; k < 60; k++) {
      folds.push(tail.fold())
      await new Promise((resolve) => setTimeout(resolve, 5))
      tail.append(hourBar(k), NOW)
    }
    await Promise.all([...folds, tail.fold(), tail.synced()])
    expect(await opens(store)).toEqual(Array.from({ length: 60 }, (_, k) => k))
    await tail.close()
  })
})

describe('a tail that a stream left', () => {
  const torn = `${at(2)},${at(3)},102.2`

  async function left(last = torn): Promise<Store> {
    const { store, tail } = await openTail()
    tail.append(hourBar(0), NOW)
    tail.append(hourBar(1, { close: '101.5' }), NOW)
    await tail.close()
    appendFileSync(tailFile(store), last)
    return store
  }
  const TOLD = [{ file: 'tail.csv', row: 4, field: 'row', value: torn, reason: 'ends in the middle' }]

  test('is folded by the next stream; the line that a death tore is dropped, and told', async () => {
    const store = await left()
    const tail = await Tail.open(store, TEST)
    expect(await opens(store)).toEqual([0, 1])
    expect((await certify(store, TEST)).skipped).toEqual(TOLD)
    tail.append(hourBar(2), NOW)
    expect(await tail.fold()).toMatchObject({ added: 1 })
    await tail.close()
  })

  test('is folded whole where a death in a fold left two files', async () => {
    const store = await left('')
    const lines = readFileSync(tailFile(store), 'utf8')
    writeFileSync(join(store.dir, ...FOLDER, 'tail.folding.csv'), lines)
    writeFileSync(tailFile(store), lines.replaceAll(`${at(0)},${at(1)}`, `${at(7)},${at(8)}`))
    await (await Tail.open(store, TEST)).close()
    expect(await opens(store)).toEqual([0, 1, 7])
    expect((await store.manifest(TEST))!.revisions).toBe(undefined)
  })

  test('is folded ahead of an answer, which is newer', async () => {
    const store = await left()
    const { revised } = await storeBars(store, TEST, batchOf(hours(1, 2)))
    expect(revised).toMatchObject([{ openTime: at(1), was: '101.5', is: '101.01', origin: 'api.test' }])
    expect([await opens(store), existsSync(tailFile(store))]).toEqual([[0, 1, 2], false])
  })

  test('does not take the place of what somebody else was told since', async () => {
    const { store, tail } = await openTail()
    tail.append(hourBar(0), at(1) + 60_000)
    tail.append(hourBar(1, { close: '101.5' }), at(2) + 60_000)
    tail.append(hourBar(4), at(5) + 60_000)
    // another process asks the venue meanwhile, and leaves the tail to whoever streams
    const folder = join(store.dir, ...FOLDER)
    const aside = join(scratch(), 'tail.csv')
    renameSync(join(folder, 'tail.csv'), aside)
    await storeBars(store, TEST, batchOf([...hours(1, 2), ...hours(5, 2)]))
    renameSync(aside, join(folder, 'tail.csv'))
    const lines = readFileSync(tailFile(store))
    const folded = await tail.fold()
    expect(folded).toMatchObject({ added: 2, revised: [] })
    expect(await opens(store)).toEqual([0, 1, 2, 4, 5, 6])
    expect((await store.load(TEST)).close[1]).toBe(101.01)
    // nothing is lost in silence
    expect((await certify(store, TEST)).skipped).toEqual([
      {
        ...{ file: 'binance stream', row: 2, field: 'close', value: '101.5' },
        reason:
          'of the bar of 2024-01-01T01:00:00.000Z, heard 2024-01-01T02:01:00.000Z; 101.01 is stored, and is not known to be older',
      },
    ])
    // a death before the tail is taken away folds it again: listed once
    writeFileSync(join(folder, 'tail.folding.csv'), lines)
    expect(await tail.fold()).toMatchObject({ added: 0, known: 2, revised: [] })
    expect((await certify(store, TEST)).skipped).toHaveLength(1)
    await tail.close()
  })

  test('takes the place of what somebody else was told before', async () => {
    const { store, tail } = await openTail()
    await storeBars(store, TEST, batchOf([...hours(0, 3)], { at: at(3) }))
    tail.append(hourBar(1, { close: '101.5' }), at(3))
    tail.append(hourBar(2, { close: '102.5' }), at(3) + 1)
    expect((await tail.fold())!.revised).toMatchObject([{ openTime: at(2), was: '102.02', is: '102.5' }])
    expect([...(await store.load(TEST)).close]).toEqual([100, 101.01, 102.5])
    // a later line of the same tail is not held up by an older one
    tail.append(hourBar(1, { close: '101.5' }), at(3))
    tail.append(hourBar(1, { close: '101.75' }), at(4))
    expect((await tail.fold())!.revised).toMatchObject([{ openTime: at(1), was: '101.01', is: '101.75' }])
    await tail.close()
  })

  test('does not take the place of bars of which nobody knows when they were told', async () => {
    const { store, tail } = await openTail()
    const cwd = scratch({ 'bars.csv': plainCsv([[at(0), '1', '2', '0.5', '1', '0']]) })
    await importFiles(store, [join(cwd, 'bars.csv')], TEST, { now: NOW })
    tail.append(hourBar(0), NOW)
    tail.append(hourBar(1), NOW)
    expect(await tail.fold()).toMatchObject({ added: 1, revised: [] })
    expect((await store.load(TEST)).close[0]).toBe(1)
    expect((await certify(store, TEST)).skipped).toHaveLength(1)
    // an archive replaced what the stream stored, and says so in the list of revisions
    const source = { name: 'a.zip', sha256: 'a', rows: 1 }
    await storeBars(store, TEST, batchOf([hourBar(1, { close: '101.25' })], { source, at: NOW + 5 }))
    tail.append(hourBar(1, { close: '101.5' }), NOW + 4)
    expect(await tail.fold()).toMatchObject({ revised: [] })
    tail.append(hourBar(1, { close: '101.5' }), NOW + 6)
    expect((await tail.fold())!.revised).toMatchObject([{ was: '101.25', is: '101.5' }])
    await tail.close()
  })

  test('is folded ahead of an import', async () => {
    const store = await left('')
    const cwd = scratch({ 'bars.csv': plainCsv([[at(5), '1', '2', '0.5', '1', '0']]) })
    await importFiles(store, [join(cwd, 'bars.csv')], TEST, { now: NOW })
    expect(await opens(store)).toEqual([0, 1, 5])
  })

  test('of which there is nothing but a torn line holds nobody up', async () => {
    const store = await openStore(join(scratch({ [join('store', ...FOLDER, 'tail.csv')]: 'openTime,cl' }), 'store'))
    expect(await storeBars(store, TEST, batchOf([hourBar(0)]))).toMatchObject({ added: 1 })
    expect(existsSync(tailFile(store))).toBe(false)
  })

  test('that is damaged in the middle is named, line and reason, and stays', async () => {
    const store = await left('')
    writeFileSync(tailFile(store), readFileSync(tailFile(store), 'utf8').replace('100.25', '100x25'))
    for (let k = 0; k < 2; k++)
      await expect(storeBars(store, TEST, batchOf([hourBar(9)]))).rejects.toThrow(
        /tail\.folding\.csv, line 2: is damaged \(the bar of .*: open "100x25" is not a plain decimal number\)/,
      )
  })
})

describe('two at once', () => {
  test('a series has one stream', async () => {
    const { store, tail } = await openTail()
    await expect(Tail.open(store, TEST)).rejects.toThrow(/is streaming binance:TESTUSDT:1h/)
    await tail.close()
    await (await Tail.open(store, TEST)).close()
  })

  test('while a stream runs elsewhere, its tail is left to it', async () => {
    const { store, tail } = await openTail()
    tail.append(hourBar(0), NOW)
    await tail.close()
    const release = await takeLock(join(store.dir, ...FOLDER), 0)
    await storeBars(store, TEST, batchOf([hourBar(1)]))
    expect([await opens(store), existsSync(tailFile(store))]).toEqual([[1], true])
    release()
  })

  test('an answer and a stream in one process: the tail goes on', async () => {
    const { store, tail } = await openTail()
    tail.append(hourBar(0), NOW)
    await storeBars(store, TEST, batchOf([hourBar(5)]))
    expect([await opens(store), tail.bars]).toEqual([[0, 5], 0])
    tail.append(hourBar(1), NOW)
    await tail.fold()
    expect(await opens(store)).toEqual([0, 1, 5])
    await tail.close()
    expect(Object.keys(filesOf(store.dir)).filter((name) => !/parquet$|manifest\.json$/.test(name))).toEqual([])
  })

  test('the store is free while a stream runs', async () => {
    const { store, tail } = await openTail()
    tail.append(hourBar(0), NOW)
    const release = await takeLock(store.dir, 0)
    tail.append(hourBar(1), NOW)
    await tail.synced()
    release()
    await tail.close()
  })
})

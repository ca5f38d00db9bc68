import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { certify } from '../../src/data/index.ts'
import { dump, dumpRow, HOUR, PLAIN, plainCsv, START, TEST } from './klines.ts'
import { storeBeside } from './parquet-store.ts'

const at = (hour: number) => START + hour * HOUR

describe('rows of one time', () => {
  test('that are the same are stored once and counted, wherever they stand', async () => {
    const { bring } = await storeBeside({
      'a.csv': [0, 1, 1, 2, 0, 1, 2, 3].map((hour) => dumpRow(at(hour))).join('\n'),
      'b.csv': [2, 3, 4].map((hour) => dumpRow(at(hour))).join('\n'),
    })
    const { read, added, duplicates, manifest } = await bring('a.csv', 'b.csv')
    expect({ read, added, duplicates }).toEqual({ read: 11, added: 5, duplicates: 6 })
    expect(manifest).toMatchObject({ rows: 5, duplicates: 6, gaps: [] })
  })

  test('that write the same numbers differently are the same', async () => {
    const { bring } = await storeBeside({
      'a.csv': plainCsv([[at(0), '100', '100.5', '1.0e2', '100.0', '7']]),
      'b.csv': plainCsv([['2024-01-01T00:00:00Z', '1.00e+02', '100.50000000', '100', '1000e-1', '7.000']]),
    })
    expect(await bring('a.csv', 'b.csv')).toMatchObject({ added: 1, duplicates: 1 })
  })

  test.each(['stop', 'skip-rows', 'skip-file'] as const)(
    'that differ are an error that names both rows, with --on-error %s too: nobody knows which is right',
    async (onError) => {
      const { bringWith, cwd, store } = await storeBeside({
        'a.csv': dump(at(0), 5),
        'b.csv': [dumpRow(at(4)), dumpRow(at(5)), dumpRow(at(3), ['100', '102', '99', '101', '1'])].join('\n'),
        'c.csv': [3, 4].map((hour) => dumpRow(at(hour)).replace(',42,', ',43,')).join('\n'),
      })
      const b = bringWith({ onError }, 'a.csv', 'b.csv')
      // the row of hour 3 jumps back in its own file, where nothing repeats it
      if (onError === 'stop') await expect(b).rejects.toThrow(/line 3: openTime .* comes after/)
      else expect((await b).skipped).toMatchObject([{ row: 3, field: 'openTime' }])
      await expect(bringWith({ onError }, 'a.csv', 'c.csv')).rejects.toThrow(
        onError === 'stop'
          ? `${join(cwd, 'a.csv')} row 4 has trades 42, ${join(cwd, 'c.csv')} row 1 has 43. Nothing was stored`
          : /stored 2024-01 row 4 has trades 42, .*c\.csv row 1 has 43\. Nothing was stored/,
      )
      expect((await store.manifest(TEST))?.rows ?? 0).toBe({ stop: 0, 'skip-rows': 6, 'skip-file': 5 }[onError])
    },
  )

  test('whose turnover differs in the last bits of a double are the same, in more they are not', async () => {
    const turnover = (text: string) => dumpRow(at(0)).replace('1234.56789000', text)
    const { bring } = await storeBeside({
      'a.csv': turnover('158357816.81805720'),
      'b.csv': turnover('158357816.81805722'),
      'c.csv': turnover('158357816.81806'),
    })
    await bring('a.csv')
    expect(await bring('b.csv')).toMatchObject({ added: 0, duplicates: 1 })
    await expect(bring('c.csv')).rejects.toThrow(/has quoteVolume 158357816\.8180572, .* has 158357816\.81806/)
  })
})

describe('the wrong interval', () => {
  const plain = (step: number, count: number) =>
    plainCsv(Array.from({ length: count }, (_, k) => [START + k * step, ...PLAIN]))

  test('finer rows under a coarser name: the first off the grid is named, and what the rows are', async () => {
    const { bring } = await storeBeside({ 'a.csv': plain(900_000, 10) })
    await expect(bring('a.csv')).rejects.toThrow(/line 3: openTime .*off the 1h grid.*15m apart: import them as 15m/)
  })

  test('coarser rows under a finer name, with close times', async () => {
    const { bring } = await storeBeside({ 'a.csv': dump(START, 5) }, parseSeries('binance:TESTUSDT:15m'))
    await expect(bring('a.csv')).rejects.toThrow(/line 1: closeTime .*later than a 15m bar ends.*import them as 1h/)
  })

  test.each([
    ['1m', HOUR, 6, '1h'],
    ['1h', 24 * HOUR, 20, '1d'],
    ['1d', 7 * 24 * HOUR, 20, '1w'],
  ] as const)('rows without close times, said to be %s', async (interval, step, count, really) => {
    const { bringWith, store } = await storeBeside(
      { 'a.csv': plain(step, count) },
      parseSeries(`kraken:TEST:${interval}`),
    )
    for (const onError of ['stop', 'skip-rows', 'skip-file'] as const)
      await expect(bringWith({ onError }, 'a.csv')).rejects.toThrow(
        `${count} rows are less than ${really} apart, --as says ${interval}; import it as kraken:TEST:${really}`,
      )
    expect(await store.list()).toEqual([])
  })

  test('few bars of a thin market may lie on a coarser grid by chance', async () => {
    // 5 and 10 minutes apart as 1m bars: 5^3 to 1 against it
    const minutes = [0, 5, 15, 20]
    const { bring } = await storeBeside(
      { 'a.csv': plainCsv(minutes.map((minute) => [START + minute * 60_000, ...PLAIN])) },
      parseSeries('kraken:TEST:1m'),
    )
    expect((await bring('a.csv')).added).toBe(4)
  })
})

describe('the end of a file', () => {
  test('an unfinished last bar is dropped and counted; once finished it is taken', async () => {
    const { bringWith, store } = await storeBeside({ 'a.csv': dump(at(0), 5) })
    const first = await bringWith({ now: at(5) - 1 }, 'a.csv')
    expect(first).toMatchObject({ read: 5, added: 4, unfinished: 1, skipped: [] })
    expect(first.manifest).toMatchObject({ rows: 4, to: at(4), unfinished: 1 })
    expect((await bringWith({ now: at(5) - 1 }, 'a.csv')).manifest).toEqual(first.manifest)
    expect(await bringWith({ now: at(5) }, 'a.csv')).toMatchObject({ added: 1, unfinished: 0 })
    expect((await store.load(TEST)).length).toBe(5)
  })

  test('a bar that has not ended is not stored because a worse row follows it', async () => {
    const { bringWith } = await storeBeside({ 'a.csv': dump(at(0), 6) })
    const { added, unfinished, skipped } = await bringWith({ now: at(4) + 1, onError: 'skip-rows' }, 'a.csv')
    expect({ added, unfinished, skipped: skipped.map(({ row }) => row) }).toEqual({
      added: 4,
      unfinished: 1,
      skipped: [6],
    })
  })

  test('a file with nothing but an unfinished bar says so', async () => {
    const { bringWith } = await storeBeside({ 'a.csv': dump(at(0), 1) })
    await expect(bringWith({ now: at(0) + 1 }, 'a.csv')).rejects.toThrow(/1 read, 0 bad, 1 unfinished/)
  })

  test.each(['a torn last line', 'no line break at the end', 'blank lines', 'Windows line ends'])(
    '%s',
    async (name) => {
      const whole = dump(at(0), 3)
      const texts: Record<string, string> = {
        'a torn last line': whole.slice(0, -40),
        'no line break at the end': whole.trimEnd(),
        'blank lines': whole.replaceAll('\n', '\n\n'),
        'Windows line ends': whole.replaceAll('\n', '\r\n'),
      }
      const { bring, cwd } = await storeBeside({ 'a.csv': texts[name]! })
      if (name !== 'a torn last line') expect((await bring('a.csv')).added).toBe(3)
      else await expect(bring('a.csv')).rejects.toThrow(`${join(cwd, 'a.csv')}, line 3:`)
      if (name === 'a torn last line')
        await expect(bring('a.csv')).rejects.toThrow(/fields where line 1 has 12 \(a torn/)
    },
  )
})

test('a short close time is an outage mark, not a fault', async () => {
  const short = dumpRow(at(2)).replace(String(at(3) - 1), String(at(2) + 1_581_646))
  const { bring, store } = await storeBeside({ 'a.csv': [dumpRow(at(1)), short, dumpRow(at(5))].join('\n') })
  const { added, outages, manifest } = await bring('a.csv')
  expect({ added, outages }).toEqual({ added: 3, outages: [at(2)] })
  expect(manifest.outages).toEqual([at(2)])
  expect(await certify(store, TEST)).toMatchObject({ faults: [], outages: [at(2)], gaps: [{ bars: 2 }] })
})

test.each([
  ['ETHUSDT-1h-2024-01.csv', /name says ETHUSDT, --as says TESTUSDT/],
  ['TESTUSDT-15m-2024-01-01.csv', /name says 15m, --as says 1h; import it as binance:TESTUSDT:15m/],
])('a dump named %s is not taken for another series', async (name, message) => {
  const { bring, cwd, store } = await storeBeside({ [name]: dump(at(0), 3) })
  await expect(bring(name)).rejects.toThrow(message)
  await expect(bring(name)).rejects.toThrow(join(cwd, basename(name)))
  expect(await store.list()).toEqual([])
})

import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { certify, openStore } from '../../src/data/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { EMBEDDED } from './parquet-store.ts'
import { isRecorded, recorded } from './recorded.ts'

function filesOf(folder: string): string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((name) => statSync(join(folder, name)).isFile())
    .sort()
}

describe('the embedded data', () => {
  test('are the series that the README promises, over the whole of their time, and sound', async () => {
    const store = await openStore(EMBEDDED)
    const listed = await store.list()
    // as far as the recorded file goes, but for the hour of the outage of 24 March 2023, which was 80 minutes
    const [from, to] = [Date.UTC(2022, 0, 1), Date.UTC(2026, 3, 30, 4)]
    const hours = { rows: (to - from) / 3_600_000 - 1, from, to, skipped: [], duplicates: 0 }
    expect(listed).toMatchObject([
      { series: 'binance:BTCUSDT:1h', ...hours },
      { series: 'binance:BTCUSDT:1m', rows: 31 * 1440 - 80, from: Date.UTC(2023, 2, 1), to: Date.UTC(2023, 3, 1) },
      { series: 'binance:ETHUSDT:1h', ...hours },
    ])
    for (const { series, rows } of listed)
      expect(await certify(store, parseSeries(series))).toMatchObject({ rows, faults: [], skipped: [], outliers: [] })
  })

  test('come with dated filters for both symbols', () => {
    const dates = ['2018-02-10.json', '2021-04-29.json', '2022-12-17.json']
    for (const symbol of ['BTCUSDT', 'ETHUSDT'])
      expect(readdirSync(join(EMBEDDED, 'instruments/binance', symbol)).sort()).toEqual(dates)
  })

  test('take 8 MB at most, and there is no file that no manifest names', async () => {
    const names = filesOf(EMBEDDED)
    const size = names.reduce((sum, name) => sum + statSync(join(EMBEDDED, name)).size, 0)
    expect(size).toBeLessThan(8e6)
    const known = (await (await openStore(EMBEDDED)).list()).flatMap(({ series, files }) => {
      const folder = series.replaceAll(':', '/')
      return [`${folder}/manifest.json`, ...files.map(({ file }) => `${folder}/${file}`)]
    })
    expect(names.filter((name) => !name.startsWith('instruments/'))).toEqual(known.sort())
  })

  test.skipIf(!isRecorded)('are what the tool itself makes of the recorded data, to the byte', () => {
    const made = join(scratch(), 'datasets')
    const done = spawnSync(process.execPath, [join(ROOT, 'src/data/embed.ts'), recorded(''), made], {
      encoding: 'utf8',
    })
    expect({ code: done.status, stderr: done.stderr }).toEqual({ code: 0, stderr: '' })
    expect(filesOf(made)).toEqual(filesOf(EMBEDDED))
    for (const name of filesOf(made))
      expect(readFileSync(join(made, name)).equals(readFileSync(join(EMBEDDED, name))), name).toBe(true)
  })
})

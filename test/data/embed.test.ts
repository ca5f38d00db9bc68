import { spawnSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { certify, loadFunding, loadTiers, missingTimes, openStore } from '../../src/data/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { EMBEDDED } from './parquet-store.ts'
import { isRecorded, recorded } from './recorded.ts'

const HOUR = 3_600_000
const COINS = ['BTCUSDT', 'ETHUSDT']
/** As far as the recorded files go. */
const PERPETUAL = { from: Date.UTC(2024, 4, 1), to: Date.UTC(2025, 7, 4, 16) }

/** A series of perpetuals without a hole, of bars so many hours long. */
function perpetual(hours: number) {
  const to = hours === 1 ? Date.UTC(2025, 7, 4, 20) : PERPETUAL.to
  return { rows: (to - PERPETUAL.from) / (hours * HOUR), from: PERPETUAL.from, to, skipped: [], duplicates: 0 }
}

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
      { series: 'binance-usdm:BTCUSDT:1h', ...perpetual(1) },
      { series: 'binance-usdm:BTCUSDT@mark:8h', ...perpetual(8) },
      { series: 'binance-usdm:ETHUSDT:1h', ...perpetual(1) },
      { series: 'binance-usdm:ETHUSDT@mark:8h', ...perpetual(8) },
      { series: 'binance:BTCUSDT:1h', ...hours },
      { series: 'binance:BTCUSDT:1m', rows: 31 * 1440 - 80, from: Date.UTC(2023, 2, 1), to: Date.UTC(2023, 3, 1) },
      { series: 'binance:ETHUSDT:1h', ...hours },
    ])
    for (const { series, rows } of listed)
      expect(await certify(store, parseSeries(series))).toMatchObject({ rows, faults: [], skipped: [], outliers: [] })
  })

  test('come with dated filters for both symbols, of either market', () => {
    const dates = ['2018-02-10.json', '2021-04-29.json', '2022-12-17.json']
    for (const symbol of COINS) {
      expect(readdirSync(join(EMBEDDED, 'instruments/binance', symbol)).sort()).toEqual(dates)
      expect(readdirSync(join(EMBEDDED, 'instruments/binance-usdm', symbol))).toEqual(['2021-09-06.json'])
    }
  })

  test('have the funding of every eight hours of the perpetuals, each with a mark, and dated tiers', async () => {
    const store = await openStore(EMBEDDED)
    const [from, to] = [PERPETUAL.from, PERPETUAL.to - 8 * HOUR]
    for (const symbol of COINS) {
      const { time } = loadFunding(store, 'binance-usdm', symbol, from, PERPETUAL.to)!
      expect([time.length, time[0], time.at(-1)]).toEqual([(to - from) / (8 * HOUR) + 1, from, to])
      expect(missingTimes([...time])).toEqual([])
      const marks = await store.load(parseSeries(`binance-usdm:${symbol}@mark:8h`))
      expect(marks.openTime).toEqual(time)
      expect(loadTiers(store, 'binance-usdm', symbol, from)).toMatchObject({ symbol, asOf: Date.UTC(2024, 9, 1) })
    }
  })

  test('take 8 MB at most, and there is no file that no manifest names', async () => {
    const names = filesOf(EMBEDDED)
    const size = names.reduce((sum, name) => sum + statSync(join(EMBEDDED, name)).size, 0)
    expect(size).toBeLessThan(8e6)
    const ofPerpetuals = names.filter((name) => /^tiers|^funding|usdm/.test(name))
    expect(ofPerpetuals.reduce((sum, name) => sum + statSync(join(EMBEDDED, name)).size, 0)).toBeLessThan(2e6)
    const known = (await (await openStore(EMBEDDED)).list()).flatMap(({ series, files }) => {
      const folder = series.replaceAll(':', '/')
      return [`${folder}/manifest.json`, ...files.map(({ file }) => `${folder}/${file}`)]
    })
    expect(names.filter((name) => !/^(instruments|tiers|funding)\//.test(name))).toEqual(known.sort())
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

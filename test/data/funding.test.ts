import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importFunding, loadFunding, missingTimes, openStore } from '../../src/data/index.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

const HOUR = 3_600_000
const DAY = Date.UTC(2024, 4, 1)
const shared = join(import.meta.dirname, '../../../shared/datasets')

async function imported(files: Readonly<Record<string, string>>) {
  const dir = scratch(files)
  const store = await openStore(join(dir, 'store'))
  const load = (...names: string[]) =>
    importFunding(
      store,
      names.map((name) => join(dir, name)),
      'binance-usdm',
      'BTCUSDT',
    )
  const stored = (from = 0, to = Number.MAX_SAFE_INTEGER) => loadFunding(store, 'binance-usdm', 'BTCUSDT', from, to)
  return { dir, load, stored }
}

describe('funding rates', () => {
  test('are read from the exchange’s dump, its answers, and files that others make of them', async () => {
    const { load, stored } = await imported({
      'dump.csv': `calc_time,funding_interval_hours,last_funding_rate\n${DAY},8,0.00010000\n`,
      'answer.csv': `symbol,fundingTime,fundingRate,markPrice\nBTCUSDT,${DAY + 8 * HOUR},-0.00002500,57476.70000000\n`,
      'others.csv': `date,open,high,low,close,volume\n${DAY + 16 * HOUR},8.946e-05,0.0,0.0,0.0,0.0\n`,
    })
    await load('dump.csv', 'answer.csv', 'others.csv')
    const { time, rate, mark } = stored()!
    expect([...time]).toEqual([DAY, DAY + 8 * HOUR, DAY + 16 * HOUR])
    expect([...rate]).toEqual([0.0001, -0.000025, 0.00008946])
    expect([...mark]).toEqual([Number.NaN, 57476.7, Number.NaN])
    expect([...stored(DAY + 1, DAY + 16 * HOUR)!.time]).toEqual([DAY + 8 * HOUR])
    expect(stored(0, DAY)).toBeNull()
  })

  test('come some milliseconds late: they are snapped to their hour, none lost, none doubled', async () => {
    const row = (late: number) => `${DAY + late},0.0001`
    const { load, stored } = await imported({
      'a.csv': `fundingTime,fundingRate\n${row(7)}\n`,
      'b.csv': `fundingTime,fundingRate\n${row(-3)}\n`,
      'off.csv': `fundingTime,fundingRate\n${row(600_000)}\n`,
    })
    expect(await load('a.csv')).toMatchObject({ added: 1, duplicates: 0 })
    expect(await load('b.csv')).toMatchObject({ added: 0, duplicates: 1, rows: 1 })
    expect([...stored()!.time]).toEqual([DAY])
    await expect(load('off.csv')).rejects.toThrow(/off\.csv row 2: time "1714522200000" is not within a minute/)
  })

  test('that differ from the stored one of their time, and what is no rate, are named with file, row and value', async () => {
    const { load } = await imported({
      'a.csv': `fundingTime,fundingRate\n${DAY},0.0001\n`,
      'b.csv': `fundingTime,fundingRate\n${DAY},0.0002\n`,
      'text.csv': `fundingTime,fundingRate\n${DAY},none\n`,
      'percent.csv': `fundingTime,fundingRate\n${DAY},1.5\n`,
      'mark.csv': `fundingTime,fundingRate,markPrice\n${DAY},0.0001,-1\n`,
      'torn.csv': `fundingTime,fundingRate\n${DAY},0.0001\n${DAY + 8 * HOUR}\n`,
      'hex.csv': `fundingTime,fundingRate\n${DAY},0x0\n`,
      'header.csv': `when,what\n1,2\n`,
      'empty.csv': 'fundingTime,fundingRate\n',
    })
    await load('a.csv')
    await expect(load('b.csv')).rejects.toThrow(
      /two rates for 2024-05-01: .*BTCUSDT\.csv row 2 has 0\.0001, .*b\.csv row 2 has 0\.0002/,
    )
    await expect(load('text.csv')).rejects.toThrow(/text\.csv row 2: rate "none"/)
    await expect(load('percent.csv')).rejects.toThrow(/percent\.csv row 2: rate "1\.5"/)
    await expect(load('mark.csv')).rejects.toThrow(/mark\.csv row 2: mark "-1"/)
    await expect(load('torn.csv')).rejects.toThrow(/torn\.csv row 3: .* has 1 fields where line 1 has 2/)
    await expect(load('hex.csv')).rejects.toThrow(/hex\.csv row 2: rate "0x0"/)
    await expect(load('header.csv')).rejects.toThrow(/header\.csv, line 1: no column for time/)
    await expect(load('nothing.csv')).rejects.toThrow(/there is no such file/)
  })

  test('of two imports at once are all stored; a damaged store is named and left as it is', async () => {
    const hours = (from: number) => Array.from({ length: 50 }, (_, k) => `${DAY + (from + 8 * k) * HOUR},0.0001`)
    const { dir, load, stored } = await imported({
      'a.csv': `fundingTime,fundingRate\n${hours(0).join('\n')}\n`,
      'b.csv': `fundingTime,fundingRate\n${hours(400).join('\n')}\n`,
    })
    await Promise.all([load('a.csv'), load('b.csv')])
    expect(stored()!.time).toHaveLength(100)
    const file = join(dir, 'store/funding/binance-usdm/BTCUSDT.csv')
    const damaged = readFileSync(file, 'utf8').slice(0, -30)
    writeFileSync(file, damaged)
    expect(() => stored()).toThrow(/BTCUSDT\.csv row \d+: /)
    await expect(load('a.csv')).rejects.toThrow(/BTCUSDT\.csv row \d+: /)
    expect(readFileSync(file, 'utf8')).toBe(damaged)
  })

  test('that are missing are told apart from a change of schedule', () => {
    const at = (...hours: number[]) => missingTimes(hours.map((hour) => hour * HOUR)).map((time) => time / HOUR)
    expect(at(0, 8, 16, 24, 32)).toEqual([])
    expect(at(0, 8, 24, 32)).toEqual([16])
    expect(at(0, 8, 16, 40, 48)).toEqual([24, 32])
    // two holes beside one another
    expect(at(0, 8, 24, 40, 48)).toEqual([16, 32])
    expect(at(0, 8, 16, 20, 24, 28)).toEqual([])
    expect(at(0, 1, 2, 3, 11, 19)).toEqual([])
  })

  test('the command stores them, says what is missing, and refuses what is no perpetual', async () => {
    const dir = scratch({
      'f.csv': `fundingTime,fundingRate\n${[0, 8, 24, 32].map((h) => `${DAY + h * HOUR},0.0001`).join('\n')}\n`,
    })
    const done = await klinelabHere(['data', 'funding', 'f.csv', '--as', 'binance-usdm:BTCUSDT'], { cwd: dir })
    expect(done.code, done.stderr).toBe(0)
    expect(done.stdout).toMatch(/4 new funding rates.*\n.*1 rate missing: 2024-05-01T16:00/)
    const wrong = await klinelabHere(['data', 'funding', 'f.csv', '--as', 'binance:BTCUSDT'], { cwd: dir })
    expect(wrong).toMatchObject({ code: 2 })
    expect(wrong.stderr).toMatch(/"binance:BTCUSDT" is not allowed.*binance-usdm/)
  })

  test.skipIf(!existsSync(shared))(
    'recorded: 15 months of BTC, and the jitter of the exchange, hold every rate once',
    async () => {
      const { dir } = await imported({})
      const store = await openStore(join(dir, 'store'))
      const file = join(shared, 'funding/BTCUSDT-8h-funding.csv.gz')
      const result = await importFunding(store, [file], 'binance-usdm', 'BTCUSDT')
      expect(result.missing).toEqual([])
      expect((result.to - result.from) / (8 * HOUR) + 1).toBe(result.rows)
      const jitter = join(shared, 'defects/funding-ms-jitter-BTCUSDT.csv')
      const rows = readFileSync(jitter, 'utf8').trim().split(/\r?\n/).length - 1
      const other = await openStore(join(dir, 'other'))
      const late = await importFunding(other, [jitter], 'binance-usdm', 'BTCUSDT')
      expect(late).toMatchObject({ read: rows, added: rows, duplicates: 0, missing: [] })
    },
  )
})

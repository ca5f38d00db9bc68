import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { importTiers, loadTiers, openStore } from '../../src/data/index.ts'
import { scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

const bracket = {
  bracket: 1,
  notionalFloor: 0,
  notionalCap: 50000,
  maintMarginRatio: 0.004,
  initialLeverage: 125,
  cum: 0,
}
const answer = (more: object = {}) => JSON.stringify([{ symbol: 'BTCUSDT', brackets: [{ ...bracket, ...more }] }])
const [OLD, NEW] = [Date.UTC(2024, 0, 1), Date.UTC(2025, 0, 1)]
const shared = join(import.meta.dirname, '../../../shared/datasets/leverage-tiers/binance-usdm-leverageBracket.json')

describe('leverage tiers', () => {
  test('of the time of a run are used: the newest that are not younger, else the oldest, which are assumed', async () => {
    const dir = scratch({ 'old.json': answer(), 'new.json': answer({ initialLeverage: 100 }) })
    const store = await openStore(join(dir, 'store'))
    expect(loadTiers(store, 'binance-usdm', 'BTCUSDT', NEW)).toBeNull()
    expect(await importTiers(store, join(dir, 'old.json'), OLD)).toEqual(['BTCUSDT'])
    await importTiers(store, join(dir, 'new.json'), NEW)
    const leverageAt = (time: number) => loadTiers(store, 'binance-usdm', 'BTCUSDT', time)!.brackets[0]!.leverage
    expect([0, OLD, NEW - 1, NEW, NEW + 1].map(leverageAt)).toEqual([125, 125, 125, 100, 100])
    expect(loadTiers(store, 'binance-usdm', 'BTCUSDT', NEW)).toMatchObject({ source: 'new', asOf: NEW })
  })

  test('that are no tiers are refused with file, symbol, bracket, field and value', async () => {
    const dir = scratch({
      'torn.json': answer().slice(0, 40),
      'other.json': '{"rates":[]}',
      'text.json': answer({ maintMarginRatio: 'low' }),
      'good.json': answer(),
    })
    const store = await openStore(join(dir, 'store'))
    const load = (name: string, symbols?: string[]) => importTiers(store, join(dir, name), OLD, symbols)
    await expect(load('torn.json')).rejects.toThrow(/torn\.json: is no JSON/)
    await expect(load('other.json')).rejects.toThrow(/other\.json: is no answer to leverageBracket/)
    await expect(load('text.json')).rejects.toThrow(/text\.json, BTCUSDT, bracket 1: maintMarginRatio is "low"/)
    await expect(load('good.json', ['ETHUSDT'])).rejects.toThrow(/has no symbol ETHUSDT/)
    await expect(load('nothing.json')).rejects.toThrow(/there is no such file/)
    expect(loadTiers(store, 'binance-usdm', 'BTCUSDT', OLD)).toBeNull()
  })

  test('the command needs their date', async () => {
    const dir = scratch({ 'tiers.json': answer() })
    expect((await klinelabHere(['data', 'tiers', 'tiers.json'], { cwd: dir })).stderr).toMatch(/--as-of is missing/)
    const done = await klinelabHere(['data', 'tiers', 'tiers.json', '--as-of', '2024-10-01', '--json'], { cwd: dir })
    expect(done.json()).toMatchObject({ symbols: ['BTCUSDT'], asOf: Date.UTC(2024, 9, 1) })
    const stored = readFileSync(join(dir, 'datasets/tiers/binance-usdm/BTCUSDT/2024-10-01.json'), 'utf8')
    expect(JSON.parse(stored).brackets).toEqual([{ floor: '0', cap: '50000', ratio: '0.004', cum: '0', leverage: 125 }])
  })

  test.skipIf(!existsSync(shared))('the recorded ones of ten symbols are read', async () => {
    const store = await openStore(join(scratch(), 'store'))
    expect(await importTiers(store, shared, NEW)).toHaveLength(10)
    expect(loadTiers(store, 'binance-usdm', 'BTCUSDT', NEW)!.brackets[2]).toEqual({
      floor: '600000', cap: '3000000', ratio: '0.0065', cum: '950', leverage: 75,
    }) // biome-ignore format: one bracket
  })
})

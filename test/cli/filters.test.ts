import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import type { RunDocument } from '../../src/core/run.ts'
import { hourlyCsv, ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

/** What an exchange answers to `exchangeInfo`, cut down to one symbol. */
const INFO = JSON.stringify({
  timezone: 'UTC',
  serverTime: Date.UTC(2023, 11, 31),
  symbols: [
    {
      symbol: 'TESTUSDT',
      status: 'TRADING',
      baseAsset: 'TEST',
      quoteAsset: 'USDT',
      orderTypes: ['LIMIT', 'MARKET'],
      filters: [
        { filterType: 'PRICE_FILTER', minPrice: '0.10', maxPrice: '1000.00', tickSize: '0.10' },
        { filterType: 'LOT_SIZE', minQty: '1.000', maxQty: '900.000', stepSize: '1.000' },
      ],
    },
  ],
})

test('a symbol without exchange info can be run, and the run says that its filters are not known; data filters stores them', async () => {
  const dir = scratch({
    'bars.csv': hourlyCsv(Array.from({ length: 48 }, (_, k) => [100 + k, 102 + k, 99 + k, 101 + k] as const)),
    'exchangeInfo.json': INFO,
  })
  const backtest = async (): Promise<{ document: RunDocument; html: string }> => {
    const run = await klinelabHere(
      ['backtest', join(ROOT, 'strategies', 'buy-and-hold.ts'), '--data', 'binance:TESTUSDT:1h', '--json'],
      { cwd: dir },
    )
    expect(run.code, run.stderr).toBe(0)
    const folder = run.json<{ dir: string }>().dir
    return {
      document: JSON.parse(readFileSync(join(folder, 'run.json'), 'utf8')),
      html: readFileSync(join(folder, 'report.html'), 'utf8'),
    }
  }
  expect((await klinelabHere(['data', 'import', 'bars.csv', '--as', 'binance:TESTUSDT:1h'], { cwd: dir })).code).toBe(0)

  const before = await backtest()
  expect(before.document.filters).toMatchObject([{ symbol: 'TESTUSDT', validFrom: null, assumed: true }])
  expect(before.document.remarks.join(' ')).toMatch(/TESTUSDT: filters are not known.*klinelab data filters/)
  expect(before.html).toContain('filters are not known')

  const stored = await klinelabHere(['data', 'filters', 'exchangeInfo.json', '--json'], { cwd: dir })
  expect(stored.json()).toMatchObject({ files: [{ file: 'exchangeInfo.json', symbols: ['TESTUSDT'] }] })
  const after = await backtest()
  expect(after.document.filters).toMatchObject([{ validFrom: Date.UTC(2023, 11, 31), assumed: false }])
  // 99 % of 10,000 buys 97 whole TEST at about 101: the step is 1
  expect(Number.isInteger(after.document.openTrades[0]!.qty)).toBe(true)
  expect(Number.isInteger(before.document.openTrades[0]!.qty)).toBe(false)
})

test('a file or symbol that is not there is named', async () => {
  const dir = scratch({ 'exchangeInfo.json': INFO, 'torn.json': INFO.slice(0, 100) })
  const said = async (...args: string[]) => {
    const { code, stderr } = await klinelabHere(['data', 'filters', ...args], { cwd: dir })
    return `${code} ${stderr}`
  }
  expect(await said('nothing.json')).toMatch(/^2 nothing\.json: there is no such file/)
  expect(await said('exchangeInfo.json', '--symbol', 'TESTUSD')).toMatch(/^1 exchangeInfo\.json: has no symbol TESTUSD/)
  expect(await said('torn.json')).toMatch(/^1 torn\.json: is no JSON/)
})

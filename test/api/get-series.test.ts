import { afterAll, beforeAll, expect, test, vi } from 'vitest'
import { getSeries, loadBars, UsageError } from '../../src/index.ts'
import { scratch } from '../cli/klinelab.ts'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'

let server: VenueServer
beforeAll(async () => {
  server = await startVenueServer({ now: () => Date.now() })
  for (const name of ['KUCOIN', 'BINANCE']) vi.stubEnv(`KLINELAB_URL_${name}`, server.origin)
})
afterAll(async () => {
  vi.unstubAllEnvs()
  await server.close()
})

test('a script gets bars as the command does, and loads what it got', async () => {
  const store = scratch()
  const names = ['binance:BTCUSDT:1h', 'kucoin:BTC-USDT:1h']
  const told: number[] = []
  const range = { from: '2024-01-01', to: '2024-01-03' }
  const { series, rules } = await getSeries(names, { store, ...range, onProgress: (done) => told.push(done) })
  expect(series).toMatchObject(names.map((name) => ({ series: name, added: 48, error: null })))
  expect(rules.map(({ venue, error }) => [venue, error])).toEqual([
    ['binance', null],
    ['kucoin', null],
  ])
  expect(told.at(-1)).toBe(96)
  const bars = await loadBars('kucoin:BTC-USDT:1h', { store })
  expect([bars.length, bars.openTime[0]]).toEqual([48, Date.UTC(2024, 0, 1)])
  const [first] = server.truth.texts(bars.series, Date.UTC(2024, 0, 1), Date.UTC(2024, 0, 2))
  expect(bars.close[0]).toBe(Number(first!.close))
})

test('what is wrong is said as the command says it', async () => {
  await expect(getSeries('binance:BTCUSDT:7m')).rejects.toThrow(/the series: unknown interval "7m"/)
  await expect(getSeries('binance:BTCUSDT:1h', { form: '2024-01-01' } as object)).rejects.toThrow(UsageError)
  await expect(getSeries('coinbase:BTC-USD:30m', { store: scratch(), from: '2024-01-01' })).rejects.toThrow(
    /coinbase has no bars of 30m; it has 1m 5m 15m/,
  )
})

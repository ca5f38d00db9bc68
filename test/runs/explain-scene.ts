import { mkdirSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { parseSeries } from '../../src/core/series.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { scratch } from '../cli/klinelab.ts'

export const HOUR = 3_600_000
export const START = Date.UTC(2024, 0, 1)
export const HOURS = 30
export const SERIES = 'binance:TESTUSDT:1h'

/** `at` is a close: what is decided five hours in has seen bars 0 to 4 and meets bar 5. */
export const STRATEGY = `import { amend, buy, cancel, close, defineStrategy, sell, sma } from 'klinelab'
export default defineStrategy({
  name: 'scripted',
  indicators: () => ({ mean: sma(2) }),
  state: () => ({ asked: 0 }),
  plots: ['mean'],
  onBar({ at, state }) {
    state.asked++
    const hour = (at - ${START}) / ${HOUR}
    if (hour === 2) return buy({ qty: 1, limit: 55, id: 'idle' })
    if (hour === 3) return cancel('idle')
    if (hour === 5) return buy({ qty: 1, stopLoss: 95, takeProfit: 130, tag: 'first' })
    if (hour === 12) return [sell({ qty: 50, id: 'naked' }), buy({ qty: 2, limit: 98.007, id: 'rest' })]
    if (hour === 14) return amend('rest', { limit: 99 })
    if (hour === 20) return close({ tag: 'done' })
    if (hour === 22) return buy({ quote: 5, id: 'small' })
    if (hour === 23) return buy({ qty: 1, limit: 60, id: 'rest' })
    if (hour === 24) return buy({ qty: 1, limit: 56, id: 'idle' })
    if (hour === 25) return buy({ qty: 1, id: 'last' })
  },
})
`

/** Bar 8 falls through the stop at 95, bar 14 through the limit at 99; closes rise by 0.1 an hour. */
const low = (hour: number) => ({ 8: 94, 14: 98.6 })[hour] ?? 99.5
const bars = Array.from({ length: HOURS }, (_, k) =>
  [START + k * HOUR, 100, 105, low(k), (1000 + k) / 10, 10].join(','),
)

const FILTERS = [
  { filterType: 'PRICE_FILTER', minPrice: '0.01', maxPrice: '1000.00', tickSize: '0.01' },
  { filterType: 'LOT_SIZE', minQty: '0.001', maxQty: '900.000', stepSize: '0.001' },
  { filterType: 'NOTIONAL', minNotional: '10.00', applyMinToMarket: true, maxNotional: '9000.00', applyMaxToMarket: false, avgPriceMins: 0 },
  { filterType: 'PERCENT_PRICE_BY_SIDE', bidMultiplierUp: '1.2', bidMultiplierDown: '0.5', askMultiplierUp: '2', askMultiplierDown: '0', avgPriceMins: 0 },
  { filterType: 'MAX_NUM_ORDERS', maxNumOrders: 5 },
] // biome-ignore format: as the exchange states them

/** A store of one market and a strategy that trades it by the hour. */
export async function project() {
  const dir = scratch({ 'package.json': '{}', 'scripted.ts': STRATEGY })
  const store = join(dir, 'store')
  mkdirSync(store)
  writeFileSync(join(dir, 'bars.csv'), `${['open_time,open,high,low,close,volume', ...bars].join('\n')}\n`)
  await importFiles(await openStore(store), [join(dir, 'bars.csv')], parseSeries(SERIES), {
    now: START + 1e10,
    onError: 'stop',
  })
  const symbol = { symbol: 'TESTUSDT', status: 'TRADING', baseAsset: 'TEST', quoteAsset: 'USDT' }
  const info = join(store, 'instruments', 'binance', 'TESTUSDT', '2023-12-31.json')
  mkdirSync(dirname(info), { recursive: true })
  const symbols = [{ ...symbol, orderTypes: ['LIMIT', 'MARKET', 'STOP_LOSS'], filters: FILTERS }]
  writeFileSync(info, JSON.stringify({ serverTime: START - 24 * HOUR, symbols }))
  return { dir, store, strategy: join(dir, 'scripted.ts') }
}

import type { Bars } from '../../src/core/bar.ts'
import type { Instrument } from '../../src/core/instrument.ts'
import { seededRandom } from '../../src/core/random.ts'
import { costsOf, type SlotOptions } from '../../src/engine/index.ts'
import { Exchange, type ExchangeOptions } from '../../src/exchange/exchange.ts'

export const KEYS = { key: 'key-of-a-test', secret: 'secret-of-a-test' }
export const MINUTE = 60_000
/** Where the bars that are played begin. */
export const FROM = Date.UTC(2025, 2, 1)

/** exchange.md (e), fixture F. */
const FILTERS = {
  price: { min: '556.80', max: '4529764', tick: '0.10' },
  lot: { min: '0.001', max: '1000', step: '0.001' },
  marketLot: { min: '0.001', max: '120', step: '0.001' },
  notional: { filter: 'MIN_NOTIONAL', min: '100', applyMinToMarket: true, avgPriceMins: 0, reduceOnlyExempt: true },
  percentPrice: { up: '1.0500', down: '0.9500', avgPriceMins: 0, oneSided: true },
  maxNumOrders: 200,
  maxNumAlgoOrders: 100,
  notSimulated: [],
} as const

export function instrumentOf(symbol: string, kind: 'perpetual' | 'spot' = 'perpetual'): Instrument {
  const snapshot = { validFrom: 0, filters: FILTERS, source: 'test', orderTypes: ['LIMIT', 'MARKET'] }
  const venue = kind === 'spot' ? 'binance' : 'binance-usdm'
  const gridFrom = kind === 'spot' ? 'zero' : 'minimum'
  return { venue, symbol, base: symbol.replace('USDT', ''), quote: 'USDT', kind, gridFrom, snapshots: [snapshot] }
}

type Row = readonly [open: number, high: number, low: number, close: number, volume?: number]

/** 1m bars, the first of them so many minutes before `FROM`. */
export function barsOf(
  rows: readonly Row[],
  before = 0,
  symbol = 'BTCUSDT',
  kind: 'perpetual' | 'spot' = 'perpetual',
): Bars {
  const column = (k: number, or: number) => Float64Array.from(rows, (row) => row[k] ?? or)
  return {
    series: { venue: kind === 'spot' ? 'binance' : 'binance-usdm', symbol, interval: '1m' },
    length: rows.length,
    priceDecimals: 2,
    openTime: Float64Array.from(rows, (_, k) => FROM + (k - before) * MINUTE),
    ...{ open: column(0, 0), high: column(1, 0), low: column(2, 0), close: column(3, 0), volume: column(4, 12.345) },
  }
}

/** A walk of prices on the grid of 0.10 around 50,000. */
export function walk(length: number, seed = 1): Row[] {
  const random = seededRandom(seed)
  let price = 500_000
  const step = () => Math.floor(random() * 400) - 200
  return Array.from({ length }, (): Row => {
    const open = price + Math.floor(step() / 20)
    const close = open + step()
    const high = Math.max(open, close) + Math.floor(random() * 100)
    const low = Math.min(open, close) - Math.floor(random() * 100)
    price = close
    return [open / 10, high / 10, low / 10, close / 10, Math.floor(random() * 50_000) / 1000]
  })
}

export function slotOf(bars: Bars, kind: 'perpetual' | 'spot' = 'perpetual'): SlotOptions {
  const { symbol } = bars.series
  const bracket = { floor: '0', cap: '50000000', ratio: '0.004', cum: '0', leverage: 125 }
  const tiers = { symbol, asOf: 0, source: 'test', brackets: [bracket] }
  const startRow = bars.openTime.findIndex((time) => time >= FROM)
  return {
    ...{ instrument: instrumentOf(symbol, kind), bars, indicators: {}, also: {}, startRow },
    readyRow: Number.POSITIVE_INFINITY,
    costs: costsOf({ feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 0 }),
    margin: kind === 'spot' ? null : { mode: 'cross', leverage: 10, tiers, liquidationFee: 0.0125 },
  }
}

/** What an exchange of a test is asked through. */
export interface Played {
  readonly exchange: Exchange
  readonly origin: string
  readonly wsOrigin: string
  readonly controlOrigin: string
  /** Errors of our own program: there must be none. */
  readonly errors: unknown[]
  readonly run: Promise<void>
  step(): Promise<{ at: string; symbol: string | null; time: number }>
  control(method: string, path: string, body?: unknown): Promise<unknown>
  close(): Promise<void>
}

export async function play(
  options: Partial<ExchangeOptions> & { readonly slots: readonly SlotOptions[] },
): Promise<Played> {
  const errors: unknown[] = []
  const exchange = new Exchange({
    ...{ kind: 'usdm', cash: 100_000, keys: KEYS, speed: 'step', controlPort: 0 },
    onError: (error) => errors.push(error),
    ...options,
  })
  const { port, controlPort } = await exchange.listen()
  const scheme = options.tls ? 's' : ''
  const run = exchange.run()
  const control = async (method: string, path: string, body?: unknown) => {
    const reply = await fetch(`http://127.0.0.1:${controlPort}${path}`, {
      method,
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    return reply.json()
  }
  return {
    ...{ exchange, errors, run, control },
    origin: `http${scheme}://127.0.0.1:${port}`,
    wsOrigin: `ws${scheme}://127.0.0.1:${port}`,
    controlOrigin: `http://127.0.0.1:${controlPort}`,
    step: () => control('POST', '/step') as ReturnType<Played['step']>,
    close: async () => {
      await exchange.close()
      await run
    },
  }
}

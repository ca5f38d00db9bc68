import fc from 'fast-check'
import { afterEach, describe, expect, test } from 'vitest'
import { type Interval, openTimeOf } from '../../src/core/interval.ts'
import { candlesOf } from '../../src/exchange/candles.ts'
import { SymbolMarket } from '../../src/exchange/symbol-market.ts'
import { barsOf, FROM, instrumentOf, MINUTE, type Played, play, slotOf, walk } from './played.ts'

let played: Played | null = null

afterEach(async () => {
  await played?.close()
  expect(played?.errors ?? []).toEqual([])
  played = null
})

const get = async (path: string) => (await (await fetch(played!.origin + path)).json()) as never

function marketOf(rows: number, before: number, seed: number): SymbolMarket {
  const bars = barsOf(walk(rows, seed), before)
  const { instrument, startRow } = { instrument: instrumentOf('BTCUSDT'), startRow: before }
  return new SymbolMarket({
    instrument,
    bars,
    startRow,
    marks: null,
    funding: null,
    precision: { price: 2, quantity: 3 },
  })
}

describe('candles of REST', () => {
  /** Grouped the slow way: for each bar that has closed, the candle it belongs to. */
  function naive(market: SymbolMarket, interval: Interval, closed: number) {
    const candles = new Map<number, { open: number; high: number; low: number; close: number; volume: number }>()
    for (let row = 0; row < closed; row++) {
      const at = openTimeOf(market.bars.openTime[row]!, interval)
      const [open, high, low, close, volume] = (['open', 'high', 'low', 'close', 'volume'] as const).map(
        (name) => market.bars[name][row]!,
      ) as [number, number, number, number, number]
      const one = candles.get(at)
      if (one === undefined) candles.set(at, { open, high, low, close, volume })
      else
        candles.set(at, {
          open: one.open,
          high: Math.max(one.high, high),
          low: Math.min(one.low, low),
          close,
          volume: one.volume + volume,
        })
    }
    return candles
  }

  test('are the bars’ own, grouped; the last one is open and has not been traded in', () => {
    fc.assert(
      fc.property(
        fc.integer({ min: 1, max: 400 }),
        fc.constantFrom<Interval>('1m', '3m', '5m', '15m', '1h', '1d'),
        fc.integer({ min: 1, max: 60 }),
        (before, interval, limit) => {
          const market = marketOf(before + 5, before, 3)
          const found = candlesOf(market, interval, FROM, { limit })
          const all = naive(market, interval, before)
          const open = openTimeOf(FROM, interval)
          if (!all.has(open))
            all.set(open, { open: market.last, high: market.last, low: market.last, close: market.last, volume: 0 })
          const expected = [...all].slice(-limit)
          expect(found.map(({ openTime }) => openTime)).toEqual(expected.map(([time]) => time))
          for (const [k, [, one]] of expected.entries()) {
            const { open, high, low, close, units } = found[k]!
            expect({ open, high, low, close }).toEqual({
              open: one.open,
              high: one.high,
              low: one.low,
              close: one.close,
            })
            expect(units).toBe(Math.round(one.volume * 1000))
          }
        },
      ),
    )
  })

  test('from a start are the first from there, to an end the last up to it, both included', () => {
    const market = marketOf(105, 100, 4)
    const times = (range: { startTime?: number; endTime?: number; limit: number }) =>
      candlesOf(market, '5m', FROM, range).map(({ openTime }) => (openTime - FROM) / MINUTE)
    expect(times({ startTime: FROM - 50 * MINUTE, limit: 3 })).toEqual([-50, -45, -40])
    expect(times({ startTime: FROM - 50 * MINUTE + 1, limit: 2 })).toEqual([-45, -40])
    expect(times({ endTime: FROM - 50 * MINUTE, limit: 2 })).toEqual([-55, -50])
    expect(times({ endTime: FROM - 50 * MINUTE - 1, limit: 2 })).toEqual([-60, -55])
    expect(times({ startTime: FROM - 10 * MINUTE, endTime: FROM - 5 * MINUTE, limit: 9 })).toEqual([-10, -5])
    // the one that is open is the last there is
    expect(times({ startTime: FROM - 5 * MINUTE, limit: 9 })).toEqual([-5, 0])
    expect(times({ startTime: FROM + MINUTE, limit: 9 })).toEqual([])
  })

  test('a closed candle is the same by REST as it was by the stream, and what it is made of adds up', async () => {
    const bars = barsOf(walk(8, 6), 2)
    played = await play({ slots: [slotOf(bars)] })
    for (let at = ''; at !== 'end'; ) at = (await played.step()).at
    const [candles, trades] = [
      (await get('/fapi/v1/klines?symbol=BTCUSDT&interval=1m')) as unknown[][],
      (await get('/fapi/v1/aggTrades?symbol=BTCUSDT&limit=1000')) as { T: number; q: string; p: string; m: boolean }[],
    ]
    expect(candles).toHaveLength(9)
    for (const [k, candle] of candles.slice(0, -1).entries()) {
      const [openTime, open, high, low, close, volume, closeTime, quote, n, bought] = candle as [number, ...string[]]
      expect([openTime, Number(open), Number(high), Number(low), Number(close), Number(volume)]).toEqual(
        [bars.openTime, bars.open, bars.high, bars.low, bars.close, bars.volume].map((column) => column[k]),
      )
      const own = trades.filter(({ T }) => T >= openTime && T <= Number(closeTime))
      const sum = (of: typeof own) => of.reduce((total, { q }) => total + Math.round(Number(q) * 1000), 0)
      expect(own).toHaveLength(Number(n))
      expect(sum(own)).toBe(Math.round(Number(volume) * 1000))
      expect(sum(own.filter(({ m }) => !m))).toBe(Math.round(Number(bought) * 1000))
      const value = own.reduce((total, { p, q }) => total + Number(p) * Number(q), 0)
      expect(Number(quote)).toBeCloseTo(value, 4)
    }
  })

  test('finer candles than the bars, and unknown ones, are refused', async () => {
    const bars = { ...barsOf(walk(4)), series: { venue: 'binance-usdm', symbol: 'BTCUSDT', interval: '5m' } as const }
    played = await play({ slots: [slotOf(bars)] })
    for (const interval of ['1m', '7m', ''])
      expect(await get(`/fapi/v1/klines?symbol=BTCUSDT&interval=${interval}`)).toMatchObject({
        code: interval === '' ? -1102 : -1120,
      })
  })
})

test('the price is the open, then the path, then the close', async () => {
  played = await play({
    slots: [
      slotOf(
        barsOf(
          [
            [100, 100, 100, 100],
            [100.5, 103, 99, 101.2],
          ],
          1,
        ),
      ),
    ],
  })
  const price = async () => Number(((await get('/fapi/v2/ticker/price?symbol=BTCUSDT')) as { price: string }).price)
  expect(await price()).toBe(100)
  await played.step()
  expect(await price()).toBe(100.5)
  await played.step()
  expect(await price()).toBe(101.2)
})

test('symbols have their turns in declared order, and close together', async () => {
  const bars = (symbol: string) => slotOf(barsOf(walk(3, 2), 1, symbol))
  played = await play({ slots: [bars('ETHUSDT'), bars('BTCUSDT')] })
  const seen: string[] = []
  for (let at = ''; at !== 'end'; ) {
    const stands = await played.step()
    at = stands.at
    seen.push(`${at} ${stands.symbol}`)
  }
  const instant = ['open ETHUSDT', 'open BTCUSDT', 'close null']
  expect(seen).toEqual([...instant, ...instant, 'end null'])
})

test('a timed replay takes its time, and events bear the replay’s', async () => {
  played = await play({ slots: [slotOf(barsOf(walk(6, 2), 1))], speed: 600 })
  const begun = performance.now()
  await played.run
  // five minutes at 600 times real time are half a second
  expect(performance.now() - begun).toBeGreaterThan(400)
  expect(played.exchange.market.now()).toBe(FROM + 5 * MINUTE)
})

test('/time is the wall clock, by which clients sign', async () => {
  played = await play({ slots: [slotOf(barsOf(walk(2, 2), 1))] })
  const { serverTime } = (await get('/fapi/v1/time')) as { serverTime: number }
  expect(Math.abs(serverTime - Date.now())).toBeLessThan(5000)
})

test('exchangeInfo has what clients read', async () => {
  played = await play({ slots: [slotOf(barsOf(walk(2, 2), 1))] })
  const { symbols } = (await get('/fapi/v1/exchangeInfo')) as { symbols: Record<string, unknown>[] }
  expect(symbols).toHaveLength(1)
  expect(symbols[0]).toMatchObject({
    ...{ symbol: 'BTCUSDT', status: 'TRADING', contractType: 'PERPETUAL', marginAsset: 'USDT' },
    ...{ pricePrecision: 2, quantityPrecision: 3 },
  })
  expect(symbols[0]!['orderTypes']).toContain('STOP_MARKET')
  expect(symbols[0]!['filters']).toContainEqual({
    ...{ filterType: 'PRICE_FILTER', minPrice: '556.80', maxPrice: '4529764', tickSize: '0.10' },
  })
  expect(symbols[0]!['filters']).toContainEqual({ filterType: 'MIN_NOTIONAL', notional: '100' })
})

test('exchangeInfo of spot states spot’s limits', async () => {
  const bars = barsOf(walk(2, 2), 1, 'BTCUSDT', 'spot')
  played = await play({ kind: 'spot', slots: [slotOf(bars, 'spot')] })
  const { rateLimits } = (await get('/api/v3/exchangeInfo')) as { rateLimits: unknown[] }
  expect(rateLimits).toEqual([
    { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: 6000 },
    { rateLimitType: 'ORDERS', interval: 'SECOND', intervalNum: 10, limit: 100 },
    { rateLimitType: 'ORDERS', interval: 'DAY', intervalNum: 1, limit: 200_000 },
  ])
})

test('rates of funding are told as they were charged: a mark is finer than a tick', async () => {
  const funding = {
    time: Float64Array.of(FROM),
    rate: Float64Array.of(-0.00003403),
    mark: Float64Array.of(50_012.98765432),
  }
  const slot = { ...slotOf(barsOf(walk(10, 4), 5)), funding }
  played = await play({ slots: [slot], speed: 'max' })
  await played.run
  const told: { markPrice: string; fundingRate: string }[] = await get('/fapi/v1/fundingRate?symbol=BTCUSDT')
  expect(told).toMatchObject([{ fundingTime: FROM, markPrice: '50012.98765432', fundingRate: '-0.00003403' }])
})

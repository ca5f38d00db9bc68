import { afterEach, describe, expect, test } from 'vitest'
import { type Heard, listen } from './listen.ts'
import { barsOf, FROM, MINUTE, type Played, play, slotOf } from './played.ts'

const HOUR = 60 * MINUTE
const DAY = 24 * HOUR

let played: Played
const sockets: Heard[] = []

afterEach(async () => {
  for (const { socket } of sockets.splice(0)) socket.terminate()
  await played.close()
  expect(played.errors).toEqual([])
})

/** Volumes 1, 2, 3 …, prices that rise by one a minute from 1001 on; the last bar closes at `FROM`. */
const RISING = barsOf(
  Array.from({ length: 1500 }, (_, k) => [1000 + k, 1001.5 + k, 999.5 + k, 1001 + k, k + 1] as const),
  1499,
  'BTCUSDT',
  'spot',
)

async function begin(symbols = ['BTCUSDT']) {
  const slots = symbols.map((symbol) =>
    slotOf({ ...RISING, series: { ...RISING.series, symbol } } as typeof RISING, 'spot'),
  )
  played = await play({ kind: 'spot', slots, speed: 'max' })
  await played.run
}

const get = async (path: string) => {
  const reply = await fetch(played.origin + path)
  const weight = Number(reply.headers.get('x-mbx-used-weight-1m'))
  return { status: reply.status, weight, body: (await reply.json()) as Record<string, unknown> }
}

/** In Binance's order (rest-api.md, Trading Day Ticker and Rolling window price change statistics). */
const FULL = ['symbol', 'priceChange', 'priceChangePercent', 'weightedAvgPrice', 'openPrice', 'highPrice', 'lowPrice', 'lastPrice', 'volume', 'quoteVolume', 'openTime', 'closeTime', 'firstId', 'lastId', 'count'] // biome-ignore format: a list
const CHANGES = ['priceChange', 'priceChangePercent', 'weightedAvgPrice']

describe('spot’s rolling window', () => {
  test('is what was traded in it, and begins on a minute', async () => {
    await begin()
    const { body } = await get('/api/v3/ticker?symbol=BTCUSDT&windowSize=3m')
    expect(Object.keys(body)).toEqual(FULL)
    // the bars of the last three minutes: rows 1497 to 1499, of four trades each
    expect(body).toMatchObject({
      ...{
        openPrice: '2497.00000000',
        highPrice: '2500.50000000',
        lowPrice: '2496.50000000',
        lastPrice: '2500.00000000',
        priceChange: '3.00000000',
      },
      ...{ priceChangePercent: '0.120', openTime: FROM - 2 * MINUTE, closeTime: FROM + MINUTE },
      ...{ firstId: 1497 * 4 + 1, lastId: 1500 * 4, count: 12 },
    })
    expect(Number(body['volume'])).toBe(1498 + 1499 + 1500)
    const quote = Number(body['quoteVolume'])
    expect(Number(body['weightedAvgPrice'])).toBeCloseTo(quote / (1498 + 1499 + 1500), 1)
    // the window is a day where nothing is said, and as wide as a week
    expect((await get('/api/v3/ticker?symbol=BTCUSDT')).body).toMatchObject({
      openTime: FROM + MINUTE - DAY,
      count: 5760,
    })
    expect((await get('/api/v3/ticker?symbol=BTCUSDT&windowSize=7d')).body).toMatchObject({ count: 6000 })
  })

  test('of a part of a bar has the trades that are shown in that part', async () => {
    const bars = barsOf(
      [
        [1000, 1010, 990, 1005, 40],
        [1005, 1020, 1000, 1010, 40],
      ],
      1,
      'BTCUSDT',
      'spot',
    )
    const hourly = {
      ...bars,
      series: { ...bars.series, interval: '1h' as const },
      openTime: Float64Array.of(FROM - HOUR, FROM),
    }
    played = await play({ kind: 'spot', slots: [slotOf(hourly, 'spot')], speed: 'max' })
    await played.run
    const trades = (await get('/api/v3/aggTrades?symbol=BTCUSDT')).body as unknown as {
      T: number
      p: string
      q: string
    }[]
    const since = FROM + HOUR - 90 * MINUTE
    const within = trades.filter(({ T }) => T >= since)
    expect(within.length).toBeLessThan(trades.length)
    const { body } = await get('/api/v3/ticker?symbol=BTCUSDT&windowSize=90m')
    expect(body).toEqual({ code: -1100, msg: expect.stringContaining("parameter 'windowSize'") })
    const hours = (await get('/api/v3/ticker?symbol=BTCUSDT&windowSize=1h')).body
    expect(hours).toMatchObject({ count: 4, openPrice: '1005.00000000' })
    // half of the hour before lies in it
    played.exchange.market.moveTo(FROM + HOUR + 30 * MINUTE)
    const two = (await get('/api/v3/ticker?symbol=BTCUSDT&windowSize=2h')).body
    const later = trades.filter(({ T }) => T >= FROM - 30 * MINUTE)
    expect(later.length).toBe(6)
    expect(two).toMatchObject({ count: later.length, openPrice: later[0]!.p, lastPrice: '1010.00000000' })
    expect(Number(two['volume'])).toBe(later.reduce((sum, { q }) => sum + Number(q), 0))
  })

  test('weighs four a symbol, and wants one named', async () => {
    await begin(['BTCUSDT', 'ETHUSDT', 'XRPUSDT'])
    const list = encodeURIComponent('["ETHUSDT","XRPUSDT"]')
    const before = (await get('/api/v3/ping')).weight
    const two = await get(`/api/v3/ticker?symbols=${list}&windowSize=4h&type=MINI`)
    expect(two.weight - before).toBe(8)
    const rows = two.body as unknown as Record<string, unknown>[]
    expect(rows.map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'XRPUSDT'])
    expect(Object.keys(rows[0]!)).toEqual(FULL.filter((name) => !CHANGES.includes(name)))
    for (const [path, code] of [
      ['ticker', -1102],
      ['ticker/tradingDay', -1102],
      [`ticker?symbol=BTCUSDT&symbols=${list}`, -1128],
      ['ticker?symbol=NONE', -1121],
      ['ticker?symbol=BTCUSDT&windowSize=60m', -1100],
      ['ticker?symbol=BTCUSDT&windowSize=8d', -1100],
      ['ticker?symbol=BTCUSDT&windowSize=1w', -1100],
      ['ticker?symbol=BTCUSDT&type=mini', -1139],
      ['ticker/tradingDay?symbol=BTCUSDT&timeZone=15', -1130],
      ['ticker/tradingDay?symbol=BTCUSDT&timeZone=Z', -1130],
    ] as const)
      expect(await get(`/api/v3/${path}`)).toMatchObject({ status: 400, body: { code } })
  })

  test('is told by streams of an hour, four and a day', async () => {
    const slots = [slotOf(barsOf([[1000, 1010, 990, 1005, 40]], 0, 'BTCUSDT', 'spot'), 'spot')]
    played = await play({ kind: 'spot', slots })
    const names = ['btcusdt@ticker_1h', '!ticker_4h@arr', 'btcusdt@ticker_2h', 'BTCUSDT@ticker_1d']
    const heard = await listen(`${played.wsOrigin}/stream?streams=${names.join('/')}`)
    sockets.push(heard)
    await played.step()
    await heard.until(2)
    const [one, all] = heard.frames as { stream: string; data: Record<string, unknown> }[]
    // web-socket-streams.md, Individual Symbol Rolling Window Statistics Streams
    expect(Object.keys(one!.data)).toEqual(['e', 'E', 's', 'p', 'P', 'o', 'h', 'l', 'c', 'w', 'v', 'q', 'O', 'C', 'F', 'L', 'n']) // biome-ignore format: a list
    expect(one).toMatchObject({
      stream: 'btcusdt@ticker_1h',
      data: { e: '1hTicker', s: 'BTCUSDT', o: '1000.00000000', n: 1 },
    })
    expect(all).toMatchObject({ stream: '!ticker_4h@arr', data: [{ e: '4hTicker', C: FROM }] })
  })
})

describe('spot’s trading day', () => {
  test('is the whole day of the zone that is asked for', async () => {
    await begin()
    const { body } = await get('/api/v3/ticker/tradingDay?symbol=BTCUSDT')
    expect(Object.keys(body)).toEqual(FULL)
    // only the bar that opened at midnight
    expect(body).toMatchObject({
      ...{
        openTime: FROM,
        closeTime: FROM + DAY - 1,
        openPrice: '2499.00000000',
        lastPrice: '2500.00000000',
        count: 4,
      },
    })
    // midnight of India is 18:30 UTC of the day before
    const india = (await get('/api/v3/ticker/tradingDay?symbol=BTCUSDT&timeZone=05:30')).body
    const minutes = 5.5 * 60 + 1
    expect(india).toMatchObject({ openTime: FROM - 5.5 * HOUR, closeTime: FROM + 18.5 * HOUR - 1, count: 4 * minutes })
    expect((await get('/api/v3/ticker/tradingDay?symbol=BTCUSDT&timeZone=-8')).body['openTime']).toBe(FROM - 16 * HOUR)
  })
})

describe('USDS-M', () => {
  test.each(['openInterest', 'indexPriceKlines', 'premiumIndexKlines', 'topLongShortPositionRatio'])(
    'has no %s: what others hold and what an index is made of, nobody knows here',
    async (name) => {
      played = await play({ slots: [slotOf(barsOf([[1000, 1010, 990, 1005]], 0))] })
      const { status, body } = await get(`/fapi/v1/${name}?symbol=BTCUSDT&pair=BTCUSDT&interval=1m`)
      expect(status).toBe(404)
      expect(body).toEqual({ code: -5000, msg: `Path /fapi/v1/${name}, Method GET is invalid` })
    },
  )

  test('says which symbols are charged otherwise than every eight hours', async () => {
    const charged = (symbol: string, hours: number) => ({
      ...slotOf(barsOf([[1000, 1010, 990, 1005]], 0, symbol)),
      funding: {
        time: Float64Array.from({ length: 3 }, (_, k) => FROM + k * hours * HOUR),
        ...{ rate: new Float64Array(3), mark: new Float64Array(3) },
      },
    })
    const slots = [charged('BTCUSDT', 8), charged('ETHUSDT', 4), slotOf(barsOf([[1, 1, 1, 1]], 0, 'XRPUSDT'))]
    played = await play({ slots, speed: 'max' })
    await played.run
    expect((await get('/fapi/v1/fundingInfo')).body).toEqual([
      { symbol: 'ETHUSDT', fundingIntervalHours: 4, disclaimer: false },
    ])
  })
})

import { createHmac } from 'node:crypto'
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeEach, describe, expect, test } from 'vitest'
import { buy } from '../../../src/core/order.ts'
import { parseSeries, type Venue } from '../../../src/core/series.ts'
import { openArchiveHttp } from '../../../src/data/collect/archive-http.ts'
import { getRules, markSeriesOf } from '../../../src/data/collect/get-rules.ts'
import type { RulesJob } from '../../../src/data/collect/rules-job.ts'
import { signedAsk } from '../../../src/data/collect/signed-ask.ts'
import { openVenueHttp } from '../../../src/data/http/venue-http.ts'
import {
  importExchangeInfo,
  importFiles,
  loadFunding,
  loadInstrument,
  loadTiers,
  openStore,
} from '../../../src/data/index.ts'
import { readMarket } from '../../../src/data/market-file.ts'
import { venueApi } from '../../../src/data/venues/all-venues.ts'
import type { VenueHttp } from '../../../src/data/venues/venue.ts'
import { defineStrategy } from '../../../src/engine/index.ts'
import { runBacktest } from '../../../src/index.ts'
import { hourlyCsv, scratch } from '../../cli/klinelab.ts'
import { binanceRules } from '../../servers/binance-rules.ts'
import { fundingAt } from '../../servers/binance-wire.ts'
import { startVenueServer } from '../../servers/venue-server.ts'

const DAY = 24 * 3_600_000
const MAY = Date.UTC(2024, 4)
const WEEK = { from: MAY, to: MAY + 7 * DAY }

const server = await startVenueServer()
const NOW = server.now()
afterAll(() => server.close())
beforeEach(() => {
  server.fault = null
})

async function job(venue: Venue, more: Partial<RulesJob> = {}): Promise<RulesJob> {
  const store = await openStore(join(scratch(), 'store'))
  return {
    store,
    http: openVenueHttp(venueApi(venue), { origin: server.origin, isUnlimited: true }),
    clock: () => NOW,
    ...more,
  }
}
const market = (symbol: string, stretch = WEEK) => ({ symbol, stretch })
const filesOf = ({ store }: RulesJob, venue: Venue, symbol: string) =>
  readdirSync(join(store.dir, 'instruments', venue, symbol)).sort()
const asked = (path: RegExp) => server.asked.filter((one) => path.test(one.path))

/** A venue that answers with what it is given. */
function saying(venue: Venue, bodies: string[], at: number): VenueHttp {
  const api = venueApi(venue)
  return { api, get: async (_, check) => check({ body: bodies.shift()!, at, headers: {} }) }
}

describe('the rules of markets', () => {
  test.each([
    ['binance', 'ETHUSDT', 'ETH', 'USDT', { price: { tick: '0.01' }, lot: { step: '0.0001' } }],
    ['binance-usdm', 'BTCUSDT', 'BTC', 'USDT', { notional: { filter: 'MIN_NOTIONAL', reduceOnlyExempt: true } }],
    ['coinbase', 'BTC-USD', 'BTC', 'USD', {}],
    ['kraken', 'XBTUSD', 'XBT', 'USD', {}],
    ['kucoin', 'BTC-USDT', 'BTC', 'USDT', { lot: { min: '0.00001' }, notional: { min: '0.1' } }],
  ] as const)('of %s are kept, and %s is an instrument by them', async (venue, symbol, base, quote, filters) => {
    const work = await job(venue)
    const [got] = await getRules(work, [market(symbol)])
    expect(got).toMatchObject({ symbol, rules: 'written', market: { isTrading: true } })
    const series = parseSeries(`${venue}:${symbol}:1h`)
    const instrument = await loadInstrument(work.store, series)
    expect(instrument).toMatchObject({ venue, symbol, base, quote, snapshots: [{ filters }] })
    // to the last key what the venue's own file makes of the answer
    const { rules } = work.http.api
    const stated = await work.http.get(rules.ask(symbol), ({ body, at }) => rules.read(body, at))
    const { instrument: own, feeMaker, feeTaker } = stated.find((one) => one.instrument.symbol === symbol)!
    const fees = feeMaker === null ? {} : { fees: { maker: feeMaker, taker: feeTaker } }
    expect(instrument).toEqual({ ...own, ...fees })
    expect(await getRules(work, [market(symbol)])).toMatchObject([{ rules: 'same' }])
    expect(filesOf(work, venue, symbol)).toEqual(['2024-06-01.json'])
  })

  test('that change are kept beside the old ones, twice a day too; a backtest of old bars obeys those of their time', async () => {
    const info = (at: number, tickSize: string, status = 'TRADING') => {
      const json = binanceRules('binance', at, 'BTCUSDT')
      const [symbol] = json.symbols as unknown as [
        { status: string; filters: { filterType: string; tickSize?: string }[] },
      ]
      symbol.filters.find(({ filterType }) => filterType === 'PRICE_FILTER')!.tickSize = tickSize
      symbol.status = status
      return JSON.stringify(json)
    }
    const work = await job('binance')
    const tell = async (at: number, ...how: [string, string?]) => {
      const [got] = await getRules({ ...work, http: saying('binance', [info(at, ...how)], at) }, [market('BTCUSDT')])
      return got!.rules
    }
    expect(await tell(NOW, '0.01')).toBe('written')
    expect(await tell(NOW + DAY, '0.01')).toBe('same')
    // whatever the order in which the file has it
    const first = join(work.store.dir, 'instruments/binance/BTCUSDT/2024-06-01.json')
    const entries = Object.entries(JSON.parse(readFileSync(first, 'utf8')) as object)
    writeFileSync(first, JSON.stringify(Object.fromEntries(entries.reverse())))
    expect(await tell(NOW + DAY, '0.01')).toBe('same')
    expect(await tell(NOW + 2 * DAY, '0.10')).toBe('written')
    expect(await tell(NOW + 2 * DAY + 3_600_000, '0.01')).toBe('written')
    expect(await tell(NOW + 3 * DAY, '0.01', 'BREAK')).toBe('written')
    expect(filesOf(work, 'binance', 'BTCUSDT')).toEqual([
      '2024-06-01.json',
      '2024-06-03.json',
      '2024-06-03T01-00-30.json',
      '2024-06-04.json',
    ])
    const { snapshots } = await loadInstrument(work.store, parseSeries('binance:BTCUSDT:1h'))
    expect(snapshots.map(({ validFrom, filters }) => [(validFrom - NOW) / 3_600_000, filters.price!.tick])).toEqual([
      [0, '0.01'],
      [48, '0.10'],
      [49, '0.01'],
      [72, '0.01'],
    ])
  })

  test('that an imported exchangeInfo says already are not written again', async () => {
    const work = await job('binance-usdm')
    const json = binanceRules('binance-usdm', NOW - 30 * DAY, null)
    const dir = scratch({ 'info.json': JSON.stringify(json) })
    await importExchangeInfo(work.store, join(dir, 'info.json'), ['BTCUSDT'])
    expect(await getRules(work, [market('BTCUSDT')])).toMatchObject([{ rules: 'same' }])
    expect(filesOf(work, 'binance-usdm', 'BTCUSDT')).toHaveLength(1)
  })

  test('of several markets come in one answer where the venue gives one', async () => {
    const work = await job('kucoin')
    const before = asked(/symbols/).length
    const got = await getRules(work, [market('BTC-USDT'), market('ETH-USDT'), market('BTC-USDT')])
    expect(got.map(({ symbol, rules }) => [symbol, rules])).toEqual([
      ['BTC-USDT', 'written'],
      ['ETH-USDT', 'written'],
    ])
    expect(asked(/symbols/).length).toBe(before + 1)
  })

  test('of a market that the venue does not list are absent, and no error: its bars may be had all the same', async () => {
    expect(await getRules(await job('binance'), [market('GONEUSDT')])).toEqual([
      { symbol: 'GONEUSDT', rules: 'absent', funding: null, tiers: null, tiersError: null, market: null },
    ])
  })

  test('in a file that is damaged are named with the file and what it lacks', async () => {
    const work = await job('kucoin')
    await getRules(work, [market('BTC-USDT')])
    const file = join(work.store.dir, 'instruments/kucoin/BTC-USDT/2024-06-01.json')
    const json = JSON.parse(readFileSync(file, 'utf8')) as object
    writeFileSync(file, JSON.stringify({ ...json, snapshot: undefined }))
    expect(() => readMarket(file)).toThrow(/2024-06-01\.json: has no "snapshot"/)
    writeFileSync(file, JSON.stringify({ ...json, format: 2 }))
    expect(() => readMarket(file)).toThrow(/its format is 2, this version reads 1/)
  })
})

test('a backtest on KuCoin obeys KuCoin: an order of 0.000001 below its minimum is refused by its filter', async () => {
  const dir = scratch({ 'bars.csv': hourlyCsv(Array.from({ length: 8 }, () => [65_000, 65_100, 64_900, 65_000])) })
  const store = join(dir, 'store')
  const data = 'kucoin:BTC-USDT:1h'
  const opened = await openStore(store)
  await importFiles(opened, [join(dir, 'bars.csv')], parseSeries(data), { now: NOW })
  const sizes = [0.000009, 0.00001, 0.000001]
  const strategy = defineStrategy({
    name: 'small',
    state: () => ({ asked: 0 }),
    onBar({ state }) {
      const qty = sizes[state.asked++]
      return qty === undefined ? undefined : buy({ qty })
    },
  })
  const outcome = async () => {
    const run = await runBacktest({ strategy, data, store, out: join(dir, 'reports'), noCosts: true })
    return run.events.flatMap((event) =>
      event.type === 'rejected' ? [event.filter] : event.type === 'accepted' ? ['accepted'] : [],
    )
  }
  // without KuCoin's rules there is no minimum
  expect(await outcome()).toEqual(['accepted', 'accepted', 'accepted'])
  await getRules({ ...(await job('kucoin')), store: opened }, [market('BTC-USDT')])
  // 0.00001 is the least, and worth 0.65 USDT where 0.1 is asked
  expect(await outcome()).toEqual(['LOT_SIZE', 'accepted', 'LOT_SIZE'])
})

describe('funding', () => {
  const rates = (from: number, count: number) =>
    Array.from({ length: count }, (_, k) => {
      const due = from + (k * DAY) / 3
      const { fundingRate, markPrice } = fundingAt(server.truth, 'BTCUSDT', due)
      return [due, Number(fundingRate), Number(markPrice)]
    })
  const stored = ({ store }: RulesJob, from = 0) => {
    const known = loadFunding(store, 'binance-usdm', 'BTCUSDT', from, NOW)!
    return [...known.time].map((time, k) => [time, known.rate[k], known.mark[k]])
  }

  test('of a stretch is fetched page by page, with mark prices; then only what is not stored', async () => {
    const work = await job('binance-usdm')
    const years = { from: Date.UTC(2022, 0), to: NOW }
    const count = Math.ceil((NOW - years.from) / (DAY / 3))
    expect(await getRules(work, [market('BTCUSDT', { ...years, to: NOW - 5 * DAY })])).toMatchObject([
      { funding: count - 15 },
    ])
    const before = asked(/fundingRate$/).length
    // 2639 rates, 1000 a page
    expect(before).toBeGreaterThanOrEqual(3)
    expect(await getRules(work, [market('BTCUSDT', years)])).toMatchObject([{ funding: 15 }])
    expect(asked(/fundingRate$/).length).toBe(before + 1)
    expect(stored(work)).toEqual(rates(years.from, count))
  })

  test('with a hole in it is fetched anew, and what was stored stays', async () => {
    const work = await job('binance-usdm')
    await getRules(work, [market('BTCUSDT', { from: MAY, to: MAY + DAY })])
    await getRules(work, [market('BTCUSDT', { from: MAY + 3 * DAY, to: MAY + 4 * DAY })])
    expect(stored(work)).toHaveLength(6)
    expect(await getRules(work, [market('BTCUSDT', WEEK)])).toMatchObject([{ funding: 15 }])
    expect(stored(work)).toEqual(rates(MAY, 21))
  })

  test('of a market that the venue lists no more comes from the archive', async () => {
    const gone = { kind: 'status', status: 400, body: '{"code":-1121,"msg":"Invalid symbol."}' } as const
    server.fault = ({ path }) => (path === '/fapi/v1/fundingRate' ? gone : null)
    const april = { from: Date.UTC(2024, 3), to: MAY }
    expect(await getRules(await job('binance-usdm'), [market('BTCUSDT', april)])).toMatchObject([{ funding: 0 }])
    const work = await job('binance-usdm', { archive: openArchiveHttp({ origin: server.origin }) })
    expect(await getRules(work, [market('BTCUSDT', april)])).toMatchObject([{ funding: 90 }])
    // it has no mark prices
    expect(stored(work)).toEqual(rates(april.from, 90).map(([time, rate]) => [time, rate, Number.NaN]))
  })

  test('is nothing that spot has; a perpetual’s mark prices are a series beside it', async () => {
    expect(await getRules(await job('binance'), [market('BTCUSDT')])).toMatchObject([{ funding: null, tiers: null }])
    const mark = parseSeries('binance-usdm:BTCUSDT@mark:15m')
    expect(markSeriesOf(parseSeries('binance-usdm:BTCUSDT:15m'))).toEqual(mark)
    expect([markSeriesOf(mark), markSeriesOf(parseSeries('binance:BTCUSDT:15m'))]).toEqual([null, null])
  })
})

describe('leverage tiers', () => {
  const key = { key: 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A', secret: 'not-to-be-seen' }

  test('are left out and told without a key, and kept with one, once while they stay', async () => {
    const work = await job('binance-usdm')
    expect(await getRules(work, [market('BTCUSDT')])).toMatchObject([{ tiers: 'no-key' }])
    expect(asked(/leverageBracket/)).toEqual([])
    expect(await getRules({ ...work, key }, [market('BTCUSDT')])).toMatchObject([{ tiers: 'written' }])
    expect(await getRules({ ...work, key }, [market('BTCUSDT')])).toMatchObject([{ tiers: 'same' }])
    const tiers = loadTiers(work.store, 'binance-usdm', 'BTCUSDT', NOW)!
    expect([tiers.asOf, tiers.source]).toEqual([NOW, 'binance-usdm leverageBracket 2024-06-01'])
    expect(tiers.brackets.map(({ floor, ratio, leverage }) => [floor, ratio, leverage])).toEqual([
      ['0', '0.004', 125],
      ['50000', '0.005', 100],
      ['500000', '0.01', 50],
    ])
    const [request] = asked(/leverageBracket/)
    expect(request!.headers['x-mbx-apikey']).toBe(key.key)
    // as the exchange checks it: over the bytes of the query, with what follows them taken off
    const [query, signature] = request!.query.toString().split('&signature=')
    expect(signature).toBe(createHmac('sha256', key.secret).update(query!).digest('hex'))
    expect(request!.query.get('timestamp')).toBe(String(NOW))
  })

  test('are asked for with the signature that Binance publishes for its own example', () => {
    // developers.binance.com, SIGNED endpoint examples: LTCBTC, with the example's own key
    const secret = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j'
    const query = { symbol: 'LTCBTC', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '1', price: '0.1' }
    const ask = signedAsk({ path: '/api/v3/order', query, weight: 1 }, { key: 'k', secret }, 1499827319559, 5000)
    expect(ask.query['signature']).toBe('c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71')
  })

  test('are signed at the time of each attempt, however long it waited', async () => {
    let now = NOW
    server.now = () => now
    server.fault = ({ path }, nth) =>
      path.endsWith('leverageBracket') && nth % 2 === 1 ? { kind: 'status', status: 429, retryAfter: 300 } : null
    const clock = {
      now: () => now,
      async sleep(ms: number) {
        now += Math.max(0, ms)
      },
    }
    const before = asked(/leverageBracket/).length
    const http = openVenueHttp(venueApi('binance-usdm'), { origin: server.origin, clock })
    const work = await job('binance-usdm', { http, key, clock: () => now - 5000 })
    // the exchange's clock is 5 s ahead of ours, and it is by its own that it judges
    expect(await getRules(work, [market('BTCUSDT')])).toMatchObject([{ tiers: 'written' }])
    server.now = () => NOW
    const times = asked(/leverageBracket/).slice(before)
    const stamped = times.map(({ query }) => Number(query.get('timestamp')) - NOW)
    expect(stamped).toEqual([0, 300_000])
    expect(new Set(times.map(({ query }) => query.get('signature'))).size).toBe(2)
  })

  test('that came too late by the exchange’s clock are the clock’s fault', async () => {
    const late = {
      kind: 'status',
      status: 400,
      body: '{"code":-1021,"msg":"Timestamp for this request is outside of the recvWindow."}',
    } as const
    server.fault = ({ path }) => (path.endsWith('leverageBracket') ? late : null)
    const [got] = await getRules(await job('binance-usdm', { key }), [market('BTCUSDT')])
    expect(got).toMatchObject({ tiers: 'failed', tiersError: expect.stringContaining('-1021') })
    expect(got!.tiersError).toContain('set the clock of this machine')
    expect(got!.tiersError).not.toContain('please report it')
  })

  test('that are refused are told without key, secret or signature, and the rest is there', async () => {
    const refused = { kind: 'status', status: 401, body: '{"code":-2015,"msg":"Invalid API-key."}' } as const
    server.fault = ({ path }) => (path.endsWith('leverageBracket') ? refused : null)
    const waits: string[] = []
    const http = openVenueHttp(venueApi('binance-usdm'), {
      origin: server.origin,
      onWait: ({ why }) => void waits.push(why),
    })
    const work = await job('binance-usdm', { http, key })
    const got = await getRules(work, [market('BTCUSDT'), market('ETHUSDT')])
    expect(got).toMatchObject([
      { symbol: 'BTCUSDT', rules: 'written', funding: 21, tiers: 'failed' },
      { symbol: 'ETHUSDT', rules: 'written', funding: 21, tiers: 'failed' },
    ])
    const [{ tiersError } = { tiersError: null }] = got
    expect(tiersError).toMatch(/401 .*-2015 Invalid API-key.*KLINELAB_BINANCE_KEY and KLINELAB_BINANCE_SECRET/)
    expect(tiersError).not.toContain('report it')
    expect(loadFunding(work.store, 'binance-usdm', 'BTCUSDT', WEEK.from, WEEK.to)!.time).toHaveLength(21)
    const signature = asked(/leverageBracket/)
      .at(-1)!
      .query.get('signature')!
    const said = JSON.stringify([got, waits])
    expect(said).toContain('-2015')
    for (const secret of [key.key, key.secret, signature]) expect(said).not.toContain(secret)
  })
})

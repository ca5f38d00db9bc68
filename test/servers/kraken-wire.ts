import { type Interval, intervalMs } from '../../src/core/interval.ts'
import { lastDays } from './day.ts'
import { marketsOf, type TestMarket } from './markets.ts'
import { decimal, type TruthBar } from './truth.ts'
import { barsOf, json, ordered, page, type Reply, type Wire, type WireRequest } from './wire.ts'

const INTERVALS: Readonly<Record<string, Interval>> = {
  1: '1m',
  5: '5m',
  15: '15m',
  30: '30m',
  60: '1h',
  240: '4h',
  1440: '1d',
}
const HORIZON = 720

/** Kraken spot: https://docs.kraken.com/api/docs/rest-api. Says its errors with status 200. */
export const kraken: Wire = {
  venue: 'kraken',
  answer(request) {
    switch (request.path) {
      case '/0/public/OHLC':
        return candles(request)
      case '/0/public/AssetPairs':
        return forPairs(request, (market) => assetPair(market))
      case '/0/public/Ticker':
        return forPairs(request, (market) => ticker(request, market))
      case '/0/public/Assets':
        return said(assets())
      case '/0/public/Time':
        return said({
          unixtime: Math.floor(request.now / 1000),
          rfc1123: new Date(request.now).toUTCString(),
        })
      case '/0/public/SystemStatus':
        return said({ status: 'online', timestamp: new Date(request.now).toISOString() })
      default:
        return null
    }
  },
}

function said(result: unknown): Reply {
  return json({ error: [], result }, 1)
}

function refused(...error: readonly string[]): Reply {
  return json({ error }, 1)
}

/** `XBTUSD`, `XXBTZUSD`, `XBT/USD` and `BTC/USD` are one market. */
function marketAsked(name: string): TestMarket | undefined {
  const plain = name.replace('/', '').replace(/^BTC/, 'XBT')
  return marketsOf('kraken').find((listed) => listed.symbol === plain || listed.longName === plain)
}

/**
 * The newest 720 candles after `since`, whatever it is; time, open, high, low, close, vwap, volume, count, oldest first. The last entry is
 * the one that has not ended, and `last` the open time of the one before it.
 */
function candles(request: WireRequest): Reply {
  const { query, now } = request
  const market = marketAsked(query.get('pair') ?? '')
  if (market === undefined) return refused('EQuery:Unknown asset pair')
  const interval = INTERVALS[query.get('interval') ?? '1']
  if (interval === undefined) return refused('EGeneral:Invalid arguments')
  const series = { venue: 'kraken', symbol: market.symbol, interval } as const
  const since = Number(query.get('since') ?? 0) * 1000
  const newest = now - HORIZON * intervalMs(interval)
  const bars = barsOf(request, series, {
    from: Math.max(since + 1, newest),
    to: now,
    limit: HORIZON,
    keep: 'newest',
  })
  const rows = ordered(request, bars, 'oldest').map((bar) => row(market, bar, request.timeScale))
  const last = (bars.at(-2)?.openTime ?? since) / 1000
  return page(`{"error":[],"result":{"${market.longName}":[${rows.join(',')}],"last":${last}}}`, 1)
}

function row(market: TestMarket, bar: TruthBar, scale: number): string {
  const price = (units: number) => decimal(units, market.priceDigits)
  const vwap = bar.trades === 0 ? price(0) : price(Math.round((bar.open + bar.close) / 2))
  const texts = [price(bar.open), price(bar.high), price(bar.low), price(bar.close), vwap]
  const volume = decimal(bar.volume, market.volumeDigits)
  return `[${(bar.openTime / 1000) * scale},"${texts.join('","')}","${volume}",${bar.trades}]`
}

function forPairs(request: WireRequest, what: (market: TestMarket) => unknown): Reply {
  const asked = request.query.get('pair')
  const markets = asked === null ? marketsOf('kraken') : asked.split(',').map(marketAsked)
  const named: [string, unknown][] = []
  for (const market of markets) {
    if (market === undefined) return refused('EQuery:Unknown asset pair')
    named.push([market.longName, what(market)])
  }
  return said(Object.fromEntries(named))
}

function assetPair(market: TestMarket) {
  const isLong = market.longName.startsWith('X')
  return {
    altname: market.symbol,
    wsname: `${market.base}/${market.quote}`,
    aclass_base: 'currency',
    base: isLong ? `X${market.base}` : market.base,
    aclass_quote: 'currency',
    quote: `Z${market.quote}`,
    lot: 'unit',
    cost_decimals: 5,
    pair_decimals: market.priceDigits,
    lot_decimals: market.volumeDigits,
    lot_multiplier: 1,
    leverage_buy: [],
    leverage_sell: [],
    fees: [
      [0, 0.4],
      [10_000, 0.35],
    ],
    fees_maker: [
      [0, 0.25],
      [10_000, 0.2],
    ],
    fee_volume_currency: 'ZUSD',
    margin_call: 80,
    margin_stop: 40,
    ordermin: '0.00005',
    costmin: '0.5',
    tick_size: decimal(1, market.priceDigits),
    status: market.status,
  }
}

/** a ask, b bid, c last, v volume, p vwap, t trades, l low, h high: [today, last 24 hours]; o today's open. */
function ticker(request: WireRequest, market: TestMarket) {
  const day = lastDays(request, 'kraken').find((entry) => entry.market === market)!
  const twice = (text: string) => [text, text]
  return {
    a: [day.price(day.ask), '1', '1.000'],
    b: [day.price(day.bid), '1', '1.000'],
    c: [day.price(day.last), day.amount(1)],
    v: twice(day.amount(day.volume)),
    p: twice(day.price(Math.round((day.high + day.low) / 2))),
    t: [day.trades, day.trades],
    l: twice(day.price(day.low)),
    h: twice(day.price(day.high)),
    o: day.price(day.open),
  }
}

function assets() {
  const entries = marketsOf('kraken').flatMap((market) => {
    const pair = assetPair(market)
    return [
      [pair.base, market.base],
      [pair.quote, market.quote],
    ] as const
  })
  const asset = (altname: string) => ({
    aclass: 'currency',
    altname,
    decimals: 10,
    display_decimals: 5,
    status: 'enabled',
  })
  return Object.fromEntries(entries.map(([id, altname]) => [id, asset(altname)]))
}

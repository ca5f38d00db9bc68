import { INTERVALS } from '../../core/interval.ts'
import { DataError } from '../data-error.ts'
import { binanceFault, klinesQuery, readKlines, readRules, readServerTime, readTickers } from './binance-answers.ts'
import { readPlainKlines } from './plain-klines.ts'
import type { VenueApi } from './venue.ts'

/** A page weighs 2 whatever its size up to 1000 rows: the largest is 500 rows a weight. */
const PAGE_ROWS = 1000

/** Binance spot, https://developers.binance.com/docs/binance-spot-api-docs/rest-api */
export const BINANCE: VenueApi = {
  venue: 'binance',
  origin: 'https://api.binance.com',
  limits: { weight: 6000, window: 60_000, usedHeader: 'x-mbx-used-weight-1m', parallel: 8 },
  bars: {
    intervals: INTERVALS,
    pageRows: PAGE_ROWS,
    horizon: null,
    // flat with 0 trades while the engine is up, absent during outages
    omitsEmpty: false,
    ask: ({ symbol, interval }, from, to) => {
      if (symbol.endsWith('@mark'))
        throw new DataError(
          `binance:${symbol}: spot has no mark prices; those of the perpetual are binance-usdm:${symbol}`,
        )
      return { path: '/api/v3/klines', query: klinesQuery(symbol, interval, from, to, PAGE_ROWS), weight: 2 }
    },
    read: readKlines,
    readPlain: (bytes, { symbol }) => readPlainKlines(bytes, symbol.endsWith('@mark')),
  },
  rules: {
    // 20 for one symbol and for all alike; without the permission sets the answer is a third of the size
    ask: () => ({ path: '/api/v3/exchangeInfo', query: { showPermissionSets: 'false' }, weight: 20 }),
    read: (body) => readRules(body, 'binance'),
  },
  tickers: {
    // it has the best quotes in it
    asks: () => [{ path: '/api/v3/ticker/24hr', query: {}, weight: 80 }],
    read: readTickers,
  },
  clock: { ask: { path: '/api/v3/time', query: {}, weight: 1 }, read: readServerTime },
  funding: null,
  fault: binanceFault,
}

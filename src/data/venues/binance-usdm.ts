import { INTERVALS } from '../../core/interval.ts'
import { decimalText, jsonOf, listOf, timeMs } from './answer-text.ts'
import { binanceFault, klinesQuery, readKlines, readRules, readServerTime, readTickers } from './binance-answers.ts'
import { readPlainKlines } from './plain-klines.ts'
import { type FundingText, type VenueApi, VenueContentError } from './venue.ts'

/**
 * A page's weight goes by the rows asked for: below 100 it is 1, below 500 it is 2, up to 1000 it is 5, above (to 1500) 10. The most
 * rows a weight are 99 ÷ 1 = 99, 499 ÷ 2 = 249.5, 1000 ÷ 5 = 200, 1500 ÷ 10 = 150: the largest page is the dearest.
 */
const PAGE_ROWS = 499

function weightOf(rows: number): number {
  return rows < 100 ? 1 : 2
}

/** Rates have an allowance of their own, 500 in 5 minutes; 24 of the 2400 a minute are what keeps within it: 5 × 2400 ÷ 500. */
const FUNDING_WEIGHT = 24
const FUNDING_ROWS = 1000

/** Rates as they were charged; the mark price is empty before late 2023. */
function readFunding(body: string): FundingText[] {
  return listOf(jsonOf(body), 'fundingRate').map((one, k) => {
    const { fundingTime, fundingRate, markPrice } = one as Record<string, unknown>
    const where = `funding rate ${k + 1}`
    if (typeof fundingRate !== 'string' || !/^-?\d+(\.\d+)?$/.test(fundingRate))
      throw new VenueContentError(`${where} is ${JSON.stringify(fundingRate)}, no decimal number`)
    const hasMark = markPrice !== undefined && markPrice !== ''
    return {
      time: timeMs(fundingTime, `${where}, fundingTime`),
      rate: fundingRate,
      mark: hasMark ? decimalText(markPrice, `${where}, markPrice`) : null,
    }
  })
}

/** Binance USDS-M futures, https://developers.binance.com/docs/derivatives/usds-margined-futures */
export const BINANCE_USDM: VenueApi = {
  venue: 'binance-usdm',
  origin: 'https://fapi.binance.com',
  limits: { weight: 2400, window: 60_000, usedHeader: 'x-mbx-used-weight-1m', parallel: 8 },
  bars: {
    intervals: INTERVALS,
    pageRows: PAGE_ROWS,
    horizon: null,
    omitsEmpty: false,
    ask: ({ symbol, interval }, from, to) => {
      const query = klinesQuery(symbol.replace(/@mark$/, ''), interval, from, to, PAGE_ROWS)
      const path = symbol.endsWith('@mark') ? '/fapi/v1/markPriceKlines' : '/fapi/v1/klines'
      return { path, query, weight: weightOf(Number(query.limit)) }
    },
    read: readKlines,
    readPlain: (bytes, { symbol }) => readPlainKlines(bytes, symbol.endsWith('@mark')),
  },
  rules: {
    ask: () => ({ path: '/fapi/v1/exchangeInfo', query: {}, weight: 1 }),
    read: (body) => readRules(body, 'binance-usdm'),
  },
  tickers: {
    asks: () => [
      { path: '/fapi/v1/ticker/24hr', query: {}, weight: 40 },
      { path: '/fapi/v1/ticker/bookTicker', query: {}, weight: 5 },
    ],
    read: readTickers,
  },
  clock: { ask: { path: '/fapi/v1/time', query: {}, weight: 1 }, read: readServerTime },
  funding: {
    pageRows: FUNDING_ROWS,
    ask: (symbol, from, to) => ({
      path: '/fapi/v1/fundingRate',
      query: {
        symbol: symbol.replace(/@mark$/, ''),
        startTime: String(from),
        endTime: String(to - 1),
        limit: String(FUNDING_ROWS),
      },
      weight: FUNDING_WEIGHT,
    }),
    read: readFunding,
  },
  fault: binanceFault,
}

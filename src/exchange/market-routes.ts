import { firstRowAt } from '../core/bar.ts'
import { openTimeOf } from '../core/interval.ts'
import { candlesOf, hasCandles } from './candles.ts'
import { jsonReply } from './error-codes.ts'
import { exchangeInfo } from './exchange-info.ts'
import { fundingInfo, fundingRates } from './funding-answers.ts'
import type { Limits } from './limits.ts'
import { candleRow, type Market } from './market.ts'
import {
  aggTrade,
  bestPrices,
  dayTicker,
  lastMs,
  premiumIndex,
  tradeRow,
  tradesBack,
  tradesFrom,
} from './market-answers.ts'
import { MarketParams, MarketRefusal } from './market-params.ts'
import { spanTicker, tradingDay, windowSpan } from './rolling-ticker.ts'
import { perSymbol } from './route.ts'
import { rowOfTrade, type ShownTrade, type SymbolMarket } from './symbol-market.ts'
import type { WireReply, WireRequest } from './wire.ts'

interface Route {
  readonly weight: number | ((params: MarketParams) => number)
  answer(params: MarketParams, request: WireRequest): unknown
}

/** Public routes of a market: `null` for a path that is none of them. */
export class MarketRoutes {
  readonly #market: Market
  readonly #limits: Limits
  readonly #routes: ReadonlyMap<string, Route>

  constructor(market: Market, limits: Limits) {
    this.#market = market
    this.#limits = limits
    this.#routes = market.kind === 'spot' ? this.#spot() : this.#usdm()
  }

  /** `GET /fapi/v1/klines` and all the others. */
  get names(): string[] {
    return [...this.#routes.keys()].map((path) => `GET ${path}`)
  }

  handle(request: WireRequest): WireReply | null {
    const route = request.method === 'GET' ? this.#routes.get(request.path) : undefined
    if (route === undefined) return null
    try {
      const params = new MarketParams(request, this.#market)
      const weight = typeof route.weight === 'number' ? route.weight : route.weight(params)
      const refused = this.#limits.spend(request, weight)
      const reply = refused ?? jsonReply(route.answer(params, request))
      return { ...reply, headers: { ...reply.headers, ...this.#limits.headersOf(request) } }
    } catch (error) {
      if (error instanceof MarketRefusal) return error.reply
      throw error
    }
  }

  #usdm(): Map<string, Route> {
    const market = this.#market
    const price: Route = {
      weight: perSymbol(1, 2),
      answer: (params) => oneOrAll(params, (one) => ({ ...priceOf(one), time: market.now() })),
    }
    const routes: Record<string, Route> = {
      ping: { weight: 1, answer: () => ({}) },
      time: { weight: 1, answer: (_, { at }) => ({ serverTime: at }) },
      exchangeInfo: { weight: 1, answer: (_, { at }) => this.#exchangeInfo(at) },
      klines: this.#klines((params) => params.market(), 1500, klineWeight),
      continuousKlines: this.#klines((params) => params.market('pair'), 1500, klineWeight),
      markPriceKlines: this.#markKlines((params) => params.market()),
      'ticker/24hr': {
        weight: perSymbol(1, 40),
        answer: (params) => oneOrAll(params, (one) => dayTicker(one, { kind: market.kind, now: market.now() })),
      },
      'ticker/price': price,
      'ticker/bookTicker': {
        weight: perSymbol(2, 5),
        answer: (params) =>
          oneOrAll(params, (one) => ({ ...bookTicker(one), lastUpdateId: one.row + 1, time: market.now() })),
      },
      depth: {
        weight: (params) => depthWeight(params.number('limit') ?? 500),
        answer: (params) => ({ ...this.#depth(params), E: market.now(), T: market.now() }),
      },
      trades: { weight: 5, answer: (params) => this.#trades(params) },
      historicalTrades: { weight: 20, answer: (params) => this.#trades(params) },
      aggTrades: { weight: 20, answer: (params) => this.#aggTrades(params, 1000) },
      premiumIndex: {
        weight: perSymbol(1, 10),
        answer: (params) => oneOrAll(params, (one) => premiumIndex(one, market.now())),
      },
      fundingRate: { weight: 1, answer: (params) => fundingRates(params, market.now()) },
      // what an index is made of, and what others hold, nobody knows here: their routes are none
      fundingInfo: {
        weight: 0,
        answer: () => [...market.symbols.values()].flatMap((one) => fundingInfo(one, market.now())),
      },
    }
    const all = new Map(Object.entries(routes).map(([path, route]) => [`/fapi/v1/${path}`, route]))
    return all.set('/fapi/v2/ticker/price', price)
  }

  #spot(): Map<string, Route> {
    const market = this.#market
    const routes: Record<string, Route> = {
      ping: { weight: 1, answer: () => ({}) },
      time: { weight: 1, answer: (_, { at }) => ({ serverTime: at }) },
      exchangeInfo: { weight: 20, answer: (_, { at }) => this.#exchangeInfo(at) },
      klines: this.#klines(
        (params) => params.market(),
        1000,
        () => 2,
      ),
      uiKlines: this.#klines(
        (params) => params.market(),
        1000,
        () => 2,
      ),
      avgPrice: {
        weight: 2,
        answer: (params) => ({ mins: 5, price: params.market().price(params.market().last), closeTime: market.now() }),
      },
      'ticker/24hr': {
        weight: perSymbol(2, 80),
        answer: (params) => oneOrAll(params, (one) => dayTicker(one, { kind: market.kind, now: market.now() })),
      },
      ticker: this.#spanTicker((params) => windowSpan(market.now(), params.window())),
      'ticker/tradingDay': this.#spanTicker((params) => tradingDay(market.now(), params.timeZone())),
      'ticker/price': { weight: perSymbol(2, 4), answer: (params) => oneOrAll(params, priceOf) },
      'ticker/bookTicker': { weight: perSymbol(2, 4), answer: (params) => oneOrAll(params, bookTicker) },
      depth: { weight: 5, answer: (params) => this.#depth(params) },
      trades: { weight: 25, answer: (params) => this.#trades(params) },
      historicalTrades: { weight: 25, answer: (params) => this.#trades(params) },
      aggTrades: {
        weight: 4,
        answer: (params) => this.#aggTrades(params, 1000).map((one) => ({ ...one, M: true })),
      },
    }
    return new Map(Object.entries(routes).map(([path, route]) => [`/api/v3/${path}`, route]))
  }

  /** Weighs by the symbols that are asked for, which have to be named. */
  #spanTicker(spanOf: (params: MarketParams) => Parameters<typeof spanTicker>[1]): Route {
    return {
      weight: (params) => Math.min(200, 4 * params.namedMarkets().length),
      answer: (params) => {
        const [span, isMini] = [spanOf(params), params.isMini()]
        const all = params.namedMarkets().map((one) => {
          const full = spanTicker(one, span)
          if (!isMini) return full
          const { priceChange, priceChangePercent, weightedAvgPrice, ...mini } = full
          return mini
        })
        return params.text('symbol') === undefined ? all : all[0]
      },
    }
  }

  #exchangeInfo(at: number) {
    return exchangeInfo(this.#market, at, this.#limits)
  }

  #klines(find: (params: MarketParams) => SymbolMarket, most: number, weight: (limit: number) => number): Route {
    return {
      weight: (params) => weight(params.number('limit') ?? 500),
      answer: (params) => {
        const one = find(params)
        return this.#candles(params, one, most).map(({ candle, closeMs }) =>
          candleRow(one, this.#market.kind, candle, closeMs + 1),
        )
      },
    }
  }

  #candles(params: MarketParams, one: SymbolMarket, most: number) {
    const interval = params.interval()
    if (!hasCandles(one, interval)) throw new MarketRefusal(-1120, 'Invalid interval.')
    const [startTime, endTime] = [params.number('startTime'), params.number('endTime')]
    const range = {
      limit: params.limit(500, most),
      ...(startTime !== undefined && { startTime }),
      ...(endTime !== undefined && { endTime }),
    }
    return candlesOf(one, interval, this.#market.now(), range).map((candle) => ({
      candle,
      closeMs: lastMs(candle.openTime, interval),
    }))
  }

  /** Candles of the mark price: prices only. */
  #markKlines(find: (params: MarketParams) => SymbolMarket): Route {
    return {
      weight: (params) => klineWeight(params.number('limit') ?? 500),
      answer: (params) => {
        const one = find(params)
        const marks = one.ofMarks()
        return this.#candles(params, marks, 1500).map(({ candle, closeMs }) => [
          candle.openTime,
          ...[candle.open, candle.high, candle.low, candle.close].map((price) => one.price(price)),
          '0',
          closeMs,
          '0',
          60,
          '0',
          '0',
          '0',
        ])
      },
    }
  }

  #depth(params: MarketParams) {
    const one = params.market()
    params.limit(500, 5000)
    const { bid, ask, qty } = bestPrices(one)
    return { lastUpdateId: one.row + 1, bids: [[bid, qty]], asks: [[ask, qty]] }
  }

  /** The newest, or those from an id on, which only historicalTrades has. */
  #trades(params: MarketParams) {
    const one = params.market()
    const limit = params.limit(500, 1000)
    const fromId = params.number('fromId')
    const trades =
      fromId === undefined
        ? tradesBack(one, limit, () => true)
        : tradesFrom(one, rowOfTrade(fromId), limit, ({ id }) => id >= fromId)
    return trades.map((trade) => tradeRow(one, this.#market.kind, trade))
  }

  #aggTrades(params: MarketParams, most: number) {
    const one = params.market()
    const limit = params.limit(500, most)
    const [fromId, startTime, endTime] = [params.number('fromId'), params.number('startTime'), params.number('endTime')]
    const isWithin = ({ id, time }: ShownTrade) =>
      id >= (fromId ?? 0) && time >= (startTime ?? 0) && time <= (endTime ?? Number.MAX_SAFE_INTEGER)
    const row =
      fromId !== undefined
        ? rowOfTrade(fromId)
        : startTime !== undefined
          ? firstRowAt(one.bars.openTime, openTimeOf(startTime, one.interval))
          : null
    const trades = row === null ? tradesBack(one, limit, isWithin) : tradesFrom(one, row, limit, isWithin)
    return trades.map((trade) => aggTrade(one, trade))
  }
}

function oneOrAll(params: MarketParams, of: (one: SymbolMarket) => unknown): unknown {
  const all = params.markets().map(of)
  return params.text('symbol') === undefined ? all : all[0]
}

function priceOf(one: SymbolMarket) {
  return { symbol: one.symbol, price: one.price(one.last) }
}

function bookTicker(one: SymbolMarket) {
  const { bid, ask, qty } = bestPrices(one)
  return { symbol: one.symbol, bidPrice: bid, bidQty: qty, askPrice: ask, askQty: qty }
}

function klineWeight(limit: number): number {
  return limit < 100 ? 1 : limit < 500 ? 2 : limit <= 1000 ? 5 : 10
}

function depthWeight(limit: number): number {
  return limit <= 50 ? 2 : limit <= 100 ? 5 : limit <= 500 ? 10 : 20
}

import { closeTimeOf, type Interval } from '../core/interval.ts'
import { candleAtHand } from './candles.ts'
import { type Market, type MarketChange, quoteText } from './market.ts'
import { aggTrade, bestPrices, dayTicker, lastMs, premiumIndex } from './market-answers.ts'
import { windowEvent } from './rolling-ticker.ts'
import type { Stream } from './stream-names.ts'
import type { SymbolMarket } from './symbol-market.ts'

/** What a stream says of a change of one symbol; nothing where it does not concern it. */
export function eventsOf(stream: Stream, one: SymbolMarket, change: MarketChange, market: Market): readonly object[] {
  const E = market.now()
  switch (stream.kind) {
    case 'kline':
      return [{ e: 'kline', E, s: one.symbol, k: { ...klineOf(one, stream.interval!, market), s: one.symbol } }]
    case 'continuousKline':
      return [{ e: 'continuous_kline', E, ps: one.symbol, ct: 'PERPETUAL', k: klineOf(one, stream.interval!, market) }]
    case 'markPrice': {
      const { markPrice: p, indexPrice: i, lastFundingRate: r, nextFundingTime: T } = premiumIndex(one, E)
      return [{ e: 'markPriceUpdate', E, s: one.symbol, p, i, P: p, r, T }]
    }
    case 'aggTrade':
    case 'trade':
      return tradeEvents(stream.kind, one, change, market)
    case 'ticker':
      return change === 'move' ? [] : [tickerEvent(one, market)]
    case 'miniTicker':
      return change === 'move' ? [] : [miniTicker(one, market)]
    case 'windowTicker':
      return change === 'move' ? [] : [windowEvent(one, stream.interval!, market)]
    case 'forceOrder':
      return one.forced === null ? [] : [{ e: 'forceOrder', E, o: one.forced }]
    case 'bookTicker': {
      const { bid, ask, qty } = bestPrices(one)
      const best = { u: updateId(one, market), s: one.symbol, b: bid, B: qty, a: ask, A: qty }
      return [market.kind === 'spot' ? best : { e: 'bookTicker', ...best, T: E, E }]
    }
    case 'depth':
      return [depthEvent(stream, one, market)]
  }
}

/** Rises with every change. */
function updateId(one: SymbolMarket, market: Market): number {
  return market.now() * 10 + one.trades.length
}

function klineOf(one: SymbolMarket, interval: Interval, market: Market) {
  const candle = candleAtHand(one, interval)
  const { openTime: t, firstId: f, lastId: L, trades: n } = candle
  const quote = (value: number) => quoteText(market.kind, value)
  return {
    t,
    T: lastMs(t, interval),
    i: interval,
    f,
    L,
    o: one.price(candle.open),
    c: one.price(candle.close),
    h: one.price(candle.high),
    l: one.price(candle.low),
    v: one.volume(candle.units),
    n,
    x: closeTimeOf(t, interval) <= one.closedUntil,
    q: quote(candle.quote),
    V: one.volume(candle.buyUnits),
    Q: quote(candle.buyQuote),
    B: '0',
  }
}

/** A trade that has just been shown. */
function tradeEvents(
  kind: 'aggTrade' | 'trade',
  one: SymbolMarket,
  change: MarketChange,
  market: Market,
): readonly object[] {
  const trade = one.trades.at(-1)
  const E = market.now()
  if (trade === undefined || trade.time !== (change === 'close' ? E - 1 : E)) return []
  const { a, p, q, f, l, T, m } = aggTrade(one, trade)
  if (kind === 'aggTrade') return [{ e: 'aggTrade', E, a, s: one.symbol, p, q, f, l, T, m }]
  return [{ e: 'trade', E, T, s: one.symbol, t: a, p, q, ...(market.kind === 'spot' ? {} : { X: 'MARKET' }), m }]
}

function tickerEvent(one: SymbolMarket, market: Market) {
  const day = dayTicker(one, { kind: market.kind, now: market.now() })
  const { bid, ask, qty } = bestPrices(one)
  return {
    ...{ e: '24hrTicker', E: market.now(), s: one.symbol, p: day.priceChange, P: day.priceChangePercent },
    ...{ w: day.weightedAvgPrice, ...(market.kind === 'spot' && { x: day.prevClosePrice }) },
    ...{ c: day.lastPrice, Q: day.lastQty },
    ...(market.kind === 'spot' && { b: bid, B: qty, a: ask, A: qty }),
    ...{ o: day.openPrice, h: day.highPrice, l: day.lowPrice, v: day.volume, q: day.quoteVolume },
    ...{ O: day.openTime, C: day.closeTime, F: day.firstId, L: day.lastId, n: day.count },
  }
}

function miniTicker(one: SymbolMarket, market: Market) {
  const day = dayTicker(one, { kind: market.kind, now: market.now() })
  return {
    ...{ e: '24hrMiniTicker', E: market.now(), s: one.symbol, c: day.lastPrice, o: day.openPrice },
    ...{ h: day.highPrice, l: day.lowPrice, v: day.volume, q: day.quoteVolume },
  }
}

function depthEvent({ levels }: Stream, one: SymbolMarket, market: Market) {
  const { bid, ask, qty } = bestPrices(one)
  const [b, a] = [[[bid, qty]], [[ask, qty]]]
  const u = updateId(one, market)
  const E = market.now()
  if (market.kind === 'spot' && levels !== null) return { lastUpdateId: u, bids: b, asks: a }
  return {
    ...{ e: 'depthUpdate', E, ...(market.kind === 'spot' ? {} : { T: E }), s: one.symbol },
    ...{ U: u, u, ...(market.kind === 'spot' ? {} : { pu: u - 1 }), b, a },
  }
}

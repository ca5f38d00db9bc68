import { closeTimeOf } from '../core/interval.ts'
import { type Market, quoteText } from './market.ts'
import type { ShownTrade, SymbolMarket } from './symbol-market.ts'
import { lastDay } from './ticker-day.ts'

/** What REST and streams say of one symbol, field by field as Binance names them. */

/** Nobody else trades here: the best prices are those of the last trade, one tick apart. */
export function bestPrices(market: SymbolMarket): { readonly bid: string; readonly ask: string; readonly qty: string } {
  const tick = Number(market.source.instrument.snapshots[0]!.filters.price?.tick ?? 0)
  const step = tick > 0 ? tick : 10 ** -market.priceDecimals
  return { bid: market.price(market.last), ask: market.price(market.last + step), qty: DEPTH }
}

/** Bars do not say how deep a book was. */
const DEPTH = '1000'

export function dayTicker(market: SymbolMarket, { kind, now }: { kind: Market['kind']; now: number }) {
  const { candle, before } = lastDay(market, now)
  const change = market.last - candle.open
  const volume = candle.units
  const weighted = volume === 0 ? market.last : candle.quote / Number(market.volume(volume))
  const { bid, ask, qty } = bestPrices(market)
  const trade = market.trades.at(-1)
  return {
    symbol: market.symbol,
    priceChange: market.price(change),
    priceChangePercent: candle.open === 0 ? '0.000' : ((change / candle.open) * 100).toFixed(3),
    weightedAvgPrice: market.price(weighted),
    ...(kind === 'spot' && { prevClosePrice: market.price(before) }),
    lastPrice: market.price(market.last),
    lastQty: market.volume(trade?.units ?? 0),
    ...(kind === 'spot' && { bidPrice: bid, bidQty: qty, askPrice: ask, askQty: qty }),
    openPrice: market.price(candle.open),
    highPrice: market.price(candle.high),
    lowPrice: market.price(candle.low),
    volume: market.volume(volume),
    quoteVolume: quoteText(kind, candle.quote),
    openTime: candle.openTime,
    closeTime: now,
    firstId: candle.firstId,
    lastId: candle.lastId,
    count: candle.trades,
  }
}

export function premiumIndex(market: SymbolMarket, now: number) {
  const { rate, next } = market.funding(now)
  return {
    symbol: market.symbol,
    markPrice: market.price(market.mark),
    indexPrice: market.price(market.mark),
    estimatedSettlePrice: market.price(market.mark),
    lastFundingRate: rate.toFixed(8),
    interestRate: '0.00010000',
    nextFundingTime: next,
    time: now,
  }
}

export function aggTrade(market: SymbolMarket, trade: ShownTrade) {
  return {
    a: trade.id,
    p: market.price(trade.price),
    q: market.volume(trade.units),
    f: trade.id,
    l: trade.id,
    T: trade.time,
    m: trade.isBuyerMaker,
  }
}

export function tradeRow(market: SymbolMarket, kind: Market['kind'], trade: ShownTrade) {
  const qty = market.volume(trade.units)
  return {
    id: trade.id,
    price: market.price(trade.price),
    qty,
    quoteQty: quoteText(kind, trade.price * Number(qty)),
    time: trade.time,
    isBuyerMaker: trade.isBuyerMaker,
    ...(kind === 'spot' && { isBestMatch: true }),
  }
}

/** The newest trades, oldest first, at most `limit`; those that `accept` lets pass. */
export function tradesBack(market: SymbolMarket, limit: number, accept: (trade: ShownTrade) => boolean): ShownTrade[] {
  const found: ShownTrade[] = []
  // beyond so many rows nobody can see
  for (let row = market.row; row >= Math.max(0, market.row - limit); row--) {
    const accepted = market.tradesOf(row).filter(accept)
    found.unshift(...accepted)
    if (found.length >= limit) break
  }
  return found.slice(-limit)
}

/** Trades from a row on, oldest first, at most `limit`; those that `accept` lets pass. */
export function tradesFrom(market: SymbolMarket, from: number, limit: number, accept: (trade: ShownTrade) => boolean) {
  const found: ShownTrade[] = []
  for (let row = Math.max(0, from); row <= market.row && found.length < limit; row++)
    found.push(...market.tradesOf(row).filter(accept))
  return found.slice(0, limit)
}

/** Close of a candle as it is written: the last millisecond that belongs to it. */
export function lastMs(openTime: number, interval: Parameters<typeof closeTimeOf>[1]): number {
  return closeTimeOf(openTime, interval) - 1
}

import { exactUnits, parseDecimal } from '../../src/core/decimal.ts'
import type { Filters, Instrument } from '../../src/core/instrument.ts'
import { parseExchangeInfo } from '../../src/data/exchange-info.ts'
import { compileRules, findRefusal, type Refusal, scalesOf } from '../../src/engine/index.ts'
import type { PlainMarket, PlainOrder } from './naive-filters.ts'

export type RawFilter = Readonly<Record<string, unknown>> & { readonly filterType: string }

/** Filters as the exchange sends them, read by the importer: what a test states is the exchange's own JSON. */
export function filtersOf(venue: 'binance' | 'binance-usdm', filters: readonly RawFilter[]): Filters {
  const symbol = { symbol: 'BTCUSDT', baseAsset: 'BTC', quoteAsset: 'USDT', status: 'TRADING', filters }
  const info = { serverTime: 0, symbols: [venue === 'binance' ? symbol : { ...symbol, contractType: 'PERPETUAL' }] }
  return parseExchangeInfo(info, 'test').symbols[0]!.snapshot.filters
}

/** An instrument of a venue under one set of filters. */
export function instrumentWith(venue: 'binance' | 'binance-usdm', filters: Filters): Instrument {
  const isSpot = venue === 'binance'
  return {
    venue,
    symbol: 'BTCUSDT',
    base: 'BTC',
    quote: 'USDT',
    kind: isSpot ? 'spot' : 'perpetual',
    gridFrom: isSpot ? 'zero' : 'minimum',
    snapshots: [{ validFrom: 0, filters, source: 'test', orderTypes: [] }],
  }
}

/**
 * The verdict on an order sent as it is, without snapping. Its numbers set the scale of the bars, so that none of their
 * digits is lost before the filters see them.
 */
export function verdict(instrument: Instrument, order: PlainOrder, market: PlainMarket): Refusal | null {
  const places = (text: string | null) => (text === null ? 0 : parseDecimal(text).decimals)
  const priceDecimals = Math.max(places(order.limit), places(order.trigger), places(market.last))
  const coarse = scalesOf(instrument, priceDecimals, false)
  const scales = { ...coarse, qtyDecimals: Math.max(coarse.qtyDecimals, places(order.qty), places(market.held)) }
  const price = (text: string | null) => (text === null ? -1 : exactUnits(Number(text), scales.priceDecimals)!)
  const qty = (text: string) => exactUnits(Number(text), scales.qtyDecimals)!
  return findRefusal(
    compileRules(instrument, instrument.snapshots[0]!, scales),
    scales,
    {
      side: order.side === 'buy' ? 1 : -1,
      isMarket: order.isMarket,
      qty: qty(order.qty),
      limit: price(order.limit),
      trigger: price(order.trigger),
      reduceOnly: order.reduceOnly,
      isResting: order.isResting,
      isAlgo: order.isAlgo,
    },
    {
      last: price(market.last),
      reference: Number(market.reference),
      openOrders: market.openOrders,
      openAlgoOrders: market.openAlgoOrders,
      held: qty(market.held),
    },
  )
}

/** A limit buy of what a test does not care about, and a market in which nothing is open. */
export const LIMIT_BUY: PlainOrder = {
  side: 'buy',
  isMarket: false,
  qty: '1',
  limit: '100',
  trigger: null,
  reduceOnly: false,
  isResting: true,
  isAlgo: false,
}
export const MARKET_BUY: PlainOrder = { ...LIMIT_BUY, isMarket: true, limit: null, isResting: false }
export const QUIET: PlainMarket = { last: '100', reference: '100', openOrders: 0, openAlgoOrders: 0, held: '0' }

import type { Venue } from '../../core/series.ts'
import type { FeedKind } from './feed.ts'

/** How each venue streams. Loaded when asked for: one brings a client library of its own, another wants one to be installed. */
export const FEEDS: Readonly<Record<Venue, () => Promise<FeedKind>>> = {
  binance: async () => (await import('./binance-feed.ts')).BINANCE_FEED,
  'binance-usdm': async () => (await import('./binance-feed.ts')).BINANCE_FEED,
  coinbase: async () => (await import('./coinbase-feed.ts')).COINBASE_FEED,
  kraken: async () => (await import('./ccxt-feed.ts')).CCXT_FEED,
  kucoin: async () => (await import('./ccxt-feed.ts')).CCXT_FEED,
}

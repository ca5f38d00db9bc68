import type { Series, Venue } from '../../src/core/series.ts'

/** A market that the test servers list. */
export interface TestMarket {
  readonly venue: Venue
  readonly symbol: string
  readonly base: string
  readonly quote: string
  /** Digits after the point of prices and of quantities. */
  readonly priceDigits: number
  readonly volumeDigits: number
  /** Around which price its bars move, in the last digit of prices. */
  readonly around: number
  readonly status: string
  /** Kraken answers under this name, whatever it was asked by. */
  readonly longName: string
}

function market(
  venue: Venue,
  symbol: string,
  pair: string,
  digits: readonly [price: number, volume: number],
  around: number,
  status = 'TRADING',
  longName = symbol,
): TestMarket {
  const [base, quote] = pair.split('/') as [string, string]
  return { venue, symbol, base, quote, priceDigits: digits[0], volumeDigits: digits[1], around, status, longName }
}

/** Enough to be asked for and ranked: a leveraged token, a pair of stable coins, one that is halted, one that is delivered. */
const MARKETS: readonly TestMarket[] = [
  market('binance', 'BTCUSDT', 'BTC/USDT', [2, 5], 6_543_210),
  market('binance', 'ETHUSDT', 'ETH/USDT', [2, 4], 345_678),
  market('binance', 'SOLUSDT', 'SOL/USDT', [2, 3], 15_012),
  market('binance', 'DOGEUSDT', 'DOGE/USDT', [5, 0], 12_345),
  market('binance', 'ETHBTC', 'ETH/BTC', [5, 4], 5_283),
  market('binance', 'BTCUPUSDT', 'BTCUP/USDT', [3, 2], 20_001),
  market('binance', 'USDCUSDT', 'USDC/USDT', [4, 0], 10_000),
  market('binance', 'LUNAUSDT', 'LUNA/USDT', [4, 2], 4_321, 'BREAK'),
  market('binance-usdm', 'BTCUSDT', 'BTC/USDT', [1, 3], 654_321),
  market('binance-usdm', 'ETHUSDT', 'ETH/USDT', [2, 3], 345_678),
  market('binance-usdm', 'SOLUSDT', 'SOL/USDT', [3, 0], 150_123),
  market('binance-usdm', 'BTCUSDT_261225', 'BTC/USDT', [1, 3], 655_000),
  market('coinbase', 'BTC-USD', 'BTC/USD', [2, 8], 6_540_000, 'online'),
  market('coinbase', 'ETH-USD', 'ETH/USD', [2, 8], 345_600, 'online'),
  market('coinbase', 'SOL-USD', 'SOL/USD', [2, 8], 15_000, 'online'),
  market('coinbase', 'REP-USD', 'REP/USD', [2, 6], 1_500, 'delisted'),
  market('kraken', 'XBTUSD', 'XBT/USD', [1, 8], 654_100, 'online', 'XXBTZUSD'),
  market('kraken', 'ETHUSD', 'ETH/USD', [2, 8], 345_700, 'online', 'XETHZUSD'),
  market('kraken', 'SOLUSD', 'SOL/USD', [2, 8], 15_020, 'online'),
  market('kucoin', 'BTC-USDT', 'BTC/USDT', [1, 8], 654_300, 'true'),
  market('kucoin', 'ETH-USDT', 'ETH/USDT', [2, 7], 345_650, 'true'),
  market('kucoin', 'BTC3L-USDT', 'BTC3L/USDT', [4, 4], 12_000, 'true'),
]

export function marketsOf(venue: Venue): readonly TestMarket[] {
  return MARKETS.filter((listed) => listed.venue === venue)
}

/** The market of a series, of a mark price's too. */
export function marketOf(series: Pick<Series, 'venue' | 'symbol'>): TestMarket {
  const symbol = series.symbol.replace('@mark', '')
  const found = MARKETS.find((listed) => listed.venue === series.venue && listed.symbol === symbol)
  if (found === undefined) throw new Error(`the test servers list no ${series.venue}:${symbol}`)
  return found
}

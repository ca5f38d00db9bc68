import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { INTERVALS } from '../../src/core/interval.ts'
import { parseSeries, seriesName, VENUES } from '../../src/core/series.ts'

describe('parseSeries', () => {
  test.each([
    ['binance:BTCUSDT:1m', 'binance', 'BTCUSDT', '1m'],
    ['binance-usdm:BTCUSDT:1h', 'binance-usdm', 'BTCUSDT', '1h'],
    ['binance-usdm:BTCUSDT_210924:1h', 'binance-usdm', 'BTCUSDT_210924', '1h'],
    ['binance:1INCHUSDT:1M', 'binance', '1INCHUSDT', '1M'],
    ['kraken:XBTUSD:1h', 'kraken', 'XBTUSD', '1h'],
    ['coinbase:BTC-USD:1h', 'coinbase', 'BTC-USD', '1h'],
    ['kucoin:BTC-USDT:1m', 'kucoin', 'BTC-USDT', '1m'],
  ])('%s', (text, venue, symbol, interval) => {
    expect(parseSeries(text)).toEqual({ venue, symbol, interval })
    expect(seriesName(parseSeries(text))).toBe(text)
  })

  test('reads back what seriesName writes', () => {
    const symbols = fc.stringMatching(/^[A-Z0-9][A-Z0-9._-]{0,14}$/)
    const series = fc.record({
      venue: fc.constantFrom(...VENUES),
      symbol: symbols,
      interval: fc.constantFrom(...INTERVALS),
    })
    fc.assert(
      fc.property(series, (one) => {
        expect(parseSeries(seriesName(one))).toEqual(one)
      }),
    )
  })

  test.each([
    ['binance:BTCUSDT', '"binance:BTCUSDT" is not a series: write venue:SYMBOL:interval'],
    ['BTCUSDT', 'is not a series'],
    ['', 'is not a series'],
    ['binance:BTCUSDT:1h:extra', 'is not a series'],
    ['binanse:BTCUSDT:1h', 'unknown venue "binanse" in "binanse:BTCUSDT:1h" (did you mean "binance"?)'],
    ['bitstamp:BTCUSD:1h', 'known: binance, binance-usdm, coinbase, kraken, kucoin'],
    ['Binance:BTCUSDT:1h', 'unknown venue "Binance"'],
    ['binance:btcusdt:1h', '"btcusdt" in "binance:btcusdt:1h" is not a symbol'],
    ['binance:BTC/USDT:1h', '"BTC/USDT" in'],
    ['binance:../../etc:1h', 'is not a symbol'],
    ['binance:-BTC:1h', 'is not a symbol'],
    ['binance::1h', '"" in'],
    ['binance:BTCUSDT:1H', 'unknown interval "1H" in "binance:BTCUSDT:1H"'],
    ['binance:BTCUSDT:7m', 'unknown interval "7m"'],
    ['binance:BTCUSDT:', 'unknown interval ""'],
  ])('refuses %j and says which part is wrong', (text, message) => {
    expect(() => parseSeries(text)).toThrow(RangeError)
    expect(() => parseSeries(text)).toThrow(message)
  })
})

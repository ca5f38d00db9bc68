import { describe, expect, test } from 'vitest'
import { chooseUniverse, type Listed, type Wanted } from '../../../src/data/scan/universe.ts'

const ALL: Wanted = { quote: null, minVolume: 0, exclude: [] }

function listed(base: string, quote = 'USDT', facts: Partial<Listed> = {}): Listed {
  return { symbol: `${base}${quote}`, base, quote, status: 'TRADING', isTrading: true, volume: 5e6, ...facts }
}

const reasons = (markets: readonly Listed[], wanted: Partial<Wanted> = {}) =>
  Object.fromEntries(
    chooseUniverse(markets, { ...ALL, ...wanted }).excluded.map(({ reason, symbols }) => [reason, symbols.join(' ')]),
  )

describe('chooseUniverse', () => {
  test('leveraged tokens are known by their base asset, and coins that only sound like them are not', () => {
    const tokens = ['BTCUP', 'ETHDOWN', 'BNBBULL', 'XRPBEAR', 'BTC3L', 'ETH3S', 'SOL5L', 'LINK2S', 'BULL', 'BEAR']
    // JUP, SYRUP and PUMP are coins; 3S of nothing, and a base on its own, too
    const coins = [
      'JUP',
      'SYRUP',
      'PUMP',
      'SUPER',
      'UP',
      'BTC',
      'ETH',
      'BNB',
      'XRP',
      'SOL',
      'LINK',
      '1INCH',
      'LISTA',
      'S',
    ]
    const markets = [...tokens, ...coins].map((base) => listed(base))
    const { kept, excluded } = chooseUniverse(markets, ALL)
    expect(kept.map(({ base }) => base)).toEqual(coins)
    expect(excluded).toEqual([{ reason: 'leveraged', symbols: tokens.map((base) => `${base}USDT`) }])
  })

  test('UP and DOWN tokens of old are known where their coin is not listed', () => {
    expect(reasons([listed('FILUP'), listed('SUSHIDOWN')])).toEqual({ leveraged: 'FILUPUSDT SUSHIDOWNUSDT' })
    expect(reasons([listed('NEWUP')])).toEqual({})
    expect(reasons([listed('NEWUP'), listed('NEW')])).toEqual({ leveraged: 'NEWUPUSDT' })
  })

  test('pairs of stable coins and currencies: by both assets, or by the venue’s own mark', () => {
    const markets = [
      listed('USDC'),
      listed('EUR'),
      listed('FDUSD', 'USDC'),
      listed('USDT', 'TRY'),
      listed('CBETH', 'ETH', { isStable: true }),
      listed('BTC', 'EUR', { isStable: false }),
      listed('BTC', 'DAI'),
      listed('USDT', 'BTC'),
    ]
    expect(reasons(markets)).toEqual({ stable: 'USDCUSDT EURUSDT FDUSDUSDC USDTTRY CBETHETH' })
  })

  test('each market is left out for the first reason that holds', () => {
    const markets = [
      listed('ETH', 'BTC', { isTrading: false }),
      listed('LUNA', 'USDT', { isTrading: false, status: 'BREAK', volume: 0 }),
      listed('BTC', 'USDT', { symbol: 'BTCUSDT_261225' }),
      listed('BTC3L', 'USDT', { volume: 1 }),
      listed('USDC', 'USDT', { volume: 1 }),
      listed('DOGE', 'USDT', { volume: 1 }),
      listed('SOL', 'USDT', { volume: 999_999 }),
      listed('ADA', 'USDT', { volume: Number.NaN }),
      listed('BTC', 'USDT', { volume: 1_000_000 }),
    ]
    const wanted = { quote: 'USDT', minVolume: 1_000_000, exclude: ['doge*'] }
    expect(reasons(markets, wanted)).toEqual({
      quote: 'ETHBTC',
      status: 'LUNAUSDT',
      dated: 'BTCUSDT_261225',
      leveraged: 'BTC3LUSDT',
      stable: 'USDCUSDT',
      asked: 'DOGEUSDT',
      thin: 'SOLUSDT ADAUSDT',
    })
    expect(chooseUniverse(markets, { ...ALL, ...wanted }).kept.map(({ symbol }) => symbol)).toEqual(['BTCUSDT'])
  })

  test('patterns mean the whole symbol, in whatever case, and nothing in them but * and ? is special', () => {
    const markets = ['BTC', 'BTCX', 'XBTC', 'B.C'].map((base) => listed(base, 'USD', { symbol: base }))
    expect(reasons(markets, { exclude: ['BTC'] })).toEqual({ asked: 'BTC' })
    expect(reasons(markets, { exclude: ['btc*'] })).toEqual({ asked: 'BTC BTCX' })
    expect(reasons(markets, { exclude: ['B?C', '?BTC'] })).toEqual({ asked: 'BTC XBTC B.C' })
    expect(reasons(markets, { exclude: ['B.C'] })).toEqual({ asked: 'B.C' })
    expect(reasons(markets, { exclude: ['('] })).toEqual({})
  })
})

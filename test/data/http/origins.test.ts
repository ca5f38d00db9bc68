import { expect, test } from 'vitest'
import { VENUES } from '../../../src/core/series.ts'
import { originFaults, originsOf as originsIn } from '../../../src/data/venues/origins.ts'

const ALL = { rest: VENUES, stream: VENUES }
const originsOf = (env: Record<string, string>) => originsIn(env, ALL)

test('addresses of venues are read from the environment, without a slash at their end', () => {
  expect(
    originsOf({
      KLINELAB_URL_BINANCE: 'http://127.0.0.1:8080/',
      KLINELAB_URL_BINANCE_USDM: 'https://proxy.example/futures/',
      KLINELAB_URL_BINANCE_ARCHIVE: 'https://archive.example',
      KLINELAB_WS_KUCOIN: 'wss://stream.example/endpoint',
      KLINELAB_URL_KRAKEN: '',
      OTHER: 'x',
    }),
  ).toEqual({
    rest: { binance: 'http://127.0.0.1:8080', 'binance-usdm': 'https://proxy.example/futures' },
    archive: 'https://archive.example',
    stream: { kucoin: 'wss://stream.example/endpoint' },
  })
  expect(originsOf({})).toEqual({ rest: {}, stream: {} })
})

test.each([
  ['KLINELAB_URL_KRAKEN', 'api.kraken.com'],
  ['KLINELAB_URL_KRAKEN', 'ftp://api.kraken.com'],
  ['KLINELAB_URL_KRAKEN', 'wss://api.kraken.com'],
  ['KLINELAB_WS_KRAKEN', 'https://ws.kraken.com'],
])('%s=%s is refused by name and value', (name, value) => {
  expect(() => originsOf({ [name]: value })).toThrow(`${name} is "${value}", not an address such as `)
})

test.each([
  ['https://mirror.example/?token=hunter2', 'https://mirror.example/?…'],
  ['https://mirror.example/#hunter2', 'https://mirror.example/#…'],
  ['me:hunter2@mirror.example:x/api', '…@mirror.example:x/api'],
  ['https://me:hun/ter2@mirror.example:x', 'https://…@mirror.example:x'],
  ['https:/ /me:hunter2@mirror.example?a=hunter2', '…@mirror.example?…'],
])('nor what may be secret in one that is none: %s', (text, shown) => {
  const refused = () => originsOf({ KLINELAB_URL_BINANCE: text })
  expect(refused).toThrow(`KLINELAB_URL_BINANCE is "${shown}", not an address such as `)
  expect(refused).not.toThrow(/hunter2|ter2/)
})

test('a password in an address is refused without being said', () => {
  const refused = () => originsOf({ KLINELAB_URL_BINANCE: 'https://me:hunter2@mirror.example' })
  expect(refused).toThrow(/KLINELAB_URL_BINANCE has a name or password in it/)
  expect(refused).not.toThrow(/hunter2/)
})

test('a wrong address is in the way of who needs it only, and each is told', () => {
  const env = {
    ...{ KLINELAB_URL_KUCOIN: 'foo', KLINELAB_WS_BINANCE: 'http://a.example', KLINELAB_URL_BINANCE_ARCHIVE: 'bar' },
    KLINELAB_URL_KRAKEN: 'https://kraken.example',
  }
  expect(originsIn(env, { rest: ['kraken'], stream: ['kraken'] })).toEqual({
    rest: { kraken: 'https://kraken.example' },
    stream: {},
  })
  expect(() => originsIn(env, { rest: ['kraken', 'kucoin'] })).toThrow('KLINELAB_URL_KUCOIN is "foo"')
  expect(() => originsIn(env, { rest: ['binance'] })).toThrow('KLINELAB_URL_BINANCE_ARCHIVE is "bar"')
  expect(() => originsIn(env, { rest: ['kraken'], stream: ['binance'] })).toThrow('KLINELAB_WS_BINANCE is "http')
  expect(Object.keys(originFaults(env)).sort()).toEqual([
    'KLINELAB_URL_BINANCE_ARCHIVE',
    'KLINELAB_URL_KUCOIN',
    'KLINELAB_WS_BINANCE',
  ])
})

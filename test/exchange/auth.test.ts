import { describe, expect, test } from 'vitest'
import { signatureOf } from '../../src/exchange/auth.ts'
import { KEYS, NOW, VenueScene } from './venue-scene.ts'

/** Binance's own example key; the digests are Binance's where it published them, else those of node's and of openssl's HMAC. */
const SECRET = 'NhqPtmdSJYdKjVHjA7PZj4Mge3R5YNiP1e3UZjInClVN65XAbvqqM6A7H5fATj0j'
const orderOf = (symbol: string) => `symbol=${symbol}&side=BUY&type=LIMIT&timeInForce=GTC`
const REST = 'quantity=1&price=0.1&recvWindow=5000&timestamp=1499827319559'

describe('the signature is over the bytes of the query, then of the body', () => {
  test.each([
    ['all in the query, published', `${orderOf('LTCBTC')}&${REST}`, '', 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71'],
    ['all in the body, published', '', `${orderOf('LTCBTC')}&${REST}`, 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71'],
    ['mixed, published', orderOf('LTCBTC'), REST, '0fd168b8ddb4876a0358a8d14d0c9f3da0e9b20c5d52b2a00fcf7d1c602f9a77'],
    ['BTCUSDT in the query', `${orderOf('BTCUSDT')}&${REST}`, '', '9495fce965f74f4818f29ede2b9667a87f0a4972565671cc458abf4ff179b9ae'],
    ['BTCUSDT mixed, no & between', orderOf('BTCUSDT'), REST, 'dfe1134ead4c37b440a2eafa3b9435fb34e33a964c561f9bcc15281b0ede73c3'],
  ])('%s', (_, query, body, expected) => {
    expect(signatureOf({ query, body }, SECRET)).toBe(expected)
    // wherever the signature itself stands, it is no part of what is signed
    expect(signatureOf({ query: `${query}&signature=${expected}`.replace(/^&/, ''), body }, SECRET)).toBe(expected)
    expect(signatureOf({ query, body: `${body}&signature=${expected}`.replace(/^&/, '') }, SECRET)).toBe(expected)
  }) // biome-ignore format: a line an example

  test('nothing is decoded before it is signed', () => {
    const [a, b] = ['clientId=a%20b', 'clientId=a+b'].map((query) => signatureOf({ query, body: '' }, SECRET))
    expect(a).not.toBe(b)
  })
})

describe('who may ask', () => {
  const rows = [[100, 101, 99, 100]] as const
  const path = '/fapi/v3/balance'
  const query = `timestamp=${NOW}`
  const signed = (text: string) => `${text}&signature=${signatureOf({ query: text, body: '' }, KEYS.secret)}`
  const ask = (text: string, headers?: Record<string, string>) => {
    const { status, body } = new VenueScene(rows).send('GET', path, text, headers ?? { 'x-mbx-apikey': KEYS.key })
    return `${status} ${body.code ?? 'fine'}`
  }

  test('a signed request is answered, whatever the case of its signature', () => {
    expect(ask(signed(query))).toBe('200 fine')
    expect(ask(`${query}&signature=${signatureOf({ query, body: '' }, KEYS.secret).toUpperCase()}`)).toBe('200 fine')
  })

  test('a key that is missing, or another, is 401', () => {
    expect(ask(signed(query), {})).toBe('401 -2014')
    expect(ask(signed(query), { 'x-mbx-apikey': 'other' })).toBe('401 -2015')
  })

  test('a signature that is missing, or wrong', () => {
    expect(ask(query)).toBe('400 -1102')
    expect(ask(`${query}&signature=00`)).toBe('400 -1022')
    // one byte more than was signed
    expect(ask(`${signed(query)}&limit=1`)).toBe('400 -1022')
  })

  test('a timestamp may be ahead by less than a second and behind by the window', () => {
    expect(ask(signed(`timestamp=${NOW + 999}`))).toBe('200 fine')
    expect(ask(signed(`timestamp=${NOW + 1000}`))).toBe('400 -1021')
    expect(ask(signed(`timestamp=${NOW - 5000}`))).toBe('200 fine')
    expect(ask(signed(`timestamp=${NOW - 5001}`))).toBe('400 -1021')
    expect(ask(signed(`timestamp=${NOW - 60_000}&recvWindow=60000`))).toBe('200 fine')
    expect(ask(signed(`timestamp=${NOW - 101}&recvWindow=100`))).toBe('400 -1021')
    expect(ask(signed(`timestamp=${NOW}&recvWindow=60001`))).toBe('400 -1131')
    expect(ask(signed('recvWindow=5000'))).toBe('400 -1102')
    expect(ask(signed('timestamp=now'))).toBe('400 -1100')
  })

  test('of a parameter that query and body have, the query counts', () => {
    const scene = new VenueScene(rows)
    const body = 'symbol=NONE'
    const text = `symbol=BTCUSDT&timestamp=${NOW}`
    const both = signatureOf({ query: text, body }, KEYS.secret)
    const reply = scene.venue.handle({
      method: 'GET', path: '/fapi/v1/openOrders', query: `${text}&signature=${both}`, body,
      headers: { 'x-mbx-apikey': KEYS.key }, ip: '127.0.0.1', at: NOW,
    }) // biome-ignore format: one request
    expect(reply).toMatchObject({ status: 200, body: '[]' })
  })

  test('a listenKey wants the key and no signature', () => {
    const scene = new VenueScene(rows)
    expect(scene.send('POST', '/fapi/v1/listenKey', '').status).toBe(200)
    expect(scene.send('POST', '/fapi/v1/listenKey', '', {}).status).toBe(401)
  })
})

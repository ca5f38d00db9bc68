import { describe, expect, test } from 'vitest'
import { redactor } from '../../../../src/runs/paper/watch/redaction.ts'
import { ownSecretsHider } from '../../../../src/runs/secrets.ts'

const KEY = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A'
const SIGNATURE = 'c8db56825ae71d6d79447849e617115f4a920fa2acdcab2b053c4b2838bd6b71'
const redact = redactor(ownSecretsHider({ KLINELAB_DEMO_SECRET: 'short/secret+', KLINELAB_EXCHANGE_KEY: 'klinelab' }))

describe('what is secret', () => {
  test.each([
    ['a query', `GET /fapi/v1/order?symbol=BTCUSDT&signature=${SIGNATURE}&timestamp=1`, SIGNATURE],
    ['a header', `X-MBX-APIKEY: ${KEY}`, KEY],
    ['JSON within a text', `{"listenKey":"abc123def456"}`, 'abc123def456'],
    ['JSON within JSON', JSON.stringify(JSON.stringify({ listenKey: 'abc123def456' })), 'abc123def456'],
    ['a path', `wss://fstream.binance.com/ws/${KEY}`, KEY],
    ['a password of an address', 'redis://me:hunter22@127.0.0.1:6379', 'hunter22'],
    ['a bearer', 'authorization: Bearer abc.def.ghi', 'abc.def.ghi'],
    ['a name with more before it', 'client_secret=s3cr3t-word', 's3cr3t-word'],
    ['the environment', 'the venue said: bad key short/secret+', 'short/secret+'],
    ['the environment, as a URL has it', 'key=short%2Fsecret%2B', 'short%2Fsecret%2B'],
  ])('of %s is taken out of texts', (_, text, secret) => {
    expect(text).toContain(secret)
    expect(redact(text)).not.toContain(secret)
    expect(redact(text)).toContain('***')
  })

  test('is taken out of fields by their names, at any depth, and of errors, arrays and names', () => {
    const error = new Error(`refused: signature=${SIGNATURE}`)
    const value = {
      request: { headers: [{ 'X-MBX-APIKEY': 'plainkey' }], apiSecret: 12345, listen_key: ['inlist'] },
      [`wss://x/${KEY}`]: { deep: [[{ password: 'pw' }]] },
      error,
    }
    const text = JSON.stringify(redact(value))
    for (const secret of ['plainkey', '12345', 'inlist', KEY, '"pw"', SIGNATURE]) expect(text).not.toContain(secret)
  })

  test('leaves what is not: hashes, ids, numbers, null, and the key that everybody knows', () => {
    const plain = {
      code: SIGNATURE,
      run: 'sma-cross-81c8eea8ca14',
      text: 'klinelab: bought 0.1 BTCUSDT at 43526.69; https://example.com/a?b=c',
      at: 1,
      none: null,
      yes: true,
      list: [1.5, 'two'],
    }
    expect(redact(plain)).toEqual(plain)
    expect(redact(Number.NaN)).toBeNaN()
  })
})

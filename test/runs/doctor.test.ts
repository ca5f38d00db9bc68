import { chmodSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { credentialsSet, originsSet } from '../../src/runs/doctor-credentials.ts'
import { optionalPeers } from '../../src/runs/doctor-peers.ts'
import { ownSecretsHider, secretsHider } from '../../src/runs/secrets.ts'

let dir: string
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'klinelab-doctor-'))
})
afterEach(() => rmSync(dir, { recursive: true, force: true }))

const write = (name: string, text: string) => {
  mkdirSync(dirname(join(dir, name)), { recursive: true })
  writeFileSync(join(dir, name), text)
  return join(dir, name)
}

describe('credentials', () => {
  test('are told by name: set or missing; an empty one is missing', () => {
    const env = { KLINELAB_BINANCE_KEY: 'k', KLINELAB_BINANCE_SECRET: 's', AWS_ACCESS_KEY_ID: 'i' }
    expect(credentialsSet({ ...env, AWS_SECRET_ACCESS_KEY: 'a', AWS_SESSION_TOKEN: '' })).toEqual({
      credentials: {
        ...{ KLINELAB_BINANCE_KEY: 'set', KLINELAB_BINANCE_SECRET: 'set', KLINELAB_REDIS: 'missing' },
        ...{ AWS_ACCESS_KEY_ID: 'set', AWS_SECRET_ACCESS_KEY: 'set', AWS_SESSION_TOKEN: 'missing' },
        ...{ AWS_SHARED_CREDENTIALS_FILE: 'missing', GOOGLE_APPLICATION_CREDENTIALS: 'missing' },
      },
      problems: [],
    })
  })

  test('half of a pair is a problem', () => {
    expect(credentialsSet({ KLINELAB_BINANCE_KEY: 'abcdef', AWS_ACCESS_KEY_ID: 'abcdef' }).problems).toEqual([
      expect.stringContaining('AWS_SECRET_ACCESS_KEY is missing'),
      expect.stringContaining('KLINELAB_BINANCE_SECRET is missing'),
    ])
  })

  test.skipIf(process.platform === 'win32')('a file of them that others can read is a problem, with what to do', () => {
    const file = write('google.json', '{"type":"service_account","private_key":"sentinel"}')
    const problems = () => credentialsSet({ GOOGLE_APPLICATION_CREDENTIALS: file }).problems
    chmodSync(file, 0o640)
    expect(problems()).toEqual([expect.stringMatching(/google\.json.*mode 640.*chmod 600/)])
    chmodSync(file, 0o600)
    expect(problems()).toEqual([])
    rmSync(file)
    expect(problems()).toEqual([expect.stringMatching(/google\.json, which GOOGLE_APPLICATION_CREDENTIALS names/)])
  })
})

test('of what sends requests elsewhere the host is told and nothing else', () => {
  const env = {
    ...{ KLINELAB_URL_BINANCE: 'http://user:sentinel@127.0.0.1:81/path?key=sentinel', KLINELAB_URL_KRAKEN: '' },
    ...{ KLINELAB_WS_KUCOIN: 'wss://mirror.example/sentinel', AWS_ENDPOINT_URL: 'sentinel', KLINELAB_STORE: 'x' },
  }
  expect(originsSet(env)).toEqual({
    ...{ AWS_ENDPOINT_URL: 'no address', KLINELAB_URL_BINANCE: '127.0.0.1:81' },
    KLINELAB_WS_KUCOIN: 'mirror.example',
  })
})

test('an optional package is found where Node finds it: beside the tool, or above it', () => {
  const home = dirname(
    write(
      'project/node_modules/klinelab/package.json',
      '{"version":"1.0.0","peerDependencies":{"a":"1","@b/c":"1","d":"1"}}',
    ),
  )
  write('project/node_modules/klinelab/node_modules/a/package.json', '{"version":"1.2.3"}')
  write('project/node_modules/a/package.json', '{"version":"9.9.9"}')
  write('project/node_modules/@b/c/package.json', '{"version":"4.5.6"}')
  expect(optionalPeers(home)).toEqual({ a: '1.2.3', '@b/c': '4.5.6', d: null })
})

describe('secrets taken out of a text', () => {
  const hide = secretsHider({
    ...{ KLINELAB_BINANCE_SECRET: 'a/b+c=d"e', AWS_ACCESS_KEY_ID: 'AKIA1234', AWS_SECRET_ACCESS_KEY: 'AKIA123456' },
    ...{ KLINELAB_REDIS: 'redis://:p%40ssword@host:6379', HOME: '/home/somebody', SHORT_KEY: 'the' },
  })
  test.each([
    ['plain a/b+c=d"e', 'plain ***'],
    ['query ?s=a%2Fb%2Bc%3Dd%22e&x', 'query ?s=***&x'],
    ['json {"s":"a/b+c=d\\"e"}', 'json {"s":"***"}'],
    ['one within another AKIA123456 AKIA1234', 'one within another *** ***'],
    ['redis p@ssword p%40ssword', 'redis *** ***'],
    ['form s=a%2Fb%2Bc%3Dd%22e and a%2fb%2bc%3dd%22e', 'form s=*** and ***'],
    ['the home /home/somebody', 'the home /home/somebody'],
  ])('%s', (text, hidden) => {
    expect(hide(text)).toBe(hidden)
  })
})

test('of what is printed everywhere only what klinelab is given is taken out: other values may be words', () => {
  const hide = ownSecretsHider({
    ...{ AWS_SESSION_TOKEN: 'sentinel7', CACHE_KEY: 'binance', KLINELAB_BINANCE_KEY: 'k-e-y-1-2' },
  })
  expect(hide('{"series":"binance:BTCUSDT:1h","said":"k-e-y-1-2 sentinel7"}')).toBe(
    '{"series":"binance:BTCUSDT:1h","said":"*** ***"}',
  )
})

test('a value that is as short as a word is left where it stands; a longer one is struck, be it a word', () => {
  const said = 'set the hours of BTC to k-e-y'
  for (const value of ['set', 'hours', 'BTC', 'k-e-y', ''])
    expect(ownSecretsHider({ KLINELAB_EXCHANGE_SECRET: value })(said)).toBe(said)
  const key = 'vmPUZE6mv9SD5VNHk4HlWFsOr6aKE2zvsw0MuIgwCIPy6utIco14y7Ju91duEh8A'
  for (const value of [key, 'hunter22', 'word/of/mine', 'sesame', '202401'])
    for (const written of [value, `X-MBX-APIKEY: ${value}`, `?key=${encodeURIComponent(value)}&n=1`])
      expect(ownSecretsHider({ KLINELAB_EXCHANGE_SECRET: value })(written)).toMatch(
        /^(X-MBX-APIKEY: )?(\?key=)?\*\*\*(&n=1)?$/,
      )
})

import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { get } from 'node:http'
import { get as getSecurely } from 'node:https'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { WebSocket } from 'ws'
import { clientIdOf, isOfSession } from '../../../../src/runs/paper/exchange/client-id.ts'
import {
  demoDestination,
  exchangeDestination,
  ForbiddenHostError,
} from '../../../../src/runs/paper/exchange/destination.ts'
import { Gate } from '../../../../src/runs/paper/exchange/gate.ts'
import { demoKeys, exchangeKeys } from '../../../../src/runs/paper/exchange/keys.ts'
import { namedBroker } from '../../../../src/runs/paper/exchange/named-broker.ts'
import { TIMING } from '../../../../src/runs/paper/exchange/timing.ts'
import { USDM } from '../../../../src/runs/paper/exchange/usdm-market.ts'
import { redactor } from '../../../../src/runs/paper/watch/redaction.ts'
import { StubExchange } from './stub-exchange.ts'

const PRODUCTION = [
  'https://fapi.binance.com',
  'https://FAPI.Binance.COM.',
  'https://fapi-mm.binance.com',
  'https://fapi1.binance.com:443/fapi/v1/order',
  'https://api.binance.com',
  'https://papi.binance.com',
  'https://api.binance.us',
  'wss://fstream.binance.com',
  'wss://ws-fapi.binance.com',
  'https://127.0.0.1@fapi.binance.com/fapi/v1/order',
  'https://testnet.binancefuture.com',
]

test.each(PRODUCTION)('no request leaves for %s, whatever it is asked by', (url) => {
  expect(() => demoDestination().check(url)).toThrow(ForbiddenHostError)
  expect(() => exchangeDestination('http://127.0.0.1:8080').check(url)).toThrow(ForbiddenHostError)
  expect(() => exchangeDestination(url.replace('wss:', 'https:'))).toThrow(
    'to the simulated exchange, on this machine or a private network',
  )
})

test('Demo Trading is its own hosts and no other', () => {
  const demo = demoDestination()
  for (const url of ['https://demo-fapi.binance.com/fapi/v1/order', 'wss://fstream.binancefuture.com/private'])
    demo.check(url)
  for (const url of ['http://127.0.0.1:8080', 'https://demo-fapi.binance.com.evil.example'])
    expect(() => demo.check(url)).toThrow(ForbiddenHostError)
})

test('the simulated exchange is on this machine or a private network', () => {
  for (const url of [
    'http://127.0.0.1:8080',
    'https://localhost:8443',
    'http://[::1]:80',
    'http://10.1.2.3',
    'http://exchange:8080',
  ])
    exchangeDestination(url).check(url)
  for (const url of ['http://8.8.8.8', 'http://172.32.0.1', 'http://[2001:db8::1]', 'http://169.254.169.254'])
    expect(() => exchangeDestination(url)).toThrow('never to a production host')
  for (const url of ['127.0.0.1:8080', 'ftp://127.0.0.1', 'nonsense'])
    expect(() => exchangeDestination(url)).toThrow('such as http://')
})

test.each([
  ['http', (agents: Agents) => get({ host: 'fapi.binance.com', agent: agents.http })],
  ['https', (agents: Agents) => getSecurely({ host: 'fapi.binance.com', agent: agents.https })],
  ['a socket file', (agents: Agents) => get({ socketPath: '/run/x.sock', agent: agents.http })],
  ['ws', (agents: Agents) => new WebSocket('ws://fapi.binance.com', { agent: agents.http })],
  ['wss', (agents: Agents) => new WebSocket('wss://fstream.binance.com', { agent: agents.https })],
])('and no connection is made there: %s, below whatever makes requests', async (_what, connect) => {
  const { agents } = demoDestination()
  const error = await new Promise((resolve) => {
    try {
      connect(agents).on('error', resolve)
    } catch (thrown) {
      resolve(thrown)
    }
  })
  expect(error).toBeInstanceOf(ForbiddenHostError)
})
type Lookup = (name: string, options: object, done: (error: Error | null) => void) => void
type Agents = ReturnType<typeof demoDestination>['agents']

test('a name of the private network that has a public address is not connected to', async () => {
  const { agents } = exchangeDestination('http://exchange:8080')
  const { lookup } = (agents.http as unknown as { options: { lookup: Lookup } }).options
  const error = await new Promise((done) => lookup('8.8.8.8', {}, done))
  expect(error).toBeInstanceOf(ForbiddenHostError)
  expect(await new Promise((done) => lookup('127.0.0.1', {}, done))).toBe(null)
})

test('an answer that sends us to production is not followed', async () => {
  const stub = new StubExchange()
  const destination = exchangeDestination(await stub.start())
  stub.fault('POST /fapi/v1/order', () => ({
    status: 302,
    body: '',
    headers: { location: 'https://fapi.binance.com/fapi/v1/order' },
  }))
  const { signal } = new AbortController()
  const gate = new Gate({
    market: USDM,
    destination,
    keys: stub.keys,
    timing: TIMING,
    now: Date.now,
    ...{ signal, over: signal },
    onPause: () => undefined,
  })
  expect(await gate.send('POST', 'fapi/v1/order', { symbol: 'BTCUSDT' })).toMatchObject({ kind: 'refused' })
  expect(stub.requests).toHaveLength(1)
  destination.agents.http.destroy()
  await stub.close()
})

test('keys: of the environment, or of a file that nobody else may read; never quoted', () => {
  expect(demoKeys({ KLINELAB_DEMO_KEY: 'k', KLINELAB_DEMO_SECRET: 's' }, null)).toMatchObject({ key: 'k', secret: 's' })
  expect(() => demoKeys({ KLINELAB_DEMO_KEY: 'hush' }, null)).toThrow('set KLINELAB_DEMO_KEY and KLINELAB_DEMO_SECRET')
  const dir = mkdtempSync(join(tmpdir(), 'keys-'))
  const file = join(dir, 'keys')
  writeFileSync(file, 'key-of-file\nsecret-of-file\n', { mode: 0o600 })
  expect(demoKeys({}, file)).toMatchObject({ key: 'key-of-file', secret: 'secret-of-file' })
  chmodSync(file, 0o640)
  expect(() => demoKeys({}, file)).toThrow('others may read these keys (mode 640): chmod 600')
  expect(() => demoKeys({}, join(dir, 'none'))).toThrow('there is no such file of keys')
  rmSync(dir, { recursive: true })
  expect(exchangeKeys({}, 'http://127.0.0.1:8080')).toMatchObject({ key: 'klinelab', secret: 'klinelab' })
  expect(() => exchangeKeys({}, 'http://10.0.0.1')).toThrow('KLINELAB_EXCHANGE_KEY')
})

test.each([
  [
    'demo',
    demoKeys({ KLINELAB_DEMO_KEY: 'k', KLINELAB_DEMO_SECRET: 's' }, null),
    /those that KLINELAB_DEMO_KEY and KLINELAB_DEMO_SECRET hold are not known there; set both/,
  ],
  [
    'exchange',
    exchangeKeys({ KLINELAB_EXCHANGE_KEY: 'k', KLINELAB_EXCHANGE_SECRET: 's' }, 'http://10.0.0.1'),
    /those that KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET hold are not known there; set both/,
  ],
  [
    'exchange on loopback',
    exchangeKeys({}, 'http://127.0.0.1:1'),
    /KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET are not set, /,
  ],
])(
  'keys that the exchange does not know are said with where they are from, and not themselves: %s',
  async (_, keys, from) => {
    const stub = new StubExchange()
    const destination = exchangeDestination(await stub.start())
    const { signal } = new AbortController()
    const gate = new Gate({
      ...{ market: USDM, destination, keys, timing: TIMING, now: Date.now, signal, over: signal },
      onPause: () => undefined,
    })
    for (const code of [-2014, -2015, -1022]) {
      const body = JSON.stringify({ code, msg: 'as the exchange says it.' })
      stub.fault('GET /fapi/v3/balance', () => ({ status: 401, body }))
      const { text } = (await gate.send('GET', 'fapi/v3/balance')) as { text: string }
      expect(text.startsWith(`${code} as the exchange says it. The keys: `)).toBe(true)
      expect(text).toMatch(from)
      // words of ours are not taken for a secret's own
      expect(redactor((one) => one)(text)).toBe(text)
    }
    // what is refused for the order says nothing of keys
    stub.fault('GET /fapi/v3/balance', () => ({ status: 400, body: '{"code":-2019,"msg":"Margin is insufficient."}' }))
    expect(await gate.send('GET', 'fapi/v3/balance')).toMatchObject({ text: '-2019 Margin is insufficient.' })
    destination.agents.http.destroy()
    await stub.close()
  },
)

test('a broker by its name: where it goes, and an account that is told apart without its key', () => {
  const env = { KLINELAB_DEMO_KEY: 'hush', KLINELAB_DEMO_SECRET: 's' }
  const brokers = [
    namedBroker(['demo'], env),
    namedBroker(['exchange', 'http://127.0.0.1:8787'], env),
    namedBroker(['exchange', 'http://127.0.0.1:8788'], env),
  ]
  expect(new Set(brokers.map(({ account }) => account)).size).toBe(3)
  expect(brokers[0]!.account).toMatch(/^demo-[0-9a-f]{12}$/)
  for (const words of [['exchange'], ['live'], ['demo', 'file', 'more'], ['exchange', 'https://fapi.binance.com']])
    expect(() => namedBroker(words, env)).toThrow('--broker')
})

test('an account of this machine is one, by whatever name the machine is called', () => {
  const env = { KLINELAB_EXCHANGE_KEY: 'k', KLINELAB_EXCHANGE_SECRET: 's' }
  const accountAt = (url: string) => namedBroker(['exchange', url], env).account
  const here = ['localhost', 'LOCALHOST.', '127.1', '127.0.0.2', '[::1]']
  for (const name of here) expect(accountAt(`http://${name}:8787`)).toBe(accountAt('http://127.0.0.1:8787'))
  const others = ['http://127.0.0.1:8788', 'https://127.0.0.1:8787', 'http://10.0.0.1:8787', 'http://paper.lan:8787']
  for (const other of others) expect(accountAt(other)).not.toBe(accountAt('http://127.0.0.1:8787'))
})

test('client ids: the same for the same order and attempt, others for all else, of the form that USDS-M takes', () => {
  const ids = [
    clientIdOf('0badcafe', 'BTCUSDT', 'o1', 1),
    clientIdOf('0badcafe', 'BTCUSDT', 'o1', 2),
    clientIdOf('0badcafe', 'BTCUSDT', 'o2', 1),
    clientIdOf('0badcafe', 'ETHUSDT', 'o1', 1),
    clientIdOf('1badcafe', 'BTCUSDT', 'o1', 1),
    clientIdOf('0badcafe', 'BTCUSDT', 'Ärmel & Co/'.repeat(20), 36 ** 6),
  ]
  expect(new Set(ids).size).toBe(ids.length)
  for (const id of ids) expect(id).toMatch(/^[.A-Z:/a-z0-9_-]{1,36}$/)
  expect(clientIdOf('0badcafe', 'BTCUSDT', 'o1', 1)).toBe(ids[0])
  expect(ids.map((id) => isOfSession(id, '0badcafe'))).toEqual([true, true, true, true, false, true])
})

test.each([
  ...[
    'x-exchange-7',
    'x-kl-0badcafe-0123456789abcdef-1',
    'kl-0badcafe',
    'kl-0badcafe-',
    'kl-0badcafe-web-1',
    'kl-0badcafe2-0123456789abcdef-1',
  ],
  ...[
    'kl-0badcafe-0123456789abcdef',
    'kl-0badcafe-0123456789abcdef-0',
    'kl-0badcafe-0123456789abcdef-1-2',
    'KL-0badcafe-0123456789abcdef-1',
  ],
])('%s is no client id of the session 0badcafe', (id) => {
  expect(isOfSession(id, '0badcafe')).toBe(false)
})

test('Demo Trading of spot is refused before any key is looked at: its listen keys have ended', () => {
  expect(() => namedBroker(['demo'], {}, 'spot')).toThrow(/spot tells of its orders over its websocket API there/)
  expect(() => namedBroker(['demo'], {}, 'usdm')).toThrow(/KLINELAB_DEMO_KEY/)
})

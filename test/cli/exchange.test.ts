import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer as createWeb } from 'node:http'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { describe, expect, test } from 'vitest'
import { HOME } from '../../src/runs/package-info.ts'
import { klinelab } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const REPLAY = ['exchange', '--replay', 'binance-usdm:BTCUSDT:1h', '--from', '2025-07-31', '--to', '2025-08-01']

describe('what is refused, and why', () => {
  test.each([
    [['exchange'], /--replay is missing/],
    [['exchange', '--replay', 'kraken:BTCUSD:1h'], /cannot be replayed: the exchange is Binance's/],
    [['exchange', '--replay', 'binance-usdm:BTCUSDT@mark:8h'], /cannot be replayed/],
    [
      ['exchange', '--replay', 'binance-usdm:BTCUSDT:1h', 'binance:BTCUSDT:1h'],
      /one account trades spot or perpetuals/,
    ],
    [['exchange', '--replay', 'binance:BTCUSDT:1h', 'binance:BTCUSDT:1m'], /BTCUSDT is given twice/],
    [[...REPLAY, '--speed', 'fast'], /"fast" is not allowed; write 60x, max or step/],
    [[...REPLAY, '--fault', 'unknwon'], /unknown fault "unknwon"/],
    [[...REPLAY, '--live', 'binance-usdm:BTCUSDT:1h'], /exclude one another/],
    [['exchange', '--live', 'binance-usdm:BTCUSDT:1h', '--speed', 'max'], /leave them out with --live/],
    [[...REPLAY, '--tls-cert', 'a.pem'], /go together/],
    [
      [...REPLAY, '--fault', 'delay,route=POST /fapi/v1/oder,ms=5'],
      /fault delay: no request has the route "POST \/fapi\/v1\/oder" \(did you mean "POST \/fapi\/v1\/order"\?\); there are: .*, DELETE \/fapi\/v1\/order, /,
    ],
    [
      [...REPLAY, '--fault', 'adl,symbol=BTCUSD'],
      /fault adl: the exchange has no symbol "BTCUSD" \(did you mean "BTCUSDT"\?\); it has BTCUSDT/,
    ],
    [[...REPLAY, '--fault', 'rate-limit,p=5'], /p 5 of a fault is not allowed; a chance is 0 to 1/],
    [
      ['paper', 'strategies/sma-cross.ts', '--data', 'kraken:BTCUSD:1h', '--broker', 'exchange', 'http://127.0.0.1:9'],
      /orders leave for Binance only, .* and kraken:BTCUSD:1h is of neither/,
    ],
  ])('%j', async (args, why) => {
    const { code, stderr } = await klinelabHere(args)
    expect(code).toBe(2)
    expect(stderr).toMatch(why)
  })

  test('a place that is no exchange, or that nobody can ask, is said in words', async () => {
    const server = createWeb((_, response) => response.end('<html>')).listen(0, '127.0.0.1')
    await once(server, 'listening')
    const { port } = server.address() as AddressInfo
    const perp = ['paper', 'strategies/perp-trend.ts', '--data', 'binance-usdm:BTCUSDT:1h', '--broker', 'exchange']
    try {
      const web = await klinelabHere([...perp, `http://127.0.0.1:${port}`])
      expect(web.stderr).toContain('what answers (200) is no exchange of perpetuals; is it klinelab exchange?')
      const odd = await klinelabHere([...perp, 'http://127.0.0.1:1'])
      expect(odd.stderr).toContain('nobody answers (no client asks this port); is it running?')
    } finally {
      server.closeAllConnections()
      server.close()
    }
  })

  test('a port that is taken is named with its flag', async () => {
    const server = createServer()
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const { port } = server.address() as AddressInfo
    try {
      for (const [flags, name] of [
        [['--port', String(port)], '--port'],
        [['--port', '0', '--control-port', String(port)], '--control-port'],
      ] as const) {
        const { code, stderr } = await klinelabHere([...REPLAY, ...flags, '--until-end'])
        expect(code).toBe(2)
        expect(stderr.split('\n')).toContain(`${name} ${port} on 127.0.0.1: the port is taken: give another, or 0`)
      }
    } finally {
      await new Promise((resolve) => server.close(resolve))
    }
  })

  test.each(['0.0.0.0', '::', '192.168.0.1'])('listening on %s wants keys of one’s own', async (host) => {
    const envs: Readonly<Record<string, string>>[] = [
      {},
      { KLINELAB_EXCHANGE_KEY: 'klinelab', KLINELAB_EXCHANGE_SECRET: 'klinelab' },
      { KLINELAB_EXCHANGE_KEY: '', KLINELAB_EXCHANGE_SECRET: '' },
    ]
    for (const env of envs) {
      const { code, stderr } = await klinelabHere([...REPLAY, '--host', host], { env })
      expect(code).toBe(2)
      expect(stderr).toContain('set KLINELAB_EXCHANGE_KEY and KLINELAB_EXCHANGE_SECRET to keys of your own first')
    }
  })

  test('off loopback a secret that can be guessed is refused, and no part of it is said', async () => {
    const env = { KLINELAB_EXCHANGE_KEY: 'mine', KLINELAB_EXCHANGE_SECRET: 'fifteen-letters' }
    const { code, stderr } = await klinelabHere(
      [...REPLAY, '--speed', 'max', '--port', '0', '--until-end', '--host', '0.0.0.0'],
      { env },
    )
    expect(code).toBe(2)
    expect(stderr).toContain('KLINELAB_EXCHANGE_SECRET has 15 characters, which can be guessed: give it 16 or more')
    expect(stderr).not.toContain('fifteen-letters')
  })
})

test('help and start-up say what would surprise: the account is new, two clocks, market orders wait for an open', () => {
  const help = klinelab(['exchange', '--help'])
  const started = klinelab([...REPLAY, '--speed', 'max', '--port', '0', '--until-end'])
  expect(started.stderr).toMatch(/newest filters that are known of this range are of 2021-09-06/)
  for (const { stdout: lines } of [help, started]) {
    const stdout = lines.replaceAll(/\s+/g, ' ')
    expect(stdout).toMatch(/started again, it begins anew/)
    expect(stdout).toMatch(/orders and fills bear the time of the bars; .* this machine’s clock/)
    expect(stdout).toMatch(/else at that of the next; until then it is NEW/)
  }
  expect(started.stdout).toContain(
    'key klinelab, secret klinelab: good for loopback only; the key goes into the header X-MBX-APIKEY',
  )
})

test('plays stored bars step by step to whoever asks, and ends when it is told to', async () => {
  const child = spawn(
    process.execPath,
    [
      join(HOME, 'src', 'cli', 'klinelab.mjs'),
      ...REPLAY,
      '--speed',
      'step',
      '--port',
      '0',
      '--control-port',
      '0',
      '--json',
      '--fault',
      'delay,route=GET /fapi/v1/klines,ms=1',
    ],
    { stdio: ['ignore', 'pipe', 'pipe'] },
  )
  const lines = createInterface(child.stdout)
  const log: string[] = []
  createInterface(child.stderr).on('line', (line) => log.push(line))
  try {
    const [line] = (await once(lines, 'line')) as [string]
    const { event, origin, controlPort, begin, bars, symbols } = JSON.parse(line)
    expect({ event, begin, bars, symbols }).toEqual({
      ...{ event: 'listening', begin: Date.UTC(2025, 6, 31), bars: 24, symbols: ['BTCUSDT'] },
    })
    const step = async () => (await fetch(`http://127.0.0.1:${controlPort}/step`, { method: 'POST' })).json()
    expect(await step()).toEqual({ at: 'open', symbol: 'BTCUSDT', time: begin })
    expect(await step()).toEqual({ at: 'close', symbol: null, time: begin + 3_600_000 })
    const candles = await (await fetch(`${origin}/fapi/v1/klines?symbol=BTCUSDT&interval=1h&limit=30`)).json()
    expect((candles as unknown[]).length).toBe(30)
    const of = { event: 'fault', kind: 'delay', route: 'GET /fapi/v1/klines' }
    await expect
      .poll(() => log.filter((line) => line.startsWith('{')).map((line) => JSON.parse(line)))
      .toEqual([{ ...of, at: begin + 3_600_000, nth: 1, done: 1, id: 1 }])
    const last = once(lines, 'line')
    child.kill('SIGTERM')
    expect(JSON.parse(((await last) as [string])[0])).toEqual({ event: 'ended', at: begin + 3_600_000 })
    expect((await once(child, 'exit'))[0]).toBe(0)
  } finally {
    child.kill('SIGKILL')
  }
}, 20_000)

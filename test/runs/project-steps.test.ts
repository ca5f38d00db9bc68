import { existsSync, readFileSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { openStore } from '../../src/data/index.ts'
import { projectSteps } from '../../src/runs/project-steps.ts'
import { scratch } from '../cli/klinelab.ts'
import { NOW_THERE, startVenueServer, type VenueServer } from '../servers/venue-server.ts'

const HOUR = 3_600_000
const BTC = 'binance:BTCUSDT:1h'

let server: VenueServer
let folder: string
let stop: AbortController
let lines: string[]
beforeEach(async () => {
  server = await startVenueServer()
  folder = scratch()
  stop = new AbortController()
  lines = []
})
afterEach(() => server.close())

const host = () => ({ signal: stop.signal, log: (line: string) => lines.push(line), patience: HOUR, timeout: HOUR })

function steps(klinelab: readonly [string, string] = ['', '']) {
  const { origin } = server
  const names = ['BINANCE', 'BINANCE_USDM', 'BINANCE_ARCHIVE', 'COINBASE', 'KRAKEN', 'KUCOIN']
  const origins = Object.fromEntries(names.map((name) => [`KLINELAB_URL_${name}`, origin]))
  return projectSteps({
    settings: { store: join(folder, 'store'), out: join(folder, 'out'), ledger: join(folder, 'ledger.jsonl') },
    ...{
      config: join(folder, 'klinelab.config.ts'),
      klinelab,
      env: { PATH: process.env['PATH'], XDG_CACHE_HOME: scratch(), ...origins },
    },
    now: () => server.now(),
  })
}

async function stored(name: string) {
  const { rows, to, from } = (await (await openStore(join(folder, 'store'))).manifest(parseSeries(name)))!
  return { rows, from, to }
}

describe('get and update', () => {
  test('fetch what has ended, and later what has ended since', async () => {
    const day = Date.UTC(2024, 4, 31)
    const got = await steps().get([BTC, 'kucoin:BTC-USDT:1h'], '2024-05-31', host())
    expect(got).toEqual({ text: '2 series, 48 bars added, 0 revised' })
    expect(await stored(BTC)).toMatchObject({ rows: 24, from: day })
    server.now = () => NOW_THERE + 3 * HOUR
    expect(await steps().update(host())).toEqual({ text: '2 series, 6 bars added, 0 revised' })
    expect(await stored('kucoin:BTC-USDT:1h')).toMatchObject({ rows: 27, from: day })
    expect(await steps().update(host())).toEqual({ text: '2 series, 0 bars added, 0 revised' })
  })

  test('an empty store has nothing to update', async () => {
    expect(await steps().update(host())).toEqual({ text: 'nothing is stored yet' })
    expect(server.asked).toEqual([])
  })

  test('a damaged series fails the step, and the others are updated', async () => {
    await steps().get([BTC, 'kucoin:BTC-USDT:1h'], '2024-05-31', host())
    truncateSync(join(folder, 'store/binance/BTCUSDT/1h/manifest.json'), 100)
    server.now = () => NOW_THERE + 3 * HOUR
    await expect(steps().update(host())).rejects.toThrow(
      `1 series, 3 bars added, 0 revised; NOT up to date, being damaged: ${BTC}`,
    )
    expect(lines.join('\n')).toMatch(/BTCUSDT\/1h\/manifest\.json: is not a manifest/)
    expect(await stored('kucoin:BTC-USDT:1h')).toMatchObject({ rows: 27 })
  })

  test('what a venue refuses fails the step with its reason, and the others are stored all the same', async () => {
    server.fault = ({ venue }) => (venue === 'kucoin' ? { kind: 'status', status: 451 } : null)
    await expect(steps().get(['kucoin:BTC-USDT:1h', BTC], '2024-05-31', host())).rejects.toThrow(
      /^2 series, 24 bars added, 0 revised, 1 NOT up to date\n {2}kucoin: GET .*451/,
    )
    expect(await stored(BTC)).toMatchObject({ rows: 24 })
  })

  test('a venue that limits for ever is not waited for longer than the patience of the job', async () => {
    server.fault = ({ path }) => (path.includes('time') ? null : { kind: 'status', status: 429, retryAfter: 3600 })
    await expect(steps().get([BTC], '2024-05-31', { ...host(), patience: HOUR - 1000 })).rejects.toThrow(/429 Too Many/)
  })

  test('told to end it keeps what it has, and says that it is not all', async () => {
    server.latency = 20
    server.fault = ({ path }, nth) => {
      if (path === '/api/v3/klines' && nth === 3) stop.abort()
      return null
    }
    const { isStopped } = await steps().get([BTC], '2020-01-01', host())
    expect(isStopped).toBe(true)
  })
})

describe('scan', () => {
  const ASKED = { venue: 'binance', top: 2, quote: 'usdt', exclude: ['DOGE*'] } as const

  test('ranks, and gets the bars of the best', async () => {
    const scan = { ...ASKED, exclude: [...ASKED.exclude], get: '1h' as const, from: '2024-05-31' }
    const { text } = await steps().scan(scan, host())
    const [, first, second] = /^(\w+), (\w+) of \d+ ranked; 2 series, 48 bars added/.exec(text) ?? []
    for (const symbol of [first, second]) {
      expect(symbol).toMatch(/^(?!DOGE)[A-Z]+USDT$/)
      expect(await stored(`binance:${symbol}:1h`)).toMatchObject({ rows: 24 })
    }
  })

  test('without an interval it only ranks', async () => {
    const { text, isStopped } = await steps().scan({ ...ASKED, exclude: [] }, host())
    expect(text).toMatch(/^\w+USDT, \w+USDT of \d+ ranked$/)
    expect(isStopped).toBe(false)
    expect(existsSync(join(folder, 'store'))).toBe(false)
  })

  test('where nothing is left it fails', async () => {
    await expect(steps().scan({ ...ASKED, exclude: ['*'] }, host())).rejects.toThrow('no market of binance is left')
  })
})

test.each(['train', 'retrain'] as const)(
  '%s runs the verb with the places of this project, in its folder',
  async (verb) => {
    const script = join(folder, 'fake.mjs')
    writeFileSync(
      script,
      'import fs from "node:fs"; fs.writeFileSync("told.json", JSON.stringify(process.argv.slice(2)))',
    )
    const { text } = await steps([process.execPath, script])[verb]('models/up.ts', host())
    expect(text).toMatch(/^models\/up\.ts: done in [\d.]+ s$/)
    expect(JSON.parse(readFileSync(join(folder, 'told.json'), 'utf8'))).toEqual([
      ...[verb, 'models/up.ts', '--store', join(folder, 'store'), '--out', join(folder, 'out')],
      ...['--ledger', join(folder, 'ledger.jsonl'), '--config', join(folder, 'klinelab.config.ts')],
    ])
  },
)

test('a training that is told to end is asked to, and says that it was', async () => {
  const script = join(folder, 'fake.mjs')
  const onStop = 'process.on("SIGINT", () => { fs.writeFileSync("kept", ""); process.exit(130) })'
  writeFileSync(script, `import fs from "node:fs"; ${onStop}; setInterval(() => {}, 1000); console.log("at it")`)
  const log = (line: string) => {
    lines.push(line)
    stop.abort()
  }
  const done = await steps([process.execPath, script]).train('up.ts', { ...host(), log })
  expect(done).toMatchObject({ isStopped: true, text: expect.stringMatching(/^up\.ts: stopped after/) })
  expect(lines).toEqual(['at it'])
  expect(existsSync(join(folder, 'kept'))).toBe(true)
})

import { type ChildProcess, spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EMBEDDED } from '../../src/runs/package-info.ts'
import { command } from '../data/command.ts'
import { Truth } from '../servers/truth.ts'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'
import { klinelab, ROOT, scratch } from './klinelab.ts'

const HOUR = 3_600_000
const halt = { from: Date.UTC(2023, 2, 24, 12, 40), to: Date.UTC(2023, 2, 24, 14) }

let server: VenueServer
beforeAll(async () => {
  server = await startVenueServer({ now: () => Date.now(), truth: new Truth({ quietEvery: 50, holes: [halt] }) })
})
afterAll(() => server.close())
beforeEach(() => {
  server.fault = null
  server.latency = 0
})

function elsewhere({ origin } = server): Record<string, string> {
  const names = ['BINANCE', 'BINANCE_USDM', 'COINBASE', 'KRAKEN', 'KUCOIN']
  const urls = Object.fromEntries(names.map((name) => [`KLINELAB_URL_${name}`, origin]))
  // what a venue forbids one test is not forbidden the next
  return { ...urls, XDG_CACHE_HOME: scratch() }
}

function get(args: readonly string[], store: string, env: Record<string, string> = {}) {
  return command(['data', 'get', ...args], store, { env: { ...elsewhere(), ...env }, cwd: ROOT })
}

/** ISO, of the last hour that has ended, `hours` ago. */
const ago = (hours: number) => new Date((Math.floor(Date.now() / HOUR) - hours) * HOUR).toISOString().slice(0, 16)

describe('klinelab data get', () => {
  test('says what came, what is missing and why, and what is stored', async () => {
    const store = scratch()
    const done = await get(['binance:BTCUSDT:1m', '--from', '2023-03-24', '--to', '2023-03-25'], store)
    expect(done.stdout).toBe(
      `binance:BTCUSDT:1m: 1,360 new bars; 1,360 bars stored, 2023-03-24 to 2023-03-25, in ${store}
  80 bars missing, while the venue was down: 2023-03-24T12:40 to 2023-03-24T14:00 (known-gaps.json: spot trading halted; the bar before it was closed early, https://github.com/binance/binance-public-data/issues/365)
  the 44,560 bars of it that come with klinelab, 2023-03-01 to 2023-04-01, are hidden by these from now on; to have those before 2023-03-24 too: klinelab data get binance:BTCUSDT:1m --from 2023-03-01
binance: new rules of BTCUSDT
`,
    )
    expect(done.code).toBe(0)
    const filled = await get(['binance:BTCUSDT:1m', '--to', '2023-03-25', '--fill', 'flat', '--bars-only'], store)
    expect(filled.stdout).toContain('80 bars made, flat at the last close; the report of a backtest counts them')
    const check = JSON.parse((await command(['data', 'check', 'binance:BTCUSDT:1m', '--json'], store)).stdout)
    expect(check).toMatchObject({ ok: true, rows: 1440, gaps: [] })
  })

  test('goes on where a series is stored, and brings all of them up to the last bar that has ended', async () => {
    const store = scratch()
    const names = ['kraken:XBTUSD:1h', 'coinbase:BTC-USD:1h', 'binance:BTCUSDT:1h']
    const first = await get([...names, '--from', ago(900), '--to', ago(10), '--bars-only', '--json'], store)
    expect(first.code).toBe(0)
    const { series } = JSON.parse(first.stdout)
    expect(series.map((one: { series: string }) => one.series)).toEqual(names)
    expect(series[0].holes).toMatchObject([{ cause: 'horizon', bars: 900 - 719 }])
    expect(series[0].added).toBe(719 - 10)
    expect(series[1].holes.every(({ cause }: { cause: string }) => cause === 'no-trades')).toBe(true)
    expect(series[2]).toMatchObject({ added: 890, holes: [], error: null })
    const updated = await get(['--update', '--bars-only', '--json'], store)
    const now = JSON.parse(updated.stdout).series as { series: string; added: number; to: number }[]
    expect(now.map((one) => one.series).sort()).toEqual([...names].sort())
    for (const one of now.filter(({ series: name }) => !name.startsWith('coinbase'))) {
      expect(one.added).toBeGreaterThanOrEqual(10)
      expect(one.added).toBeLessThanOrEqual(11)
    }
    const told = await get(['kraken:XBTUSD:1h', '--from', ago(900), '--bars-only'], store)
    expect(told.stdout).toMatch(
      /181 bars cannot be had from kraken, .*Older ones are in its CSV dump: klinelab data import PATH --as kraken:XBTUSD:1h/,
    )
  })

  test('a series that fails is listed, and the others are had; exit code 1', async () => {
    const store = scratch()
    const done = await get(['binance:BTCUSTD:1h', 'kucoin:BTC-USDT:1h', '--from', ago(20)], store)
    expect(done.code).toBe(1)
    expect(done.stdout).toMatch(
      /^binance:BTCUSTD:1h: 0 new bars; nothing is stored\n {2}FAILED: binance: .*did you mean "BTCUSDT"\?/,
    )
    expect(done.stdout).toMatch(/\nkucoin:BTC-USDT:1h: \d+ new bars; /)
    expect(done.stdout).toMatch(/\n1 of 2 series failed; the same command tries again\n$/)
  })

  test('a perpetual comes with its mark prices and funding, and its tiers want a key', async () => {
    const store = scratch()
    const done = await get(['binance-usdm:BTCUSDT:1h', '--from', ago(24)], store)
    expect(done.stdout).toMatch(
      /^binance-usdm:BTCUSDT:1h: 24 new bars; .*\n.* come with klinelab, .*\nbinance-usdm:BTCUSDT@mark:1h: 24 new bars; /,
    )
    expect(done.stdout).toMatch(/\nbinance-usdm: new rules of BTCUSDT; 3 new funding rates; .*KLINELAB_BINANCE_KEY/)
    const list = JSON.parse((await command(['data', 'list', '--json'], store)).stdout)
    const names = list.series.map((one: { series: string }) => one.series)
    expect(names).toEqual(expect.arrayContaining(['binance-usdm:BTCUSDT:1h', 'binance-usdm:BTCUSDT@mark:1h']))
  })

  test('a wait is told, and how long it is', async () => {
    const store = scratch()
    let nth = 0
    server.fault = ({ path }) =>
      path.endsWith('/klines') && ++nth === 1 ? { kind: 'status', status: 429, retryAfter: 2 } : null
    const done = await get(['binance:ETHBTC:1h', '--from', ago(30), '--bars-only'], store)
    expect(done.stderr).toMatch(/^warning: binance: .*429.*; waiting 2 s\n$/)
    expect(done.stdout).toMatch(/^binance:ETHBTC:1h: 30 new bars; .*\n {2}waited 2 s for the venue\n$/)
    nth = 0
    server.fault = ({ path }) =>
      path.endsWith('/klines') && ++nth === 1 ? { kind: 'status', status: 429, retryAfter: 900 } : null
    const args = ['binance:SOLUSDT:1h', '--from', ago(30), '--bars-only', '--patience', '20s']
    const cache = { XDG_CACHE_HOME: scratch() }
    const impatient = await get(args, store, cache)
    expect(impatient.code).toBe(1)
    expect(impatient.stdout).toMatch(/^binance:SOLUSDT:1h: 0 new bars; nothing is stored\n {2}FAILED: .*429/)
    expect(impatient.stdout).toMatch(/the same command tries again\nto wait longer: --patience \(now 20 s\)\n$/)
    // another process does not ask before the venue may be asked: this one could not answer it
    const asked = server.count()
    const again = klinelab(['data', 'get', ...args, '--store', store], { env: { ...elsewhere(), ...cache } })
    expect(again.stdout).toContain(`kept in ${join(cache.XDG_CACHE_HOME, 'klinelab', 'pauses.json')}`)
    expect([again.code, server.count()]).toEqual([1, asked])
  })

  test.each([
    [[], 'name the series, e.g. binance:BTCUSDT:1h, or say --update for everything in the store'],
    [['binance:BTCUSDT'], '"binance:BTCUSDT" is not a series'],
    [['binance:ETHBTC:1m'], 'binance:ETHBTC:1m is not stored yet: say from when on it is wanted, with --from'],
    [['kraken:XBTUSD:3m', '--from', '2024-01-01'], 'kraken has no bars of 3m; it has 1m 5m 15m 30m 1h 4h 1d'],
    [
      ['binance:BTCUSDT:1m', '--update', '--from', '2024-01-01'],
      '--update goes on from what is stored: leave out --from',
    ],
    [
      ['binance:BTCUSDT:1m', '--from', '2024-01-02', '--to', '2024-01-01'],
      'ends at 2024-01-01 before it begins at 2024-01-02',
    ],
    [['binance:BTCUSDT:1m', '--fill', 'linear'], '"linear" is not allowed; write flat'],
    [['binance:BTCUSDT:1m', '--patience', 'long'], '"long" is not allowed; write a time in ms, s, m or h'],
  ])('%j is refused before anything is asked', async (args, message) => {
    const before = server.asked.length
    const done = await get(args, scratch())
    expect([done.code, done.stdout]).toEqual([2, ''])
    expect(done.stderr).toContain(message)
    expect(server.asked.length).toBe(before)
  })

  test('what comes with klinelab is not updated as a whole', async () => {
    const done = await get(['--update'], EMBEDDED)
    expect(done.code).toBe(2)
    expect(done.stderr).toContain('holds what comes with klinelab')
  })
})

describe('Ctrl-C', () => {
  const MAIN = join(ROOT, 'src', 'cli', 'main.ts')
  // the limit that a test above was told of holds for this process and its server
  let other: VenueServer
  beforeAll(async () => {
    other = await startVenueServer({ now: () => Date.now() })
  })
  afterAll(() => other.close())

  function begun(args: readonly string[]): {
    child: ChildProcess
    end: Promise<{ code: number | null; said: string }>
  } {
    const child = spawn(process.execPath, [MAIN, 'data', 'get', ...args], {
      env: { ...process.env, ...elsewhere(other) },
    })
    let said = ''
    child.stdout.on('data', (part) => (said += part))
    child.stderr.on('data', (part) => (said += part))
    return { child, end: new Promise((resolve) => child.on('close', (code) => resolve({ code, said }))) }
  }

  test('what has been stored stays; exit code 130, and how to go on', async () => {
    const store = scratch()
    const args = ['binance:BTCUSDT:1m', '--from', '2024-01-01', '--to', '2024-01-10', '--bars-only', '--store', store]
    let pages = 0
    const { child, end } = begun(args)
    other.fault = ({ path }) => {
      if (!path.endsWith('/klines') || ++pages < 6) return null
      if (pages === 6) child.kill('SIGINT')
      return { kind: 'silent' }
    }
    const stopped = await end
    expect(stopped.code).toBe(130)
    expect(stopped.said).toMatch(/stopped; what is stored stays, and the same command goes on from there\n$/)
    const kept = Number(/: ([\d,]+) new bars; /.exec(stopped.said)![1]!.replace(',', ''))
    // of the five that were answered, those that came in their turn
    expect(kept % 1000).toBe(0)
    expect(kept).toBeLessThanOrEqual(5000)
    other.fault = null
    const done = await command(['data', 'get', ...args], store, { env: elsewhere(other) })
    const rest = (12_960 - kept).toLocaleString('en')
    expect(done.stdout).toMatch(
      new RegExp(`^binance:BTCUSDT:1m: ${rest} new bars; 12,960 bars stored, 2024-01-01 to 2024-01-10, `),
    )
  })
})

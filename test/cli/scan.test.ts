import { spawn } from 'node:child_process'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { scanText } from '../../src/cli/scan-text.ts'
import { parseSeries } from '../../src/core/series.ts'
import { openStore } from '../../src/data/index.ts'
import type { Scan } from '../../src/data/scan/scan.ts'
import { marketsOf } from '../servers/markets.ts'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'
import { ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

let server: VenueServer
beforeAll(async () => {
  server = await startVenueServer()
})
afterAll(() => server.close())

interface Document {
  readonly markets: readonly {
    readonly symbol: string
    readonly series: string
    readonly volume: number
    readonly change: number
  }[]
  readonly excluded: readonly { readonly reason: string; readonly symbols: readonly string[] }[]
  readonly listed: number
  readonly bias: string
  readonly got?: { readonly series: readonly { readonly series: string; readonly added: number }[] }
}

/** Asks the venues, which this process plays. */
const scan = (...args: readonly string[]) => scanWith({}, ...args)

const envWith = (more: Readonly<Record<string, string>>) => {
  const names = ['BINANCE', 'BINANCE_USDM', 'BINANCE_ARCHIVE', 'COINBASE', 'KRAKEN', 'KUCOIN']
  const origins = Object.fromEntries(names.map((name) => [`KLINELAB_URL_${name}`, server.origin]))
  return { XDG_CACHE_HOME: scratch(), ...origins, ...more }
}

async function scanWith(more: Readonly<Record<string, string>>, ...args: readonly string[]) {
  const done = await klinelabHere(['scan', ...args], { env: envWith(more), cwd: scratch() })
  return { ...done, json: () => done.json() as unknown as Document }
}

/** In a process of its own: in this one a venue that has told to wait would not be asked again until then. */
async function scanApart(...args: readonly string[]) {
  const env = { ...process.env, ...envWith({}) }
  const child = spawn(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), 'scan', ...args], { env, cwd: scratch() })
  let [stdout, stderr] = ['', '']
  child.stdout.on('data', (part) => (stdout += part))
  child.stderr.on('data', (part) => (stderr += part))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  return { code, stdout, stderr }
}

describe('klinelab scan', () => {
  test.each([
    [
      '403',
      { kind: 'status', status: 403 },
      /^binance: GET \/api\/v3\/exchangeInfo\S*: 403 Forbidden, .*import files instead$/,
    ],
    ['451', { kind: 'status', status: 451 }, /^binance: GET \/api\/v3\/exchangeInfo\S*: 451 .*import files instead$/],
    ['HTML', { kind: 'html' }, /^binance: GET \/api\/v3\/exchangeInfo\S*: .*not what its documentation promises.*$/],
  ] as const)('a venue that refuses is an error in one line, and no bug of ours: %s', async (_, fault, says) => {
    server.fault = () => fault
    const [text, json] = await Promise.all([scan('--venue', 'binance'), scan('--venue', 'binance', '--json')])
    server.fault = null
    expect(text).toMatchObject({ code: 1, stdout: '' })
    const last = text.stderr.trimEnd().split('\n').at(-1)!
    expect(last).toMatch(says)
    for (const line of text.stderr.trimEnd().split('\n').slice(0, -1)) expect(line).toMatch(/^warning: binance: /)
    expect(json.code).toBe(1)
    expect(json.json()).toMatchObject({ error: { code: 1, message: expect.stringMatching(says) } })
  })

  test('--patience: a limit that lasts longer ends it at once, and says by what it could be waited for', async () => {
    server.fault = () => ({ kind: 'status', status: 429, retryAfter: 60 })
    const done = await scanApart('--venue', 'kraken', '--patience', '5s')
    server.fault = null
    expect(done).toMatchObject({ code: 1, stdout: '' })
    expect(done.stderr).toMatch(/^kraken: GET .*429 .*; to wait longer: --patience \(now 5 s\)\n$/)
    const wrong = await scan('--venue', 'kraken', '--patience', 'soon')
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringContaining('--patience: "soon" is not allowed') })
  })

  test('an address of another venue that is none is in nobody’s way; its own is a wrong command', async () => {
    const fine = await scanWith({ KLINELAB_URL_KRAKEN: 'foo' }, '--venue', 'binance')
    expect(fine.code, fine.stderr).toBe(0)
    const wrong = await scanWith({ KLINELAB_URL_KRAKEN: 'foo' }, '--venue', 'kraken')
    expect(wrong).toMatchObject({ code: 2, stderr: expect.stringMatching(/^KLINELAB_URL_KRAKEN is "foo", not an/) })
  })

  test('ranks a venue that is asked, says whom it left out and why, and of what use the list is not', async () => {
    const done = await scan('--venue', 'binance', '--json')
    expect(done.code, done.stderr).toBe(0)
    const { markets, excluded, listed, bias } = done.json()
    expect(listed).toBe(marketsOf('binance').length)
    expect(excluded).toEqual([
      { reason: 'quote', why: 'not quoted in USDT', symbols: ['ETHBTC'] },
      { reason: 'status', why: 'not trading', symbols: ['LUNAUSDT'] },
      { reason: 'leveraged', why: 'of a leveraged token', symbols: ['BTCUPUSDT'] },
      { reason: 'stable', why: 'of stable coins or currencies alone', symbols: ['USDCUSDT'] },
    ])
    expect(markets.map(({ symbol }) => symbol).sort()).toEqual(['BTCUSDT', 'DOGEUSDT', 'ETHUSDT', 'SOLUSDT'])
    for (const [k, { volume }] of markets.entries())
      if (k > 0) expect(volume).toBeLessThanOrEqual(markets[k - 1]!.volume)
    expect(bias).toContain('biased: they were chosen by what came of it')

    const text = await scan('--venue', 'binance', '--top', '2', '--by', 'change=-1', '--exclude', 'eth*')
    expect(text.code, text.stderr).toBe(0)
    const changes = markets.filter(({ symbol }) => symbol !== 'ETHUSDT').sort((a, b) => a.change - b.change)
    const rows = text.stdout.split('\n').filter((line) => /^\d +[A-Z]/.test(line))
    expect(rows.map((line) => line.split(/ +/)[1])).toEqual(changes.slice(0, 2).map(({ symbol }) => symbol))
    expect(text.stdout).toContain(
      '2 of 3 ranked markets shown; 8 markets listed, left out: 1 not quoted in USDT; 1 not trading (LUNAUSDT); 1 of a leveraged token (BTCUPUSDT)',
    )
    expect(text.stdout).toContain('1 by --exclude (ETHUSDT)')
    expect(text.stdout).toContain('klinelab scan --as-of TIME')
  })

  test('--get fetches what it shows', async () => {
    const store = scratch()
    const done = await scan(
      '--venue',
      'kucoin',
      '--min-volume',
      '0',
      '--get',
      '--interval',
      '1h',
      '--from',
      '2024-05-31',
      '--store',
      store,
      '--json',
    )
    expect(done.code, done.stderr).toBe(0)
    const { markets, got } = done.json()
    expect(markets.map(({ series }) => series).sort()).toEqual(['kucoin:BTC-USDT:1h', 'kucoin:ETH-USDT:1h'])
    expect(got!.series.map(({ series }) => series).sort()).toEqual(['kucoin:BTC-USDT:1h', 'kucoin:ETH-USDT:1h'])
    const manifest = await (await openStore(store)).manifest(parseSeries('kucoin:BTC-USDT:1h'))
    expect(manifest!.from).toBe(Date.UTC(2024, 4, 31))
    expect(manifest!.to).toBe(Date.UTC(2024, 5, 1))
  })

  test('no market left is exit code 1, and says why', async () => {
    const done = await scan('--venue', 'kraken', '--by', 'change', '--min-volume', '0')
    expect(done.code).toBe(1)
    expect(done.stdout).toContain('3 whose change is not known (XBTUSD, ETHUSD, SOLUSD): kraken does not say it')
  })

  test('--as-of goes by the embedded bars, asks nobody, and knows nothing later', async () => {
    const args = [
      '--venue',
      'binance',
      '--as-of',
      '2024-01-01',
      '--interval',
      '1h',
      '--lookback',
      '720',
      '--by',
      'momentum',
    ]
    const done = await klinelabHere(['scan', ...args, '--json'], {
      env: { KLINELAB_URL_BINANCE: 'http://127.0.0.1:1' },
    })
    expect(done.code, done.stderr).toBe(0)
    const { markets, bias } = done.json<Document & { markets: readonly { symbol: string; last: number }[] }>()
    expect(markets.map(({ symbol }) => symbol)).toEqual(['ETHUSDT', 'BTCUSDT'])
    // the exchange's own closes of 2023-12-31T23:00
    expect(markets).toMatchObject([{ last: 2281.87 }, { last: 42283.58 }])
    expect(bias).toContain('survivors')
  })

  test('what cannot be is told with what is allowed, and nobody is asked', async () => {
    const wrong = async (...args: readonly string[]) => {
      const done = await klinelabHere(['scan', '--venue', 'binance', ...args], {
        env: { KLINELAB_URL_BINANCE: 'http://127.0.0.1:1' },
      })
      expect(done.code, done.stderr).toBe(2)
      return done.stderr
    }
    expect(await wrong('--by', 'volum')).toContain('--by: nothing can be ranked by "volum" (did you mean "volume"?)')
    expect(await wrong('--as-of', '2999-01-01')).toContain('--as-of 2999-01-01 is still to come')
    expect(await wrong('--as-of', '2024-01-01', '--by', 'spread')).toContain('bars do not say what the spread was')
    expect(await wrong('--as-of', '2024-01-01', '--interval', '4h')).toContain('stored are 1h, 1m: say --interval 1h')
    expect(await wrong('--from', '2024-01-01')).toContain('--from is the first bar of --get')
    expect((await klinelabHere(['scan', '--venue', 'binanc'])).stderr).toContain('did you mean "binance"?')
  })

  test('the table says what its figures are of: bars that are longer than a day have no 24 hours', () => {
    const market = { rank: 1, symbol: 'BTCUSDT', score: 1, last: 2, change: 0.5, volume: 9, volatility: 0.1 }
    const found: Scan = {
      ...{ venue: 'binance', at: Date.UTC(2024, 3, 1), from: 'bars', mix: { momentum: 1 }, quote: 'USDT' },
      ...{ minVolume: 1000, listed: 3, ranked: 1, excluded: [{ reason: 'thin', symbols: ['A'] }], unknown: ['B'] },
      markets: [{ ...market, spread: null, momentum: 0.25 }],
    }
    const texts = (['1M', '1d', '1h'] as const).map((interval) => scanText(found, { interval, lookback: 3 }))
    expect(texts[0]).toMatch(/^# +symbol +score +last +change, 1M +volume, 1M, USDT +volatility +momentum, 3 × 1M$/m)
    expect(texts[0]).toContain('1 below 1,000 USDT in 1M (A)')
    expect(texts[0]).toContain('1 whose momentum is not known (B): too few 1M bars are stored to look back over 3')
    for (const text of texts.slice(1)) {
      expect(text).toMatch(/^# .* change, 24 h +volume, 24 h, USDT /m)
      expect(text).toContain('1 below 1,000 USDT in 24 h (A)')
    }
  })
})

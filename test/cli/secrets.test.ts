import { spawn } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Fault } from '../servers/faults.ts'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'
import { ROOT, scratch } from './klinelab.ts'

/** Every secret that klinelab may be given, each with a mark of its own. */
const SECRETS = {
  KLINELAB_BINANCE_KEY: 'sentinelA0key/+=',
  KLINELAB_BINANCE_SECRET: 'sentinelB1secret/+=',
  AWS_ACCESS_KEY_ID: 'sentinelC2id',
  AWS_SECRET_ACCESS_KEY: 'sentinelD3secret/+=',
  AWS_SESSION_TOKEN: 'sentinelE4token',
}
/** Not sent to anybody but a Redis, so no venue can say it back. */
const REDIS = { KLINELAB_REDIS: 'redis://:sentinelF5word@127.0.0.1:1' }

const JOBS = [
  { name: 'spot', get: ['binance:BTCUSDT:1h'] },
  { name: 'perpetual', get: ['binance-usdm:BTCUSDT:1h'] },
  { name: 'coinbase', get: ['coinbase:BTC-USD:1h'] },
  { name: 'kraken', get: ['kraken:XBTUSD:1h'] },
  { name: 'kucoin', get: ['kucoin:BTC-USDT:1h'] },
].map((job) => ({ ...job, cron: '@hourly', from: '2024-05-31' }))

let server: VenueServer
let cwd: string
const said: string[] = []
beforeAll(async () => {
  server = await startVenueServer()
  cwd = scratch({
    'klinelab.config.ts': `export default { store: 'store', sync: { jobs: ${JSON.stringify(JOBS)} } }\n`,
  })
})
afterAll(() => server.close())

/** Runs the command line beside this process, which plays the venues. */
async function klinelab(...args: readonly string[]): Promise<number | null> {
  const { origin } = server
  const names = ['BINANCE', 'BINANCE_USDM', 'BINANCE_ARCHIVE', 'COINBASE', 'KRAKEN', 'KUCOIN']
  const urls = Object.fromEntries(names.map((name) => [`KLINELAB_URL_${name}`, origin]))
  const env = { ...process.env, ...urls, ...SECRETS, ...REDIS }
  const child = spawn(process.execPath, [join(ROOT, 'src', 'cli', 'main.ts'), ...args], { cwd, env })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (part) => (text += part))
  const code = await new Promise<number | null>((resolve) => child.once('close', resolve))
  said.push(text)
  return code
}

/** A venue that says back what it was sent, as some do. */
const echo = (status: number): Fault => ({
  ...{ kind: 'status', status },
  body: JSON.stringify({ code: -2014, msg: `API-key ${Object.values(SECRETS).join(' ')} format invalid.` }),
})

function filesIn(folder: string): readonly string[] {
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .map((name) => join(folder, name))
    .filter((file) => statSync(file).isFile())
}

describe('whatever goes wrong, no secret is said or kept', () => {
  test('by jobs whose venues fail in all the ways there are', async () => {
    server.fault = ({ venue, path }) => {
      if (venue === 'binance') return path === '/api/v3/klines' ? echo(400) : null
      if (venue === 'binance-usdm') return path === '/fapi/v1/leverageBracket' ? echo(401) : null
      if (venue === 'coinbase') return { kind: 'status', status: 403 }
      if (venue === 'kraken') return { kind: 'redirect', to: 'http://127.0.0.1:1/?key=x' }
      return { kind: 'status', status: 451 }
    }
    expect(await klinelab('data', 'sync', '--once', '--json')).toBe(1)
    // the key was in use: a request was signed with it
    const signed = server.asked.filter(({ headers }) => headers['x-mbx-apikey'] === SECRETS.KLINELAB_BINANCE_KEY)
    expect(signed.map(({ path }) => path)).toContain('/fapi/v1/leverageBracket')
    expect(said.at(-1)).toContain('coinbase: failed: get: ')
    const signatures = signed.map(({ query }) => query.get('signature')!)
    for (const signature of signatures) expect(said.at(-1)).not.toContain(signature)
  })

  test('by the schedule that shows their errors, by doctor', async () => {
    server.fault = () => echo(400)
    expect(await klinelab('data', 'sync', '--list', '--json')).toBe(0)
    expect(said.at(-1)).toContain('"outcome": "failed"')
    expect(await klinelab('doctor')).toBe(0)
    expect(said.at(-1)).toMatch(/^note: kraken: /m)
  })

  test('by get and scan', async () => {
    server.fault = ({ path }) =>
      path === '/fapi/v1/leverageBracket' || path === '/api/v3/ticker/24hr' ? echo(401) : null
    expect(await klinelab('data', 'get', 'binance-usdm:BTCUSDT:1h', '--from', '2024-05-31')).toBe(1)
    expect(said.at(-1)).toContain('leverageBracket')
    expect(await klinelab('scan', '--venue', 'binance')).toBe(1)
    expect(said.at(-1)).toContain('-2014 API-key ***')
  })

  test('by what was printed, and by files that were left', () => {
    const files = filesIn(cwd).filter((file) => !file.endsWith('.parquet'))
    expect(files.map((file) => file.slice(cwd.length + 1))).toContain(join('store', 'sync.json'))
    expect(files.length).toBeGreaterThan(3)
    for (const text of said) expect(text.match(/.{0,80}sentinel.{0,40}/)?.[0]).toBeUndefined()
    for (const file of files) expect([file, readFileSync(file, 'latin1').includes('sentinel')]).toEqual([file, false])
  })
})

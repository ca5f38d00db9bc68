import { execFile } from 'node:child_process'
import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'
import { type Finished, ROOT, scratch } from './klinelab.ts'

interface Health {
  readonly venues: readonly { venue: string; isReached: boolean; why: string | null }[] | null
  readonly remarks: readonly string[]
  readonly problems: readonly string[]
}

const STORE = { KLINELAB_STORE: join(ROOT, 'datasets') }
/** Beside this process and its likes: what costs is waiting for what gives no answer. */
function doctor(env: Readonly<Record<string, string | undefined>>, ...args: readonly string[]): Promise<Finished> {
  const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, ...own } = process.env
  const command = [join(ROOT, 'src', 'cli', 'main.ts'), 'doctor', ...args]
  return new Promise((resolve) =>
    execFile(process.execPath, command, { cwd: ROOT, env: { ...own, ...STORE, ...env } }, (error, stdout, stderr) =>
      resolve({ code: error === null ? 0 : Number(error.code), stdout, stderr, json: () => JSON.parse(stdout) }),
    ),
  )
}
/** A port on which nobody listens any more. */
const PORT = await new Promise<number>((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})
const NAMES = ['BINANCE', 'BINANCE_USDM', 'COINBASE', 'KRAKEN', 'KUCOIN'].map((name) => `KLINELAB_URL_${name}`)
const NOWHERE = Object.fromEntries(NAMES.map((name) => [name, `http://127.0.0.1:${PORT}`]))

test.concurrent('venues out of reach are told with the reason, and are no failure', async () => {
  const done = await doctor(NOWHERE, '--json')
  expect(done.code).toBe(0)
  const { venues, remarks, problems } = done.json<Health>()
  expect(venues!.map(({ venue }) => venue)).toEqual(['binance', 'binance-usdm', 'coinbase', 'kraken', 'kucoin'])
  for (const { isReached, why } of venues!)
    expect([isReached, why]).toEqual([false, expect.stringContaining(`ECONNREFUSED 127.0.0.1:${PORT}`)])
  expect(remarks).toEqual(venues!.map(({ why }) => why))
  expect(problems).toEqual([])
})

test.concurrent('with --strict they are one', async () => {
  const done = await doctor(NOWHERE, '--strict')
  expect(done.code).toBe(1)
  expect(done.stdout).toMatch(new RegExp(`^kraken +127\\.0\\.0\\.1:${PORT} is out of reach$`, 'm'))
  expect(done.stdout).toMatch(/^note: kraken: GET /m)
  expect(done.stdout).toMatch(/\nNOT well: binance, binance-usdm, coinbase, kraken, kucoin out of reach\n$/)
})

test('--offline asks nobody; secrets are told by name, and places without what is secret in them', async () => {
  const done = await doctor(
    {
      ...NOWHERE,
      ...{ KLINELAB_BINANCE_KEY: 'sentinel-key', KLINELAB_BINANCE_SECRET: 'sentinel-secret' },
      ...{
        AWS_ENDPOINT_URL_S3: 'http://u:sentinel-word@s3.local/sentinel-path',
        KLINELAB_REDIS: 'redis://:sentinel@r',
      },
    },
    ...['--offline', '--strict'],
  )
  expect(done.code).toBe(0)
  expect(done.stdout).toMatch(/^venues +not asked$/m)
  expect(done.stdout).toMatch(/^KLINELAB_BINANCE_SECRET +set$/m)
  expect(done.stdout).toMatch(/^AWS_SECRET_ACCESS_KEY +missing$/m)
  expect(done.stdout).toMatch(/^AWS_ENDPOINT_URL_S3 +set, asks s3\.local$/m)
  expect(done.stdout).toMatch(/^ccxt +\d+\.\d+\.\d+$/m)
  expect(done.stdout + done.stderr).not.toContain('sentinel')
})

test.concurrent('an address that is none is a problem of its venue, and the others are asked all the same', async () => {
  const env = { ...NOWHERE, KLINELAB_URL_KRAKEN: 'ftp://mirror.example', KLINELAB_WS_KUCOIN: 'foo' }
  const done = await doctor(env, '--json')
  expect(done.code).toBe(1)
  const { venues, problems, remarks } = done.json<Health>()
  expect(problems).toEqual([
    expect.stringMatching(/^KLINELAB_URL_KRAKEN is "ftp:/),
    expect.stringMatching(/^KLINELAB_WS_KUCOIN is "foo"/),
  ])
  expect(venues!.find(({ venue }) => venue === 'kraken')).toMatchObject({ host: null, why: problems[0] })
  expect(remarks).toHaveLength(4)
  const { stdout } = await doctor(env)
  expect(stdout).toMatch(/^KLINELAB_URL_KRAKEN +set, and NO address$/m)
  expect(stdout).toMatch(/^KLINELAB_WS_KUCOIN +set, and NO address$/m)
  expect(stdout).toMatch(/^kraken +not asked: no address is set for it$/m)
  expect(stdout).toMatch(/\nNOT well: 2 problems; binance, binance-usdm, coinbase, kucoin out of reach\n$/)
})

test.concurrent('a store in a bucket: who is asked and with what, and why it gives no answer', async () => {
  const env = { KLINELAB_STORE: 's3://klines/lab', AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${PORT}` }
  const keys = { AWS_ACCESS_KEY_ID: 'sentinel-id', AWS_SECRET_ACCESS_KEY: 'sentinel-secret' }
  const asked = await doctor({ ...NOWHERE, ...env, ...keys }, '--json')
  expect(asked.code).toBe(1)
  expect(asked.json<Health>()).toMatchObject({
    store: { dir: 's3://klines/lab', writable: null, series: null, endpoint: env.AWS_ENDPOINT_URL_S3 },
    problems: [expect.stringMatching(/^s3:\/\/klines\/lab.*(ECONNREFUSED|no answer within 3 s)/)],
  })
  const offline = await doctor({ ...env, ...keys }, '--offline')
  expect(offline).toMatchObject({ code: 0, stdout: expect.stringContaining('with AWS_ACCESS_KEY_ID: not read') })
  const { json } = await doctor({ ...env, AWS_ACCESS_KEY_ID: 'sentinel-id' }, '--offline', '--json')
  const half = json<Health>()
  expect(half.problems).toEqual([expect.stringContaining('AWS_SECRET_ACCESS_KEY is missing')])
  for (const { stdout, stderr } of [asked, offline]) expect(stdout + stderr).not.toContain('sentinel')
})

describe('venues that are asked', () => {
  let server: VenueServer
  beforeAll(async () => {
    server = await startVenueServer({ now: Date.now })
  })
  afterAll(() => server.close())

  const asked = (...args: readonly string[]) =>
    doctor({ ...Object.fromEntries(NAMES.map((name) => [name, server.origin])), XDG_CACHE_HOME: scratch() }, ...args)

  test('all well is the last word where it is', async () => {
    expect(await asked('--strict')).toMatchObject({ code: 0, stdout: expect.stringMatching(/\n\nall well\n$/) })
  })

  test('all five at 403 are not well', async () => {
    server.fault = () => ({ kind: 'status', status: 403 })
    const { stdout } = await asked()
    server.fault = null
    expect(stdout).not.toContain('all well')
    expect(stdout).toMatch(/\nNOT well: binance, binance-usdm, coinbase, kraken, kucoin out of reach\n$/)
  })

  test('a clock that is months off is a fault, once, in units of people, with what to do', async () => {
    // 86 days and some 15 hours
    server.now = () => Date.now() - 7_484_286_130
    const { code, stdout } = await asked()
    server.now = Date.now
    expect(code).toBe(1)
    expect(stdout).toMatch(/^binance .*this clock is 86\.6 days ahead/m)
    expect(stdout).toMatch(
      /^this machine's clock is 86\.6 days ahead of that of binance, binance-usdm, coinbase, kraken, kucoin: have it set by NTP/m,
    )
    expect(stdout).toMatch(/\nNOT well: 1 problem\n$/)
  })
})

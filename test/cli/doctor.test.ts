import { type AddressInfo, createServer } from 'node:net'
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { klinelab, ROOT } from './klinelab.ts'

interface Health {
  readonly venues: readonly { venue: string; isReached: boolean; why: string | null }[] | null
  readonly remarks: readonly string[]
  readonly problems: readonly string[]
}

const STORE = { KLINELAB_STORE: join(ROOT, 'datasets') }
const doctor = (env: Record<string, string>, ...args: readonly string[]) =>
  klinelab(['doctor', ...args], { env: { ...STORE, ...env } })
/** A port on which nobody listens any more. */
const PORT = await new Promise<number>((resolve) => {
  const server = createServer().listen(0, '127.0.0.1', () => {
    const { port } = server.address() as AddressInfo
    server.close(() => resolve(port))
  })
})
const NAMES = ['BINANCE', 'BINANCE_USDM', 'COINBASE', 'KRAKEN', 'KUCOIN'].map((name) => `KLINELAB_URL_${name}`)
const NOWHERE = Object.fromEntries(NAMES.map((name) => [name, `http://127.0.0.1:${PORT}`]))

test('venues out of reach are told with the reason, and are no failure', () => {
  const done = doctor(NOWHERE, '--json')
  expect(done.code).toBe(0)
  const { venues, remarks, problems } = done.json<Health>()
  expect(venues!.map(({ venue }) => venue)).toEqual(['binance', 'binance-usdm', 'coinbase', 'kraken', 'kucoin'])
  for (const { isReached, why } of venues!)
    expect([isReached, why]).toEqual([false, expect.stringContaining(`ECONNREFUSED 127.0.0.1:${PORT}`)])
  expect(remarks).toEqual(venues!.map(({ why }) => why))
  expect(problems).toEqual([])
})

test('with --strict they are one', () => {
  const done = doctor(NOWHERE, '--strict')
  expect(done.code).toBe(1)
  expect(done.stdout).toMatch(new RegExp(`^kraken +127\\.0\\.0\\.1:${PORT} is out of reach$`, 'm'))
  expect(done.stdout).toMatch(/^note: kraken: GET /m)
})

test('--offline asks nobody; secrets are told by name, and places without what is secret in them', () => {
  const done = doctor(
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

test('an address that is none is a problem, and doctor says the rest all the same', () => {
  const done = doctor({ KLINELAB_URL_KRAKEN: 'ftp://mirror.example' }, '--json')
  expect(done.code).toBe(1)
  expect(done.json<Health>()).toMatchObject({
    ...{ venues: null, versions: { klinelab: expect.any(String) } },
    problems: [expect.stringContaining('KLINELAB_URL_KRAKEN')],
  })
})

test('a store in a bucket: who is asked and with what, and why it gives no answer', () => {
  const env = { KLINELAB_STORE: 's3://klines/lab', AWS_ENDPOINT_URL_S3: `http://127.0.0.1:${PORT}` }
  const keys = { AWS_ACCESS_KEY_ID: 'sentinel-id', AWS_SECRET_ACCESS_KEY: 'sentinel-secret' }
  const asked = doctor({ ...NOWHERE, ...env, ...keys }, '--json')
  expect(asked.code).toBe(1)
  expect(asked.json<Health>()).toMatchObject({
    store: { dir: 's3://klines/lab', writable: null, series: null, endpoint: env.AWS_ENDPOINT_URL_S3 },
    problems: [expect.stringMatching(/^s3:\/\/klines\/lab.*(ECONNREFUSED|no answer within 3 s)/)],
  })
  const offline = doctor({ ...env, ...keys }, '--offline')
  expect(offline).toMatchObject({ code: 0, stdout: expect.stringContaining('with AWS_ACCESS_KEY_ID: not read') })
  const half = doctor({ ...env, AWS_ACCESS_KEY_ID: 'sentinel-id' }, '--offline', '--json').json<Health>()
  expect(half.problems).toEqual([expect.stringContaining('AWS_SECRET_ACCESS_KEY is missing')])
  for (const { stdout, stderr } of [asked, offline]) expect(stdout + stderr).not.toContain('sentinel')
})

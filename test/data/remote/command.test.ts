import { chmodSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3'
import { describe, expect, test, vi } from 'vitest'
import { ROOT, scratch } from '../../cli/klinelab.ts'
import { command } from '../command.ts'
import { dumpRow, HOUR, START } from '../klines.ts'
import { bucketServer, freePort, freshAddress, KEY_ID, leftOut, SECRET } from './servers.ts'

const SERIES = 'binance:TESTUSDT:1h'
/** Prices that go up and down, so that a crossing has something to cross. */
const CSV = Array.from({ length: 24 * 45 }, (_, k) => {
  const price = (100 + 10 * Math.sin(k / 40)).toFixed(2)
  return dumpRow(START + k * HOUR, [price, price, price, price, '5'])
}).join('\n')

type Said = Awaited<ReturnType<typeof command>>

/** Nothing of what the environment keeps secret is in what a command prints. */
function discreet(said: Said): Said {
  for (const secret of [KEY_ID, SECRET])
    for (const text of [said.stdout, said.stderr]) expect(text).not.toContain(secret)
  return said
}

/** Runs a command against a store at an address, on a machine with caches of its own. */
function machine(address: string, env: Readonly<Record<string, string>>, caches = scratch()) {
  return async (...args: string[]) =>
    discreet(await command(args, address, { cwd: caches, env: { XDG_CACHE_HOME: caches, ...env } }))
}

for (const [kind, program] of [
  ['s3', 'versitygw'],
  ['gs', 'fake-gcs-server'],
] as const) {
  const reason = leftOut(program)
  describe.skipIf(reason !== '')(`commands on a store at ${kind}://${reason}`, () => {
    const server = bucketServer(kind)

    test('import, list, check, export, resample and backtest do what they do in a folder', async () => {
      const address = freshAddress(server)
      const files = scratch({ 'test.csv': CSV })
      const folder = join(scratch(), 'store')
      const [writer, reader] = [machine(address, server.env), machine(address, server.env)]
      const local = machine(folder, {})
      const strategy = join(ROOT, 'strategies', 'sma-cross.ts')
      const works: readonly (readonly [typeof writer, ...string[]])[] = [
        [writer, 'data', 'import', join(files, 'test.csv'), '--as', SERIES, '--json'],
        [reader, 'data', 'check', SERIES, '--json'],
        [reader, 'data', 'resample', SERIES, '--to', '4h', '--json'],
        [writer, 'data', 'check', 'binance:TESTUSDT:4h', '--json'],
        [writer, 'data', 'list', '--json'],
        [reader, 'backtest', strategy, '--data', SERIES, '--out', join(files, 'OUT'), '--from', '2024-02-01', '--json'],
      ]
      for (const [who, ...args] of works) {
        const there = await who(...args.map((word) => word.replace('OUT', 'there')))
        const here = await local(...args.map((word) => word.replace('OUT', 'here')))
        expect([there.stderr, there.code], args.join(' ')).toEqual([here.stderr, here.code])
        expect(there.code).toBe(0)
        const plain = (said: Said) =>
          said.stdout
            .replaceAll(address, 'STORE')
            .replaceAll(folder, 'STORE')
            .replaceAll('/there/', '/here/')
            .replace(/"(seconds|barsPerSecond|first|last)": [\d.]+/g, '')
        expect(plain(there), args.join(' ')).toBe(plain(here))
      }
      for (const [who, name] of [
        [machine(address, server.env), 'there'],
        [local, 'here'],
      ] as const) {
        // of a machine that has not read any month yet, and only one of them
        const range = ['--from', '2024-02-02', '--to', '2024-02-12']
        expect((await who('data', 'export', SERIES, '--out', join(files, `${name}.csv`), ...range)).code).toBe(0)
      }
      expect(readFileSync(join(files, 'there.csv'), 'utf8')).toBe(readFileSync(join(files, 'here.csv'), 'utf8'))
      expect(statSync(join(files, 'here.csv')).size).toBeGreaterThan(1000)
    })

    test('what is known of an instrument, its tiers and its funding are stored there, and found by another machine', async () => {
      const address = freshAddress(server)
      const funding = (from: number, rate: string) =>
        `time,rate\n${[0, 8, 16].map((hour) => `${from + hour * HOUR},${rate}`).join('\n')}\n`
      const files = scratch({
        'one.csv': funding(START, '0.0001'),
        'two.csv': funding(START + 24 * HOUR, '0.0002'),
        'wrong.csv': funding(START, '0.0003'),
        'tiers.json': JSON.stringify([
          {
            symbol: 'TESTUSDT',
            brackets: [
              {
                bracket: 1,
                notionalFloor: 0,
                notionalCap: 50_000,
                maintMarginRatio: 0.01,
                cum: 0,
                initialLeverage: 20,
              },
            ],
          },
        ]),
      })
      const [one, two] = [machine(address, server.env), machine(address, server.env)]
      const as = ['--as', 'binance-usdm:TESTUSDT']
      const both = await Promise.all([
        one('data', 'funding', join(files, 'one.csv'), ...as, '--json'),
        two('data', 'funding', join(files, 'two.csv'), ...as, '--json'),
      ])
      expect(both.map(({ stderr, code }) => [stderr, code])).toEqual([
        ['', 0],
        ['', 0],
      ])
      const again = await machine(address, server.env)('data', 'funding', join(files, 'one.csv'), ...as, '--json')
      expect(JSON.parse(again.stdout)).toMatchObject({ added: 0, rows: 6 })
      const wrong = await one('data', 'funding', join(files, 'wrong.csv'), ...as)
      expect([wrong.code, wrong.stderr]).toEqual([1, expect.stringContaining('two rates for 2024-01-01')])
      const tiers = await one('data', 'tiers', join(files, 'tiers.json'), '--as-of', '2024-01-01')
      expect([tiers.stderr, tiers.code]).toEqual(['', 0])
      const bucket = await server.open(address)
      const path = `${address.split('/').slice(3).join('/')}/`
      expect((await bucket.list(path)).map(({ key }) => key.slice(path.length))).toEqual([
        'funding/binance-usdm/TESTUSDT.csv',
        'tiers/binance-usdm/TESTUSDT/2024-01-01.json',
      ])
    })

    test('a bucket that is not there, and an endpoint where nobody listens, are named', async () => {
      const address = `${kind}://nobody-has-this/x`
      const endpoint = `http://127.0.0.1:${await freePort()}`
      const dead = Object.fromEntries(
        Object.entries(server.env).map(([name, value]) => [name, value.startsWith('http') ? endpoint : value]),
      )
      // an endpoint where nobody listens is asked again after seconds: both at once
      const [missing, silent] = await Promise.all([
        machine(address, server.env)('data', 'list'),
        machine(freshAddress(server), dead)('data', 'list'),
      ])
      expect(missing.code).toBe(1)
      expect(missing.stderr).toMatch(new RegExp(`^${address}: .* failed at http://127.0.0.1:\\d+: .*"nobody-has-this"`))
      expect(silent.code).toBe(1)
      expect(silent.stderr).toContain(`failed at ${endpoint}: ECONNREFUSED`)
      expect(silent.stderr).toContain('it cannot be reached; check the network and')
    })
  })
}

describe.skipIf(leftOut('versitygw') !== '')('credentials at S3', () => {
  const server = bucketServer('s3')

  test('wrong ones are refused: where they came from is said, not what they are', async () => {
    const address = freshAddress(server)
    for (const wrong of [{ AWS_SECRET_ACCESS_KEY: `${SECRET}x` }, { AWS_ACCESS_KEY_ID: `${KEY_ID}X` }] as Record<
      string,
      string
    >[])
      for (const json of [[], ['--json']]) {
        const said = await machine(address, { ...server.env, ...wrong })('data', 'list', ...json)
        expect(said.code).toBe(1)
        expect(said.stderr).toMatch(/HTTP 40[34]/)
        expect(said.stderr).toContain(
          'it was asked with the credentials of AWS_ACCESS_KEY_ID; check that they are right',
        )
      }
  })

  test('of a file that the environment names are taken where only its owner can read it', async () => {
    const address = freshAddress(server)
    const content = `[default]\naws_access_key_id = ${KEY_ID}\naws_secret_access_key = ${SECRET}\n`
    const file = join(scratch({ keys: content }), 'keys')
    const env = { AWS_ENDPOINT_URL: server.env['AWS_ENDPOINT_URL']!, AWS_SHARED_CREDENTIALS_FILE: file }
    chmodSync(file, 0o644)
    const refused = await machine(address, env)('data', 'list')
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining(`chmod 600 ${file}`)])
    chmodSync(file, 0o600)
    expect((await machine(address, env)('data', 'list')).code).toBe(0)
  })

  test('are not needed for public data, which nobody without them can write', async () => {
    const address = freshAddress(server)
    const files = scratch({ 'test.csv': CSV })
    const bring = ['data', 'import', join(files, 'test.csv'), '--as', SERIES]
    expect((await machine(address, server.env)(...bring)).code).toBe(0)
    const endpoint = server.env['AWS_ENDPOINT_URL']!
    const nobody = machine(address, { AWS_ENDPOINT_URL: endpoint })
    expect((await nobody('data', 'check', SERIES)).stderr).toContain('it was asked without credentials')
    const credentials = { accessKeyId: KEY_ID, secretAccessKey: SECRET }
    const client = new S3Client({ endpoint, forcePathStyle: true, region: 'us-east-1', credentials })
    const read = { Effect: 'Allow', Principal: '*', Action: ['s3:GetObject', 's3:ListBucket'] }
    const policy = {
      Version: '2012-10-17',
      Statement: [{ ...read, Resource: ['arn:aws:s3:::klines', 'arn:aws:s3:::klines/*'] }],
    }
    await client.send(new PutBucketPolicyCommand({ Bucket: 'klines', Policy: JSON.stringify(policy) }))
    client.destroy()
    expect((await nobody('data', 'check', SERIES)).code).toBe(0)
    const more = scratch({ 'more.csv': dumpRow(START + 24 * 50 * HOUR) })
    const refused = await nobody('data', 'import', join(more, 'more.csv'), '--as', SERIES)
    expect([refused.code, refused.stderr]).toEqual([1, expect.stringContaining('asked without credentials')])
  })

  test('are nowhere in the cache', async () => {
    const address = freshAddress(server)
    const caches = scratch()
    const files = scratch({ 'test.csv': CSV })
    await machine(address, server.env, caches)('data', 'import', join(files, 'test.csv'), '--as', SERIES)
    const kept = readdirSync(caches, { recursive: true, encoding: 'utf8' }).map((name) => join(caches, name))
    const bytes = kept.filter((name) => statSync(name).isFile()).map((name) => readFileSync(name, 'latin1'))
    expect(bytes.length).toBe(3)
    for (const one of bytes) for (const secret of [KEY_ID, SECRET]) expect(one).not.toContain(secret)
  })
})

test('a key file with a key that is none is refused without a word of it, before anybody is asked', async () => {
  const secret = 'MIIEvHUSHHUSHHUSHHUSHHUSHHUSH'
  const account = {
    type: 'service_account',
    project_id: 'x',
    private_key_id: 'idofthekey',
    private_key: `-----BEGIN PRIVATE KEY-----\n${secret}\n-----END PRIVATE KEY-----\n`,
    client_email: 'a@b.c',
  }
  const file = join(scratch({ 'key.json': JSON.stringify(account) }), 'key.json')
  chmodSync(file, 0o600)
  const endpoint = `http://127.0.0.1:${await freePort()}`
  const env = { GOOGLE_APPLICATION_CREDENTIALS: file, STORAGE_EMULATOR_HOST: endpoint }
  const warned = vi.spyOn(console, 'warn')
  const said = await machine('gs://klines/x', env)('data', 'list', '--json')
  expect(warned.mock.calls).toEqual([])
  warned.mockRestore()
  expect(said.code).toBe(1)
  expect(said.stderr).toMatch(/^gs:\/\/klines\/x: listing x\/ failed at http:\/\/127\.0\.0\.1:\d+: .*DECODER/)
  for (const word of ['idofthekey', secret]) expect(said.stdout + said.stderr).not.toContain(word)
})

test('a store by address is named in the config as well, and a wrong address is the command’s fault', async () => {
  const cwd = scratch({ 'klinelab.config.ts': "export default { store: 'gs://Wrong_Bucket!/x' }\n" })
  const { XDG_CACHE_HOME } = { XDG_CACHE_HOME: scratch() }
  const host = { cwd, env: { XDG_CACHE_HOME, KLINELAB_STORE: undefined as unknown as string } }
  const said = await command(['data', 'list'], cwd, host)
  expect([said.code, said.stderr]).toEqual([2, expect.stringContaining('"Wrong_Bucket!" is no name of a bucket')])
  const secret = await command(['data', 'list', '--store', 's3://ID:hushhush@bucket/x'], cwd, host)
  expect([secret.code, secret.stderr]).toEqual([2, expect.stringContaining('holds no credentials')])
  expect(secret.stderr + secret.stdout).not.toContain('hushhush')
  expect(existsSync(join(cwd, 's3:'))).toBe(false)
})

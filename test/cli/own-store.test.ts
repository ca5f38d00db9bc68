import { mkdirSync, readdirSync, rmSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest'
import { EMBEDDED } from '../../src/runs/package-info.ts'
import { command } from '../data/command.ts'
import { startVenueServer, type VenueServer } from '../servers/venue-server.ts'
import { hourlyCsv, scratch } from './klinelab.ts'

const BTC = 'binance:BTCUSDT:1h'
const RANGE = ['--from', '2024-01-01', '--to', '2024-01-03']

let server: VenueServer
beforeAll(async () => {
  server = await startVenueServer({ now: () => Date.now() })
})
afterAll(() => server.close())
beforeEach(() => {
  server.fault = null
})

function run(args: readonly string[], store: string, more: Record<string, string> = {}) {
  const names = ['BINANCE', 'BINANCE_USDM', 'COINBASE', 'KRAKEN', 'KUCOIN']
  const env = { ...Object.fromEntries(names.map((name) => [`KLINELAB_URL_${name}`, server.origin])), ...more }
  return command(args, store, { env, cwd: scratch() })
}
const get = (...args: readonly string[]) => run(['data', 'get', ...args.slice(1)], args[0]!)

describe('bars that come with klinelab', () => {
  test('are told from one’s own, and when they are hidden, with how to have both', async () => {
    const store = scratch()
    const listed = await run(['data', 'list'], store)
    const shown = new RegExp(`^${BTC} +37,923 .*klinelab$`, 'm')
    expect(listed.stdout).toMatch(shown)
    const early = await get(store, BTC, '--update')
    expect([early.code, early.stdout]).toEqual([2, ''])
    expect(early.stderr).toContain(
      `${BTC} comes with klinelab and is not stored in ${store} yet: say from when on it is wanted there, with --from; those bars too: --from 2022-01-01`,
    )
    const begun = await get(store, BTC, ...RANGE, '--bars-only')
    expect(begun.stdout).toMatch(
      new RegExp(
        `^${BTC}: 48 new bars; .*\\n {2}the 37,923 bars of it that come with klinelab, 2022-01-01 to .*, are hidden by these from now on; to have those before 2024-01-01 too: klinelab data get ${BTC} --from 2022-01-01\\n$`,
      ),
    )
    // once
    const again = await get(store, BTC, ...RANGE, '--bars-only', '--json')
    expect(JSON.parse(again.stdout).hidden).toEqual([])
    const list = JSON.parse((await run(['data', 'list', '--json'], store)).stdout)
    const own = list.series.find((one: { series: string }) => one.series === BTC)
    expect(own).toMatchObject({ rows: 48, comesWithKlinelab: false })
    expect(list.series.some((one: { comesWithKlinelab: boolean }) => one.comesWithKlinelab)).toBe(true)
    expect((await run(['data', 'list'], store)).stdout).not.toMatch(shown)
    expect((await run(['data', 'list'], EMBEDDED)).stdout).not.toContain('comes with')
  })

  test('are hidden by an import too', async () => {
    const dir = scratch({ 'a.csv': hourlyCsv([[100, 101, 99, 100]]) })
    const store = join(dir, 'store')
    const first = await run(['data', 'import', join(dir, 'a.csv'), '--as', BTC], store)
    expect(first.stdout).toContain('the 37,923 bars of it that come with klinelab')
    const second = await run(['data', 'import', join(dir, 'a.csv'), '--as', BTC], store)
    expect(second.stdout).not.toContain('klinelab,')
  })

  test('are hidden by a resampling too, and it says how they come back', async () => {
    const store = join(scratch(), 'store')
    const resample = ['data', 'resample', 'binance:BTCUSDT:1m', '--to', '1h']
    const first = await run(resample, store)
    const folder = join(store, 'binance', 'BTCUSDT', '1h')
    expect(first.stdout).toMatch(
      /\n {2}the 37,923 bars of it that come with klinelab, 2022-01-01 to .*, are hidden by these/,
    )
    expect(first.stdout).toContain(`from now on; to see those again delete ${folder}\n`)
    expect((await run(resample, store)).stdout).not.toContain('hidden')
    rmSync(folder, { recursive: true })
    const again = JSON.parse((await run([...resample, '--json'], store)).stdout)
    expect(again.hidden).toMatchObject([{ series: BTC, rows: 37_923, by: { from: again.from, to: again.to } }])
    expect(JSON.parse((await run([...resample.slice(0, -1), '5m', '--json'], store)).stdout).hidden).toEqual([])
  })
})

describe('data get --update', () => {
  test('of a store without series says so', async () => {
    const store = join(scratch(), 'store')
    const done = await get(store, '--update')
    expect(done).toEqual({
      code: 0,
      stdout: `nothing is stored in ${store} that a venue could bring up to date\n`,
      stderr: '',
    })
  })

  test('does not pass over a series whose manifest is damaged', async () => {
    const store = scratch()
    await get(store, BTC, 'kucoin:BTC-USDT:1d', '--from', '2026-01-01', '--bars-only')
    const manifest = join(store, 'binance/BTCUSDT/1h/manifest.json')
    truncateSync(manifest, 100)
    const done = await get(store, '--update', '--bars-only')
    expect(done.code).toBe(1)
    expect(done.stdout).toMatch(/^kucoin:BTC-USDT:1d: /)
    expect(done.stdout).toContain(`${BTC}: NOT up to date: ${manifest}: is not a manifest (`)
    const { series } = JSON.parse((await get(store, '--update', '--bars-only', '--json')).stdout)
    expect(series).toMatchObject([
      { series: 'kucoin:BTC-USDT:1d', error: null },
      { series: BTC, stored: null, error: expect.stringContaining('is not a manifest') },
    ])
    rmSync(join(store, 'kucoin'), { recursive: true })
    expect((await get(store, '--update')).code).toBe(1)
  })
})

test('a series without bars is listed and checked with how to be rid of it', async () => {
  const store = scratch()
  const name = 'kraken:XBTUSD:1h'
  const done = await get(store, name, '--from', '2023-01-01', '--to', '2023-01-02')
  expect(done.code).toBe(1)
  // no rules were asked for, since there are no bars
  expect(done.stdout).not.toContain('rules')
  const hint = 'to be rid of it delete the folder kraken/XBTUSD/1h of the store'
  expect((await run(['data', 'list'], store)).stdout).toContain(hint)
  expect((await run(['data', 'check', name], store)).stderr).toContain(hint)
})

test('rules that a venue does not have are not as they were', async () => {
  const done = await get(scratch(), 'kraken:XXBTZUSD:1d', '--from', '2026-01-01')
  expect(done.stdout).toMatch(/\nkraken: no rules of XXBTZUSD, which it does not list\n$/)
})

test('a key that is refused costs the tiers, and nothing else', async () => {
  const store = scratch()
  const body = '{"code":-2015,"msg":"Invalid API-key, IP, or permissions for action."}'
  server.fault = ({ path }) => (path.endsWith('leverageBracket') ? { kind: 'status', status: 401, body } : null)
  const keys = { KLINELAB_BINANCE_KEY: 'not-the-key', KLINELAB_BINANCE_SECRET: 'not-the-secret' }
  const done = await run(['data', 'get', 'binance-usdm:BTCUSDT:1h', ...RANGE], store, keys)
  expect(done.code).toBe(1)
  expect(done.stdout).toMatch(/\nbinance-usdm: new rules of BTCUSDT; 6 new funding rates\n/)
  expect(done.stdout).toMatch(
    /\n {2}leverage tiers of BTCUSDT could not be had, and nothing else is missing: binance-usdm: GET \/fapi\/v1\/leverageBracket.*401 .*-2015 .*KLINELAB_BINANCE_KEY and KLINELAB_BINANCE_SECRET/,
  )
  expect(done.stdout).not.toContain('report it')
  expect(readdirSync(join(store, 'instruments/binance-usdm/BTCUSDT'))).toHaveLength(1)
})

test('an archive that fails is told in a line', async () => {
  server.fault = ({ path }) => (path.startsWith('/data/') ? { kind: 'status', status: 403 } : null)
  const args = ['data', 'get', 'binance:BTCUSDT:1m', '--from', '2024-03-01', '--to', '2024-04-02', '--bars-only']
  const done = await run(args, scratch(), { KLINELAB_URL_BINANCE_ARCHIVE: server.origin })
  expect(done.code).toBe(0)
  expect(done.stdout).toMatch(
    /^binance:BTCUSDT:1m: 46,080 new bars; .*\n {2}the archive failed, and the venue was asked page by page instead: binance: GET \/data\/spot\/monthly\/.*403 Forbidden/,
  )
})

describe('a store that is none', () => {
  test.each([
    ['data', 'list'],
    ['data', 'get', '--update'],
    ['data', 'check', BTC],
    ['data', 'get', BTC, ...RANGE],
  ])('%s %s: a file is named as one', async (...args) => {
    const file = join(scratch({ 'a.txt': 'a' }), 'a.txt')
    const done = await run(args, file)
    expect([done.code, done.stdout]).toEqual([1, ''])
    expect(done.stderr).toBe(
      `${file} is a file: a store is a folder; name another with --store, or one that is not there yet\n`,
    )
  })

  test.each([
    ['gs:/b/c', 'gs://b/c'],
    ['s3:bucket/path', 's3://bucket/path'],
    ['gcs://b/c', null],
  ])('%s makes no folder of that name', async (place, meant) => {
    const cwd = scratch()
    mkdirSync(join(cwd, 'here'))
    writeFileSync(join(cwd, 'here', 'a.csv'), hourlyCsv([[100, 101, 99, 100]]))
    const args = ['data', 'import', join(cwd, 'here', 'a.csv'), '--as', BTC, '--store', place]
    const done = await command(args, cwd)
    expect([done.code, done.stdout]).toEqual([2, ''])
    expect(done.stderr).toContain(`"${place}" is not allowed; write `)
    if (meant !== null) expect(done.stderr).toContain(`write ${meant}, or ./${place} for a folder`)
    expect(readdirSync(cwd)).toEqual(['here'])
  })
})

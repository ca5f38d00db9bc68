import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { findConfig } from '../../src/runs/config.ts'

const folders: string[] = []
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true, force: true })
})

/** What comes of a config with these jobs. */
function configOf(jobs: unknown) {
  const folder = mkdtempSync(join(tmpdir(), 'klinelab-config-'))
  folders.push(folder)
  writeFileSync(join(folder, 'klinelab.config.ts'), `export default { sync: { jobs: ${JSON.stringify(jobs)} } }\n`)
  return findConfig(folder)
}

const GOOD = { name: 'bars', cron: '2 * * * *', get: ['binance:BTCUSDT:1h'], from: '2024-01-01' }

test('a schedule comes out as it went in', async () => {
  const jobs = [
    GOOD,
    { name: 'all', cron: '@daily', update: true },
    { name: 'markets', cron: '0 4 * * 1', scan: { venue: 'binance', top: 10, quote: 'USDT', get: '1h' } },
    {
      name: 'model',
      cron: '0 5 * * 0',
      train: 'models/up.ts',
      retrain: 'models/up.ts',
      run: ['node', 'after.ts'],
      patience: '30m',
      timeout: '2.5h',
    },
  ]
  expect((await configOf(jobs)).config.sync).toEqual({ jobs })
})

test.each([
  [{ ...GOOD, crom: '' }, /unknown key "sync\.jobs\.0\.crom" \(did you mean "cron"\?\); known: name, cron, get/],
  [{ ...GOOD, scan: { venue: 'binance', top: 3, quot: '' } }, /"sync\.jobs\.0\.scan\.quot" \(did you mean "quote"\?\)/],
  [{ ...GOOD, cron: '61 * * * *' }, /sync\.jobs\.0\.cron is "61 \* \* \* \*": .*minute: 61; write five fields in UTC/],
  [{ ...GOOD, cron: '0 0 31 6 *' }, /sync\.jobs\.0\.cron .*no day is like that/],
  [{ ...GOOD, get: ['binance:BTCUSDT'] }, /sync\.jobs\.0\.get\.0 .*is not a series: write venue:SYMBOL:interval/],
  [{ ...GOOD, get: [] }, /sync\.jobs\.0\.get is \[\]: write at least one$/],
  [{ ...GOOD, from: 'yesterday' }, /sync\.jobs\.0\.from .*is not a time: write an ISO date/],
  [{ ...GOOD, from: undefined }, /sync\.jobs\.0 .*"get" and "from" go together/],
  [{ name: 'a', cron: '@daily', update: true, from: '2024-01-01' }, /"get" and "from" go together/],
  [{ ...GOOD, name: 'a b' }, /sync\.jobs\.0\.name .*use letters, digits/],
  [{ ...GOOD, name: '' }, /sync\.jobs\.0\.name/],
  [{ ...GOOD, patience: '2 days' }, /sync\.jobs\.0\.patience .*"2 days" is not allowed; write a time in ms, s, m or h/],
  [{ ...GOOD, timeout: '30' }, /sync\.jobs\.0\.timeout .*"30" is less than a second; write how long, e\.g\. 30m or 6h/],
  [{ ...GOOD, scan: { venue: 'bitmex', top: 3 } }, /sync\.jobs\.0\.scan\.venue is "bitmex"/],
  [{ ...GOOD, run: 'rm -rf /' }, /sync\.jobs\.0\.run is "rm -rf \/": write a list$/],
  [{ ...GOOD, scan: { venue: 'binanc', top: 3 } }, /known: binance, binance-usdm, .*\(did you mean "binance"\?\)$/],
  [{ ...GOOD, scan: { venue: 'kraken', top: 0 } }, /scan\.top is 0: write 1 or more$/],
  [{ ...GOOD, scan: { venue: 'kraken', top: 1001 } }, /scan\.top is 1001: write 1000 or less$/],
  [{ ...GOOD, scan: { venue: 'kraken', top: 1.5 } }, /scan\.top is 1\.5: write a whole number$/],
  [{ ...GOOD, scan: { venue: 'kraken' } }, /scan\.top is missing: write a number$/],
  [{ ...GOOD, scan: { venue: 'kraken', top: 3, quote: '' } }, /scan\.quote is "": it is empty$/],
  [{ ...GOOD, update: 'yes' }, /update is "yes": write true or false$/],
  [
    { ...GOOD, scan: { venue: 'kraken', top: 3, by: 'volum' } },
    /scan\.by is "volum": nothing can be ranked by "volum" \(did you mean "volume"\?\)/,
  ],
  [
    { ...GOOD, get: ['coinbase:BTC-USD:30m'] },
    /get\.0 is "coinbase:BTC-USD:30m": coinbase has no such bars; it has 1m 5m 15m 1h 6h 1d$/,
  ],
  [{ ...GOOD, scan: { venue: 'kucoin', top: 3, get: '3d' } }, /scan\.get is "3d": kucoin has no such bars; it has 1m /],
  [
    { name: 'idle', cron: '@daily', update: false },
    /does nothing; give it one of get, update, scan, train, retrain, run/,
  ],
])('what is wrong with a job is named: %j', async (job, says) => {
  await expect(configOf([job])).rejects.toMatchObject({ name: 'UsageError', message: expect.stringMatching(says) })
})

test('two jobs of one name would share a state', async () => {
  await expect(configOf([GOOD, GOOD])).rejects.toThrow(/sync\.jobs .*two jobs have the same name/)
})

test('no jobs are no schedule', async () => {
  await expect(configOf([])).rejects.toThrow(/sync\.jobs is \[\]: write at least one$/)
})

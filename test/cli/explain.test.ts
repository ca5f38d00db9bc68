import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { Explanation } from '../../src/runs/explain.ts'
import { parseTradesCsv } from '../../src/tables/trades-csv.ts'
import { command } from '../data/command.ts'
import { CHROMIUM, leave, openWatched } from '../report/watched-page.ts'
import { hourlyCsv, ROOT, scratch } from './klinelab.ts'

const STORE = join(ROOT, 'datasets')
const out = scratch()
const at = { cwd: ROOT, env: { KLINELAB_REPORTS: out } }
const run = (...args: string[]) => command(args, STORE, at)

describe('runs explain', () => {
  let dir: string
  let name: string
  beforeAll(async () => {
    const strategy = join(ROOT, 'strategies', 'sma-cross.ts')
    const range = ['--from', '2024-01-01', '--to', '2024-07-01']
    // too little for 0.1 BTC in spring
    const done = await run('backtest', strategy, '--data', 'binance:BTCUSDT:1h', ...range, '--cash', '6000', '--json')
    expect(done.code, done.stderr).toBe(0)
    ;({ dir, run: name } = JSON.parse(done.stdout) as { dir: string; run: string })
  })

  test('prints why, writes the chart beside the report, and leaves a run that verifies', async () => {
    const done = await run('runs', 'explain', 'sma', '--trade', '2')
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const trade = parseTradesCsv(readFileSync(join(dir, 'trades.csv'), 'utf8'))[1]!
    expect(done.stdout).toContain(`In          ${trade.qty} at ${trade.entryPrice} on `)
    for (const word of ['Entry\n', 'Exit\n', 'Returned', 'buy({', 'Account after', 'fills.md 5, 13', 'MARKET_LOT_SIZE'])
      expect(done.stdout).toContain(word)
    expect(done.stdout.trimEnd().split('\n').at(-1)).toBe(`Chart: ${join(dir, 'trade-2.html')}`)
    expect(readFileSync(join(dir, 'trade-2.html'), 'utf8')).toContain(`klinelab runs explain ${name} --trade 2`)
    expect(await run('verify', 'sma')).toMatchObject({ code: 0 })
  })

  test('--json is one document with the same, --chart says where the chart goes', async () => {
    const chart = join(scratch(), 'deep', 'one.html')
    const done = await run('runs', 'explain', 'sma', '--trade', '1', '--chart', chart, '--json')
    const json = JSON.parse(done.stdout) as Explanation & { chart: string }
    expect(json).toMatchObject({ run: name, chart, trade: { n: 1 }, mismatches: [], changed: [] })
    expect(json.steps.map((step) => step.name)).toEqual(['entry', 'exit'])
    expect(existsSync(chart)).toBe(true)
  })

  test('an order that made no closed trade has no chart', async () => {
    const events = readFileSync(join(dir, 'events.jsonl'), 'utf8').trim().split('\n')
    const refused = events.map((line) => JSON.parse(line) as { type: string; id: string; reason: string })
    const { id } = refused.find(({ type, reason }) => type === 'rejected' && reason === 'INSUFFICIENT_BALANCE')!
    const done = await run('runs', 'explain', 'sma', '--order', id, '--json')
    expect(JSON.parse(done.stdout)).toMatchObject({
      chart: null,
      steps: [{ rejected: { reason: 'INSUFFICIENT_BALANCE' } }],
    })
  })

  test.each<[string, string[], RegExp]>([
    ['nothing asked', [], /say one of --trade N and --order ID/],
    ['both asked', ['--trade', '1', '--order', 'o1'], /say one of --trade N and --order ID/],
    ['no number', ['--trade', '0'], /--trade: "0" is not allowed; write a whole number from 1 on/],
    ['no such trade', ['--trade', '4000'], /there is no trade 4000; its \d+ closed trades are 1 to \d+/],
  ])('%s: exit 2 and one paragraph', async (_, flags, says) => {
    const done = await run('runs', 'explain', 'sma', ...flags)
    expect(done).toMatchObject({ code: 2, stdout: '', stderr: expect.stringMatching(says) })
    expect(done.stderr.trimEnd()).not.toContain('\n')
  })

  test('a chart that cannot be written: exit 1, and where else it could go', async () => {
    const file = join(scratch({ taken: 'a file' }), 'taken', 'chart.html')
    const done = await run('runs', 'explain', 'sma', '--trade', '1', '--chart', file)
    expect(done).toMatchObject({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(/cannot be written.*--chart FILE/),
    })
  })

  test('a trades.csv that lies: exit 1, what is in the folder and what the run gives', async () => {
    const file = join(dir, 'trades.csv')
    const text = readFileSync(file, 'utf8')
    const { pnl } = parseTradesCsv(text)[1]!
    writeFileSync(file, text.replace(`,${pnl},`, ',1234.5,'))
    const done = await run('runs', 'explain', 'sma', '--trade', '2')
    writeFileSync(file, text)
    expect(done.code).toBe(1)
    expect(done.stdout).toContain(
      `trade 2: NOT what the run gives now\n  trades.csv, pnl: 1234.5 in the folder, ${pnl} when run again`,
    )
    expect(done.stdout).not.toContain('Returned')
  })

  describe.skipIf(CHROMIUM === undefined)('the chart in a browser', () => {
    test('is drawn, in light and dark, without a message, an error or a request', async () => {
      expect((await run('runs', 'explain', 'sma', '--trade', '3')).code).toBe(0)
      const noise: string[] = []
      const page = await openWatched(join(dir, 'trade-3.html'), noise)
      await page.waitForSelector('#chart-trade[data-drawn=yes]')
      const trade = parseTradesCsv(readFileSync(join(dir, 'trades.csv'), 'utf8'))[2]!
      // 4 decimals at most in the page's own words, thousands set apart
      const words = (await page.textContent('#trade-words'))!.replaceAll('\u202f', '')
      expect(words).toMatch(new RegExp(`^Trade 3, long ${trade.qty} BTCUSDT: in at ${trade.entryPrice.toFixed(2)}`))
      const drawn = (await page.textContent('#chart-trade'))!
      for (const line of ['fast', 'slow', 'stop', 'target']) expect(drawn).toContain(line)
      // entry and exit; a mark leads to its trade in a report, and here that is on the page already
      const marks = page.locator('#chart-trade .mark-symbol.role-mark path')
      expect(await marks.count()).toBe(2)
      await marks.first().dispatchEvent('click')
      await page.emulateMedia({ colorScheme: 'dark' })
      expect(await page.textContent('#entry')).toContain('Decided by')
      expect(noise).toEqual([])
      leave(page)
    })
  })
})

describe('what ends a trade without the strategy', () => {
  /** Thirty hours at 100, then down by one an hour. */
  const prices = Array.from({ length: 48 }, (_, k) => (k < 30 ? 100 : 129 - k))
  const SHORT = `import { defineStrategy, sell } from 'klinelab'
export default defineStrategy({ name: 'short', onBar: ({ position }) => (position.qty === 0 ? sell({ qty: 1 }) : undefined) })
`
  const bracket = {
    bracket: 1,
    notionalFloor: 0,
    notionalCap: 1e6,
    maintMarginRatio: 0.01,
    initialLeverage: 20,
    cum: 0,
  }
  const cwd = scratch({
    'package.json': '{ "type": "module" }',
    'buyer.ts': SHORT.replaceAll('sell', 'buy').replace("'short'", "'buyer'").replace('qty: 1', 'fraction: 0.9'),
    'levered.ts': SHORT.replaceAll('sell', 'buy').replace("'short'", "'levered'").replace('qty: 1', 'qty: 900'),
    'short.ts': SHORT,
    'bars.csv': hourlyCsv(prices.map((p) => [p, p, p - 1, p - 1] as const)),
    'funding.csv': `fundingTime,fundingRate\n${[8, 16, 24, 32, 40].map((hour) => `${Date.UTC(2024, 0, 1, hour)},0.0001`).join('\n')}\n`,
    'tiers.json': JSON.stringify([{ symbol: 'TESTUSDT', brackets: [bracket] }]),
  })
  const here = (...args: string[]) =>
    command(args, join(cwd, 'store'), { cwd, env: { KLINELAB_REPORTS: join(cwd, 'out') } })
  const explained = async (strategy: string, ...args: string[]) => {
    const made = await here('backtest', join(cwd, strategy), ...args, '--json')
    expect(made.code, made.stderr).toBe(0)
    const { dir } = JSON.parse(made.stdout) as { dir: string }
    const done = await here('runs', 'explain', dir, '--trade', '1')
    expect({ code: done.code, stderr: done.stderr }).toEqual({ code: 0, stderr: '' })
    return done.stdout
  }
  beforeAll(async () => {
    for (const args of [
      ['data', 'import', join(cwd, 'bars.csv'), '--as', 'binance:TESTUSDT:1h'],
      ['data', 'import', join(cwd, 'bars.csv'), '--as', 'binance-usdm:TESTUSDT:1h'],
      ['data', 'funding', join(cwd, 'funding.csv'), '--as', 'binance-usdm:TESTUSDT'],
      ['data', 'tiers', join(cwd, 'tiers.json'), '--as-of', '2024-01-01'],
    ])
      expect(await here(...args)).toMatchObject({ code: 0 })
  })

  test('a risk limit: which, its value and its limit, and the limits in force', async () => {
    const text = await explained('buyer.ts', '--data', 'binance:TESTUSDT:1h', '--risk', 'maxDrawdown=0.05')
    expect(text).toMatch(/Risk, account +\{ maxDrawdown: 0\.05 \}/)
    expect(text).toMatch(
      /Exit\n +Decided by +a risk limit: halted by RISK_DRAWDOWN: [\d.]+ % lost, the limit is 5 %, until a person resumes/,
    )
  })

  test('a liquidation: its arithmetic, by the exchange', async () => {
    const perpetual = ['--data', 'binance-usdm:TESTUSDT:1h', '--funding', 'off', '--leverage', '10', '--no-costs']
    const text = await explained('levered.ts', ...perpetual)
    expect(text).toMatch(
      /Exit\n +Decided by +the exchange: liquidated 900 of 900 at the mark [\d.]+: 10000 behind it and -[\d.]+ unrealised are not above the maintenance margin/,
    )
    expect(text).toContain('fills.md 7: liquidation')
  })

  test('the end of the data, of a short too', async () => {
    const text = await explained('short.ts', '--data', 'binance-usdm:TESTUSDT:1h', '--close-at-end')
    // a short receives 0.0001 of the opens of hours 8, 16, 24, 32 and 40: 100 three times, 97 and 89
    expect(text).toMatch(/Funding +5 payments, -0\.0486 USDT paid in all/)
    expect(text).toContain('Trade 1: short TESTUSDT')
    expect(text).toMatch(/Exit\n +Decided by +--close-at-end: the data ended/)
    expect(text).toMatch(/Rule +fills\.md 4, 13: /)
    // the last close is 81; 2 bps more are up to the tick of whole dollars
    expect(text).toMatch(/buy 1 at 82 at the close of the bar of 2024-01-02T23:00, from 81 on the bar/)
    // nobody is asked after the last close: before it 18 were unrealised, after it nothing is held
    expect(text).toMatch(/Position before +qty -1, .* unrealised 18,/)
    expect(text).toMatch(/\n +fill +2024-01-02T23:00 +82 +82 +81 +81 /)
    expect(text).not.toContain('Position after   qty -1')
  })
})

test('runs diff: what was told and came of it side by side, and the trades with what they explain', async () => {
  const strategy = join(ROOT, 'strategies', 'sma-cross.ts')
  const own = scratch()
  const made = async (...flags: string[]) => {
    const asked = ['backtest', strategy, '--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-07-01']
    const done = await run(...asked, ...flags, '--out', own, '--json')
    return JSON.parse(done.stdout) as { run: string; dir: string; metrics: Record<string, number> }
  }
  const a = await made('--warmup', '960')
  const b = await made('--slippage-bps', '4', '--fee-taker', '0.0008', '--limit-touch')
  const done = await run('runs', 'diff', a.run, b.run, '--out', own)
  expect(done).toMatchObject({ code: 0, stderr: '' })
  expect(done.stdout).toMatch(/Parameters\n +the same +fast 60, slow 240, qty 0\.1\n/)
  expect(done.stdout).toMatch(/costs\.slippageBps +2 +4 +2\n/)
  expect(done.stdout).toMatch(/settings\.limitTouch +false +true\n/)
  expect(done.stdout).toMatch(/Data\n +the same +all of them\n/)
  const json = JSON.parse((await run('runs', 'diff', a.run, b.run, '--out', own, '--json')).stdout) as {
    trades: Record<'added' | 'removed' | 'moved' | 'kept', { trades: number; pnl: string }> & { pnl: string }
  }
  const pnlOf = ({ dir }: { dir: string }) =>
    parseTradesCsv(readFileSync(join(dir, 'trades.csv'), 'utf8')).reduce(
      (sum, { pnl }) => sum + BigInt(Math.round(pnl * 1e8)),
      0n,
    )
  const { added, removed, moved, kept, pnl } = json.trades
  const units = (text: string) => BigInt(Math.round(Number(text) * 1e8))
  expect(units(pnl)).toBe(pnlOf(b) - pnlOf(a))
  expect([added, removed, moved, kept].reduce((sum, group) => sum + units(group.pnl), 0n)).toBe(units(pnl))
  expect(moved.trades + added.trades + kept.trades).toBe(b.metrics['trades'])
  expect(moved.trades + removed.trades + kept.trades).toBe(a.metrics['trades'])
  // every fill at the market is dearer: what is decided alike goes in at another price
  expect(moved.trades).toBeGreaterThan(5)
  expect(done.stdout).toMatch(new RegExp(`all +closed pnl of B less that of A, USDT +${pnl.replace('.', '\\.')}\n`))
  expect((await run('runs', 'diff', a.run, a.run, '--out', own)).stdout).toBe('the same in everything\n')
})

import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { type BacktestOptions, type BacktestRun, buy, defineStrategy, runBacktest, sma } from '../../src/index.ts'
import { verifyRun } from '../../src/runs/rerun.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

const SMA = join(ROOT, 'strategies', 'sma-cross.ts')
const ASKED = { data: 'binance:BTCUSDT:1h', from: '2024-01-01', to: '2024-02-01' } as const
const STORE = join(ROOT, 'datasets')
const FILES = ['equity.parquet', 'events.jsonl', 'fills.csv', 'report.html', 'run.json', 'trades.csv']

let run: BacktestRun & { readonly dir: string }
beforeAll(async () => {
  run = await runBacktest({ strategy: SMA, ...ASKED, out: scratch() })
})

/** The run's folder under another roof, to be damaged. */
function copy(): string {
  const dir = join(scratch(), basename(run.dir))
  cpSync(run.dir, dir, { recursive: true })
  return dir
}

describe('verify compares every file', () => {
  const verify = (dir: string) => verifyRun(dir, STORE, ROOT)

  test('an untouched folder is the same; what else lies in it and how long it took are no part of the run', async () => {
    const dir = copy()
    writeFileSync(join(dir, 'timing.json'), '{}\n')
    writeFileSync(join(dir, 'notes.md'), 'looks good\n')
    expect(await verify(dir)).toMatchObject({ same: true, problems: [], differences: [] })
  })

  test.each(FILES.filter((name) => name !== 'run.json'))('%s changed by one byte, or gone', async (name) => {
    const dir = copy()
    const bytes = readFileSync(join(dir, name))
    bytes[bytes.length >> 1]! ^= 1
    writeFileSync(join(dir, name), bytes)
    const changed = await verify(dir)
    expect(changed.same).toBe(false)
    expect(changed.problems).toEqual([expect.stringContaining(`${name} in the folder is not what the run writes`)])
    rmSync(join(dir, name))
    expect(await verify(dir)).toMatchObject({ same: false, problems: [`${name} is missing from the folder`] })
  })

  test.each<readonly [what: string, change: (text: string) => string, says: string]>([
    ['a figure', (text) => text.replace(/"sharpe": [-\d.]+/, '"sharpe": 3.5'), 'run.json was changed by hand'],
    ['a certificate', (text) => text.replace('"zeroVolumeBars": 0', '"zeroVolumeBars": 1'), 'run.json in the folder'],
    ['white space', (text) => text.replace('{\n', '{ \n'), 'run.json in the folder'],
  ])('run.json with %s changed', async (_, change, says) => {
    const dir = copy()
    const text = readFileSync(join(dir, 'run.json'), 'utf8')
    expect(change(text)).not.toBe(text)
    writeFileSync(join(dir, 'run.json'), change(text))
    const { same, problems } = await verify(dir)
    expect(same).toBe(false)
    expect(problems).toEqual([expect.stringContaining(says)])
  })

  test('a run of another version is told of as that, not as changed by hand', async () => {
    const dir = copy()
    const text = readFileSync(join(dir, 'run.json'), 'utf8')
    writeFileSync(join(dir, 'run.json'), text.replaceAll(run.document.engine.version, '0.0.1'))
    writeFileSync(join(dir, 'report.html'), '<p>as reports were then</p>\n')
    const { same, problems } = await verify(dir)
    expect(same).toBe(false)
    expect(problems).toEqual([expect.stringMatching(/^klinelab was 0\.0\.1, is /)])
  })

  test('a benchmark of another venue than the run’s is charged as it was', async () => {
    const out = scratch()
    const bars = readFileSync(join(STORE, 'binance', 'BTCUSDT', '1h', 'manifest.json'), 'utf8')
    const store = scratch()
    cpSync(join(STORE, 'binance', 'BTCUSDT', '1h'), join(store, 'kraken', 'BTCUSDT', '1h'), { recursive: true })
    const manifest = join(store, 'kraken', 'BTCUSDT', '1h', 'manifest.json')
    writeFileSync(manifest, bars.replaceAll('binance:', 'kraken:'))
    const made = await runBacktest({ strategy: SMA, ...ASKED, store, benchmark: 'kraken:BTCUSDT:1h', out })
    expect(await verifyRun(made.dir, store, ROOT)).toMatchObject({ same: true })
  })

  test('a benchmark whose bars go on after the run’s has those of the run for its inputs', async () => {
    const asked = {
      strategy: SMA,
      data: 'binance-usdm:BTCUSDT:1h',
      from: '2025-07-01',
      benchmark: 'binance:ETHUSDT:1h',
    }
    const made = await runBacktest({ ...asked, out: scratch() })
    expect(await verifyRun(made.dir, STORE, ROOT)).toMatchObject({ same: true, problems: [] })
    const { range, run: name } = made.document
    const again = await runBacktest({ ...asked, to: range.to, write: false })
    expect(again.document.run).toBe(name)
  })
})

describe('runs of a strategy that was handed over as an object', () => {
  const buyingAfter = (bars: number, lookback = 3) =>
    defineStrategy({
      name: 'made',
      indicators: () => ({ line: sma(lookback) }),
      plots: ['line'],
      state: () => ({ bars: 0 }),
      onBar: ({ state }) => (++state.bars === bars ? buy({ quote: 1000 }) : undefined),
    })

  test('two closures of one factory are two runs, each the same whenever it is made', async () => {
    const out = scratch()
    const make = (bars: number) => runBacktest({ strategy: buyingAfter(bars), ...ASKED, warmup: 12, out })
    const [five, fifty, again] = [await make(5), await make(50), await make(5)]
    expect(five.document.reproduce.code).toBe(fifty.document.reproduce.code)
    expect(fifty.dir).not.toBe(five.dir)
    expect(again.dir).toBe(five.dir)
  })

  test('also where they differ in nothing but what they draw or what is refused them', async () => {
    const out = scratch()
    const make = (strategy: BacktestOptions['strategy']) => runBacktest({ strategy, ...ASKED, warmup: 12, out })
    expect((await make(buyingAfter(0, 3))).dir).not.toBe((await make(buyingAfter(0, 4))).dir)
    // 1 and 2 USDT are below the least notional: both are refused at every bar
    const dust = (quote: number) => defineStrategy({ name: 'dust', onBar: () => buy({ quote }) })
    const [one, two] = [await make(dust(1)), await make(dust(2))]
    expect(one.dir).not.toBe(two.dir)
    expect([one, two].map(({ fills }) => fills.length)).toEqual([0, 0])
    expect(one.document.orders.rejected).toBeGreaterThan(0)
    expect(one.document.reproduce.code).toBe(two.document.reproduce.code)
  })

  test('a folder with other bytes is not blamed on the tool', async () => {
    const out = scratch()
    const make = () => runBacktest({ strategy: buyingAfter(5), ...ASKED, out })
    writeFileSync(join((await make()).dir, 'fills.csv'), '')
    await expect(make()).rejects.toThrow(/different: fills\.csv\. Its strategy was handed over as an object/)
  })
})

describe('the folder of the runs', () => {
  test('equal runs written at the same time are one folder and no error', async () => {
    const out = scratch()
    const made = await Promise.all([1, 2, 3, 4].map(() => runBacktest({ strategy: SMA, ...ASKED, out })))
    expect(new Set(made.map(({ dir }) => dir)).size).toBe(1)
    expect(readdirSync(out).sort()).toEqual(['ledger.jsonl', run.document.run])
    expect(readdirSync(made[0]!.dir).sort()).toEqual([...FILES, 'ledger.json', 'timing.json'].sort())
  })

  test('a run that was cut off is no run, and a damaged one hides no other', async () => {
    const out = scratch()
    cpSync(run.dir, join(out, basename(run.dir)), { recursive: true })
    cpSync(run.dir, join(out, `${basename(run.dir)}.1234.0a1b2c3d.tmp`), { recursive: true })
    for (const [name, text] of [
      ['torn-1', '{"run": "torn'],
      ['empty-1', '{}\n'],
    ] as const) {
      mkdirSync(join(out, name))
      writeFileSync(join(out, name, 'run.json'), text)
    }
    const done = await klinelabHere(['runs', '--out', out, '--json'])
    expect(done.code).toBe(0)
    expect(done.json<{ runs: { run: string }[] }>().runs.map((one) => one.run)).toEqual([run.document.run])
    expect(done.stderr).toMatch(
      /^warning: .*empty-1.run\.json: is no run, it has no "run"; delete the folder.*\nwarning: .*torn-1.run\.json: is no JSON/,
    )
    // the beginning of its name still means the one run
    expect((await klinelabHere(['runs', 'show', 'sma', '--out', out])).code).toBe(0)
    expect(await klinelabHere(['runs', 'show', 'torn', '--out', out])).toMatchObject({
      code: 1,
      stderr: expect.stringContaining('is no JSON'),
    })
  })
})

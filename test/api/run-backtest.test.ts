import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  type BacktestOptions,
  buy,
  close,
  DataError,
  defineStrategy,
  diffRuns,
  int,
  loadRun,
  runBacktest,
  sma,
  UsageError,
} from '../../src/index.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'
import { klinelabHere } from '../cli/klinelab-here.ts'

const SMA = join(ROOT, 'strategies', 'sma-cross.ts')
const ASKED = { strategy: SMA, data: 'binance:BTCUSDT:1h', from: '2024-01-01', to: '2024-03-01' } as const

function filesOf(dir: string): Record<string, Buffer> {
  const names = readdirSync(dir).filter((name) => name !== 'timing.json' && name !== 'ledger.json')
  return Object.fromEntries(names.map((name) => [name, readFileSync(join(dir, name))]))
}

describe('runBacktest is the command, from code', () => {
  const cases: readonly (readonly [what: string, options: Partial<BacktestOptions>, flags: readonly string[]])[] = [
    ['with parameters', { set: { fast: 24, slow: 96 } }, ['--set', 'fast=24', '--set', 'slow=96']],
    [
      'with costs, cash and a benchmark',
      { cash: 50_000, feeTaker: 0.0005, slippageBps: 7, riskFree: 0.03, benchmark: 'binance:ETHUSDT:1h' },
      [
        '--cash',
        '50000',
        '--fee-taker',
        '0.0005',
        '--slippage-bps',
        '7',
        '--risk-free',
        '0.03',
        '--benchmark',
        'binance:ETHUSDT:1h',
      ],
    ],
    [
      'without costs, closed at the end',
      { noCosts: true, closeAtEnd: true, limitTouch: true, warmup: 10, feeAsset: 'received' },
      ['--no-costs', '--close-at-end', '--limit-touch', '--warmup', '10', '--fee-asset', 'received'],
    ],
  ]
  test.each(cases)('%s: the same folder with the same bytes', async (_, options, flags) => {
    const [mine, theirs] = [scratch(), scratch()]
    const run = await runBacktest({ ...ASKED, ...options, out: mine })
    const done = await klinelabHere([
      'backtest', SMA, '--data', ASKED.data, '--from', ASKED.from, '--to', ASKED.to, ...flags, '--out', theirs, '--json',
    ]) // biome-ignore format: one command
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const { dir } = done.json<{ dir: string }>()
    expect(basename(run.dir!)).toBe(basename(dir))
    const [a, b] = [filesOf(run.dir!), filesOf(dir)]
    expect(Object.keys(a)).toEqual([
      'equity.parquet',
      'events.jsonl',
      'fills.csv',
      'report.html',
      'run.json',
      'trades.csv',
    ])
    expect(Object.keys(b)).toEqual(Object.keys(a))
    expect(Object.keys(a).filter((name) => !a[name]!.equals(b[name]!))).toEqual([])
    expect(run.document.metrics['trades']).toBeGreaterThan(0)
  })

  test('kept in memory nothing is written, and the numbers are the same', async () => {
    const out = scratch()
    const written = await runBacktest({ ...ASKED, out })
    const kept = await runBacktest({ ...ASKED, out: join(out, 'not'), write: false })
    expect(kept.dir).toBeNull()
    expect(existsSync(join(out, 'not'))).toBe(false)
    expect(kept.document).toEqual(written.document)
    expect(kept.equity.equity).toEqual(written.equity.equity)
  })

  test('a strategy may be handed over as an object, and several series as a list', async () => {
    const strategy = defineStrategy({
      name: 'inline',
      params: { period: int(20, { min: 2, max: 50 }) },
      indicators: (p) => ({ trend: sma(p.period) }),
      onBar({ bar, ind, position }) {
        if (position.qty === 0 && bar.close > ind.trend) return buy({ quote: 1000 })
        if (position.qty > 0 && bar.close < ind.trend) return close()
      },
    })
    const data = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
    const run = await runBacktest({ ...ASKED, strategy, data, set: { period: 30 }, write: false })
    expect(run.document).toMatchObject({ strategy: 'inline', params: { period: 30 }, reproduce: { request: null } })
    expect(Object.keys(run.document.split.bySymbol)).toEqual(['BTCUSDT', 'ETHUSDT'])
    expect(run.bars.map((bars) => bars.series.symbol)).toEqual(['BTCUSDT', 'ETHUSDT'])
  })

  test.each<readonly [object, string]>([
    [{ cash: -1 }, 'cash: -1 is not allowed; write a number (above 0)'],
    [{ cash: 0 }, 'cash: 0 is not allowed'],
    [
      { riskFree: 4 },
      'riskFree: 4 is not allowed; write a number (a fraction, above -1 and below 1; write 0.04 for 4 %)',
    ],
    [{ riskFree: -1 }, 'riskFree: -1 is not allowed'],
    [{ cash: Number.NaN }, 'cash: NaN is not allowed'],
    [{ feeMaker: -1 }, 'feeMaker: -1 is not allowed; write a number (a fraction, above -1 and below 1)'],
    [{ feeDiscount: 1 }, 'feeDiscount: 1 is not allowed; write a number (a fraction, at least 0 and below 1)'],
    [{ feeTaker: 1 }, 'feeTaker: 1 is not allowed'],
    [{ slippageBps: 10_000 }, 'slippageBps: 10000 is not allowed'],
    [{ riskFree: '0.04' }, 'riskFree: "0.04" is not allowed'],
    [{ warmup: 1.5 }, 'warmup: 1.5 is not allowed; write a number (whole, at least 0)'],
    [{ seed: 3 }, 'unknown option "seed"'],
    [{ feeAsset: 'base' }, 'feeAsset: "base" is not allowed; write quote or received'],
    [{ from: '2024-13-01' }, 'from: "2024-13-01" is not a time'],
    [{ data: [] }, "runBacktest: data is missing: write data: 'binance:BTCUSDT:1h'"],
    [{ data: undefined }, 'runBacktest: data is missing'],
    [{ data: 'binance:BTCUSDT' }, '"binance:BTCUSDT" is not a series'],
    [{ set: { fsat: 3 } }, 'fsat'],
    [{ set: { fast: 1 } }, 'fast'],
    [{ csah: 5 }, 'runBacktest: unknown option "csah" (did you mean "cash"?)'],
    [{ strategy: 'strategies/none.ts' }, 'strategies/none.ts: there is no such file'],
  ])('%o is refused with a reason, and nothing is written', async (wrong, message) => {
    const out = scratch()
    const refusal = await runBacktest({ ...ASKED, out, ...wrong } as BacktestOptions).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsageError)
    expect((refusal as Error).message).toContain(message)
    expect(readdirSync(out)).toEqual([])
  })

  test.each([
    [undefined, 'runBacktest(): its options are an object of '],
    [null, 'runBacktest(null): its options are an object of '],
    ['strategies/sma-cross.ts', 'runBacktest("strategies/sma-cross.ts"): its options'],
  ])('%o in the place of options is refused with a reason', async (wrong, message) => {
    const refusal = await runBacktest(wrong as never).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsageError)
    expect((refusal as Error).message).toContain(message)
  })

  test('a series that is not stored is a DataError', async () => {
    const refusal = await runBacktest({ ...ASKED, data: 'binance:SOLUSDT:1h' }).catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(DataError)
  })
})

describe('diffRuns', () => {
  test('finds nothing between a run and itself, read back', async () => {
    const run = await runBacktest({ ...ASKED, out: scratch() })
    expect(diffRuns(run.document, (await loadRun(run.dir!)).document)).toEqual([])
  })

  test('names what was asked for and what came of it, and nothing that is the same', async () => {
    const a = await runBacktest({ ...ASKED, write: false })
    const b = await runBacktest({ ...ASKED, write: false, set: { fast: 30 }, cash: 20_000 })
    const found = diffRuns(a.document, b.document)
    const of = (key: string) => found.find((one) => one.key === key)
    expect(of('params.fast')).toEqual({ key: 'params.fast', a: 60, b: 30 })
    expect(of('cash')).toEqual({ key: 'cash', a: 10_000, b: 20_000 })
    expect(of('metrics.endEquity')).toEqual({
      key: 'metrics.endEquity',
      a: a.document.metrics['endEquity'],
      b: b.document.metrics['endEquity'],
    })
    expect(of('tradeHash')).toBeDefined()
    expect(of('reproduce.config')).toBeDefined()
    for (const same of [
      'params.slow',
      'strategy',
      'engine.version',
      'data.0.sha256',
      'reproduce.code',
      'metrics.start',
      'run',
    ])
      expect(of(same), same).toBeUndefined()
  })

  test('a figure that only one of two runs has is a difference', async () => {
    const none = await runBacktest({ ...ASKED, write: false, to: '2024-01-02' })
    const some = await runBacktest({ ...ASKED, write: false })
    expect(none.document.metrics['winRate']).toBeNull()
    expect(diffRuns(none.document, some.document)).toContainEqual({
      key: 'metrics.winRate',
      a: null,
      b: some.document.metrics['winRate'],
    })
  })
})

import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { walkForwardText } from '../../src/cli/search-text.ts'
import type { Fill } from '../../src/core/fill.ts'
import { parseSeries } from '../../src/core/series.ts'
import { parseTime } from '../../src/core/time.ts'
import type { Trade } from '../../src/core/trade.ts'
import { importFiles, openStore } from '../../src/data/index.ts'
import { loadRun, runBacktest } from '../../src/index.ts'
import { WALK_FORWARD_SCHEMA } from '../../src/report/walk-forward-schema.ts'
import type { TrialResult } from '../../src/runs/objective.ts'
import type { SearchAsked } from '../../src/runs/search-asked.ts'
import { settle } from '../../src/runs/settings.ts'
import { walkForward } from '../../src/runs/walk-forward.ts'
import { writeWalkForward } from '../../src/runs/walk-forward-folder.ts'
import { stepsOf, type WalkForwardPlan } from '../../src/runs/walk-forward-plan.ts'
import { readLedger } from '../../src/search/ledger.ts'
import { hourlyCsv, ROOT, scratch } from '../cli/klinelab.ts'

const STORE = join(ROOT, 'datasets')
const BTC = 'binance:BTCUSDT:1h'
const SMA_CROSS = join(ROOT, 'strategies', 'sma-cross.ts')
const DAY = 86_400_000
const PLAN: WalkForwardPlan = { kind: 'rolling', train: '60d', test: '20d', embargo: '2d' }

const settingsIn = (out: string, store = STORE) => settle({ store, out }, { config: {}, file: null }, {}, ROOT)

const asking = (more: Partial<SearchAsked> = {}): SearchAsked => ({
  ...{ strategy: SMA_CROSS, data: [BTC], from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 5, 1) },
  ...{ set: ['fast=10,20,40', 'slow=60,120'] },
  ...more,
})

const search = (plan = PLAN, more: Partial<SearchAsked> = {}, out = scratch(), workers = 1) =>
  walkForward(asking(more), plan, settingsIn(out), { workers })

describe('the plan', () => {
  const lengths = fc.record({
    kind: fc.constantFrom('rolling' as const, 'anchored' as const),
    train: fc.integer({ min: 1, max: 60 }),
    test: fc.integer({ min: 1, max: 30 }),
    embargo: fc.integer({ min: 0, max: 9 }),
    days: fc.integer({ min: 1, max: 400 }),
  })

  test('trains before it tests, an embargo apart, and tests end to end to the end of the data', () => {
    let seen = 0
    fc.assert(
      fc.property(lengths, ({ kind, train, test: length, embargo, days }) => {
        const range = { from: 7 * DAY, to: (7 + days) * DAY }
        const plan = { kind, train: `${train}d`, test: `${length}d`, embargo: `${embargo}d` }
        if (train + embargo + length / 2 > days)
          return void expect(() => stepsOf(plan, range, [parseSeries(BTC)])).toThrow('do not fit')
        const steps = stepsOf(plan, range, [parseSeries(BTC)])
        seen += steps.length
        for (const [k, step] of steps.entries()) {
          expect(step.test.from - step.train.to).toBe(embargo * DAY)
          expect(step.train.from).toBe(kind === 'anchored' ? range.from : step.train.to - train * DAY)
          expect(step.train.from).toBeGreaterThanOrEqual(range.from)
          if (k > 0) expect(step.test.from).toBe(steps[k - 1]!.test.to)
        }
        const last = steps.at(-1)!.test
        expect(last.to).toBeLessThanOrEqual(range.to)
        // what is left out is less than half a test
        expect(range.to - last.to).toBeLessThan((length * DAY) / 2)
      }),
      { numRuns: 500 },
    )
    expect(seen).toBeGreaterThan(500)
  })

  test.each([
    [{ ...PLAN, train: '60' }, '--train "60"'],
    [{ ...PLAN, test: '0d' }, '--test "0d"'],
    [{ ...PLAN, embargo: 'soon' }, '--embargo "soon"'],
    [{ ...PLAN, train: '900d' }, 'do not fit'],
    [
      { ...PLAN, train: '90m' },
      '--train 90m is no whole number of bars of 1h (binance:BTCUSDT:1h), the coarsest; write 1h or 2h',
    ],
    [
      { ...PLAN, test: '30m' },
      '--test 30m is shorter than a bar: the coarsest are bars of 1h (binance:BTCUSDT:1h); write 1h or more',
    ],
    [
      { ...PLAN, embargo: '45m' },
      '--embargo 45m is shorter than a bar: the coarsest are bars of 1h (binance:BTCUSDT:1h); write 0s or 1h',
    ],
    [{ ...PLAN, embargo: '3601s' }, '--embargo 3601s is no whole number of bars of 1h'],
  ])('%o is refused', async (plan, words) => expect(search(plan as WalkForwardPlan)).rejects.toThrow(words))
})

describe('stretches and bars', () => {
  // a Monday, and the first of a month
  const range = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2036, 0, 1) }
  const steps = (test: string, ...names: string[]) =>
    stepsOf({ ...PLAN, train: '364d', test, embargo: '0s' }, range, names.map(parseSeries))

  test.each([
    ['365d', ['binance:A:1w'], 'is no whole number of bars of 1w (binance:A:1w), the coarsest; write 364d or 371d'],
    [
      '90h',
      ['binance:A:1h', 'binance:B:4h', 'binance:C:15m'],
      'bars of 4h (binance:B:4h), the coarsest; write 88h or 92h',
    ],
    ['50m', ['binance:A:15m'], 'write 45m or 1h'],
    ['30d', ['binance:A:1M'], 'is shorter than a bar: the coarsest are bars of 1M (binance:A:1M); write 31d or more'],
  ])('%s of %j are refused', (test, names, words) => expect(() => steps(test, ...names)).toThrow(words))

  test.each([
    ['2024-01-01T05:00', ['binance:A:1h', 'binance:B:1d'], 'within a bar of 1d (binance:B:1d)', '2024-01-02'],
    ['2024-01-31', ['binance:A:1w', 'binance:B:1h'], 'within a bar of 1w (binance:A:1w)', '2024-02-05'],
    ['2024-01-01T05:30', ['binance:A:1h'], 'within a bar of 1h (binance:A:1h)', '2024-01-01T06:00'],
  ])('windows from %s of %j are refused, as all would begin within a bar', (from, names, words, cure) => {
    const series = names.map(parseSeries)
    const plan = { ...PLAN, train: '364d', test: '49d', embargo: '0s' }
    const begun = (at: string) => stepsOf(plan, { ...range, from: parseTime(at) }, series)
    expect(() => begun(from)).toThrow(`begins at ${from}, ${words}, the coarsest`)
    expect(() => begun(from)).toThrow(new RegExp(`write --from ${cure}$`))
    expect(begun(cure)[0]!.train.from).toBe(parseTime(cure))
  })

  test.each([
    ['49d', ['binance:A:1w', 'binance:B:1h']],
    ['90m', ['binance:A:15m']],
    ['365d', ['binance:A:1M']],
  ])('%s of %j do', (test, names) => expect(steps(test, ...names).length).toBeGreaterThan(9))

  test('what is too little for one more test is told', async () => {
    // 152 days: 62 before the first test, four of 20, and 10 less an hour
    const { result } = await search(PLAN, { to: Date.UTC(2024, 5, 1) - 3_600_000 })
    const { windows, remarks } = result.document
    expect(windows).toHaveLength(4)
    expect(remarks).toContain(
      'The last 10 days of the data (2024-05-22 to 2024-05-31T23:00) are in no test: they are less than half of --test 20d. --from that much later moves all windows to the end of the data.',
    )
    const whole = await search(PLAN)
    expect(whole.result.document.windows).toHaveLength(5)
    expect(whole.result.document.remarks.join()).not.toContain('in no test')
  })
})

describe('a walk-forward', () => {
  test('is, window by window, the best backtest of one stretch and its backtest on the next, with what was left', async () => {
    const { result, trades, fills } = await search()
    const { document, equity } = result
    expect(WALK_FORWARD_SCHEMA.safeParse(JSON.parse(JSON.stringify(document))).error).toBeUndefined()
    const { windows, range } = document
    expect(windows.length).toBeGreaterThan(3)
    // indicators of every stretch begin where the data do
    const first = range.from
    const rows = (from: number) => (from - first) / 3_600_000 + range.warmup
    let cash = 10_000
    let at = 0
    for (const { train, test: tested, chosen, inSample, outOfSample } of windows.slice(0, 3)) {
      const alone = async (of: typeof train, set: typeof chosen, money: number, closeAtEnd: boolean) =>
        runBacktest({
          ...{
            strategy: SMA_CROSS,
            data: BTC,
            from: of.from,
            to: of.to,
            set: set!,
            warmup: rows(of.from),
            cash: money,
          },
          ...{ closeAtEnd, store: STORE, write: false },
        })
      const sharpes: number[] = []
      for (const fast of [10, 20, 40])
        for (const slow of [60, 120])
          sharpes.push((await alone(train, { fast, slow }, 10_000, false)).document.metrics['sharpe'] ?? -9)
      expect(inSample!.objective).toBe(Math.max(...sharpes))
      const [best] = [...sharpes.entries()].sort((a, b) => b[1] - a[1])
      expect(chosen).toEqual({ fast: [10, 20, 40][Math.floor(best![0] / 2)], slow: [60, 120][best![0] % 2] })
      const traded = await alone(tested, chosen, cash, true)
      expect(outOfSample!.startEquity).toBe(cash)
      expect([...equity.equity.subarray(at, at + traded.equity.length)]).toEqual([...traded.equity.equity])
      expect(outOfSample!.metrics['totalReturn']).toBe(traded.document.metrics['totalReturn'])
      at += traded.equity.length
      cash = traded.document.metrics['endEquity']!
    }
    expect(document.metrics['trades']).toBe(trades.length)
    expect(fills.map(({ n }) => n)).toEqual(fills.map((_, k) => k + 1))
    expect(document.metrics['endEquity']).toBe(equity.equity.at(-1))
    const years = (windows.at(-1)!.test.to - windows[0]!.test.from) / (365 * DAY)
    expect(document.metrics['cagr']).toBeCloseTo((equity.equity.at(-1)! / 10_000) ** (1 / years) - 1, 10)
  })

  test('chooses by nothing that comes after: other prices there change no choice', async () => {
    /** A wave until an hour, then another one. */
    const pricesFrom = (hours: number, turn: number, seed: number) =>
      Array.from({ length: hours }, (_, k): [number, number, number, number] => {
        const at = (t: number) =>
          100 + 8 * Math.sin(t / 17) + 5 * Math.sin(t / 53) + (t < turn ? 0 : seed * Math.sin((t - turn) / 7))
        const [open, close] = [at(k), at(k + 1)].map((x) => Number(x.toFixed(2))) as [number, number]
        return [open, Math.max(open, close) + 0.2, Math.min(open, close) - 0.2, close].map((x) =>
          Number(x.toFixed(2)),
        ) as [number, number, number, number]
      })
    const series = 'binance:WAVEUSDT:1h'
    const turnDay = 90
    const chosenOf = async (seed: number) => {
      const dir = scratch({ 'wave.csv': hourlyCsv(pricesFrom(150 * 24, turnDay * 24, seed)) })
      const store = await openStore(join(dir, 'store'))
      await importFiles(store, [join(dir, 'wave.csv')], parseSeries(series), { now: Date.UTC(2026, 0, 1) })
      const asked = { ...asking(), data: [series], from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 1) + 150 * DAY }
      const done = await walkForward(
        { ...asked, set: ['fast=5,10,20,40', 'slow=60,90,120', 'qty=1'] },
        { ...PLAN, train: '40d' },
        settingsIn(dir, join(dir, 'store')),
        { workers: 1 },
      )
      return done.result.document.windows
    }
    const [one, other] = [await chosenOf(0), await chosenOf(6)]
    const turn = Date.UTC(2024, 0, 1) + turnDay * DAY
    const before = one.filter(({ train }) => train.to <= turn)
    expect(before.length).toBeGreaterThan(2)
    expect(one.length).toBeGreaterThan(before.length)
    for (const { window, chosen, inSample } of before) {
      expect(other[window - 1]!.chosen).toEqual(chosen)
      expect(other[window - 1]!.inSample).toEqual(inSample)
    }
    // and where the future has become the past it does matter
    expect(other.at(-1)!.inSample).not.toEqual(one.at(-1)!.inSample)
  })

  test('is the same bytes on 1 and 3 threads, counts every trial and itself, and its folder reads back', async () => {
    const folders = await Promise.all(
      [1, 3].map(async (workers) => {
        const out = scratch()
        const done = await search({ ...PLAN, kind: 'anchored' }, {}, out, workers)
        const ledger = join(out, 'ledger.jsonl')
        const { dir } = await writeWalkForward(done, out, { ledger, onWarning: () => {} })
        return { dir, ledger, done }
      }),
    )
    const [{ dir, ledger, done }] = folders as [(typeof folders)[0]]
    const names = readdirSync(dir).filter((name) => name !== 'timing.json' && name !== 'ledger.json')
    expect(names.sort()).toEqual(['equity.parquet', 'fills.csv', 'report.html', 'run.json', 'trades.csv', 'trials.csv'])
    for (const name of names.filter((one) => one !== 'report.html'))
      expect(readFileSync(join(folders[1]!.dir, name)).equals(readFileSync(join(dir, name)))).toBe(true)
    const trials = done.studies.reduce((sum, study) => sum + study.trials.length, 0)
    expect(readLedger(ledger).entries).toHaveLength(trials + 1)
    expect(new Set(readLedger(ledger).entries.map(({ id }) => id)).size).toBe(trials + 1)
    await expect(loadRun(dir)).rejects.toThrow(/is a walk-forward/)
  })

  test('an objective that sorts what it is handed sorts nothing of the run', async () => {
    const asked = { from: Date.UTC(2024, 3, 1), to: Date.UTC(2024, 5, 1), set: ['fast=10,20', 'slow=60..60:1'] }
    const plan = { ...PLAN, train: '20d', test: '10d' }
    const sorting = ({ metrics, trades, fills, equity }: TrialResult) => {
      const { sharpe } = metrics
      ;(trades as Trade[]).sort((a, b) => a.pnl - b.pnl)
      ;(fills as Fill[]).sort((a, b) => a.price - b.price)
      equity.equity.sort()
      Object.assign(metrics, { sharpe: 9, trades: 9 })
      return sharpe ?? -9
    }
    const plain = await search(plan, asked)
    const own = await search(plan, { ...asked, objective: sorting })
    expect(own.trades).toEqual(plain.trades)
    expect(own.fills).toEqual(plain.fills)
    expect(own.result.equity).toEqual(plain.result.equity)
    const figures = ({ result }: typeof own) => result.document.windows.map(({ outOfSample }) => outOfSample!.metrics)
    expect(figures(own)).toEqual(figures(plain))
    // a range of one value has no width to divide by
    expect(plain.result.document.stability[1]).toMatchObject({ name: 'slow', kept: 1, movement: null })
  })

  test('windows in which nothing can be chosen are flat, and say why', async () => {
    const { result } = await search(PLAN, { set: ['fast=10,20', 'slow=60,120', 'qty=100000'] })
    const { document, equity } = result
    expect(document.windows.every(({ chosen }) => chosen === null)).toBe(true)
    expect(document.windows[0]!.reason).toContain('no trial has an objective')
    expect(new Set(equity.equity)).toEqual(new Set([10_000]))
    expect(document.efficiency).toBeNull()
    expect(document.notes['efficiency']).toBeDefined()
    expect(document.remarks[0]).toMatch(
      /^In all 5 windows nothing could be chosen by sharpe, and nothing was traded: no trial has an objective: .*\. Choose on longer stretches \(--train\), or by another --objective\.$/,
    )
    const text = walkForwardText(document)
    expect(text).toContain('never chosen twice in a row')
    expect(text).toContain(`! ${document.remarks[0]}`)
  })
})

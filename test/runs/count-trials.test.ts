import { appendFileSync, existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { LedgerVerdict } from '../../src/core/ledger.ts'
import { buy, defineStrategy, runBacktest } from '../../src/index.ts'
import { verifyRun } from '../../src/runs/rerun.ts'
import { settle } from '../../src/runs/settings.ts'
import { sweep } from '../../src/runs/sweep.ts'
import { writeSweep } from '../../src/runs/sweep-folder.ts'
import { readLedger } from '../../src/search/ledger.ts'
import { ROOT, scratch } from '../cli/klinelab.ts'

const SMA = join(ROOT, 'strategies', 'sma-cross.ts')
const STORE = join(ROOT, 'datasets')
const ASKED = { strategy: SMA, data: 'binance:BTCUSDT:1h', from: '2024-01-01', to: '2024-02-10', store: STORE } as const
const make = (out: string, more: object = {}) => runBacktest({ ...ASKED, out, ...more })
const text = (dir: string | null, name: string) => readFileSync(join(dir!, name), 'utf8')
const verdictIn = (dir: string | null) => JSON.parse(text(dir, 'ledger.json')) as LedgerVerdict
const withoutBlock = (html: string) => html.replace(/<!--ledger-->.*<!--\/ledger-->/s, '')

describe('a backtest is counted', () => {
  test('with its facts and daily returns, in a ledger beside the runs', async () => {
    const out = scratch()
    const { document, dir } = await make(out, { set: { fast: 12, slow: 48 } })
    const [line, ...none] = readLedger(join(out, 'ledger.jsonl')).entries
    expect(none).toEqual([])
    expect(line).toMatchObject({ verb: 'backtest', run: document.run, name: 'sma-cross', status: 'done' })
    expect(line!.params).toEqual(document.params)
    expect(line!.series).toEqual(['binance:BTCUSDT:1h'])
    expect([line!.from, line!.to]).toEqual([Date.UTC(2024, 0, 1), Date.UTC(2024, 1, 10)])
    expect(line!.code).toBe(document.reproduce.code.slice(0, 16))
    expect([line!.trades, line!.totalReturn]).toEqual([document.metrics['trades'], document.metrics['totalReturn']])
    expect([line!.returns!.from, line!.returns!.days]).toEqual([Date.UTC(2024, 0, 1), 40])
    // √365 of the daily ratio is the Sharpe ratio of the run, without a risk-free rate
    const { mean, deviation } = line!.returns!
    expect((mean / deviation) * Math.sqrt(365)).toBeCloseTo(document.metrics['sharpe']!, 9)
    expect(verdictIn(dir)).toMatchObject({ trials: 1, lines: 1, compared: 1, chosen: { run: document.run } })
  })

  test('the same run twice is one trial; so is it with another benchmark, band or --stress', async () => {
    const out = scratch()
    const first = await make(out)
    for (const more of [
      {},
      { benchmark: 'binance:ETHUSDT:1h' },
      { band: 'full' },
      { stress: true },
      { riskFree: 0.04 },
    ]) {
      const { verdict } = await make(out, more)
      expect([more, verdict?.trials]).toEqual([more, 1])
    }
    expect(readLedger(join(out, 'ledger.jsonl')).entries.length).toBe(6)
    expect(first.verdict?.trials).toBe(1)
  })

  test.each([
    { set: { fast: 13 } },
    { to: '2024-02-09' },
    { feeTaker: 0.002 },
    { cash: 20_000 },
    { data: 'binance:ETHUSDT:1h' },
  ])('it is another trial with %o', async (more) => {
    const out = scratch()
    await make(out)
    expect((await make(out, more)).verdict?.trials).toBe(2)
  })

  test('a trial is the same whatever the grid around it, and whatever bars before the range that asks for', async () => {
    const out = scratch()
    const ledger = join(out, 'ledger.jsonl')
    const counting = { ledger, onWarning: expect.unreachable }
    const asked = { strategy: SMA, data: [ASKED.data], from: Date.UTC(2024, 5, 1), to: Date.UTC(2024, 6, 1) }
    const settings = settle({ store: STORE, out }, { config: {}, file: null }, {}, ROOT)
    const warmups: number[] = []
    for (const set of [
      ['fast=10', 'slow=40,80'],
      ['fast=10,20', 'slow=40,160'],
      ['fast=20', 'slow=160,320'],
    ]) {
      const done = await sweep({ ...asked, set }, settings, { workers: 1 })
      await writeSweep(done, out, counting)
      warmups.push(done.result.document.range.warmup)
    }
    expect(new Set(warmups).size).toBe(3)
    for (const more of [{}, { warmup: 900 }])
      await runBacktest({ ...asked, set: { fast: 10, slow: 40 }, store: STORE, out, ledger, ...more })
    const { entries } = readLedger(ledger)
    expect(entries).toHaveLength(2 + 4 + 2 + 2)
    // 10 × 40, 80 and 160, 20 × 40, 160 and 320
    expect(new Set(entries.map(({ id }) => id)).size).toBe(6)
  })

  test('of strategies whose code cannot be seen their fills tell them apart', async () => {
    const out = scratch()
    const buying = (after: number) =>
      defineStrategy({
        name: 'made',
        state: () => ({ bars: 0 }),
        onBar: ({ state }) => (++state.bars === after ? buy({ quote: 1000 }) : undefined),
      })
    const trials = []
    for (const after of [5, 50, 5]) trials.push((await make(out, { strategy: buying(after) })).verdict?.trials)
    expect(trials).toEqual([1, 2, 2])
  })

  test('kept in memory it is not, and neither is a run that is verified', async () => {
    const out = scratch()
    expect(await make(out, { write: false })).toMatchObject({ dir: null, verdict: null })
    expect(readdirSync(out)).toEqual([])
    const { dir } = await make(out)
    expect((await verifyRun(dir!, STORE, ROOT)).same).toBe(true)
    expect(readLedger(join(out, 'ledger.jsonl')).entries.length).toBe(1)
  })

  test('in the ledger that is asked for', async () => {
    const [out, elsewhere] = [scratch(), join(scratch(), 'deep', 'all.jsonl')]
    await make(out, { ledger: elsewhere })
    expect(existsSync(join(out, 'ledger.jsonl'))).toBe(false)
    expect(readLedger(elsewhere).entries.length).toBe(1)
  })
})

describe('what the ledger says is no part of the run', () => {
  test('made again after others it is the same run, its page and ledger.json are of now', async () => {
    const out = scratch()
    const { dir } = await make(out)
    const [page, run] = [text(dir, 'report.html'), text(dir, 'run.json')]
    await make(out, { set: { fast: 20 } })
    await make(out, { set: { fast: 30 } })
    expect(verdictIn(dir).trials).toBe(1)
    expect((await verifyRun(dir!, STORE, ROOT)).same).toBe(true)
    const again = await make(out)
    expect(again.dir).toBe(dir)
    expect([verdictIn(dir).trials, again.verdict?.trials]).toEqual([3, 3])
    expect(text(dir, 'run.json')).toBe(run)
    expect(text(dir, 'report.html')).not.toBe(page)
    expect(text(dir, 'report.html')).toContain('one of 3 different trials')
    expect(withoutBlock(text(dir, 'report.html'))).toBe(withoutBlock(page))
    expect((await verifyRun(dir!, STORE, ROOT)).same).toBe(true)
  })

  test('a page that differs elsewhere, or has other marks, is another result', async () => {
    const out = scratch()
    const { dir } = await make(out)
    const page = text(dir, 'report.html')
    for (const changed of [
      page.replace('<h1', '<h1 '),
      page.replace('<!--ledger-->', ''),
      `${page}<!--ledger-->more<!--/ledger-->`,
      page.replace('<!--/ledger-->', '<!--/ledger-->\u00e9'),
    ]) {
      expect(changed).not.toBe(page)
      writeFileSync(join(dir!, 'report.html'), changed)
      await expect(make(out)).rejects.toThrow(/not deterministic: .* different: report\.html/)
      expect((await verifyRun(dir!, STORE, ROOT)).same).toBe(false)
    }
    writeFileSync(join(dir!, 'report.html'), page)
    writeFileSync(join(dir!, 'fills.csv'), '')
    await expect(make(out)).rejects.toThrow(/different: fills\.csv/)
  })
})

describe('a ledger in the way', () => {
  const warned = async (work: () => Promise<unknown>) => {
    const texts: string[] = []
    const hear = (warning: Error) => texts.push(warning.message)
    process.on('warning', hear)
    try {
      await work()
      // warnings are told in the next turn
      await new Promise((resolve) => setImmediate(resolve))
    } finally {
      process.off('warning', hear)
    }
    return texts
  }

  test.each([
    ['a full disk', () => '/dev/full', /^\/dev\/full: one trial was not counted in the trial ledger: the disk is full/],
    ['a folder', () => scratch(), /: one trial was not counted in the trial ledger: is a folder/],
  ])('%s: the run is written, and the warning names the ledger', async (_, ledger, says) => {
    const out = scratch()
    const file = ledger()
    const texts = await warned(async () => {
      const { dir, verdict } = await make(out, { ledger: file })
      expect(verdict).toBe(null)
      expect(existsSync(join(dir!, 'ledger.json'))).toBe(false)
      expect(text(dir, 'report.html')).toContain('<!--ledger--><!--/ledger-->')
      expect((await verifyRun(dir!, STORE, ROOT)).same).toBe(true)
    })
    expect(texts).toEqual([expect.stringMatching(says)])
  })

  test('torn lines are told of, and the page says that there was more', async () => {
    const out = scratch()
    mkdirSync(out, { recursive: true })
    appendFileSync(join(out, 'ledger.jsonl'), '{"v":1,"id":"0123')
    const texts = await warned(async () => {
      const { dir, verdict } = await make(out)
      expect([verdict?.trials, verdict?.unreadable]).toEqual([1, 1])
      expect(text(dir, 'report.html')).toContain('1 line of the ledger could not be read')
    })
    expect(texts).toEqual([`${join(out, 'ledger.jsonl')}:1: the line is torn or damaged, and its trial is not counted`])
  })

  test('lines of a newer version: the run is written and counted', async () => {
    const out = scratch()
    appendFileSync(join(out, 'ledger.jsonl'), '{"v":2}\n')
    const texts = await warned(async () => {
      expect((await make(out)).verdict).toBe(null)
    })
    expect(texts).toEqual([expect.stringContaining('ledger.jsonl:1: was written by a newer klinelab')])
    expect(readFileSync(join(out, 'ledger.jsonl'), 'utf8').split('\n').length).toBe(3)
  })
})

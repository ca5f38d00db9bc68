import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { sweepText } from '../../src/cli/search-text.ts'
import type { TrialOutcome } from '../../src/core/search.ts'
import { buy, close, defineStrategy, int, runBacktest, sma } from '../../src/index.ts'
import { SWEEP_SCHEMA } from '../../src/report/sweep-schema.ts'
import type { SearchAsked, SearchHost } from '../../src/runs/search-asked.ts'
import { settle } from '../../src/runs/settings.ts'
import { sweep } from '../../src/runs/sweep.ts'
import { writeSweep } from '../../src/runs/sweep-folder.ts'
import { readLedger } from '../../src/search/ledger.ts'
import { klinelab, ROOT, scratch } from '../cli/klinelab.ts'
import { asking, BTC, moduleOf, RANGE, SMA_CROSS, STORE, search } from './sweep-scene.ts'

/** What depends on nothing but the inputs. */
async function bytesOf(more: Partial<SearchAsked>, host: SearchHost): Promise<Record<string, string>> {
  const out = scratch()
  const done = await search(more, host, out)
  const { dir } = await writeSweep(done, out, { ledger: join(out, 'ledger.jsonl'), onWarning: () => {} })
  const names = readdirSync(dir).filter((name) => name !== 'timing.json' && name !== 'ledger.json')
  return Object.fromEntries(
    names.map((name) => [
      name,
      readFileSync(join(dir, name), 'utf8').replace(/<!--ledger-->[\s\S]*<!--\/ledger-->/, ''),
    ]),
  )
}

describe('whoever computes the trials', () => {
  test.each([
    ['grid', 2, {}],
    ['tpe', 2, { method: 'tpe', trials: 40, set: ['fast=5..60', 'slow=61..300'] }],
    ['sobol with pruning', 3, { method: 'sobol', trials: 100, set: ['fast=5..60', 'slow=61..300'], prune: 0.3 }],
  ] as const)('a sweep by %s is the same bytes on one thread and on %i', async (_, workers, more) => {
    const one = await bytesOf(more, { workers: 1 })
    expect(Object.keys(one).sort()).toEqual(['report.html', 'run.json', 'trials.csv'])
    expect(await bytesOf(more, { workers })).toEqual(one)
  })
})

describe('a trial is the backtest with its parameters', () => {
  /** Recursive averages, which hang on where they begin, and a higher interval. */
  const recursive = moduleOf(`import { buy, close, defineStrategy, ema, int, rsi } from 'klinelab'
    export default defineStrategy({
      name: 'recursive',
      params: { fast: int(10, { min: 2, max: 400 }), slow: int(50, { min: 2, max: 400 }), days: int(5, { min: 2, max: 50 }) },
      indicators: (p) => ({ fast: ema(p.fast), slow: ema(p.slow), smooth: ema(p.fast, rsi(14)) }),
      also: { d1: { interval: '1d', indicators: (p) => ({ trend: ema(p.days) }) } },
      onBar({ ind, prev, position, also, bar }) {
        if (position.qty === 0 && ind.fast > ind.slow && prev.fast <= prev.slow && bar.close > also.d1.ind.trend && ind.smooth > 40)
          return buy({ fraction: 0.5, stopLoss: { percent: 0.03 } })
        if (position.qty > 0 && ind.fast < ind.slow) return close()
      },
    })`)
  /** One account, two instruments. */
  const pair = moduleOf(`import { buy, close, defineStrategy, ema, int } from 'klinelab'
    export default defineStrategy({
      name: 'pair', params: { fast: int(10, { min: 2, max: 400 }), slow: int(50, { min: 2, max: 400 }), days: int(5) },
      indicators: (p) => ({ fast: ema(p.fast), slow: ema(p.slow) }),
      onBars: ({ symbols, inds, positions }) => symbols.flatMap((symbol) => {
        const isUp = inds[symbol].fast > inds[symbol].slow
        if (isUp && positions[symbol].qty === 0) return [buy({ symbol, quote: 3000 })]
        return !isUp && positions[symbol].qty > 0 ? [close({ symbol })] : []
      }),
    })`)

  test.each([
    ['recursive indicators and a higher interval', recursive, [BTC], {}],
    ['two series in one account', pair, [BTC, 'binance:ETHUSDT:1h'], {}],
    ['closed at the end', recursive, [BTC], { closeAtEnd: true }],
  ] as const)('%s', async (_, strategy, data, more) => {
    const set = ['fast=8,20', 'slow=30,90', 'days=3,9']
    const { result } = await search({ strategy, data, set, ...more })
    const { document, outcomes, trials } = result
    expect(document.trials).toEqual({ all: 8, done: 8, pruned: 0, failed: 0, excluded: 0 })
    // the bars before the range are those of the trial that wants most of them
    expect(document.range.warmup).toBeGreaterThan(0)
    for (const k of [0, 3, 7]) {
      const { document: alone } = await runBacktest({
        ...{ strategy, data, ...RANGE, ...more, set: trials[k]!.params, warmup: document.range.warmup },
        ...{ store: STORE, write: false },
      })
      const { metrics } = outcomes[k]!
      expect(metrics['trades']).toBeGreaterThan(0)
      for (const [key, value] of Object.entries(metrics)) expect([key, value]).toEqual([key, alone.metrics[key]])
    }
  })

  test('the command of the best makes that backtest', async () => {
    // the longest average wants more bars before the range than the best, which its command has to say
    const { result } = await search({ set: ['fast=10..50:10', 'slow=40,160,320'], objective: 'maxDrawdown' })
    const { best, range } = result.document
    expect(best!.objective).toBe(Math.min(...result.outcomes.map(({ objective }) => objective!)))
    expect(best!.command).toContain(`--warmup ${range.warmup}`)
    const [, ...words] = best!.command.split(' ')
    const { metrics } = klinelab([...words, '--json', '--out', scratch()]).json<{ metrics: object }>()
    expect(metrics).toMatchObject(best!.metrics)
  })
})

describe('what is written', () => {
  test('obeys the schema, ranks all trials and counts each once in the ledger, beside the backtest of the same', async () => {
    const out = scratch()
    const done = await search({}, {}, out)
    const ledger = join(out, 'ledger.jsonl')
    const warnings: string[] = []
    const counting = { ledger, onWarning: (text: string) => warnings.push(text) }
    const { dir, verdict } = await writeSweep(done, out, counting)
    const document: unknown = JSON.parse(readFileSync(join(dir, 'run.json'), 'utf8'))
    expect(SWEEP_SCHEMA.safeParse(document).error).toBeUndefined()
    expect(verdict!.trials).toBe(15)
    expect(readFileSync(join(dir, 'trials.csv'), 'utf8').trim().split('\n')).toHaveLength(16)
    await writeSweep(done, out, counting)
    const { best, range } = done.result.document
    const set = best!.params
    await runBacktest({
      ...{ strategy: SMA_CROSS, data: BTC, ...RANGE, set, warmup: range.warmup, store: STORE, out, ledger },
    })
    const { entries } = readLedger(ledger)
    expect(entries).toHaveLength(31)
    expect(new Set(entries.map(({ id }) => id)).size).toBe(15)
    expect(warnings).toEqual([])
    // nothing is left of the journal
    expect(readdirSync(out).filter((name) => name.startsWith('.search'))).toEqual([])
  })

  test('in memory nothing is', async () => {
    const out = scratch()
    await search({}, { write: false }, out)
    expect(readdirSync(out)).toEqual([])
  })
})

describe('a strategy that is an object', () => {
  const strategy = defineStrategy({
    name: 'inline',
    params: { fast: int(10), slow: int(50) },
    indicators: (p) => ({ fast: sma(p.fast), slow: sma(p.slow) }),
    onBar({ ind, position }) {
      if (position.qty === 0 && ind.fast > ind.slow) return buy({ quote: 5000 })
      return position.qty > 0 && ind.fast < ind.slow ? close() : undefined
    },
  })

  test('is searched on this thread, which hears of others meanwhile', async () => {
    let heard = 0
    let isOver = false
    const listening = (async () => {
      while (!isOver) {
        await setImmediate()
        heard++
      }
    })()
    const { result } = await search({ strategy, set: ['fast=5..50:1', 'slow=60,120'] })
    isOver = true
    await listening
    expect(result.document.trials.done).toBe(92)
    expect(heard).toBeGreaterThan(1)
    const alone = await runBacktest({
      strategy,
      data: BTC,
      ...RANGE,
      set: { fast: 7, slow: 120 },
      store: STORE,
      write: false,
    })
    const trial = result.trials.find(({ params }) => params['fast'] === 7 && params['slow'] === 120)!
    const outcome = result.outcomes.find(({ number }) => number === trial.number)! as TrialOutcome
    expect(outcome.metrics['sharpe']).toBe(alone.document.metrics['sharpe'])
  })
})

test('pruning gives up what is below the median of earlier trials after a part of the data', async () => {
  const { result } = await search({ method: 'random', trials: 150, set: ['fast=5..60', 'slow=61..300'], prune: 0.4 })
  const { outcomes, document } = result
  // the first 64 have nothing to be compared with
  expect(outcomes.slice(0, 64).every(({ status }) => status === 'done')).toBe(true)
  const early = outcomes
    .slice(0, 64)
    .map(({ early: value }) => value!)
    .sort((a, b) => a - b)
  const median = (early[31]! + early[32]!) / 2
  for (const { early: value, status } of outcomes.slice(64, 128))
    expect(status).toBe(value! < median ? 'pruned' : 'done')
  expect(document.trials.pruned).toBeGreaterThan(10)
  expect(document.best!.status).toBe('done')
})

test('where there are too few trials for any to be given up, a remark says so', async () => {
  const said = async (more: Partial<SearchAsked>) => {
    const { document, outcomes } = (await search({ set: ['fast=5..60', 'slow=61..300'], prune: 0.4, ...more })).result
    expect(outcomes.every(({ status }) => status === 'done')).toBe(!document.trials.pruned)
    return document.remarks.filter((remark) => remark.startsWith('--prune'))
  }
  expect(await said({ set: ['fast=10..50:10', 'slow=40,80,160'] })).toEqual([
    '--prune 0.4 can give up nothing here: the first 64 trials are what later ones are held against, and there are 15 trials.',
  ])
  expect(await said({ method: 'tpe', trials: 16 })).toEqual([expect.stringContaining('the first 16 trials')])
  // one more, and it can be
  expect(await said({ method: 'tpe', trials: 17 })).toEqual([])
  expect(await said({ method: 'sobol', trials: 65 })).toEqual([])
  expect((await search()).result.document.remarks.join()).not.toContain('--prune')
})

test('where a risk-free rate is taken off in the table and not in what is said of luck, a remark says so', async () => {
  const settings = settle({ store: STORE, out: scratch(), riskFree: 0.05 }, { config: {}, file: null }, {}, ROOT)
  const { document } = (await sweep(asking(), settings, { workers: 1 })).result
  expect(document.overfitting!.sharpe).toBeGreaterThan(document.best!.metrics['sharpe']!)
  expect(document.remarks).toContain(
    'What is said of luck is of Sharpe ratios with no risk-free rate taken off; those of the tables have 5 % a year taken off.',
  )
  expect((await search()).result.document.remarks.join()).not.toContain('risk-free')
})

test('a range too short to judge any trial by is told, and what may help', async () => {
  const hours = (count: number) => ({ from: RANGE.from, to: RANGE.from + count * 3_600_000 })
  const { result } = await search(hours(2))
  const { best, remarks, trials } = result.document
  expect({ best, done: trials.done }).toEqual({ best: null, done: 15 })
  expect(remarks[0]).toBe(
    'No trial can be judged by sharpe: 1 daily return: at least 2 are needed. A longer range (--from, --to) may have it, or choose another --objective.',
  )
  const text = sweepText(result.document)
  expect(text).toContain('No trial has an objective, so none is the best; trials.csv says why of each.')
  expect(text).toContain(`! ${remarks[0]}`)
  // any range has a largest drawdown
  const judged = await search({ ...hours(2), objective: 'maxDrawdown' })
  expect(judged.result.document.remarks.join()).not.toContain('can be judged')
})

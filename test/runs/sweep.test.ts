import { appendFileSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { setImmediate } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import type { TrialOutcome } from '../../src/core/search.ts'
import { buy, close, defineStrategy, int, runBacktest, sma } from '../../src/index.ts'
import { SWEEP_SCHEMA } from '../../src/report/sweep-schema.ts'
import type { SearchAsked, SearchHost } from '../../src/runs/search-asked.ts'
import { settle } from '../../src/runs/settings.ts'
import { backendOf, planSearch, sweep } from '../../src/runs/sweep.ts'
import { writeSweep } from '../../src/runs/sweep-folder.ts'
import { readLedger } from '../../src/search/ledger.ts'
import { klinelab, ROOT, scratch } from '../cli/klinelab.ts'

const STORE = join(ROOT, 'datasets')
/** Few enough days that the splits which judge a search are a quarter of what they are otherwise. */
const RANGE = { from: Date.UTC(2024, 0, 1), to: Date.UTC(2024, 0, 32) }
const BTC = 'binance:BTCUSDT:1h'
const SMA_CROSS = join(ROOT, 'strategies', 'sma-cross.ts')
const GRID = ['fast=10..50:10', 'slow=40,80,160']

const settingsIn = (out: string) => settle({ store: STORE, out }, { config: {}, file: null }, {}, ROOT)

const asking = (more: Partial<SearchAsked> = {}): SearchAsked => ({
  ...{ strategy: SMA_CROSS, data: [BTC], ...RANGE, set: GRID },
  ...more,
})

const search = (more: Partial<SearchAsked> = {}, host: SearchHost = {}, out = scratch()) =>
  sweep(asking(more), settingsIn(out), { workers: 1, ...host })

/** A strategy module in a project of its own. */
const moduleOf = (text: string, name = 's.ts') =>
  join(scratch({ [`strategies/${name}`]: text, 'package.json': '{ "type": "module" }' }), 'strategies', name)

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

describe('trials that fail', () => {
  const throwing = (condition: string) =>
    moduleOf(`import { buy, close, defineStrategy, int, sma } from 'klinelab'
      export default defineStrategy({
        name: 'throwing', params: { fast: int(10), slow: int(50) },
        indicators: (p) => ({ fast: sma(p.fast), slow: sma(p.slow) }),
        onBar({ ind, position, params, bar }) {
          if (${condition}) throw new Error('no such luck with ' + params.fast)
          if (position.qty === 0 && ind.fast > ind.slow) return buy({ quote: 5000 })
          if (position.qty > 0 && ind.fast < ind.slow) return close()
        },
      })`)

  test('one of many is marked with its reason, and the rest go on', async () => {
    const { result } = await search({ strategy: throwing('params.fast === 20 && params.slow === 80') })
    const { trials, table } = result.document
    expect(trials).toMatchObject({ all: 15, done: 14, failed: 1 })
    const failed = table.find(({ status }) => status === 'failed')!
    expect(failed).toMatchObject({ params: { fast: 20, slow: 80 }, objective: null, rank: null })
    expect(failed.reason).toContain('no such luck with 20')
  })

  test('one that ends its thread is marked, and its neighbours are not', async () => {
    const { result } = await search({
      strategy: throwing('params.fast === 20 && params.slow === 80 && process.exit(3)'),
    })
    expect(result.document.trials).toMatchObject({ all: 15, done: 14, failed: 1 })
    const failed = result.outcomes.find(({ status }) => status === 'failed')!
    expect(failed.reason).toBe('it ended the thread that ran it (it ended with code 3)')
  })

  test('more than 5 % stop the search, and the first reasons are told', async () => {
    await expect(search({ strategy: throwing('params.fast === 20') })).rejects.toThrow(
      /of 15 trials have failed, more than the 1 that may.*\n.*trial 4: .*no such luck with 20/s,
    )
  })

  test('parameters that an indicator refuses are failed trials', async () => {
    const { result } = await search({ strategy: throwing('false'), set: ['fast=0,10,20', 'slow=40..190:10'] }).catch(
      (error: Error) => ({ result: { error } as never }),
    )
    // 16 of 48 are refused: more than may
    expect((result as unknown as { error: Error }).error.message).toContain('sma period 0')
  })

  test('an objective of one’s own is asked, and a NaN of it is a failed trial that quotes it', async () => {
    const dir = scratch({
      'package.json': '{ "type": "module" }',
      'mine.ts':
        'export default ({ metrics, params, trades }) => params.fast === 30 && params.slow === 160 ? NaN : trades.length - metrics.maxDrawdown',
      'none.ts': 'export const nothing = 1',
      'throws.ts': "export default () => { throw new Error('no such figure') }",
    })
    const { result } = await search({ objective: join(dir, 'mine.ts') })
    expect(result.document.search.objective).toEqual({ name: 'mine.ts', goal: 'max' })
    const throwing = join(dir, 'throws.ts')
    await expect(search({ objective: throwing })).rejects.toThrow('trial 1: objective throws.ts threw: no such figure')
    for (const { objective, metrics, status, reason } of result.outcomes)
      if (status === 'failed') expect(reason).toBe('objective mine.ts returned NaN, not a finite number')
      else expect(objective).toBe(metrics['trades']! - metrics['maxDrawdown']!)
    expect(result.document.trials.failed).toBe(1)
    await expect(search({ objective: join(dir, 'none.ts') })).rejects.toThrow('its default export is no function')
  })
})

describe('a search that is stopped', () => {
  /** Stops after some trials are told. */
  async function stopped(out: string, after: number, more: Partial<SearchAsked> = {}): Promise<number> {
    const stop = new AbortController()
    let done = 0
    await expect(
      search(more, {
        workers: 1,
        signal: stop.signal,
        onTrials: (at) => {
          done = at.done
          if (at.done >= after) stop.abort()
        },
      }, out),
    ).rejects.toThrow(/stopped after \d+ of \d+ trials; --resume goes on/) // biome-ignore format: one thought
    return done
  }

  test.each([
    ['grid', {}, 5],
    ['tpe', { method: 'tpe', trials: 48, set: ['fast=5..60', 'slow=61..300'] }, 20],
    ['pruned', { method: 'random', trials: 100, set: ['fast=5..60', 'slow=61..300'], prune: 0.3 }, 80],
  ] as const)('goes on with --resume to the same bytes, %s', async (_, more, after) => {
    const out = scratch()
    const done = await stopped(out, after, more)
    const [journal] = readdirSync(out).filter((name) => name.startsWith('.search'))
    const file = join(out, journal!, 'outcomes.jsonl')
    expect(readFileSync(file, 'utf8').trim().split('\n')).toHaveLength(done)
    // a process that was killed may have torn its last line
    appendFileSync(file, '{"trial":{"number":1')
    let computed = 0
    const total = 1000
    const resumed = await search(
      more,
      { resume: true, onTrials: ({ rate }) => (computed += rate === null ? 0 : 1) },
      out,
    )
    const whole = await search(more)
    expect(resumed.result).toEqual(whole.result)
    expect(computed).toBeLessThan(total)
    expect(computed).toBe(whole.result.outcomes.length - done)
  })

  test('without --resume it begins anew and says so', async () => {
    const out = scratch()
    await stopped(out, 5)
    const notices: string[] = []
    const again = await search({}, { onNotice: (text) => notices.push(text) }, out)
    expect(again.result.outcomes).toHaveLength(15)
    expect(notices).toEqual([expect.stringContaining('with --resume would go on from there')])
  })

  test('two of the same at once: the second is told who makes it', async () => {
    const out = scratch()
    const both = await Promise.allSettled([search({}, {}, out), search({}, {}, out)])
    const refused = both.flatMap((one) => (one.status === 'rejected' ? [String(one.reason)] : []))
    expect(refused).toEqual([expect.stringMatching(/process \d+@\S+ is making the same search/)])
  })
})

describe('every trial counts', () => {
  const inLedger = (file: string) =>
    readLedger(file).entries.map(({ params, status }) => [params['fast'], params['slow'], status])

  test('also of a search that is stopped, and once', async () => {
    const out = scratch()
    const counting = { ledger: join(out, 'ledger.jsonl'), onWarning: () => {} }
    const stop = new AbortController()
    const host = { counting, signal: stop.signal, onTrials: (at: { done: number }) => at.done >= 4 && stop.abort() }
    await expect(search({}, host, out)).rejects.toThrow('--resume goes on')
    const tried = inLedger(counting.ledger)
    expect(tried.length).toBeGreaterThanOrEqual(4)
    expect(tried[0]).toEqual([10, 40, 'done'])
    const done = await search({}, { counting, resume: true }, out)
    await writeSweep(done, out, counting)
    expect(inLedger(counting.ledger)).toHaveLength(15)
  })

  test('of strategies whose code cannot be seen those are told apart that came to something else', async () => {
    const out = scratch()
    const counting = { ledger: join(out, 'ledger.jsonl'), onWarning: () => {} }
    const made = (quote: number) =>
      defineStrategy({
        name: 'closed',
        params: { fast: int(10), slow: int(50) },
        indicators: (p) => ({ fast: sma(p.fast), slow: sma(p.slow) }),
        onBar: ({ ind, position }) => {
          if (position.qty === 0 && ind.fast > ind.slow) return buy({ quote })
          return position.qty > 0 && ind.fast < ind.slow ? close() : undefined
        },
      })
    for (const quote of [1000, 5000])
      await writeSweep(await search({ strategy: made(quote) }, { counting }, out), out, counting)
    expect(new Set(readLedger(counting.ledger).entries.map(({ id }) => id)).size).toBeGreaterThan(25)
    // nor does one go on from what another has done
    expect(readdirSync(out).filter((name) => name.startsWith('.search'))).toEqual([])
  })
})

test('a strategy that keeps something in its module is found out', async () => {
  const leaky = moduleOf(`import { buy, defineStrategy, int } from 'klinelab'
    let bars = 0
    export default defineStrategy({
      name: 'leaky', params: { fast: int(10), slow: int(50) },
      onBar: ({ params, position }) => (++bars === params.fast && position.qty === 0 ? buy({ quote: 1000 }) : undefined),
    })`)
  await expect(search({ strategy: leaky })).rejects.toThrow(
    'not deterministic: trial 1, run again after the others, came to another result',
  )
})

describe('threads', () => {
  const subjectOf = async () => {
    const settings = settingsIn(scratch())
    const { ground, scene, objectiveFile } = await planSearch(asking(), settings, {})
    return backendOf({ ground, scene, objectiveFile }, { workers: 1 })
  }
  const trials = Array.from({ length: 40 }, (_, k) => ({ number: k + 1, params: { fast: 10 + k, slow: 100 } }))

  test('do one lot whole while another one is being stopped', async () => {
    const backend = await subjectOf()
    try {
      const stop = new AbortController()
      const first = backend.run(trials, () => stop.abort(), stop.signal)
      await new Promise((resolve) => stop.signal.addEventListener('abort', resolve, { once: true }))
      const told: number[] = []
      await backend.run(trials.slice(0, 5), ({ number }) => told.push(number))
      await first
      expect(told).toEqual([1, 2, 3, 4, 5])
    } finally {
      await backend.close()
    }
  })

  test('hand on what goes wrong where an outcome is told: a full disk, for one', async () => {
    const backend = await subjectOf()
    const full = () => {
      throw new Error('the disk is full')
    }
    try {
      await expect(backend.run(trials, full)).rejects.toThrow('the disk is full')
      const told: number[] = []
      await backend.run(trials.slice(0, 2), ({ number }) => told.push(number))
      expect(told).toEqual([1, 2])
    } finally {
      await backend.close()
    }
  })
})

describe('what cannot be searched is refused before a trial is run', () => {
  const isNone = async (more: Partial<SearchAsked>, words: string | RegExp, host: SearchHost = {}) =>
    expect(search(more, host)).rejects.toThrow(words)

  test.each([
    ['an empty grid', { set: [] }, 'there is nothing to search'],
    ['a range without a step', { set: ['fast=10..100'] }, /--set fast=10\.\.100.*step/],
    [
      'a constraint that leaves nothing',
      { where: ['fast > slow + 1000'] },
      /--where 'fast > slow \+ 1000' leaves nothing/,
    ],
    ['an unknown name in a constraint', { where: ['fist < slow'] }, /fist.*fast/],
    ['an unknown parameter', { set: ['fist=1,2'] }, /no parameter "fist".*fast/],
    ['a value out of bounds', { set: ['fast=1,2'] }, /--set fast=1,2.*fast/],
    ['an unknown figure', { objective: 'sharp' }, /--objective sharp.*sharpe/],
    ['a figure that is neither good nor bad', { objective: 'trades' }, /--objective trades/],
    ['trials of a grid', { trials: 5 }, /a grid tries all it has \(15\)/],
    ['a series that is not stored', { data: ['binance:NOPEUSDT:1h'] }, /NOPEUSDT/],
  ] as const)('%s', async (_, more, words) => isNone(more as Partial<SearchAsked>, words))

  test('one that would take too long is stopped with advice, and what is done is kept', async () => {
    const slow = moduleOf(`import { defineStrategy, int } from 'klinelab'
      export default defineStrategy({
        name: 'slow', params: { n: int(1) },
        onBar() { for (let k = 0; k < 8_000; k++) Math.sqrt(k) },
      })`)
    const out = scratch()
    await expect(search({ strategy: slow, set: ['n=1..400:1'] }, { workers: 1, maxSeconds: 3 }, out)).rejects.toThrow(
      /400 trials would take about .* more than --max-time 3 s: try fewer.*--resume goes on/,
    )
    expect(readdirSync(out)).toHaveLength(1)
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

import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { SearchAsked, SearchHost } from '../../src/runs/search-asked.ts'
import { UsageError } from '../../src/runs/usage-error.ts'
import { scratch } from '../cli/klinelab.ts'
import { moduleOf, search } from './sweep-scene.ts'

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

  test('one that leaves a promise which is rejected is marked, and the others of its batch are not', async () => {
    const leaving =
      'params.fast === 20 && params.slow === 80 && (void Promise.reject(new Error("left behind")) ?? false)'
    // of so many a thread is handed several at once
    const { result } = await search({ strategy: throwing(leaving), set: ['fast=20..43:1', 'slow=80,90'] })
    expect(result.document.trials).toMatchObject({ all: 48, done: 47, failed: 1 })
    const [failed, more] = result.document.table.filter(({ status }) => status === 'failed')
    expect(more).toBeUndefined()
    expect(failed).toMatchObject({ params: { fast: 20, slow: 80 }, objective: null })
    expect(failed!.reason).toMatch(
      /^a promise was rejected after .*: Error: left behind, at .*s\.ts:6:\d+\. A bar does not wait/,
    )
  })

  test('what a timer rejects is no other trial’s, also where one of its batch has rejected something itself', async () => {
    const leaving = `params.slow === 80 && (
      params.fast === 20 ? void Promise.reject(new Error('left behind')) :
      params.fast === 21 ? void setTimeout(() => Promise.reject(new Error('late')), 0) : 0, false)`
    await expect(search({ strategy: throwing(leaving), set: ['fast=20..43:1', 'slow=80,90'] })).rejects.toThrow(
      /^a promise was rejected after .*: Error: late, at .*Which trial it was of nobody can tell/,
    )
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
      // whoever asks trades how far price went for and against them is told
      'mine.ts': `export default ({ metrics, params, trades, equity }) => {
        const told = trades.filter(({ mae, mfe }) => mae <= 0 && mfe >= 0)
        const { maxDrawdown } = metrics
        for (const key of Object.keys(metrics)) metrics[key] = 9
        equity.time.fill(0, 1, -1)
        return params.fast === 30 && params.slow === 160 ? NaN : told.length - maxDrawdown
      }`,
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
    ['a seed of a grid', { seed: 3 }, /--search-seed 3: a grid draws nothing; add --method/],
    ['a series that is not stored', { data: ['binance:NOPEUSDT:1h'] }, /NOPEUSDT/],
  ] as const)('%s', async (_, more, words) => isNone(more as Partial<SearchAsked>, words))

  test('a condition that leaves nothing is a wrong command also where numbers had to be drawn to know', async () => {
    const nothing = { set: ['qty=0.01..0.1'], where: ['qty > 0.1'], method: 'random', trials: 4 } as const
    await expect(search(nothing)).rejects.toThrow(UsageError)
    await expect(search(nothing)).rejects.toThrow(/leaves nothing to try/)
  })

  test('one that would take too long is stopped with advice, and what is done is kept', async () => {
    // what it adds up is looked at: a compiler leaves out work that nobody asks after
    const slow = moduleOf(`import { close, defineStrategy, int } from 'klinelab'
      export default defineStrategy({
        name: 'slow', params: { n: int(1) },
        onBar() {
          let sum = 0
          for (let k = 0; k < 8_000; k++) sum += Math.sqrt(k)
          return sum < 0 ? close() : undefined
        },
      })`)
    const out = scratch()
    await expect(search({ strategy: slow, set: ['n=1..400:1'] }, { workers: 1, maxSeconds: 3 }, out)).rejects.toThrow(
      /400 trials would take about .* more than --max-time 3 s: try fewer.*--resume goes on/,
    )
    expect(readdirSync(out)).toHaveLength(1)
  })
})

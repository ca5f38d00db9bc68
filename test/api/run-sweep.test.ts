import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, join } from 'node:path'
import { describe, expect, test } from 'vitest'
import {
  buy,
  close,
  defineStrategy,
  int,
  runBacktest,
  runSweep,
  runWalkForward,
  type SweepOptions,
  sma,
  type TrialResult,
  UsageError,
  type WalkForwardOptions,
} from '../../src/index.ts'
import { ASKED, SERIES, searchProject } from '../cli/made-search.ts'

const project = await searchProject()
const { strategy: file, stores } = project
const PLAN = { train: '10d', test: '5d' } as const
const SET = { fast: '4..12:4', slow: [20, 40] } as const
const COMMON = { strategy: file, data: SERIES, set: SET, store: stores.own, workers: 1 } as const

let made = 0
/** A folder of its own for runs. */
const freshOut = () => join(project.cwd, `runs-${made++}`)

/** All that its inputs decide: when it was made and what the ledger says of that is no part of it. */
function filesOf(dir: string): Record<string, string> {
  const names = readdirSync(dir).filter((name) => name !== 'timing.json' && name !== 'ledger.json')
  return Object.fromEntries(names.map((name) => [name, textOf(join(dir, name))]))
}

function textOf(file: string): string {
  return readFileSync(file, 'latin1').replace(/<!--ledger-->.+<!--\/ledger-->/s, '')
}

/** Buys above an average, whose period is searched. */
const above = (name: string) =>
  defineStrategy({
    name,
    params: { period: int(20, { min: 2, max: 500 }) },
    indicators: (p) => ({ trend: sma(p.period) }),
    onBar({ bar, ind, position }) {
      if (position.qty === 0 && bar.close > ind.trend) return buy({ quote: 1000 })
      if (position.qty > 0 && bar.close < ind.trend) return close()
    },
  })

describe('runSweep and runWalkForward are the commands, from code', () => {
  test('a sweep: the same folder with the same bytes, each run counted in its own ledger', async () => {
    const [mine, theirs] = [freshOut(), freshOut()]
    const options = { where: 'fast < slow', cash: 5000, method: 'random', trials: 5, seed: 3 } as const
    const run = await runSweep({ ...COMMON, ...options, out: mine })
    const drawn = ['--method', 'random', '--trials', '5', '--search-seed', '3']
    const flags = ['--where', 'fast < slow', '--cash', '5000', ...drawn, '--out', theirs, '--json']
    const done = JSON.parse((await project.run(['sweep', file, ...ASKED, ...flags])).stdout) as { dir: string }
    expect(basename(run.dir)).toBe(basename(done.dir))
    expect(Object.keys(filesOf(run.dir)).sort()).toEqual(['report.html', 'run.json', 'trials.csv'])
    expect(filesOf(run.dir)).toEqual(filesOf(done.dir))
    expect(run.trials).toHaveLength(5)
    expect(run.verdict?.trials).toBe(5)
    // what each trial came to is what a backtest of it comes to
    const { params, metrics } = run.document.best!
    const set = params as { fast: number; slow: number }
    const alone = await runBacktest({ strategy: file, data: SERIES, set, cash: 5000, store: stores.own, write: false })
    for (const [key, value] of Object.entries(metrics)) expect([key, alone.document.metrics[key]]).toEqual([key, value])
  })

  test('a walk-forward: the same folder with the same bytes', async () => {
    const [mine, theirs] = [freshOut(), freshOut()]
    const run = await runWalkForward({
      ...COMMON,
      ...PLAN,
      anchored: true,
      embargo: '1d',
      objective: 'cagr',
      out: mine,
    })
    const flags = ['--anchored', '--embargo', '1d', '--objective', 'cagr', '--out', theirs, '--json']
    const words = ['walk-forward', file, ...ASKED, '--train', '10d', '--test', '5d', ...flags]
    const done = JSON.parse((await project.run(words)).stdout) as { dir: string }
    expect(basename(run.dir)).toBe(basename(done.dir))
    expect(filesOf(run.dir)).toEqual(filesOf(done.dir))
    // 11 days, then 5, 5 and what is left of 25
    expect(run.document.windows.map(({ test: { from, to } }) => (to - from) / 86_400_000)).toEqual([5, 5, 4])
    expect(run.trades.length).toBe(run.document.metrics['trades'])
  })

  test('kept in memory nothing is written or counted, and the numbers are the same', async () => {
    const [written, out] = [await runSweep({ ...COMMON, out: freshOut() }), freshOut()]
    const kept = await runSweep({ ...COMMON, out, write: false })
    expect(kept).toMatchObject({ dir: null, verdict: null })
    expect(existsSync(out)).toBe(false)
    expect(kept.document).toEqual(written.document)
    expect(kept.outcomes).toEqual(written.outcomes)
  })

  test('a strategy may be handed over as an object, and a function may judge', async () => {
    const seen: TrialResult[] = []
    const fewest = (result: TrialResult) => {
      seen.push(result)
      return result.trades.length
    }
    const strategy = above('inline')
    const asked = {
      ...COMMON,
      strategy,
      set: { period: '10..50:20' },
      objective: fewest,
      goal: 'min',
      write: false,
    } as const
    const run = await runSweep(asked)
    expect(run.document).toMatchObject({
      search: { objective: { name: 'fewest', goal: 'min' } },
      reproduce: { request: null, command: 'runSweep({ strategy: inline, … }) from a script' },
    })
    const counts = await Promise.all(
      [10, 30, 50].map(async (period) => {
        const alone = await runBacktest({ strategy, data: SERIES, set: { period }, store: stores.own, write: false })
        return alone.trades.length
      }),
    )
    expect(run.outcomes.map(({ objective }) => objective)).toEqual(counts)
    expect(run.document.best!.objective).toBe(Math.min(...counts))
    // the first once more, to see that it comes to the same
    const periods = [10, 30, 50, 10].map((period) => ({ period }))
    expect(seen.map(({ params }) => params)).toEqual(periods)
    const walked = await runWalkForward({ ...asked, ...PLAN })
    for (const { outOfSample } of walked.document.windows)
      expect(outOfSample!.objective).toBe(outOfSample!.metrics['trades'])
  })

  test('what a script hands over is named by what came of it too, and cannot be made again', async () => {
    const out = freshOut()
    const asked = { ...COMMON, set: { fast: '4..12:4' }, out } as const
    const by =
      (factor: number) =>
      ({ metrics }: TrialResult) =>
        factor * metrics['totalReturn']!
    const [one, other] = [
      await runSweep({ ...asked, objective: by(1) }),
      await runSweep({ ...asked, objective: by(2) }),
    ]
    expect(one.dir).not.toBe(other.dir)
    expect(other.document.best!.objective).toBe(2 * one.document.best!.objective!)
    const verified = await project.run(['verify', one.dir])
    expect(verified.code).toBe(2)
    expect(verified.stderr).toContain('its strategy or its objective was handed over by a script')
  })

  test('tells how far it is', async () => {
    const told: number[] = []
    await runSweep({ ...COMMON, write: false, onTrials: ({ done, total }) => told.push(done / total) })
    expect(told).toEqual([1, 2, 3, 4, 5, 6].map((done) => done / 6))
  })
})

describe('what cannot be is refused with a reason, and nothing is written', () => {
  const refused = async (work: Promise<unknown>) => {
    const refusal = await work.catch((error: unknown) => error)
    expect(refusal).toBeInstanceOf(UsageError)
    return (refusal as Error).message
  }

  test.each<readonly [object, string]>([
    [{ tirals: 5 }, 'runSweep: unknown option "tirals" (did you mean "trials"?)'],
    [{ benchmark: 'binance:BTCUSDT:1h' }, 'runSweep: unknown option "benchmark"'],
    [{ train: '30d' }, 'runSweep: unknown option "train"'],
    [{ set: { fsat: '4..12:4' } }, 'there is no parameter "fsat" (did you mean "fast"?)'],
    [{ set: undefined }, 'runSweep: set says what is tried, by name'],
    [{ set: ['fast=1..2:1'] }, 'runSweep: set says what is tried, by name'],
    [{ set: { fast: [] } }, 'set.fast: an empty list is not allowed'],
    [{ set: { fast: { from: 4 } } }, 'set.fast: an object of from is not allowed'],
    [{ set: { fast: ['4,5', '6'] } }, 'set.fast: "4,5" has a comma'],
    [{ set: { fast: 5 } }, 'there is nothing to search'],
    [{ where: 3 }, "runSweep: where is a text such as 'fast < slow'"],
    [{ where: 'fast < slo' }, 'slo'],
    [{ method: 'guess' }, 'method: "guess" is not allowed; write grid or random or sobol or tpe'],
    [{ goal: 'most' }, 'goal: "most" is not allowed; write max or min'],
    [{ trials: 0 }, 'trials: 0 is not allowed; write a number (whole, at least 1)'],
    [{ trials: 10 }, 'a grid tries all it has (6)'],
    [{ seed: -1 }, 'seed: -1 is not allowed'],
    [{ prune: 1 }, 'prune: 1 is not allowed'],
    [{ workers: 1.5 }, 'workers: 1.5 is not allowed; write a number (whole, from 1 to 256)'],
    [{ cash: -1 }, 'cash: -1 is not allowed'],
    [{ objective: 'sharp' }, 'there is no such figure (did you mean "sharpe"?)'],
    [{ objective: 7 }, 'runSweep: objective is the key of a figure, the path of a module, or a function of a trial'],
    [
      { strategy: { name: 'mine' } },
      'runSweep: strategy is neither the path of a module nor what defineStrategy returned',
    ],
    [{ strategy: 'strategies/none.ts' }, 'strategies/none.ts: there is no such file'],
    [{ maxTime: 'soon' }, `maxTime: "soon" is not allowed; write a time such as '30m' or '2h', or ms`],
    [{ resume: true, write: false }, 'runSweep: resume goes on with what was written'],
    [{ from: '2024-13-01' }, 'from: "2024-13-01" is not a time'],
    [{ holdout: 0.2 }, 'is searched as a strategy: it has no model; leave it out'],
  ])('%o', async (wrong, message) => {
    const out = freshOut()
    expect(await refused(runSweep({ ...COMMON, out, ...wrong } as SweepOptions))).toContain(message)
    expect(existsSync(out)).toBe(false)
  })

  test.each<readonly [object, string]>([
    [{ holdout: 0.2 }, 'runWalkForward: unknown option "holdout"'],
    [{ anchor: true }, 'runWalkForward: unknown option "anchor" (did you mean "anchored"?)'],
    [{ train: undefined }, "train: undefined is not allowed; write a time such as '12h', '30d' or '26w'"],
    [{ test: 30 }, 'test: 30 is not allowed'],
    [{ test: 'long' }, '--test "long" is not allowed'],
    [{ train: '900d' }, 'do not fit into'],
  ])('%o', async (wrong, message) => {
    const asked = { ...COMMON, ...PLAN, out: freshOut(), ...wrong } as WalkForwardOptions
    expect(await refused(runWalkForward(asked))).toContain(message)
    expect(existsSync(asked.out!)).toBe(false)
  })
})

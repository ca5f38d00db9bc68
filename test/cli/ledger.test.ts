import { appendFileSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import type { LedgerVerdict } from '../../src/core/ledger.ts'
import { appendTrials, readLedger } from '../../src/search/ledger.ts'
import { command } from '../data/command.ts'
import { madeReturns, madeTrial } from '../search/made-trials.ts'
import { klinelab, ROOT, scratch } from './klinelab.ts'

const RUN = [
  'backtest',
  join(ROOT, 'strategies', 'sma-cross.ts'),
  '--data',
  'binance:BTCUSDT:1h',
  '--from',
  '2024-01-01',
  '--to',
  '2024-07-01',
]

interface Said extends LedgerVerdict {
  readonly file: string
  readonly names: readonly { readonly name: string; readonly trials: number }[]
}

/** The command line in this process, over the embedded data; `typed` ones are processes of their own. */
const here = async (args: readonly string[], more: { cwd?: string; env?: Record<string, string> } = {}) => {
  const done = await command(args, join(ROOT, 'datasets'), { cwd: ROOT, ...more })
  return { ...done, json: <T>() => JSON.parse(done.stdout) as T }
}
const typed = klinelab

let out: string
beforeAll(async () => {
  out = scratch()
  for (const fast of [24, 48]) {
    const done =
      fast === 24
        ? typed([...RUN, '--set', `fast=${fast}`, '--out', out])
        : await here([...RUN, '--set', `fast=${fast}`, '--out', out])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    expect(done.stdout).toMatch(
      fast === 24 ? /Tried +the only trial/ : /Tried +one of 2 different trials in the ledger\n +\S/,
    )
  }
})

describe('klinelab ledger', () => {
  test('says what was tried and judges the best of it, as backtest did', async () => {
    const done = typed(['ledger', '--out', out, '--json'])
    expect(done).toMatchObject({ code: 0, stderr: '' })
    const said = done.json<Said>()
    expect(said).toMatchObject({
      ...{ file: join(out, 'ledger.jsonl'), lines: 2, trials: 2, compared: 2, unreadable: 0, unreadableAt: [] },
      ...{ byVerb: [{ verb: 'backtest', trials: 2 }], names: [{ name: 'sma-cross', trials: 2 }] },
    })
    const entries = readLedger(said.file).entries
    const best = entries.reduce((a, b) =>
      b.returns!.mean / b.returns!.deviation > a.returns!.mean / a.returns!.deviation ? b : a,
    )
    expect(said.chosen!.run).toBe(best.run)
    const { stdout } = await here(['ledger', '--out', out])
    expect(stdout).toContain('2 different trials, in 2 lines')
    expect(stdout).toMatch(/^sma-cross +2 /m)
    expect(stdout).toContain(`The best Sharpe ratio of them: ${best.run} fast=`)
    expect(stdout).toContain(said.overfitting!.verdict)
    for (const label of [
      'expected maximum of luck',
      'probabilistic Sharpe ratio',
      'deflated Sharpe ratio',
      'days needed, all counted',
      'probability of overfitting',
    ])
      expect(stdout).toMatch(new RegExp(`^  ${label} +\\S`, 'm'))
  })

  test('judges the run that is asked for', async () => {
    const { run } = readLedger(join(out, 'ledger.jsonl')).entries[0]!
    expect((await here(['ledger', '--run', run, '--out', out, '--json'])).json<Said>().chosen!.run).toBe(run)
    expect((await here(['ledger', '--run', run, '--out', out])).stdout).toContain(`Judged: ${run}`)
    expect(await here(['ledger', '--run', 'none', '--out', out])).toMatchObject({ code: 2 })
  })

  test('narrowed to a strategy or series it says that it counts less', async () => {
    const file = join(scratch(), 'ledger.jsonl')
    appendTrials(file, [
      madeTrial(1, { returns: madeReturns(1) }),
      madeTrial(2, { returns: madeReturns(2), name: 'other', series: ['a:B:1h'] }),
    ])
    const only = await here(['ledger', '--ledger', file, '--strategy', 'other'])
    expect(only.stdout).toContain('1 different trial,')
    expect(only.stdout).toContain('ONLY other: the verdict counts less than was tried')
    expect(
      (await here(['ledger', '--series', 'a:B:1h', '--json'], { env: { KLINELAB_LEDGER: file } })).json<Said>(),
    ).toMatchObject({
      ...{ file, trials: 1, view: { name: null, series: 'a:B:1h' } },
    })
    const none = await here(['ledger', '--ledger', file, '--strategy', 'othr'])
    expect(none).toMatchObject({ code: 2, stdout: '' })
    expect(none.stderr).toMatch(/^--strategy "othr" \(did you mean "other"\?\): no trial of it is in .*; there are/)
    expect((await here(['ledger', '--ledger', file, '--series', 'x:Y:1h'])).stdout).toContain('no trial of "x:Y:1h"')
  })

  test('torn lines are told of; a newer version is an error', async () => {
    const file = join(scratch(), 'ledger.jsonl')
    appendTrials(file, [madeTrial(1, { returns: madeReturns(1) })])
    appendFileSync(file, '{"v":1,"id":"01')
    const torn = await here(['ledger', '--ledger', file])
    expect(torn).toMatchObject({
      code: 0,
      stderr: `warning: ${file}:2: the line is torn or damaged, and its trial is not counted\n`,
    })
    appendFileSync(file, '\n{"v":7,"x":1}\n')
    expect(await here(['ledger', '--ledger', file])).toMatchObject({
      code: 1,
      stderr: `${file}:3: was written by a newer klinelab (version 7 of the ledger); update klinelab, or count in another ledger with --ledger FILE\n`,
    })
  })

  test('without any trial it says how to make one', async () => {
    const empty = scratch()
    expect(await here(['ledger', '--out', empty])).toMatchObject({
      code: 0,
      stdout: expect.stringContaining('nothing was tried yet'),
    })
    const models = join(empty, 'models.jsonl')
    appendTrials(models, [madeTrial(1, { verb: 'model' })])
    expect((await here(['ledger', '--ledger', models])).stdout).toContain('No trial has a Sharpe ratio: too few to say')
  })
})

describe('other commands', () => {
  test('backtest --json has the verdict, a warning where it is not counted, and where the ledger is to lie', async () => {
    const done = await here([...RUN, '--set', 'fast=24', '--out', out, '--json'])
    expect(done.json<{ ledger: LedgerVerdict }>().ledger).toMatchObject({ trials: 2, lines: 3 })
    const full = typed([...RUN, '--set', 'fast=24', '--out', out, '--ledger', '/dev/full', '--json'])
    expect(full).toMatchObject({
      code: 0,
      stderr: expect.stringMatching(
        /^warning: \/dev\/full: one trial was not counted in the trial ledger: the disk is full/,
      ),
    })
    expect(full.json<{ ledger: unknown }>().ledger).toBe(null)
    const config = { 'klinelab.config.ts': "export default { ledger: 'all/tried.jsonl' }\n" }
    const cwd = scratch(config)
    const shown = (await here([...RUN, '--show-config', '--json'], { cwd })).json<{ ledger: { value: string } }>()
    expect(shown.ledger).toEqual({ value: 'all/tried.jsonl', from: join(cwd, 'klinelab.config.ts') })
  })

  test('report renders what the ledger says by now and counts nothing; runs and verify know nothing of it', async () => {
    const file = join(out, 'ledger.jsonl')
    const { run } = readLedger(file).entries[0]!
    const page = join(out, run, 'report.html')
    const lines = readLedger(file).entries.length
    appendTrials(file, [madeTrial(900, { name: 'later' })])
    const report = readFileSync(page, 'utf8')
    writeFileSync(page, report.replace(/<!--ledger-->.*<!--\/ledger-->/s, '<!--ledger--><!--/ledger-->'))
    expect(await here(['verify', run, '--out', out])).toMatchObject({ code: 0 })
    expect(await here(['report', run, '--out', out])).toMatchObject({ code: 0, stderr: '' })
    expect(readFileSync(page, 'utf8')).toContain('one of 3 different trials')
    expect(JSON.parse(readFileSync(join(out, run, 'ledger.json'), 'utf8'))).toMatchObject({ trials: 3 })
    expect(readLedger(file).entries.length).toBe(lines + 1)
    expect(await here(['runs', '--out', out, '--json'])).toMatchObject({ code: 0, stderr: '' })
  })
})

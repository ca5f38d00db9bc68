import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { beforeAll, describe, expect, test } from 'vitest'
import { expectationCone } from '../../../../src/metrics/expectation-cone.ts'
import { loadRun } from '../../../../src/runs/load-run.ts'
import type { SessionFile } from '../../../../src/runs/paper/session-file.ts'
import { type Expectation, expectationOf } from '../../../../src/runs/paper/watch/expectation.ts'
import { ROOT, scratch } from '../../../cli/klinelab.ts'
import { klinelabHere } from '../../../cli/klinelab-here.ts'

const DAY = 86_400_000
const STRATEGY = ['strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--set', 'slow=168']
const out = scratch()

async function made(...args: readonly string[]): Promise<string> {
  const done = await klinelabHere([...args, '--out', out, '--json'])
  expect(done.stderr).toBe('')
  return done.json<{ dir: string }>().dir
}
const backtest = (fast: number, from: string, to: string) =>
  made('backtest', ...STRATEGY, '--set', `fast=${fast}`, '--from', from, '--to', to)

let file: SessionFile
let older: string
let newer: string
let other: string
beforeAll(async () => {
  older = await backtest(24, '2022-06-01', '2022-09-01')
  newer = await backtest(24, '2022-06-01', '2022-10-01')
  other = await backtest(36, '2022-06-01', '2022-10-01')
  const dir = await made(
    'paper',
    ...STRATEGY,
    '--set',
    'fast=24',
    '--replay',
    '--from',
    '2024-01-01',
    '--to',
    '2024-01-03',
  )
  file = JSON.parse(readFileSync(join(dir, 'session.json'), 'utf8'))
})

const expected = (named?: string, of = file): Promise<Expectation> =>
  expectationOf(of, { out, cwd: ROOT, now: file.from, ...(named !== undefined && { named }) })

describe('what a session is held against', () => {
  test('is the newest run of its strategy, code, parameters and series, though a newer one has others', async () => {
    const found = await expected()
    expect(found).toMatchObject({ run: newer.split('/').at(-1) })
    expect('words' in found && found.words).toMatch(
      /its 122 days from 2022-06-01 to 2022-10-01, drawn 1000 times in blocks of \d/,
    )
    expect('words' in found && found.words).not.toContain('differs')
  })

  test('has a cone of the run’s own days, ended at midnight, for a year at least', async () => {
    const found = await expected()
    const { equity } = await loadRun(newer)
    const ends = [10_000]
    for (let row = 0; row < equity.length; row++) if (equity.time[row]! % DAY === 0) ends.push(equity.equity[row]!)
    expect(ends.length).toBe(123)
    const returns = Float64Array.from(ends.slice(1), (end, k) => end / ends[k]! - 1)
    expect('cone' in found && found.cone).toEqual(expectationCone(returns, 365))
  })

  test('is the run that is named, and what it has of its own is said', async () => {
    expect(await expected(older)).toMatchObject({ run: older.split('/').at(-1) })
    const found = await expected(other)
    expect('words' in found && found.words).toContain('; it differs from the session in its parameters')
    await expect(expected('no-such-run')).rejects.toThrow('there is no run "no-such-run"')
  })

  test('is nothing where no run is its own, or the run is too short, and that is said', async () => {
    const foreign = { ...file, strategy: { ...file.strategy, code: 'x' } }
    expect(await expected(undefined, foreign)).toEqual({
      reason: expect.stringMatching(/^no run of sma-cross with this code.*--expect$/),
    })
    const short = await backtest(24, '2022-06-01', '2022-06-20')
    expect(await expected(short)).toEqual({
      reason: expect.stringMatching(/has 19 days, too few to expect anything by: 30 are needed/),
    })
  })

  test('reaches beyond now, and over the whole of a replay', async () => {
    const days = async (of: Partial<SessionFile>, now = file.from) => {
      const found = await expectationOf({ ...file, ...of }, { out, cwd: ROOT, now, named: newer })
      return 'cone' in found && found.cone.low.length - 1
    }
    expect(await days({ mode: { kind: 'live' } }, file.from + 300 * DAY)).toBe(480)
    expect(await days({ mode: { kind: 'replay', to: file.from + 500 * DAY } })).toBe(500)
  })
})

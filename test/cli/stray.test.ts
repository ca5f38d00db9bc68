import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { klinelab, scratch } from './klinelab.ts'
import { type Bad, expectRefusal } from './refusal.ts'

const DATA = ['--data', 'binance:BTCUSDT:1h', '--from', '2024-01-01', '--to', '2024-02-01']
const SET = ['--set', 'fast=5..30:5']

/** What is left behind on the fourth bar of the first position. */
const leaving = (rest: string, more = '') => `import { buy, defineStrategy, int, sma } from 'klinelab'
${more}
export default defineStrategy({
  name: 'leaving',
  params: { fast: int(10, { min: 2, max: 50 }) },
  indicators: (p) => ({ fast: sma(p.fast) }),
  onBar({ position }) {
    if (position.bars === 3) ${rest}
    return position.qty === 0 ? buy({ qty: 0.01 }) : undefined
  },
})
`
const REJECTED = "void Promise.reject(new Error('boom'))"
const THROWN = "setTimeout(() => { throw new Error('boom') }, 0)"
const ASYNC = "void (async () => { await null; throw new Error('boom') })()"
const WORDS = ['nobody caught it: Error: boom, at HERE/s.ts:8:', 'A bar does not wait']

const STRAYS: readonly Bad[] = [
  { name: 'a promise that is rejected', rest: REJECTED },
  { name: 'a timer that throws', rest: THROWN },
  { name: 'an async function that nobody waits for', rest: ASYNC },
].map(({ name, rest }) => ({
  ...{ name, files: { 's.ts': leaving(rest) }, args: ['backtest', 's.ts', ...DATA], code: 1 as const, says: WORDS },
}))

describe('what a strategy leaves behind and fails later ends the run with its file and line', () => {
  test.each(STRAYS)('$name', (bad) => expectRefusal(bad, 'process'))

  test('one of no line, in a document', () => {
    const cwd = scratch({ 's.ts': leaving("void Promise.reject('nope')") })
    const { code, json } = klinelab(['backtest', 's.ts', ...DATA, '--out', 'out', '--json'], { cwd })
    const message = expect.stringMatching(
      /^a promise was rejected .*, and nobody caught it: nope\. A bar does not wait/,
    )
    expect({ code, json: json() }).toEqual({ code: 1, json: { error: { message, code: 1 } } })
    expect(existsSync(join(cwd, 'out'))).toBe(false)
  })
})

describe('what a strategy leaves running for ever', () => {
  const cwd = scratch({ 's.ts': leaving('setInterval(() => {}, 50)') })

  test.each([
    ['backtest', []],
    ['sweep', [...SET, '--workers', '2']],
  ] as const)('ends with the %s, to which it makes no difference', (verb, more) => {
    const { code, stdout, stderr } = klinelab([verb, 's.ts', ...DATA, ...more, '--out', `${verb}-out`, '--json'], {
      cwd,
    })
    expect({ code, run: JSON.parse(stdout).run }).toEqual({ code: 0, run: expect.stringContaining('leaving') })
    expect(stderr.includes('never ended')).toBe(verb === 'backtest')
  })
})

test('a strategy that ends the process is no success', () => {
  const cwd = scratch({ 's.ts': leaving('process.exit(0)') })
  const { code, stdout, stderr } = klinelab(['backtest', 's.ts', ...DATA, '--out', 'out'], { cwd })
  expect({ code, stdout, stderr }).toEqual({
    ...{ code: 1, stdout: '' },
    stderr: expect.stringMatching(
      /^klinelab: the process was ended before the command was done, by a process\.exit\(\)/,
    ),
  })
})

describe('in what runs a strategy many times', () => {
  test('a timer that throws stops the sweep, since nobody can tell of which trial it was', () => {
    const cwd = scratch({ 's.ts': leaving(THROWN) })
    const { code, stderr } = klinelab(['sweep', 's.ts', ...DATA, ...SET, '--out', 'out'], { cwd })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(
        /^an error was thrown after .*Error: boom, at .*s\.ts:8:\d+\. .*the search was stopped\.\n$/,
      ),
    })
    expect(readdirSync(join(cwd, 'out')).filter((name) => name.includes('sweep'))).toEqual([])
  })

  test('one that outlives the last trial is heard, too', () => {
    const late = "setTimeout(() => { throw new Error('boom') }, 1500)"
    const cwd = scratch({ 's.ts': leaving(late) })
    const { code, stderr } = klinelab(['sweep', 's.ts', ...DATA, ...SET, '--out', 'out'], { cwd })
    expect({ code, stderr }).toEqual({ code: 1, stderr: expect.stringContaining('Error: boom, at ') })
  })

  test('a promise that is rejected in the test stretch of a walk-forward ends it', () => {
    const there = `if (isMainThread) ${REJECTED}`
    const cwd = scratch({ 's.ts': leaving(there, "import { isMainThread } from 'node:worker_threads'") })
    const windows = ['--train', '14d', '--test', '7d']
    const { code, stderr } = klinelab(['walk-forward', 's.ts', ...DATA, ...SET, ...windows, '--out', 'out'], { cwd })
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: expect.stringMatching(/^a promise was rejected .*s\.ts:8:\d+\. .*\n$/),
    })
    expect(readdirSync(join(cwd, 'out')).filter((name) => name.includes('walk'))).toEqual([])
  })
})

test('a session on paper fails and says so, and its folder is left as it should be', () => {
  const cwd = scratch({ 's.ts': leaving(REJECTED) })
  const session = ['paper', 's.ts', ...DATA, '--replay', '--name', 'stray', '--out', 'out']
  const { code, stderr, stdout } = klinelab(session, { cwd })
  const says = expect.stringMatching(/a promise was rejected .*boom, at .*s\.ts:8:/)
  expect({ code, stderr, stdout }).toEqual({ code: 1, stderr: says, stdout: says })
  const status = klinelab(['paper', 'status', 'stray', '--out', 'out', '--json'], { cwd })
  expect(status.json()).toMatchObject({ state: 'failed', isRunning: false })
})

import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import type { PaperSnapshot } from '../../src/runs/paper/snapshot.ts'
import { klinelab, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const PAPER = [
  'paper',
  'strategies/sma-cross.ts',
  '--data',
  'binance:BTCUSDT:1h',
  '--set',
  'fast=24',
  '--set',
  'slow=168',
]
const WEEK = ['--replay', '--from', '2024-01-01', '--to', '2024-01-08']
/** Five US dollars below the start, which the second trade is. */
const ALARMED = ['--max-loss', '5', '--on-alarm', 'none']

describe('how a session is watched', () => {
  test('alarms are on stdout, the log is in its file, the address is said', () => {
    const out = scratch()
    const { code, stdout, stderr } = klinelab([
      ...PAPER,
      ...WEEK,
      ...ALARMED,
      '--out',
      out,
      '--name',
      'one',
      '--dashboard',
      '0',
      '--metrics',
      '0',
    ])
    expect(code).toBe(0)
    expect(stdout).toMatch(/^2024-01-\S+ critical loss-limit: equity is /)
    expect(stderr).toMatch(
      /^warn: BTCUSDT: the newest filters that are known of this range are of 2022-12-17.*\nwarn: Filters not simulated: .*\nwatch it at http:\/\/127\.0\.0\.1:\d+\/\nwatch it at http:\/\/127\.0\.0\.1:\d+\/metrics\n$/,
    )
    const dir = join(out, 'paper', 'one')
    const lines = readFileSync(join(dir, 'log.jsonl'), 'utf8')
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line))
    const { session } = JSON.parse(readFileSync(join(dir, 'session.json'), 'utf8'))
    const fills = readFileSync(join(dir, 'fills.csv'), 'utf8').trim().split('\n').length - 1
    expect(fills).toBeGreaterThan(2)
    expect(lines.filter(({ event }) => event === 'fill').length).toBe(fills)
    const [alarm] = lines.filter(({ event }) => event === 'alarm')
    expect(alarm).toMatchObject({ level: 'error', session, fields: { severity: 'critical', limit: 5 } })
    expect(Number.isNaN(Date.parse(alarm.time))).toBe(false)
    for (const line of lines) expect(line).toMatchObject({ session, msg: expect.any(String) })
  })

  test('with --json stdout is one document, and alarms are on stderr', () => {
    const { stdout, stderr } = klinelab([...PAPER, ...WEEK, ...ALARMED, '--out', scratch(), '--json'])
    expect(JSON.parse(stdout).state).toBe('ended')
    expect(stderr).toMatch(/^(warn: .*\n)*2024-01-\S+ critical loss-limit: equity is .*\n$/)
  })

  test.each([
    [
      'a port that is none',
      ['--dashboard', '70000'],
      '--dashboard: "70000" is not allowed; write a number (whole, at least 0, at most 65535)',
    ],
    ['two ports', ['--dashboard', '1', '2'], '--dashboard takes one value: 1 and 2'],
    [
      'a webhook that others could read',
      ['--webhook', 'http://example.com/T0PSECRET'],
      '--webhook: write an https address, or an http one of this machine',
    ],
    [
      'an address of nothing',
      ['--host', '0.0.0.0'],
      '--host is of --dashboard and --metrics: add one of them, or leave it out',
    ],
    ['a run that is not there', ['--expect', 'nothing'], 'there is no run "nothing"'],
  ])('%s is refused before anything is begun', async (_, flags, words) => {
    const { code, stderr } = await klinelabHere([...PAPER, ...WEEK, '--out', scratch(), ...flags])
    expect(code).toBe(2)
    expect(stderr).toContain(words)
    expect(stderr).not.toContain('T0PSECRET')
  })

  test.each(['--dashboard', '--metrics'])('%s that others may reach wants a key of one’s own', async (flag) => {
    const args = [...PAPER, ...WEEK, '--out', scratch(), flag, '0', '--host', '0.0.0.0']
    for (const [env, words] of [
      [{}, '--host 0.0.0.0 can be reached from other machines: set KLINELAB_DASHBOARD_KEY to a key of your own first'],
      [{ KLINELAB_DASHBOARD_KEY: '' }, 'set KLINELAB_DASHBOARD_KEY'],
      [{ KLINELAB_DASHBOARD_KEY: 'fifteen letters' }, 'KLINELAB_DASHBOARD_KEY has 15 characters, which can be guessed'],
    ] as const) {
      const { code, stderr } = await klinelabHere(args, { env })
      expect([code, stderr]).toEqual([2, expect.stringContaining(words)])
      expect(stderr).not.toContain('fifteen letters')
    }
  })

  test('drift is held against the run that is named, else against the newest', async () => {
    const out = scratch()
    const [, strategy, ...rest] = PAPER
    for (const to of ['2023-06-01', '2023-03-01'])
      await klinelabHere(['backtest', strategy!, ...rest, '--from', '2023-01-01', '--to', to, '--out', out])
    const runs = (await klinelabHere(['runs', '--out', out, '--json'])).json<{ runs: { run: string; to: number }[] }>()
    const runTo = (to: string) => runs.runs.find((one) => one.to === Date.parse(to))!.run
    const heldAgainst = async (...flags: string[]) => {
      const done = await klinelabHere([...PAPER, ...WEEK, '--out', out, '--json', ...flags])
      return done.json<PaperSnapshot>().drift!.run
    }
    expect(await heldAgainst('--name', 'one', '--expect', runTo('2023-06-01'))).toBe(runTo('2023-06-01'))
    expect(await heldAgainst('--name', 'two')).toBe(runTo('2023-03-01'))
  })

  test('a run that is not there, and an address that is none of this machine, leave the session to the next command', async () => {
    const args = [...PAPER, ...WEEK, '--out', scratch(), '--json']
    const gone = await klinelabHere([...args, '--dashboard', '0', '--expect', 'nothing'])
    expect([gone.code, gone.stderr]).toEqual([2, expect.stringContaining('there is no run "nothing"')])
    const env = { KLINELAB_DASHBOARD_KEY: 'a key of sixteen' }
    const far = await klinelabHere([...args, '--dashboard', '0', '--host', '203.0.113.1'], { env })
    expect([far.code, far.stderr]).toEqual([
      2,
      expect.stringContaining('--dashboard 0 on 203.0.113.1: cannot be bound (EADDRNOTAVAIL)'),
    ])
    expect((await klinelabHere(args)).json<{ state: string }>().state).toBe('ended')
  })
})

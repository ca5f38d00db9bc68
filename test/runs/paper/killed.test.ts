import { type ChildProcess, spawn } from 'node:child_process'
import { existsSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../../src/core/random.ts'
import { ROOT, scratch } from '../../cli/klinelab.ts'
import { klinelabHere } from '../../cli/klinelab-here.ts'

const MAIN = join(ROOT, 'src', 'cli', 'main.ts')
const FILES = ['fills.csv', 'trades.csv', 'events.jsonl']
const ARGS = [
  ...['paper', 'strategies/perp-trend.ts', '--data', 'binance-usdm:BTCUSDT:1h', '--replay', '--name', 'killed'],
  ...['--from', '2024-08-01', '--to', '2025-08-01'],
]
/** `npm run soak` kills more often, at other instants. */
const isSoak = process.env['KLINELAB_SEED'] === 'random'
const KILLS = isSoak ? 25 : 3

function started(out: string): { child: ChildProcess; ended: Promise<number | null> } {
  const { KLINELAB_STORE, KLINELAB_REPORTS, KLINELAB_LEDGER, ...env } = process.env
  const child = spawn(process.execPath, [MAIN, ...ARGS, '--out', out], { cwd: ROOT, env, stdio: 'ignore' })
  return { child, ended: new Promise((resolve) => child.once('exit', resolve)) }
}

const sizeOf = (file: string) => (existsSync(file) ? statSync(file).size : 0)

describe('a session that is killed', () => {
  test('at any instant, again and again, comes to what an unbroken one comes to', async () => {
    const unbroken = scratch()
    const { code } = await klinelabHere([...ARGS, '--out', unbroken])
    expect(code).toBe(0)
    const folder = (out: string) => join(out, 'paper', 'killed')
    const whole = sizeOf(join(folder(unbroken), 'journal.log'))

    const out = scratch()
    const journal = join(folder(out), 'journal.log')
    const random = seededRandom(isSoak ? Date.now() : 20_250_101)
    let kills = 0
    for (let k = 0; k < KILLS; k++) {
      const before = sizeOf(journal)
      // somewhere in what is left, and now and then before anything is written
      const at = k === 1 ? before : before + random() * (whole - before) * 0.8
      const { child, ended } = started(out)
      let isOver = false
      void ended.then(() => {
        isOver = true
      })
      while (!isOver && sizeOf(journal) <= at) await wait(1)
      child.kill('SIGKILL')
      if ((await ended) === null) kills++
      // what it had written is still there, but for a last record that was torn
      expect(sizeOf(journal)).toBeGreaterThanOrEqual(before)
    }
    expect(kills).toBeGreaterThan(0)
    // whoever asks sees that it died, and how old what he sees is
    const status = await klinelabHere(['paper', 'status', 'killed', '--out', out, '--json'])
    const { isRunning, state, snapshot, asOf, later, laterTo } = status.json<{
      isRunning: boolean
      state: string
      snapshot: { at: number; counters: { journalRecords: number } }
      asOf: number
      later: number
      laterTo: number | null
    }>()
    expect([isRunning, state]).toEqual([false, 'crashed'])
    // some that it had counted may not have been on the disk yet
    const lines = readFileSync(journal, 'utf8').split('\n').length - 1
    expect(later).toBe(Math.max(0, lines - snapshot.counters.journalRecords))
    expect(asOf).toBe(snapshot.at)
    const lastBar = [...readFileSync(journal, 'utf8').matchAll(/"kind":"bars","at":(\d+)/g)].at(-1)![1]
    expect(laterTo).toBe(later === 0 ? null : Number(lastBar))
    expect((await klinelabHere([...ARGS, '--out', out])).code).toBe(0)
    for (const name of FILES)
      expect(readFileSync(join(folder(out), name))).toEqual(readFileSync(join(folder(unbroken), name)))
    const opened = readFileSync(journal, 'utf8').match(/"kind":"opened"/g)!
    expect(opened.length).toBeGreaterThan(1)
    // every instant once: 365 days of hours
    const instants = [...readFileSync(journal, 'utf8').matchAll(/"kind":"bars","at":(\d+)/g)].map(([, at]) => at)
    expect([instants.length, new Set(instants).size]).toEqual([8760, 8760])
  })
})

import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, test } from 'vitest'
import { command } from '../data/command.ts'
import { hourlyCsv, klinelab, ROOT, scratch } from './klinelab.ts'
import { klinelabHere } from './klinelab-here.ts'

const GOOD = Array.from({ length: 48 }, () => [100, 101, 99, 100.5] as const)
/** The same 48 hours and two years more of prices that do not compress well. */
const MANY = Array.from(
  { length: 17_000 },
  (_, k) => [(10_000 + ((k * 7919) % 9973)) / 100, 400, 50, (10_000 + ((k * 104_729) % 9967)) / 100] as const,
)

const importing = (file: string) => ['data', 'import', file, '--as', 'binance:TESTUSDT:1h']
const mount = (options: string, folder: string) =>
  spawnSync('/bin/mount', ['-t', 'tmpfs', '-o', options, 'tmpfs', folder]).status === 0
const unmount = (folder: string) => spawnSync('/bin/umount', [folder])

/** Every file of a folder with its content. */
function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
  )
}

describe('a disk that is full or read-only', () => {
  test('an import onto a full disk says so and leaves the old store as it was, wherever the space ran out', async (context) => {
    const cwd = scratch({ 'a.csv': hourlyCsv(GOOD), 'b.csv': hourlyCsv([...GOOD, ...MANY]) })
    const store = join(cwd, 'store')
    mkdirSync(store)
    let failed = 0
    let isEnough = false
    for (let kilobytes = 40; !isEnough; kilobytes += 40) {
      expect(kilobytes).toBeLessThan(4000)
      if (!mount(`size=${kilobytes}k`, store)) return context.skip('mounting a small tmpfs needs root')
      try {
        expect(await command(importing(join(cwd, 'a.csv')), store)).toMatchObject({ code: 0, stderr: '' })
        const before = filesOf(store)
        const done = await command(importing(join(cwd, 'b.csv')), store)
        isEnough = done.code === 0
        if (isEnough) expect(done.stdout).toContain('17,000 new bars')
        else {
          expect(done).toEqual({
            code: 1,
            stdout: '',
            stderr: expect.stringMatching(/^[^\n]*the disk is full; nothing was changed\. Free some space[^\n]*\n$/),
          })
          expect(done.stderr).toContain(store)
          expect(filesOf(store)).toEqual(before)
          failed++
        }
      } finally {
        unmount(store)
      }
    }
    expect(failed).toBeGreaterThan(5)
  })

  test('a first import onto a full disk leaves nothing at all', async (context) => {
    const cwd = scratch({ 'b.csv': hourlyCsv(MANY) })
    const store = join(cwd, 'store')
    mkdirSync(store)
    if (!mount('size=64k', store)) return context.skip('mounting a small tmpfs needs root')
    try {
      // as a user runs it
      const done = klinelab([...importing('b.csv'), '--store', store], { cwd })
      expect({ code: done.code, stderr: done.stderr }).toEqual({
        code: 1,
        stderr: expect.stringMatching(/disk is full/),
      })
      expect(readdirSync(store)).toEqual([])
    } finally {
      unmount(store)
    }
  })

  test('a run onto a full disk leaves no folder behind', async (context) => {
    const cwd = scratch()
    const out = join(cwd, 'out')
    mkdirSync(out)
    if (!mount('size=512k', out)) return context.skip('mounting a small tmpfs needs root')
    try {
      const range = ['--from', '2024-01-01', '--to', '2024-03-01']
      const done = await klinelabHere(
        ['backtest', join(ROOT, 'strategies/sma-cross.ts'), '--data', 'binance:BTCUSDT:1h', ...range, '--out', out],
        { cwd },
      )
      expect(done.code).toBe(1)
      expect(done.stderr).toMatch(/disk is full/)
      // that it was tried counts all the same
      expect(readdirSync(out).filter((name) => name !== 'ledger.jsonl')).toEqual([])
    } finally {
      unmount(out)
    }
  })

  test('a store that cannot be written says so', async (context) => {
    const cwd = scratch({ 'a.csv': hourlyCsv(GOOD) })
    const store = join(cwd, 'store')
    mkdirSync(store)
    if (!mount('size=64k,ro', store)) return context.skip('mounting a read-only tmpfs needs root')
    try {
      const resampling = ['data', 'resample', 'binance:BTCUSDT:1m', '--to', '5m']
      for (const args of [importing(join(cwd, 'a.csv')), resampling]) {
        const done = await command(args, store)
        expect(done).toMatchObject({ code: 1, stdout: '', stderr: expect.stringMatching(/cannot be written.*--store/) })
        expect(done.stderr).toContain(store)
      }
      expect(existsSync(join(store, 'binance'))).toBe(false)
    } finally {
      unmount(store)
    }
  })
})

test.skipIf(process.platform !== 'linux')('a folder that the system will not make is told at once', async () => {
  const run = ['backtest', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--from', '2026-01-01']
  expect(await klinelabHere([...run, '--out', '/proc/klinelab'])).toMatchObject({
    code: 1,
    stderr: expect.stringContaining(
      '/proc/klinelab: the folder cannot be written (ENOENT); choose another with --out DIR.',
    ),
  })
  const resample = ['data', 'resample', 'binance:BTCUSDT:1h', '--to', '4h', '--store', '/proc/klinelab']
  expect(await klinelabHere(resample)).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/the folder cannot be written \(ENOENT\); nothing was changed/),
  })
})

test('one damaged manifest hides no other series: data list and doctor tell of it', async () => {
  const cwd = scratch({ 'a.csv': hourlyCsv(GOOD) })
  const at = { cwd, env: { KLINELAB_STORE: join(cwd, 'store') } }
  expect((await klinelabHere(importing('a.csv'), at)).code).toBe(0)
  expect((await klinelabHere(['data', 'import', 'a.csv', '--as', 'binance:OTHERUSDT:1h'], at)).code).toBe(0)
  const file = join(cwd, 'store', 'binance', 'TESTUSDT', '1h', 'manifest.json')
  writeFileSync(file, readFileSync(file, 'utf8').slice(0, 100))
  const listed = await klinelabHere(['data', 'list'], at)
  expect(listed).toMatchObject({
    code: 0,
    stderr: expect.stringMatching(/TESTUSDT.*manifest\.json: is not a manifest/),
  })
  expect(listed.stdout).toContain('binance:OTHERUSDT:1h')
  const health = klinelab(['doctor', '--offline', '--json'], at).json<{ problems: string[] }>()
  expect(health.problems).toEqual([expect.stringMatching(/manifest\.json: is not a manifest/)])
})

test.each([
  ['threads', '', /Use --allow-worker/],
  ['a flush to the disk', '--allow-worker --allow-addons', /fsync API is disabled/],
])('under Node’s permission model a sweep says in one sentence that it needs %s', (_, allowed, reason) => {
  const out = scratch()
  const words = [
    'sweep',
    'strategies/sma-cross.ts',
    '--data',
    'binance:BTCUSDT:1h',
    '--set',
    'fast=10,20',
    '--out',
    out,
  ]
  const flags = `--no-warnings --permission --allow-fs-read=* --allow-fs-write=* ${allowed}`
  const { code, stderr } = klinelab(words, { env: { NODE_OPTIONS: flags, KLINELAB_LEDGER: join(out, 'ledger.jsonl') } })
  expect(code).toBe(1)
  expect(stderr.trimEnd().split('\n').at(-1)).toMatch(
    /^Node’s permission model forbids what klinelab needs: .*\. Run it without --permission, also in NODE_OPTIONS: .*\.$/,
  )
  expect(stderr).toMatch(reason)
  expect(stderr, 'a stack is no explanation').not.toMatch(/\n\s+at /)
})

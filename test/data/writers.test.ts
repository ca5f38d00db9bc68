import { spawn } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, utimesSync, writeFileSync } from 'node:fs'
import { hostname } from 'node:os'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { describe, expect, test } from 'vitest'
import { seriesName } from '../../src/core/series.ts'
import { withLock } from '../../src/data/lock.ts'
import { ROOT } from '../cli/klinelab.ts'
import { dump, HOUR, START, TEST } from './klines.ts'
import { storeBeside } from './parquet-store.ts'

const DAYS = (from: number, count: number) => dump(START + 24 * from * HOUR, 24 * count)
const FILES = { 'a.csv': DAYS(0, 20), 'b.csv': DAYS(15, 20), 'c.csv': DAYS(35, 20) }

/** An import by the command line, as a process of its own that runs beside the test. */
function importing(cwd: string, file: string): Promise<{ code: number | null; said: string }> {
  const args = ['data', 'import', file, '--as', seriesName(TEST), '--store', join(cwd, 'store')]
  const child = spawn(process.execPath, [join(ROOT, 'src/cli/main.ts'), ...args], { cwd })
  let said = ''
  child.stdout.on('data', (part) => (said += part))
  child.stderr.on('data', (part) => (said += part))
  return new Promise((resolve) => child.on('close', (code) => resolve({ code, said })))
}

describe('two writers at once', () => {
  test('processes wait for each other, and nothing that one of them stored is lost', async () => {
    const { cwd, store } = await storeBeside(FILES)
    const done = await Promise.all(Object.keys(FILES).map((file) => importing(cwd, file)))
    expect(done.map(({ code }) => code)).toEqual([0, 0, 0])
    // days 0 to 54; a and b share five
    expect(await store.manifest(TEST)).toMatchObject({ rows: 55 * 24, duplicates: 5 * 24, gaps: [] })
    expect((await store.load(TEST)).length).toBe(55 * 24)
    expect(existsSync(join(cwd, 'store', '.lock'))).toBe(false)
  })

  test('imports in one process do so too', async () => {
    const { store, bring } = await storeBeside(FILES)
    await Promise.all(Object.keys(FILES).map((file) => bring(file)))
    expect(await store.manifest(TEST)).toMatchObject({ rows: 55 * 24, duplicates: 5 * 24, gaps: [] })
    expect((await store.load(TEST)).length).toBe(55 * 24)
  })

  test('a process that has to wait goes on as soon as the other is done', async () => {
    const { cwd, store } = await storeBeside(FILES)
    let isHeld = true
    const held = withLock(join(cwd, 'store'), 0, async () => {
      await setTimeout(1500)
      expect(await store.manifest(TEST)).toBe(null)
      isHeld = false
    })
    const { code, said } = await importing(cwd, 'a.csv')
    expect({ isHeld, code, said }).toEqual({ isHeld: false, code: 0, said: expect.stringContaining('480 new bars') })
    await held
  })

  test.skipIf(!existsSync('/proc/self/stat'))(
    'a writer that was killed holds nothing, also while nobody has asked what became of it',
    async () => {
      const { cwd, store, bringWith } = await storeBeside(FILES)
      // its child ends when the shell has become another program, which never asks
      const parent = spawn('sh', ['-c', 'sleep 0.3 & echo $!; exec sleep 20'])
      try {
        const pid = Number(String(await new Promise((resolve) => parent.stdout.once('data', resolve))))
        const stat = () =>
          readFileSync(`/proc/${pid}/stat`, 'utf8')
            .replace(/^.*\) /s, '')
            .split(' ')
        while (stat()[0] !== 'Z') await setTimeout(20)
        mkdirSync(join(cwd, 'store'), { recursive: true })
        writeFileSync(join(cwd, 'store', '.lock'), `${pid}@${hostname()} ${stat()[19]}`)
        await bringWith({ patience: 0 }, 'a.csv')
        expect(await store.manifest(TEST)).toMatchObject({ rows: 480 })
      } finally {
        parent.kill('SIGKILL')
      }
    },
  )

  test('who waits too long is told which process writes, what to do, and has changed nothing', async () => {
    const { cwd, store, bringWith } = await storeBeside(FILES)
    await withLock(join(cwd, 'store'), 0, async () => {
      const error = (await bringWith({ patience: 120 }, 'a.csv').catch((problem: Error) => problem)) as Error
      expect(error.name).toBe('DataError')
      for (const part of [join(cwd, 'store'), `process ${process.pid}`, 'wait until it has finished', '.lock'])
        expect(error.message).toContain(part)
    })
    expect(await store.list()).toEqual([])
    expect((await bringWith({ patience: 0 }, 'a.csv')).added).toBe(480)
  })

  test('a lock is let go where the work fails', async () => {
    const { cwd, bringWith } = await storeBeside({ ...FILES, 'other.csv': DAYS(0, 1).replace('12.345', '12.346') })
    await bringWith({}, 'a.csv')
    await expect(bringWith({}, 'other.csv')).rejects.toThrow(/two different rows/)
    expect(existsSync(join(cwd, 'store', '.lock'))).toBe(false)
  })
})

describe.skipIf(process.platform !== 'linux')('a lock that was left behind', () => {
  const ticks = (pid: number) => readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1]!.split(' ')[19]
  /** Process 1 lives as long as the machine; no process has a number beyond 2^22 (proc(5), pid_max). */
  const GONE = 2 ** 22 + 1

  async function importBehind(lock: string, age = 0) {
    const { cwd, bringWith } = await storeBeside(FILES)
    mkdirSync(join(cwd, 'store'))
    const file = join(cwd, 'store', '.lock')
    writeFileSync(file, lock)
    const born = new Date(Date.now() - age)
    utimesSync(file, born, born)
    const done = await bringWith({ patience: 150 }, 'a.csv').catch((problem: Error) => problem)
    return { done, isFree: !existsSync(file) }
  }

  test.each<[string, () => string, number]>([
    ['by a process that is gone', () => `${GONE}@${hostname()} 12345`, 0],
    ['by a process whose number another one has now', () => `1@${hostname()} ${Number(ticks(1)) + 1}`, 0],
    ['by a process that died before it could say who it is', () => '', 60_000],
    ['by a process that died while it said so', () => '47', 60_000],
  ])('%s is taken over', async (_, lock, age) => {
    const { done, isFree } = await importBehind(lock(), age)
    expect(done).toMatchObject({ added: 480 })
    expect(isFree).toBe(true)
  })

  test.each<[string, () => string, string]>([
    ['by a living process', () => `1@${hostname()} ${ticks(1)}`, 'process 1@'],
    ['by another machine, whose processes cannot be asked', () => `${GONE}@elsewhere 12345`, '@elsewhere'],
    ['by a process that is just saying who it is', () => '', 'process unknown'],
  ])('%s is respected', async (_, lock, holder) => {
    const { done, isFree } = await importBehind(lock())
    expect(done).toMatchObject({ message: expect.stringContaining(holder) })
    expect(isFree).toBe(false)
  })
})

import { spawn } from 'node:child_process'
import { cpSync, existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parseSeries, seriesName } from '../../src/core/series.ts'
import { barsSha256, certify, importFiles, isBroken, openStore } from '../../src/data/index.ts'
import { scratch } from '../cli/klinelab.ts'
import { dump, dumpRow, HOUR, NOW, START, TEST } from './klines.ts'

const CHILD = fileURLToPath(new URL('dying-import.ts', import.meta.url))

/** Imports in a process of its own that dies at the point; returns what it printed where it did not die. */
function dyingImport(
  store: string,
  file: string,
  point: string,
  series = TEST,
): Promise<{ signal: string | null; said: string }> {
  const child = spawn(process.execPath, [CHILD, store, file, seriesName(series), point])
  let said = ''
  child.stdout.on('data', (part) => (said += part))
  child.stderr.on('data', (part) => (said += part))
  return new Promise((resolve) => child.on('close', (_, signal) => resolve({ signal, said })))
}

function filesOf(folder: string): Record<string, string> {
  const names = readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()
  return Object.fromEntries(
    names
      .filter((name) => statSync(join(folder, name)).isFile())
      .map((name) => [name, readFileSync(join(folder, name), 'latin1')]),
  )
}

async function hashIn(dir: string): Promise<string> {
  const store = await openStore(dir)
  expect(isBroken(await certify(store, TEST))).toBe(false)
  return barsSha256(await store.load(TEST))
}

/** 20 January on; the second file fills up January and goes on into February: it rewrites a month and adds one. */
const OLD = dump(Date.UTC(2024, 0, 20), 100)
const NEW = Array.from({ length: 24 * 31 + 5 }, (_, k) => dumpRow(START + k * HOUR)).join('\n')

test('a process killed at any point of an import leaves the old store or the new one, and the next import succeeds', async () => {
  const cwd = scratch({ 'old.csv': OLD, 'new.csv': NEW })
  const file = join(cwd, 'new.csv')
  const [old, whole] = [join(cwd, 'old'), join(cwd, 'whole')]
  await importFiles(await openStore(old), [join(cwd, 'old.csv')], TEST, { now: NOW })
  cpSync(old, whole, { recursive: true })
  const { signal, said } = await dyingImport(whole, file, 'never')
  expect({ signal, said }).toEqual({ signal: null, said: expect.stringMatching(/^\d+$/) })
  const [before, after] = [await hashIn(old), await hashIn(whole)]
  expect(after).not.toBe(before)
  const points = Array.from({ length: Number(said) }, (_, k) => String(k + 1))
  const states: Record<string, number> = { old: 0, new: 0 }
  let locks = 0
  const oneByOne = async () => {
    for (let point = points.shift(); point !== undefined; point = points.shift()) {
      const store = join(cwd, `store-${point}`)
      cpSync(old, store, { recursive: true })
      const died = await dyingImport(store, file, point)
      expect(died, `point ${point}`).toEqual({ signal: 'SIGKILL', said: '' })
      const hash = await hashIn(store)
      expect([before, after], `point ${point}`).toContain(hash)
      states[hash === before ? 'old' : 'new']!++
      if (existsSync(join(store, '.lock'))) locks++
      // short of the time that a living writer would be waited for
      await importFiles(await openStore(store), [file], TEST, { now: NOW, patience: 3000 })
      expect(filesOf(store), `point ${point}`).toEqual(filesOf(whole))
    }
  }
  await Promise.all([oneByOne(), oneByOne()])
  // the points lie on both sides of the moment at which the import takes effect, and most of them leave a lock behind
  expect(states['old']).toBeGreaterThan(8)
  expect(states['new']).toBeGreaterThan(2)
  expect(locks).toBeGreaterThan(10)
})

test('a process killed while it writes the first month of a new series leaves a store without the series', async () => {
  // three weeks of minutes that differ, so that writing the month takes a while
  const rows = Array.from({ length: 30_000 }, (_, k) => {
    const digits = String((k * 7919) % 99_991).padStart(8, '0')
    return dumpRow(START + k * 60_000, [`100.${digits}`, '102', '99', `101.${digits}`, `${k}.${digits}`], '1m')
  })
  const MINUTES = parseSeries('binance:TESTUSDT:1m')
  const cwd = scratch({ 'new.csv': rows.join('\n'), 'one.csv': rows.slice(0, 9).join('\n') })
  const dir = join(cwd, 'store')
  expect(await dyingImport(dir, join(cwd, 'new.csv'), 'tmp', MINUTES)).toEqual({ signal: 'SIGKILL', said: '' })
  const store = await openStore(dir)
  expect(await store.list()).toEqual([])
  expect(await store.manifest(MINUTES)).toBe(null)
  const folder = join(dir, 'binance', 'TESTUSDT', '1m')
  expect(readdirSync(folder)).toEqual([expect.stringMatching(/^2024-01\.\d+\.tmp$/)])
  const { manifest } = await importFiles(store, [join(cwd, 'one.csv')], MINUTES, { now: NOW, patience: 3000 })
  expect(readdirSync(folder).sort()).toEqual([...manifest.files.map((month) => month.file), 'manifest.json'])
})

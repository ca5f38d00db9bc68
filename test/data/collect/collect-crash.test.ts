import { spawn } from 'node:child_process'
import { cpSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { Tail } from '../../../src/data/collect/tail.ts'
import { certify, openStore } from '../../../src/data/index.ts'
import { scratch } from '../../cli/klinelab.ts'
import { HOUR, NOW, START, TEST } from '../klines.ts'
import { batchOf, filesOf, hours } from './bars.ts'

const CHILD = fileURLToPath(new URL('dying-collector.ts', import.meta.url))

interface Death {
  readonly signal: string | null
  readonly lines: readonly string[]
}

function collector(dir: string, point: number, ...work: readonly (string | number)[]): Promise<Death> {
  const child = spawn(process.execPath, [CHILD, dir, ...[point, ...work].map(String)])
  let said = ''
  child.stdout.on('data', (part) => (said += part))
  child.stderr.on('data', (part) => (said += part))
  return new Promise((resolve) => child.on('close', (_, signal) => resolve({ signal, lines: said.trim().split('\n') })))
}

/** Copies of a store, each for a process that dies at a point; two run side by side. */
async function dieEverywhere(
  from: string,
  points: readonly number[],
  work: readonly (string | number)[],
  check: (dir: string, lines: readonly string[], point: number) => Promise<void>,
): Promise<void> {
  const waiting = [...points]
  const oneByOne = async () => {
    for (let point = waiting.shift(); point !== undefined; point = waiting.shift()) {
      const dir = join(scratch(), 'store')
      cpSync(from, dir, { recursive: true })
      const { signal, lines } = await collector(dir, point, ...work)
      expect({ signal, point, lines }).toEqual({ signal: 'SIGKILL', point, lines })
      await check(dir, lines, point)
    }
  }
  await Promise.all([oneByOne(), oneByOne()])
}

/** How many operations the work takes when nothing stops it. */
async function operationsOf(dir: string, ...work: readonly (string | number)[]): Promise<number> {
  const { signal, lines } = await collector(dir, Number.NaN, ...work)
  expect({ signal, last: lines.at(-1) }).toEqual({ signal: null, last: expect.stringMatching(/^done \d+$/) })
  return Number(lines.at(-1)!.split(' ')[1])
}

/** Every `step`th of the points, and the last ones, which lie behind the moment at which all takes effect. */
const some = (count: number, step: number) =>
  Array.from({ length: count }, (_, k) => k + 1).filter((point) => point % step === 1 || point > count - 2)

/** The second answer revises and fills up January, and goes on into February. */
const [FIRST, COUNT] = [700, 60]

test('killed while an answer is stored: the old store or the new one, and storing it again makes the new one', async () => {
  const [old, whole] = [join(scratch(), 'old'), join(scratch(), 'whole')]
  await storeBars(await openStore(old), TEST, batchOf(hours(690, 20)))
  cpSync(old, whole, { recursive: true })
  const count = await operationsOf(whole, 'store', FIRST, COUNT)
  const [before, after] = [filesOf(old), filesOf(whole)]
  const bars = hours(FIRST, COUNT).map((bar, k) => (FIRST + k < 720 ? { ...bar, volume: '9' } : bar))
  const states = { old: 0, new: 0 }
  await dieEverywhere(old, some(count, 5), ['store', FIRST, COUNT], async (dir, _, point) => {
    const store = await openStore(dir)
    expect((await certify(store, TEST)).faults).toEqual([])
    const manifest = filesOf(dir)['binance/TESTUSDT/1h/manifest.json']
    expect(
      [before, after].map((files) => files['binance/TESTUSDT/1h/manifest.json']),
      `point ${point}`,
    ).toContain(manifest)
    states[manifest === after['binance/TESTUSDT/1h/manifest.json'] ? 'new' : 'old']++
    await storeBars(store, TEST, batchOf(bars))
    expect(filesOf(dir), `point ${point}`).toEqual(after)
  })
  expect(states.old).toBeGreaterThan(2)
  expect(states.new).toBeGreaterThan(0)
})

test('killed while a tail is folded: nothing is lost, nothing is doubled, nothing is revised twice', async () => {
  const [old, whole] = [join(scratch(), 'old'), join(scratch(), 'whole')]
  const store = await openStore(old)
  // an older stream stored them: its own words a stream may state anew
  await storeBars(store, TEST, { ...batchOf(hours(690, 20)), origin: 'binance stream' })
  const tail = await Tail.open(store, TEST)
  for (const bar of hours(700, 50)) tail.append({ ...bar, volume: '8' }, NOW)
  for (const bar of hours(705, 5)) tail.append({ ...bar, volume: '9' }, NOW)
  await tail.close()
  cpSync(old, whole, { recursive: true })
  const count = await operationsOf(whole, 'fold', 0, 0)
  const after = filesOf(whole)
  const manifest = (await (await openStore(whole)).manifest(TEST))!
  // five of the ten that were stored are heard once, five twice; the last word counts
  expect(manifest).toMatchObject({ rows: 60, revisions: 10 })
  await dieEverywhere(old, some(count, 4), ['fold', 0, 0], async (dir, _, point) => {
    await (await Tail.open(await openStore(dir), TEST)).close()
    expect(filesOf(dir), `point ${point}`).toEqual(after)
  })
})

test('killed at any instant of a stream: whatever was acknowledged is there, once', async () => {
  const empty = scratch({ 'store/.keep': '' })
  const work = ['stream', 0, 8]
  const count = await operationsOf(join(scratch(), 'store'), ...work)
  // the disk takes several bars at once where it is slow: the last operations may not come to pass
  const points = some(count, 12).filter((point) => point < count - 10)
  await dieEverywhere(join(empty, 'store'), points, work, async (dir, lines, point) => {
    const store = await openStore(dir)
    const acknowledged = lines.filter((line) => line !== '').map(Number)
    const tail = await Tail.open(store, TEST)
    await tail.close()
    const manifest = await store.manifest(TEST)
    const stored = manifest === null ? [] : Array.from((await store.load(TEST)).openTime)
    // the bar of which the death kept the acknowledgement may be there too
    const next = START + acknowledged.length * HOUR
    expect([acknowledged, [...acknowledged, next]], `point ${point}`).toContainEqual(stored)
    expect(manifest?.revisions, `point ${point}`).toBe(undefined)
  })
})

import { readFileSync } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, expect, test, vi } from 'vitest'
import { scratch } from '../../cli/klinelab.ts'
import { klinelabHere } from '../../cli/klinelab-here.ts'

const ARGS = [
  ...['paper', 'strategies/sma-cross.ts', '--data', 'binance:BTCUSDT:1h', '--set', 'fast=24', '--set', 'slow=168'],
  ...['--replay', '--from', '2024-01-01', '--to', '2024-04-01', '--name', 'full'],
]

afterEach(() => vi.restoreAllMocks())

test('a session whose disk is full says so and acts on nothing that is not written; with room again it comes to the same', async () => {
  const [out, unbroken] = [scratch(), scratch()]
  expect((await klinelabHere([...ARGS, '--out', unbroken])).code).toBe(0)
  const handle = await open(join(unbroken, 'paper', 'full', 'journal.log'), 'r')
  const files = Object.getPrototypeOf(handle)
  await handle.close()
  const { write } = files
  let [groups, isFull] = [0, false]
  vi.spyOn(files, 'write').mockImplementation(function (this: unknown, ...[bytes, ...rest]: unknown[]) {
    if (!isFull && ((bytes as Buffer).length < 10_000 || ++groups < 3)) return write.call(this, bytes, ...rest)
    // a part of it still finds room
    if (!isFull) {
      isFull = true
      return write.call(this, bytes, 0, 1000)
    }
    return Promise.reject(Object.assign(new Error('ENOSPC: no space left on device, write'), { code: 'ENOSPC' }))
  })
  const { code, stderr } = await klinelabHere([...ARGS, '--out', out])
  expect(code).toBe(1)
  expect(stderr).toContain('journal.log: the disk is full; nothing is acted on that is not written')
  vi.restoreAllMocks()

  const journal = join(out, 'paper', 'full', 'journal.log')
  const kept = readFileSync(journal, 'utf8')
  expect(kept.endsWith('}\n')).toBe(true)
  expect(kept.split('\n').length).toBeGreaterThan(250)
  expect((await klinelabHere([...ARGS, '--out', out])).code).toBe(0)
  expect(readFileSync(journal, 'utf8').startsWith(kept)).toBe(true)
  for (const name of ['fills.csv', 'trades.csv', 'events.jsonl', 'equity.parquet'])
    expect(readFileSync(join(out, 'paper', 'full', name))).toEqual(readFileSync(join(unbroken, 'paper', 'full', name)))
})

import { join } from 'node:path'
import { expect, test } from 'vitest'
import { storeBars } from '../../../src/data/collect/store-bars.ts'
import { certify, openStore } from '../../../src/data/index.ts'
import type { LiveEvent } from '../../../src/data/stream/live.ts'
import { StreamStore } from '../../../src/data/stream/store-stream.ts'
import { scratch } from '../../cli/klinelab.ts'
import { batchOf, hourBar } from '../collect/bars.ts'
import { HOUR, START, TEST } from '../klines.ts'
import { ManualClock } from './manual-clock.ts'

const at = (k: number) => START + k * HOUR
const bar = (k: number): LiveEvent => ({ kind: 'bar', series: TEST, bar: hourBar(k), mark: null, from: 'stream' })
const hole = (from: number, to: number): LiveEvent => ({
  ...{ kind: 'hole', series: TEST, from: at(from), to: at(to), cause: 'unexplained', why: `asked at ${to}` },
})
const TOLD = { cause: 'unexplained', because: 'the venue was asked twice while the series was streamed' }
const span = (start: number, end: number) => ({ start: at(start), end: at(end), bars: end - start })

async function opened() {
  const store = await openStore(join(scratch(), 'store'))
  const faults: unknown[] = []
  const kept = await StreamStore.open(store, [TEST], new ManualClock(at(40)), (error) => faults.push(error))
  return { store, kept, faults }
}

test('holes that a stream told are in the manifest once its bars are, and no more of them than are left', async () => {
  const { store, kept, faults } = await opened()
  const late: LiveEvent = { kind: 'late', series: TEST, openTime: at(5), by: 9, missed: hourBar(5) }
  for (const event of [bar(0), hole(1, 2), hole(2, 3), bar(3), hole(4, 7), late, bar(7)])
    expect(kept.keep(event, at(40))).toBe(null)
  await kept.close()
  const { holes, gaps } = await certify(store, TEST)
  expect(holes).toEqual([span(1, 3), span(4, 5), span(6, 7)].map((one) => ({ ...one, ...TOLD })))
  expect(gaps).toEqual([span(1, 3), span(4, 5), span(6, 7)])
  expect(faults).toEqual([])
})

test('what somebody else has found out about a hole stays', async () => {
  const { store, kept } = await opened()
  const known = { ...span(2, 3), cause: 'outage', because: 'it was announced' } as const
  await storeBars(store, TEST, batchOf([hourBar(0)], { asked: { from: at(0), to: at(3), holes: [known] } }))
  for (const event of [hole(1, 4), bar(4)]) kept.keep(event, at(40))
  await kept.close()
  expect((await certify(store, TEST)).holes).toEqual([{ ...span(1, 2), ...TOLD }, known, { ...span(3, 4), ...TOLD }])
})

test('holes before the first bar of a series wait for it', async () => {
  const { store, kept, faults } = await opened()
  kept.keep(hole(1, 4), at(40))
  await kept.close()
  expect([await store.manifest(TEST), faults]).toEqual([null, []])
})

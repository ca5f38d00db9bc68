import { expect, test } from 'vitest'
import { parseSeries } from '../../src/core/series.ts'
import { testStore } from '../contracts/test-store.ts'
import { EMBEDDED, parquetStore } from './parquet-store.ts'

testStore('the Parquet store', () => parquetStore())
testStore("a user's store in front of the embedded one", () => parquetStore(EMBEDDED))

const MINUTE = 60_000

test('so many rows that they are read in two parts come back whole, in order, and as the range asks', async () => {
  const { store, put } = await parquetStore()
  const series = parseSeries('kraken:TESTUSD:1m')
  const start = Date.UTC(2024, 0, 20)
  // in three months, more than a hundred thousand of them
  const count = 101_000
  const rows = Array.from({ length: count }, (_, k) => `${start + k * MINUTE},${k + 1},${k + 1},${k + 1},${k + 1},1`)
  await put(series, `open_time,open,high,low,close,volume\n${rows.join('\n')}\n`)
  for (const [first, end] of [
    [0, count],
    [5, count - 3],
    [count - 2, count],
    [0, 4],
  ] as const) {
    const { openTime, close, length } = await store.load(series, {
      from: start + first * MINUTE,
      to: start + end * MINUTE,
    })
    expect(length).toBe(end - first)
    expect(openTime.every((time, k) => time === start + (first + k) * MINUTE)).toBe(true)
    expect(close.every((price, k) => price === first + k + 1)).toBe(true)
  }
})

test('who has other work is told once bars are being read, and before they are there', async () => {
  const { store, put } = await parquetStore()
  const series = parseSeries('kraken:TESTUSD:1m')
  const start = Date.UTC(2024, 0, 20)
  const rows = Array.from({ length: 50 }, (_, k) => `${start + k * MINUTE},1,1,1,1,1`)
  await put(series, `open_time,open,high,low,close,volume\n${rows.join('\n')}\n`)
  const told: string[] = []
  const onReading = () => told.push('reading')
  const { length } = await store.load(series, { from: start + 20 * MINUTE, before: 10, onReading })
  told.push(`${length} there`)
  expect(told).toEqual(['reading', '40 there'])
})

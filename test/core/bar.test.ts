import fc from 'fast-check'
import { expect, test } from 'vitest'
import { firstRowAt, sliceBars } from '../../src/core/bar.ts'
import { barsOf } from '../engine/scene.ts'

test('firstRowAt is what a walk from the first row finds, whatever row is guessed', () => {
  const times = fc.uniqueArray(fc.nat(60), { maxLength: 20 }).map((list) => list.sort((a, b) => a - b))
  fc.assert(
    fc.property(times, fc.integer({ min: -1, max: 61 }), fc.integer({ min: -2, max: 22 }), (list, time, guess) => {
      const found = list.findIndex((open) => open >= time)
      expect(firstRowAt(Float64Array.from(list), time, guess)).toBe(found === -1 ? list.length : found)
    }),
  )
})

test('sliceBars is a view: no bar is copied', () => {
  const bars = barsOf(Array.from({ length: 5 }, (_, k) => [k + 1, k + 2, k + 0.5, k + 1.5, k] as const))
  const part = sliceBars(bars, 1, 4)
  expect([part.length, part.priceDecimals, part.series]).toEqual([3, bars.priceDecimals, bars.series])
  for (const field of ['openTime', 'open', 'high', 'low', 'close', 'volume'] as const) {
    expect([...part[field]]).toEqual([...bars[field]].slice(1, 4))
    expect(part[field].buffer).toBe(bars[field].buffer)
  }
})

import { expect, test } from 'vitest'
import { durationOf } from '../../src/core/duration.ts'

test.each([
  ['30s', 30_000],
  ['90m', 5_400_000],
  ['4h', 14_400_000],
  ['2d', 172_800_000],
  ['1w', 604_800_000],
  ['0h', 0],
])('%s is %d ms', (text, ms) => {
  expect(durationOf(text)).toBe(ms)
})

test.each(['', '2', 'd', '2 d', '-2d', '1.5h', '2M', '2days', ' 2d', `${'9'.repeat(20)}d`, 2, null, undefined])(
  '%o is no duration',
  (text) => {
    expect(durationOf(text)).toBeNull()
  },
)

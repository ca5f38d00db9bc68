import fc from 'fast-check'
import { expect, test } from 'vitest'
import { OrderTree } from '../../src/indicators/order-tree.ts'
import { quantileOf } from '../../src/indicators/ordered-window.ts'
import { SortedWindow } from '../../src/indicators/sorted-window.ts'

const windows = [
  ['a sorted array', SortedWindow],
  ['a tree', OrderTree],
] as const

/** Few different numbers, so that most are equal to others in the window. */
const numbers = fc.array(fc.integer({ min: -6, max: 6 }), { minLength: 1, maxLength: 150 })

test.each(windows)('%s keeps the last numbers in order, with their sums', (_, Window) => {
  fc.assert(
    fc.property(numbers, fc.integer({ min: 1, max: 40 }), (list, period) => {
      const window = new Window(period)
      for (const [row, x] of list.entries()) {
        window.add(x)
        const last = list.slice(Math.max(0, row + 1 - period), row + 1)
        const sorted = last.toSorted((a, b) => a - b)
        expect(window.count).toBe(last.length)
        expect(sorted.map((_, rank) => window.at(rank))).toEqual(sorted)
        const sum = last.reduce((total, one) => total + one, 0)
        expect(window.sum).toBe(sum)
        // half of Σ |x − mean|, times the square of their number
        const twice = last.reduce((total, one) => total + Math.abs(last.length * one - sum), 0)
        expect(window.spreadBelowMean() + 0).toBe(twice / 2)
      }
    }),
    { numRuns: 150 },
  )
})

test.each(windows)('%s ranks what is no number above all numbers, and lets go of it', (_, Window) => {
  const window = new Window(4)
  for (const x of [3, Number.NaN, 1, 2]) window.add(x)
  expect([0, 1, 2].map((rank) => window.at(rank))).toEqual([1, 2, 3])
  expect(quantileOf(window, 1 / 3)).toBe(2)
  for (const x of [Number.NaN, Number.NaN, 5, 4, 7, 6]) window.add(x)
  expect([0, 1, 2, 3].map((rank) => window.at(rank))).toEqual([4, 5, 6, 7])
})

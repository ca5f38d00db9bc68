import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { chooseRows, rankTrials, spreadOf } from '../../src/search/rank.ts'
import { outcome } from './outcomes.ts'

describe('ranks', () => {
  const outcomes = [
    outcome(1, 2),
    outcome(2, null),
    outcome(3, 5),
    outcome(4, 2),
    outcome(5, 9, 'pruned'),
    outcome(6, -1),
  ]

  test('the best first, equals by number, what was given up behind, what has no objective last', () => {
    const places = (goal: 'max' | 'min') => rankTrials(outcomes, goal).map((one) => [one.outcome.number, one.rank])
    expect(places('max')).toEqual([
      [3, 1],
      [1, 2],
      [4, 3],
      [6, 4],
      [5, 5],
      [2, null],
    ])
    expect(places('min')).toEqual([
      [6, 1],
      [1, 2],
      [4, 3],
      [3, 4],
      [5, 5],
      [2, null],
    ])
  })

  test('do not hang on the order in which outcomes come', () => {
    fc.assert(
      fc.property(fc.shuffledSubarray(outcomes, { minLength: outcomes.length }), (mixed) => {
        expect(rankTrials(mixed, 'max')).toEqual(rankTrials(outcomes, 'max'))
      }),
    )
  })
})

test('quartiles lie between ranks', () => {
  // of −1, 2, 2, 5: ranks 0, 0.75, 1.5, 2.25 and 3
  const some = [outcome(1, 2), outcome(2, null), outcome(3, 5), outcome(4, 2), outcome(5, 9, 'pruned'), outcome(6, -1)]
  expect(spreadOf(some)).toEqual({ low: -1, q1: 1.25, median: 2, q3: 2.75, high: 5 })
  expect(spreadOf([outcome(1, null), outcome(2, 3, 'pruned')])).toBeNull()
})

describe('rows of a table', () => {
  const rows = (count: number) => Array.from({ length: count }, (_, k) => k + 1)

  test('are all where there is room', () => {
    expect(chooseRows(rows(30), 20, 10)).toEqual(rows(30))
  })

  test('are the best, and others evenly by place down to the last', () => {
    expect(chooseRows(rows(100), 5, 5)).toEqual([1, 2, 3, 4, 5, 24, 43, 62, 81, 100])
    expect(chooseRows(rows(100), 5, 0)).toEqual([1, 2, 3, 4, 5])
    fc.assert(
      fc.property(
        fc.integer({ min: 0, max: 500 }),
        fc.integer({ min: 1, max: 40 }),
        fc.integer({ min: 1, max: 40 }),
        (count, best, others) => {
          const chosen = chooseRows(rows(count), best, others)
          expect(chosen).toHaveLength(Math.min(count, best + others))
          expect(new Set(chosen).size).toBe(chosen.length)
          expect(chosen).toEqual([...chosen].sort((a, b) => a - b))
          if (count > 0) expect(chosen.at(-1)).toBe(count)
          const gaps = chosen
            .slice(best - 1)
            .slice(1)
            .map((row, k) => row - chosen[best - 1 + k]!)
          if (count > best + others) expect(Math.max(...gaps) - Math.min(...gaps)).toBeLessThanOrEqual(1)
        },
      ),
    )
  })
})

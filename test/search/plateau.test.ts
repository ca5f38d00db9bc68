import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import type { Params, Plateau } from '../../src/core/search.ts'
import { gridSampler } from '../../src/search/grid.ts'
import { plateauOf } from '../../src/search/plateau.ts'
import { createSampler } from '../../src/search/sampler.ts'
import { parseSpace } from '../../src/search/space.ts'
import { outcome, tried } from './outcomes.ts'

const dimensionsOf = (...settings: string[]) => parseSpace(settings, null).dimensions
const gridOf = (...settings: string[]) => {
  const dimensions = dimensionsOf(...settings)
  return { dimensions, sets: gridSampler({ dimensions, where: null }).next([]) }
}
const median = (values: readonly number[]) => {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

describe('the plateau round the best', () => {
  // 3 × 4, row by row; the best is 9 at a = 2, b = 30
  const { dimensions, sets } = gridOf('a=1..3:1', 'b=10..40:10')
  const figures = [1, 2, 6, 0, 3, 5, 9, 7, 1, null, 4, 2]
  const { trials, outcomes } = tried(sets, (_, k) => figures[k]!)

  test('of a grid: those one step away, corners too', () => {
    expect(plateauOf(dimensions, trials, outcomes, 7, 'max')).toEqual({
      kind: 'grid',
      trial: 7,
      peak: 9,
      // one of them failed
      neighbours: [2, 3, 4, 6, 8, 10, 11, 12],
      finished: 7,
      ties: { trials: 0, neighbours: 0 },
      // 7 6 5 4 | 2 2 0, and worse than 0: the one that failed
      median: 3,
      worst: null,
      // of all, the median is 3: (3 − 3) ÷ (9 − 3)
      kept: 0,
      along: [
        {
          name: 'a',
          points: [
            { value: 1, trial: 3, objective: 6 },
            { value: 2, trial: 7, objective: 9 },
            { value: 3, trial: 11, objective: 4 },
          ],
        },
        {
          name: 'b',
          points: [
            { value: 20, trial: 6, objective: 5 },
            { value: 30, trial: 7, objective: 9 },
            { value: 40, trial: 8, objective: 7 },
          ],
        },
      ],
    } satisfies Plateau)
  })

  test('at a border, and with the least as the best', () => {
    const least = plateauOf(dimensions, trials, outcomes, 4, 'min')
    // 6 9 7, and the worst of them is the most
    expect([least.neighbours, least.median, least.worst]).toEqual([[3, 7, 8], 7, 9])
    expect(least.along[1]!.points.map(({ value }) => value)).toEqual([30, 40])
  })

  test('trials that were given up are neighbours without a figure, worse than all that were finished', () => {
    const some = outcomes.map((one) => (one.number === 8 ? outcome(8, 100, 'pruned') : one))
    const plateau = plateauOf(dimensions, trials, some, 7, 'max')
    expect(plateau.neighbours).toContain(8)
    // 6 5 4 2 | 2 0, and two that were not finished
    expect([plateau.finished, plateau.median, plateau.worst]).toEqual([6, 2, null])
    expect(plateau.along[1]!.points[2]).toEqual({ value: 40, trial: 8, objective: null })
  })

  test.each([
    // of the eight round trial 7, those that were given up
    [[2, 3, 4, 6, 8, 10, 11, 12], 0, null],
    [[3, 4, 6, 8, 10, 11, 12], 1, null],
    [[2, 3, 4, 10], 4, null],
    // 9 9 9 | 9 0 | and three that were not
    [[2, 3, 4], 5, 4.5],
  ])('where %j were given up, the others say nothing unless they are more than half', (pruned, finished, median) => {
    const all = tried(sets, (_, k) => (k === 6 ? 10 : [4, 12, 6, 8, 11].includes(k + 1) ? 9 : 0))
    const some = all.outcomes.map((one) => (pruned.includes(one.number) ? outcome(one.number, 99, 'pruned') : one))
    const plateau = plateauOf(dimensions, all.trials, some, 7, 'max')
    expect(plateau.neighbours).toEqual([2, 3, 4, 6, 8, 10, 11, 12])
    expect([plateau.finished, plateau.worst]).toEqual([finished, null])
    expect(plateau.median).toBe(median)
    expect(plateau.kept === null).toBe(median === null)
  })

  test('one neighbour alone, or failed ones, keep nothing; the goal decides what is worse', () => {
    const line = gridOf('a=1..3:1')
    const two = tried(line.sets, (_, k) => [9, 9, null][k]!)
    expect(plateauOf(line.dimensions, two.trials, two.outcomes, 1, 'max')).toMatchObject({
      ...{ neighbours: [2], finished: 1, median: 9, worst: 9, kept: null },
    })
    const failing = plateauOf(line.dimensions, two.trials, two.outcomes, 2, 'max')
    expect([failing.neighbours, failing.finished, failing.median, failing.kept]).toEqual([[1, 3], 1, null, null])
    const least = tried(sets, (_, k) => [9, 1, 2, 3, 9, 4, 0, 5, 9, null, 6, 7][k]!)
    // 1 2 3 4 | 5 6 7, and worse than 7
    expect(plateauOf(dimensions, least.trials, least.outcomes, 7, 'min').median).toBe(4.5)
  })

  test('trials that tie with the best exactly are told, those beside it apart', () => {
    const line = gridOf('a=1..6:1')
    const made = tried(line.sets, (_, k) => [1, 9, 9, 3, 2, 9][k]!)
    expect(plateauOf(line.dimensions, made.trials, made.outcomes, 2, 'max').ties).toEqual({ trials: 2, neighbours: 1 })
  })

  test('flat as a table, or without figures, there is nothing to keep', () => {
    const flat = tried(sets, () => 2)
    expect(plateauOf(dimensions, flat.trials, flat.outcomes, 1, 'max')).toMatchObject({
      peak: 2,
      median: 2,
      kept: null,
    })
    const alone = tried(sets, (_, k) => (k === 0 ? 2 : null))
    expect(plateauOf(dimensions, alone.trials, alone.outcomes, 1, 'max')).toMatchObject({
      median: null,
      worst: null,
      kept: null,
    })
    expect(() => plateauOf(dimensions, trials, outcomes, 99, 'max')).toThrow('trial 99 is not among the trials')
  })

  test('words are shared by neighbours, and a list of numbers is taken in their order', () => {
    const words = gridOf('kind=ema,sma', 'n=30,10,20')
    const all = tried(words.sets, (_, k) => k)
    // ema 30 10 20, sma 30 10 20: beside sma 10 lies sma 20
    const plateau = plateauOf(words.dimensions, all.trials, all.outcomes, 5, 'max')
    expect([plateau.kind, plateau.neighbours]).toEqual(['grid', [6]])
    expect(plateau.along).toEqual([
      {
        name: 'n',
        points: [
          { value: 10, trial: 5, objective: 4 },
          { value: 20, trial: 6, objective: 5 },
        ],
      },
    ])
    const onlyWords = gridOf('kind=ema,sma,wma')
    const three = tried(onlyWords.sets, (_, k) => k)
    expect(plateauOf(onlyWords.dimensions, three.trials, three.outcomes, 3, 'max').neighbours).toEqual([])
  })

  test('of a grid is what comparing every pair of values finds', () => {
    fc.assert(
      fc.property(
        fc.array(fc.integer({ min: -5, max: 5 }), { minLength: 60, maxLength: 60 }),
        fc.integer({ min: 1, max: 60 }),
        (values, best) => {
          const { dimensions: three, sets: all } = gridOf('a=0.1..0.5:0.1', 'b=1..3:1', 'c=5,7,1,4')
          const made = tried(all, (_, k) => values[k]!)
          const order = { a: [0.1, 0.2, 0.3, 0.4, 0.5], b: [1, 2, 3], c: [1, 4, 5, 7] }
          const place = (params: Params, name: 'a' | 'b' | 'c') => order[name].indexOf(params[name] as number)
          const near = made.trials.filter(({ params }) =>
            (['a', 'b', 'c'] as const).every(
              (name) => Math.abs(place(params, name) - place(all[best - 1]!, name)) <= 1,
            ),
          )
          const others = near.map(({ number }) => number).filter((number) => number !== best)
          const plateau = plateauOf(three, made.trials, made.outcomes, best, 'max')
          expect(plateau.neighbours).toEqual(others)
          expect(plateau.median).toBe(median(others.map((number) => values[number - 1]!)))
          expect(plateau.worst).toBe(Math.min(...others.map((number) => values[number - 1]!)))
        },
      ),
      { numRuns: 50 },
    )
  })

  test('off the grid: the nearest by distance, each number on its own scale', () => {
    const free = dimensionsOf('x=0.0..10', 'lr=0.001..1:log')
    const points: readonly Params[] = [
      { x: 5, lr: 0.1 },
      { x: 5.5, lr: 0.1 },
      { x: 5, lr: 0.12 },
      { x: 9, lr: 0.1 },
      { x: 5, lr: 1 },
      { x: 4, lr: 0.08 },
      { x: 0, lr: 0.001 },
      { x: 5, lr: 0.2 },
    ]
    const made = tried(points, (_, k) => 10 - k)
    // distances: .05, .026, .4, .33, .105, .83, .1
    const plateau = plateauOf(free, made.trials, made.outcomes, 1, 'max')
    expect([plateau.kind, plateau.neighbours]).toEqual(['nearest', [2, 3, 6, 8]])
    expect(plateau.median).toBe((8 + 5) / 2)
    expect(plateau.along[0]!.points.map(({ trial }) => trial)).toEqual([1, 2])
    expect(plateau.along[1]!.points.map(({ trial }) => trial)).toEqual([1, 3, 8])
  })

  test('a grid of which only a few were tried has the nearest', () => {
    const wide = dimensionsOf('a=1..1000:1', 'b=1..1000:1')
    const sets = createSampler({ method: 'random', dimensions: wide, where: null, trials: 50, seed: 1 }).next([])
    const made = tried(sets, (_, k) => k)
    const plateau = plateauOf(wide, made.trials, made.outcomes, 50, 'max')
    expect(plateau.kind).toBe('nearest')
    expect(plateau.neighbours).toHaveLength(4)
  })
})

test('a best without an objective ties with none', () => {
  const { dimensions, sets } = gridOf('a=1..3:1')
  const { trials, outcomes } = tried(sets, (_, k) => [1, null, 3][k]!)
  expect(plateauOf(dimensions, trials, outcomes, 2, 'max').ties).toEqual({ trials: 0, neighbours: 0 })
})

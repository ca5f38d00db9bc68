import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { sobolPoints } from '../../src/search/sobol-points.ts'

const first = (dimensions: number, count: number, seed: number | null) => {
  const next = sobolPoints(dimensions, seed)
  return Array.from({ length: count }, () => [...next()])
}

describe('the Sobol sequence as it is', () => {
  test('begins as scipy’s does', () => {
    // scipy.stats.qmc.Sobol(3, scramble=False).random(10), from the same direction numbers (new-joe-kuo-6.21201)
    expect(first(3, 10, null)).toEqual([
      [0, 0, 0],
      [0.5, 0.5, 0.5],
      [0.75, 0.25, 0.25],
      [0.25, 0.75, 0.75],
      [0.375, 0.375, 0.625],
      [0.875, 0.875, 0.125],
      [0.625, 0.125, 0.875],
      [0.125, 0.625, 0.375],
      [0.1875, 0.3125, 0.9375],
      [0.6875, 0.8125, 0.4375],
    ])
  })

  test('is that of scipy in all 21 dimensions', () => {
    // scipy.stats.qmc.Sobol(21, scramble=False).random(40), rows 5, 17 and 39
    const points = first(21, 40, null)
    expect(points[5]).toEqual([
      0.875, 0.875, 0.125, 0.375, 0.875, 0.625, 0.875, 0.375, 0.375, 0.125, 0.375, 0.875, 0.875, 0.125, 0.875, 0.375,
      0.875, 0.375, 0.375, 0.625, 0.625,
    ])
    expect(points[17]).toEqual([
      0.59375, 0.96875, 0.96875, 0.15625, 0.78125, 0.46875, 0.03125, 0.34375, 0.96875, 0.65625, 0.59375, 0.90625,
      0.15625, 0.15625, 0.84375, 0.53125, 0.28125, 0.09375, 0.28125, 0.53125, 0.21875,
    ])
    expect(points[39]).toEqual([
      0.171875, 0.890625, 0.828125, 0.671875, 0.015625, 0.546875, 0.421875, 0.046875, 0.359375, 0.921875, 0.765625,
      0.828125, 0.828125, 0.609375, 0.859375, 0.234375, 0.046875, 0.171875, 0.796875, 0.390625, 0.703125,
    ])
  })

  test('has no numbers for more than 21 dimensions', () => {
    expect(() => sobolPoints(22, 1)).toThrow(
      new RangeError('--method sobol searches at most 21 parameters, not 22; fix some, or use random or tpe'),
    )
  })
})

describe('the sequence scrambled', () => {
  test('puts one of 2^k points into each 2^k-th of every dimension, whatever the seed', () => {
    for (const seed of [1, 2, 3, 4_000_000_000])
      for (const size of [16, 256]) {
        const points = first(21, size, seed)
        for (let k = 0; k < 21; k++)
          expect(new Set(points.map((point) => Math.floor(point[k]! * size))).size).toBe(size)
      }
  })

  test('puts one of 64 points into each of 64 boxes of the first two dimensions, of any shape', () => {
    for (const seed of [1, 2, 3])
      for (const columns of [1, 2, 4, 8, 16, 32, 64]) {
        const boxes = first(2, 64, seed).map(
          ([x, y]) => `${Math.floor(x! * columns)} ${Math.floor((y! * 64) / columns)}`,
        )
        expect(new Set(boxes).size).toBe(64)
      }
  })

  test('every point by itself is even', () => {
    // 2,000 seeds; a bin of ten holds 200 with a deviation of 13.4, and five of those are chance once in a million
    for (const index of [0, 3]) {
      const counts = Array.from({ length: 10 }, () => 0)
      for (let seed = 1; seed <= 2_000; seed++) counts[Math.floor(first(2, index + 1, seed)[index]![1]! * 10)]!++
      for (const count of counts) expect(Math.abs(count - 200)).toBeLessThan(67)
    }
  })

  test('reckons a smooth integral far better than chance', () => {
    // ∫ Π (1 + (x − ½)) over five dimensions is 1
    const error = (points: readonly (readonly number[])[]) =>
      points.reduce((sum, point) => sum + point.reduce((product, x) => product * (0.5 + x), 1), 0) / points.length - 1
    let [quasi, chance] = [0, 0]
    for (let seed = 1; seed <= 40; seed++) {
      const random = seededRandom(seed)
      quasi += error(first(5, 512, seed)) ** 2
      chance += error(Array.from({ length: 512 }, () => [random(), random(), random(), random(), random()])) ** 2
    }
    // of chance: variance ((13 ÷ 12)^5 − 1) ÷ 512 = 0.00096, forty times; within a half of it with three deviations
    expect(chance / 40).toBeGreaterThan(0.0004)
    expect(chance / 40).toBeLessThan(0.0017)
    expect(quasi).toBeLessThan(chance / 50)
  })
})

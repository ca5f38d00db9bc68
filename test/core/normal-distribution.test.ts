import { describe, expect, test } from 'vitest'
import { normalDistribution } from '../../src/core/normal-distribution.ts'
import { normalQuantile } from '../../src/core/normal-quantile.ts'

describe('normal distribution', () => {
  // by mpmath 1.3, half of erfc(−x ÷ √2) with 40 digits, of the double that is written
  test.each([
    [-37, 5.725571222524577e-300],
    [-20, 2.7536241186062337e-89],
    [-8.3, 5.205569744890254e-17],
    [-7, 1.279812543885835e-12],
    [-5.7, 5.990371401063528e-9],
    [-5.6, 1.071759025831093e-8],
    [-3, 0.0013498980316300946],
    [-1.645, 0.04998490553912136],
    [-0.67, 0.2514288950953101],
    [-0.66, 0.25462691467133614],
    [-0.001, 0.49960105778608893],
    [0, 0.5],
    [0.25, 0.5987063256829237],
    [1, 0.8413447460685429],
    [1.959964, 0.9750000009035577],
    [3.5, 0.9997673709209645],
    [6, 0.9999999990134123],
  ])('up to %f it is %f', (x, p) => {
    expect(Math.abs(normalDistribution(x) / p - 1)).toBeLessThan(1e-15)
  })

  test('both tails are one mirrored, and there is an end to them', () => {
    for (const x of [0, 0.3, 0.66, 1.7, 4, 5.7, 9]) expect(normalDistribution(x)).toBe(1 - normalDistribution(-x))
    expect([normalDistribution(-40), normalDistribution(40)]).toEqual([0, 1])
    expect([normalDistribution(Number.NEGATIVE_INFINITY), normalDistribution(Number.POSITIVE_INFINITY)]).toEqual([0, 1])
  })

  test('the quantile takes it back', () => {
    for (const p of [1e-300, 1e-20, 1e-6, 0.01, 0.2, 0.5, 0.7, 0.99])
      expect(Math.abs(normalDistribution(normalQuantile(p)) / p - 1)).toBeLessThan(1e-12)
  })
})

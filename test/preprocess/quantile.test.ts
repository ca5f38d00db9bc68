import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { normalQuantile } from '../../src/core/normal-quantile.ts'
import { quantile } from '../../src/metrics/statistics.ts'
import { quantiles } from '../../src/preprocess/quantile.ts'
import { expectAlike, goldenCases, hasGolden } from './golden-vectors.ts'

interface Case {
  readonly name: string
  readonly x: number[]
  readonly q: number[]
  readonly nanpercentile_linear: number[]
}

describe.skipIf(!hasGolden)('numpy.nanpercentile', () => {
  test.each(hasGolden ? goldenCases<Case>('quantiles.json') : [])('$name', ({ x, q, nanpercentile_linear }) => {
    const given = quantiles(
      Float64Array.from(x),
      q.map((percent) => percent / 100),
    )
    expectAlike(given, nanpercentile_linear)
  })
})

describe('selection', () => {
  const QS = [0, 0.01, 0.25, 0.5, 0.501, 0.75, 0.999, 1]
  /** The same by a full sort. */
  const sorted = (values: readonly number[]) => {
    const order = values.filter((value) => !Number.isNaN(value)).sort((a, b) => a - b)
    return QS.map((q) => quantile(order, q))
  }

  test('is what a sort gives, whatever the values', () => {
    const value = fc.oneof(
      fc.double({ noDefaultInfinity: true, min: -1e6, max: 1e6 }),
      fc.constantFrom(-1, 0, 1, Number.NaN),
    )
    fc.assert(
      fc.property(fc.array(value, { minLength: 1, maxLength: 80 }), (values) => {
        fc.pre(values.some((one) => !Number.isNaN(one)))
        const given = quantiles(Float64Array.from(values), QS)
        // a + (b − a)·h from one end or from the other: a digit of the larger of both
        for (const [k, want] of sorted(values).entries()) expect(Math.abs(given[k]! - want)).toBeLessThanOrEqual(4e-10)
      }),
      { numRuns: 500 },
    )
  })

  // above 600 values it looks at a sample first
  const N = 5000
  const ORDERS: Readonly<Record<string, (k: number) => number>> = {
    rising: (k) => k,
    falling: (k) => -k,
    'all the same': () => 7,
    'two values': (k) => k % 2,
    'up and down': (k) => Math.min(k, N - k),
    saw: (k) => k % 17,
    spikes: (k) => (k % 500 === 0 ? 1e9 - k : 0),
    scattered: (k) => (k * 2654435761) % 1e6,
  }
  test.each(Object.entries(ORDERS))('of many values: %s', (_, at) => {
    const values = Array.from({ length: N }, (_, k) => at(k))
    expectAlike(quantiles(Float64Array.from(values), QS), sorted(values))
  })

  test('leaves what it was given in its order', () => {
    const values = Float64Array.of(3, 1, 2)
    // ranks 0, 1, 2 are 1, 2, 3; h = 2 · 0.25 = 0.5
    expect(quantiles(values, [0.25])).toEqual([1.5])
    expect([...values]).toEqual([3, 1, 2])
  })

  test('of nothing known is NaN; a percent is refused', () => {
    expect(quantiles(Float64Array.of(Number.NaN), [0.5])).toEqual([Number.NaN])
    expect(() => quantiles(Float64Array.of(1), [25])).toThrow('quantile 25 is not a fraction from 0 to 1')
  })

  test('a quantile at a rank is that value, with an infinite one beside it too', () => {
    expect(quantiles(Float64Array.of(Number.POSITIVE_INFINITY, 2, 1), [0.5, 1])).toEqual([2, Number.POSITIVE_INFINITY])
  })
})

describe('normal quantile', () => {
  // R 4: qnorm(c(0.75, 0.975, 0.999, 1e-10, 1e-20), digits 17); 0.975 as in every table: 1.959963984540054
  test.each([
    [0.5, 0],
    [0.75, 0.6744897501960817],
    [0.975, 1.959963984540054],
    [0.999, 3.090232306167813],
    [1e-10, -6.361340902404056],
    [1e-20, -9.262340089798409],
  ])('at %d is %d', (p, x) => {
    expectAlike([normalQuantile(p)], [x], 1e-14)
  })

  test('is odd about one half, and infinite at the ends', () => {
    for (const p of [0.01, 0.07, 0.2, 0.45]) expectAlike([normalQuantile(p)], [-normalQuantile(1 - p)])
    expect([normalQuantile(0), normalQuantile(1)]).toEqual([Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY])
  })
})

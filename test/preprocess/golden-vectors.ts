import { expect } from 'vitest'
import { goldenJson, hasGolden } from '../indicators/recorded.ts'

export { hasGolden }

/** The cases of a golden file of scikit-learn, numpy or imbalanced-learn, NaN in the place of null. */
export function goldenCases<T>(file: string): readonly T[] {
  const known = (value: unknown): unknown => {
    if (value === null) return Number.NaN
    if (Array.isArray(value)) return value.map(known)
    if (typeof value === 'object')
      return Object.fromEntries(Object.entries(value as object).map(([key, one]) => [key, known(one)]))
    return value
  }
  return known(goldenJson<{ cases: unknown }>(`ml/${file}`).cases) as readonly T[]
}

/** Equal within 1e-12 of the larger, NaN where the other is. */
export function expectAlike(given: readonly number[], expected: readonly number[], tolerance = 1e-12): void {
  expect(given.length).toBe(expected.length)
  for (const [k, want] of expected.entries()) {
    const got = given[k]!
    const isAlike = Number.isNaN(want)
      ? Number.isNaN(got)
      : Math.abs(got - want) <= tolerance * Math.max(Math.abs(got), Math.abs(want))
    if (!isAlike) expect.fail(`at ${k}: ${got} instead of ${want}`)
  }
}

import type { Spread } from '../core/luck.ts'
import { quantile } from './statistics.ts'

const MOST = 499
const LEAST = 99

/** As many draws as a budget of steps has: 499, with which p-values are multiples of 0.002, and never fewer than 99. */
export function resamplesFor(stepsOfOne: number, budget: number): number {
  return Math.max(LEAST, Math.min(MOST, Math.floor(budget / stepsOfOne)))
}

/** `null` where a figure could not be computed of every draw: an interval of the others would flatter. */
export function spreadOf(observed: number, samples: Float64Array): Spread | null {
  if (![observed, ...samples].every(Number.isFinite)) return null
  const sorted = [...samples.slice().sort()]
  const within = (level: number) => ({
    low: quantile(sorted, (1 - level) / 2),
    high: quantile(sorted, (1 + level) / 2),
  })
  return { observed, median: quantile(sorted, 0.5), within90: within(0.9), within95: within(0.95) }
}

export function countOf(samples: Float64Array, has: (sample: number) => boolean): number {
  let count = 0
  for (const sample of samples) if (has(sample)) count++
  return count
}

export function shareOf(samples: Float64Array, has: (sample: number) => boolean): number {
  return countOf(samples, has) / samples.length
}

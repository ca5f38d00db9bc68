import { normalDistribution } from '../core/normal-distribution.ts'
import { normalQuantile } from '../core/normal-quantile.ts'
import type { Random } from '../core/random.ts'
import type { Axis, Value } from './space-axis.ts'

/** A density over the values of one parameter. */
export interface Estimator {
  draw(random: Random): Value
  logDensity(value: Value): number
}

/** Up to this many observations count alike; of more, the oldest fade. */
const FULL_WEIGHT = 25
/** Deviations beyond which a normal density adds nothing to that of the observation that says "anywhere". */
const FAR = 9
const ROOT = Math.sqrt(2 * Math.PI)

/**
 * A density from what was observed, in order of trials, and one observation more that says "anywhere" (weight 1), as Optuna's
 * _ParzenEstimator has it.
 */
export function estimator(axis: Axis, observed: readonly Value[]): Estimator {
  return axis.isOrdered ? ofNumbers(axis, observed) : ofWords(axis, observed)
}

/** Weights of observations, oldest first: the last 25 weigh 1, those before them from 1 ÷ n upwards (Bergstra et al. 2013). */
function weightsOf(n: number): number[] {
  const older = Math.max(0, n - FULL_WEIGHT)
  return Array.from({ length: n }, (_, k) => {
    if (k >= older) return 1
    return older === 1 ? 1 / n : 1 / n + ((1 - 1 / n) * k) / (older - 1)
  })
}

function ofWords(axis: Axis, observed: readonly Value[]): Estimator {
  const masses = new Map(Array.from({ length: axis.size }, (_, k) => [axis.at(k), 1 / axis.size]))
  const weights = weightsOf(observed.length)
  for (const [k, value] of observed.entries()) masses.set(value, masses.get(value)! + weights[k]!)
  const entries = [...masses]
  const sum = entries.reduce((total, [, mass]) => total + mass, 0)
  return {
    draw: (random) =>
      entries[
        pick(
          entries.map(([, mass]) => mass),
          sum,
          random,
        )
      ]![0],
    logDensity: (value) => Math.log(masses.get(value)! / sum),
  }
}

/** Normal densities round every observation, cut off at the ends of [0, 1]; as wide as the way to the neighbours. */
function ofNumbers(axis: Axis, observed: readonly Value[]): Estimator {
  const centre = (value: Value) => {
    const [low, high] = axis.cell(value)
    return (low + high) / 2
  }
  const weights = weightsOf(observed.length)
  const kernels = [
    ...observed.map((value, k) => ({ mean: centre(value), weight: weights[k]!, isPrior: false })),
    { mean: 0.5, weight: 1, isPrior: true },
  ].sort((a, b) => a.mean - b.mean)
  const least = 1 / Math.min(100, 1 + kernels.length)
  const n = kernels.length
  const means = Float64Array.from(kernels, (kernel) => kernel.mean)
  const widths = Float64Array.from(kernels, ({ isPrior }, k) => {
    const left = k > 0 ? means[k]! - means[k - 1]! : 0
    const right = k < n - 1 ? means[k + 1]! - means[k]! : 0
    return isPrior ? 1 : Math.min(1, Math.max(least, left, right))
  })
  const below = means.map((mean, k) => normalDistribution(-mean / widths[k]!))
  const masses = means.map((mean, k) => normalDistribution((1 - mean) / widths[k]!) - below[k]!)
  const own = kernels.map((kernel) => kernel.weight)
  const sum = own.reduce((a, b) => a + b, 0)
  const factors = masses.map((mass, k) => own[k]! / sum / mass)
  // whole numbers are drawn again and again
  const asked = new Map<Value, number>()
  return {
    draw(random) {
      const k = pick(own, sum, random)
      const u = means[k]! + widths[k]! * normalQuantile(below[k]! + random() * masses[k]!)
      return axis.from(Math.min(1 - 2 ** -53, Math.max(0, u)))
    },
    logDensity(value) {
      const known = asked.get(value)
      if (known !== undefined) return known
      const [low, high] = axis.cell(value)
      let density = 0
      for (let k = 0; k < n; k++) {
        const [mean, width] = [means[k]!, widths[k]!]
        const near = mean < low ? low - mean : mean > high ? mean - high : 0
        if (near < FAR * width) density += factors[k]! * shareOf((low - mean) / width, (high - mean) / width, width)
      }
      asked.set(value, Math.log(density))
      return Math.log(density)
    },
  }
}

/** What lies between two places of a standard normal; of a point the density there, of something `width` times as wide. */
function shareOf(low: number, high: number, width: number): number {
  if (low === high) return bell(low) / width
  if (high - low > 0.25) return normalDistribution(high) - normalDistribution(low)
  // Simpson's rule, to five digits: of a narrow stretch the difference would be mostly rounding, and takes ten times as long
  return ((bell(low) + 4 * bell((low + high) / 2) + bell(high)) * (high - low)) / 6
}

function bell(x: number): number {
  return Math.exp(-0.5 * x * x) / ROOT
}

function pick(weights: readonly number[], sum: number, random: Random): number {
  let rest = random() * sum
  for (let k = 0; k < weights.length - 1; k++) {
    rest -= weights[k]!
    if (rest < 0) return k
  }
  return weights.length - 1
}

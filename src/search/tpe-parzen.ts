import type { Random } from '../core/random.ts'
import { normalQuantile } from '../preprocess/normal-quantile.ts'
import type { Axis, Value } from './space-axis.ts'

/** A density over the values of one parameter. */
interface Estimator {
  draw(random: Random): Value
  logDensity(value: Value): number
}

/** Up to this many observations count alike; of more, the oldest fade. */
const FULL_WEIGHT = 25

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
    draw: (random) => entries[pick(entries.map(([, mass]) => mass), sum, random)]![0], // biome-ignore format: one thought
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
  const parts = kernels.map(({ mean, weight, isPrior }, k) => {
    const left = k > 0 ? mean - kernels[k - 1]!.mean : 0
    const right = k < kernels.length - 1 ? kernels[k + 1]!.mean - mean : 0
    const width = isPrior ? 1 : Math.min(1, Math.max(least, left, right))
    const below = normal((0 - mean) / width)
    return { mean, width, weight, below, mass: normal((1 - mean) / width) - below }
  })
  const sum = parts.reduce((total, part) => total + part.weight, 0)
  return {
    draw(random) {
      const { mean, width, below, mass } = parts[pick(parts.map((part) => part.weight), sum, random)]! // biome-ignore format: one thought
      const u = mean + width * normalQuantile(below + random() * mass)
      return axis.from(Math.min(1 - 2 ** -53, Math.max(0, u)))
    },
    logDensity(value) {
      const [low, high] = axis.cell(value)
      let density = 0
      for (const { mean, width, weight, mass } of parts) {
        const share =
          low === high
            ? Math.exp(-0.5 * ((low - mean) / width) ** 2) / (width * Math.sqrt(2 * Math.PI))
            : normal((high - mean) / width) - normal((low - mean) / width)
        density += (weight / sum) * (share / mass)
      }
      return Math.log(density)
    },
  }
}

function pick(weights: readonly number[], sum: number, random: Random): number {
  let rest = random() * sum
  for (let k = 0; k < weights.length - 1; k++) {
    rest -= weights[k]!
    if (rest < 0) return k
  }
  return weights.length - 1
}

/**
 * Standard normal distribution function, to 1.2e-7 of its value: W. Press et al., "Numerical Recipes", erfcc.
 */
function normal(x: number): number {
  const z = Math.abs(x) / Math.SQRT2
  const t = 1 / (1 + 0.5 * z)
  const polynomial = [
    0.17087277, -0.82215223, 1.48851587, -1.13520398, 0.27886807, -0.18628806, 0.09678418, 0.37409196, 1.00002368,
    -1.26551223,
  ].reduce((total, coefficient) => total * t + coefficient, 0)
  const tail = 0.5 * t * Math.exp(-z * z + polynomial)
  return x < 0 ? tail : 1 - tail
}

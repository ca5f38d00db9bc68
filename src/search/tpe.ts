import { type Random, seededRandom } from '../core/random.ts'
import type { Params } from '../core/search.ts'
import type { Sampler, SamplerRequest, Told } from './sampler.ts'
import { keyOf, paramsAt, Untried } from './sampler-space.ts'
import { SOBOL_DIMENSIONS, sobolPoints } from './sobol-points.ts'
import type { Axis, Value } from './space-axis.ts'
import { estimator } from './tpe-parzen.ts'

/**
 * Trials that are proposed at once, from what all earlier batches came to: fixed, so that the answer does not hang on how
 * many workers there are, nor on which of them is done first.
 */
export const TPE_BATCH = 16
/** Values that are drawn for a parameter, of which the best by the ratio of densities is taken; Optuna's number. */
const CANDIDATES = 24
/** Draws in vain after which the space is searched by chance instead. */
const PATIENCE = 50

interface Known {
  readonly params: Params
  /** The higher the better; −∞ where it failed. */
  readonly worth: number
}

/**
 * Tree-structured Parzen estimator (Bergstra, Bardenet, Bengio, Kégl 2011), a parameter at a time as in Optuna's TPESampler:
 * what came out best has one density, everything else another, and where their ratio is highest is tried next. The first
 * batch is spread evenly. Failed trials are the worst. What a batch proposes counts among everything else, as if it had
 * failed, so that the batch is not sixteen times the same idea.
 */
export function tpeSampler(request: SamplerRequest): Sampler {
  const random = seededRandom(request.seed)
  const untried = new Untried(request, random)
  const { axes } = untried
  const point = axes.length <= SOBOL_DIMENSIONS ? sobolPoints(axes.length, request.seed) : () => axes.map(random)
  const spread = () => paramsAt(axes, point())
  const proposed: Params[] = []
  return {
    total: untried.total,
    get excluded() {
      return untried.excluded
    },
    next(told) {
      const known = inOrder(axes, proposed, told)
      const isBlind = known.every((one) => one.worth === Number.NEGATIVE_INFINITY)
      const batch: Params[] = []
      while (batch.length < TPE_BATCH) {
        const draw = isBlind ? spread : ideas(axes, known, batch, random, spread)
        const params = untried.take(draw)
        if (params === null) break
        batch.push(params)
      }
      proposed.push(...batch)
      return batch
    },
  }
}

/** What is known of all that was proposed, in that order, whatever the order in which it is told. */
function inOrder(axes: readonly Axis[], proposed: readonly Params[], told: readonly Told[]): Known[] {
  const objectives = new Map(told.map(({ params, objective }) => [keyOf(axes, params), objective]))
  return proposed.map((params) => {
    const objective = objectives.get(keyOf(axes, params))
    if (objective === undefined)
      throw new Error(`nothing was told of ${JSON.stringify(params)}, which was proposed before`)
    const isKnown = objective !== null && !Number.isNaN(objective)
    return { params, worth: isKnown ? objective : Number.NEGATIVE_INFINITY }
  })
}

/** Draws from where good trials are denser than others; after many in vain, from anywhere. */
function ideas(
  axes: readonly Axis[],
  known: readonly Known[],
  batch: readonly Params[],
  random: Random,
  anywhere: () => Params,
): () => Params {
  const ranked = known.map((one, k) => ({ ...one, k })).sort((a, b) => compare(b.worth, a.worth) || a.k - b.k)
  const succeeded = known.filter((one) => one.worth > Number.NEGATIVE_INFINITY).length
  const good = Math.min(Math.ceil(known.length / 10), 25, succeeded)
  const isGood = new Set(ranked.slice(0, good).map((one) => one.k))
  const best = known.filter((_, k) => isGood.has(k)).map((one) => one.params)
  const others = [...known.filter((_, k) => !isGood.has(k)).map((one) => one.params), ...batch]
  const densities = axes.map((axis) => {
    const values = (sets: readonly Params[]) => sets.map((params) => params[axis.name]!)
    return { axis, good: estimator(axis, values(best)), other: estimator(axis, values(others)) }
  })
  let draws = 0
  return () => {
    if (++draws > PATIENCE) return anywhere()
    const params: Record<string, Value> = {}
    for (const { axis, good, other } of densities) {
      let most = Number.NEGATIVE_INFINITY
      for (let k = 0; k < CANDIDATES; k++) {
        const value = good.draw(random)
        const ratio = good.logDensity(value) - other.logDensity(value)
        if (ratio > most || k === 0) {
          most = ratio
          params[axis.name] = value
        }
      }
    }
    return params
  }
}

function compare(a: number, b: number): number {
  return a === b ? 0 : a < b ? -1 : 1
}

import { type Random, seededRandom } from '../core/random.ts'
import type { Params } from '../core/search.ts'
import type { Sampler, SamplerRequest, Told } from './sampler-contract.ts'
import { keyOf, paramsAt, Untried } from './sampler-space.ts'
import { SOBOL_DIMENSIONS, sobolPoints } from './sobol-points.ts'
import type { Axis, Value } from './space-axis.ts'
import { type Estimator, estimator } from './tpe-parzen.ts'

/**
 * Trials that are proposed at once, from what all earlier batches came to: fixed, so that the answer does not hang on how
 * many workers there are, nor on which of them is done first.
 */
export const TPE_BATCH = 16
/** At most so many trials are the good ones: a tenth of all, as in Optuna. */
const MOST_GOOD = 25
/** Of all others the latest are looked at, so that a proposal takes no longer after 100,000 trials than after 1,000. */
const MOST_OTHERS = 500
/** Values that are drawn for a parameter, of which the best by the ratio of densities is taken; Optuna's number. */
const CANDIDATES = 24
/** Draws in vain after which the next ones come from anywhere. */
const PATIENCE = 10

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
  const anywhere = () => paramsAt(axes, point())
  const memory = new Memory(axes)
  let batch: Params[] = []
  return {
    total: untried.total,
    get excluded() {
      return untried.excluded
    },
    next(told) {
      memory.learn(batch, told)
      batch = []
      const good = axes.map((axis) => estimator(axis, valuesOf(axis, memory.good())))
      const others = memory.others()
      while (batch.length < TPE_BATCH) {
        const other = () => axes.map((axis) => estimator(axis, valuesOf(axis, [...others, ...batch])))
        const params = untried.take(memory.isBlind ? anywhere : ideas(axes, good, other(), random, anywhere))
        if (params === null) break
        batch.push(params)
      }
      return batch
    },
  }
}

function valuesOf(axis: Axis, sets: readonly Params[]): readonly Value[] {
  return sets.map((params) => params[axis.name]!)
}

interface Known {
  readonly params: Params
  /** The higher the better; −∞ where it failed. */
  readonly worth: number
}

/** What came of all earlier proposals, in the order in which they were made. */
class Memory {
  readonly #axes: readonly Axis[]
  readonly #known: Known[] = []
  /** Places of the best that did not fail, the best first; equals in order. */
  readonly #best: number[] = []

  constructor(axes: readonly Axis[]) {
    this.#axes = axes
  }

  /** Whether nothing has succeeded yet. */
  get isBlind(): boolean {
    return this.#best.length === 0
  }

  /** Takes up what came of a batch, in the order of the batch, whatever the order in which it is told. */
  learn(batch: readonly Params[], told: readonly Told[]): void {
    const latest = told.slice(this.#known.length)
    const objectives = new Map(latest.map(({ params, objective }) => [keyOf(this.#axes, params), objective]))
    for (const params of batch) {
      const objective = objectives.get(keyOf(this.#axes, params))
      if (objective === undefined)
        throw new Error(`nothing was told of ${JSON.stringify(params)}, which was proposed before`)
      const worth = objective === null || Number.isNaN(objective) ? Number.NEGATIVE_INFINITY : objective
      this.#known.push({ params, worth })
      if (worth > Number.NEGATIVE_INFINITY) this.#place(this.#known.length - 1, worth)
    }
  }

  #place(at: number, worth: number): void {
    const better = this.#best.filter((k) => this.#known[k]!.worth >= worth).length
    this.#best.splice(better, 0, at)
    this.#best.length = Math.min(this.#best.length, MOST_GOOD)
  }

  good(): readonly Params[] {
    return this.#goodPlaces().map((k) => this.#known[k]!.params)
  }

  others(): readonly Params[] {
    const good = new Set(this.#goodPlaces())
    const first = Math.max(0, this.#known.length - MOST_OTHERS)
    return this.#known.slice(first).flatMap(({ params }, k) => (good.has(first + k) ? [] : [params]))
  }

  #goodPlaces(): readonly number[] {
    return this.#best.slice(0, Math.ceil(this.#known.length / 10)).sort((a, b) => a - b)
  }
}

/** Draws from where good trials are denser than others; after many in vain, from anywhere. */
function ideas(
  axes: readonly Axis[],
  good: readonly Estimator[],
  other: readonly Estimator[],
  random: Random,
  anywhere: () => Params,
): () => Params {
  let draws = 0
  return () => {
    if (++draws > PATIENCE) return anywhere()
    const params: Record<string, Value> = {}
    for (const [k, axis] of axes.entries()) params[axis.name] = promising(good[k]!, other[k]!, random)
    return params
  }
}

/** Of a few draws the one whose density is highest against that of all others; the first of equals. */
function promising(good: Estimator, other: Estimator, random: Random): Value {
  let best = good.draw(random)
  let most = good.logDensity(best) - other.logDensity(best)
  for (let k = 1; k < CANDIDATES; k++) {
    const value = good.draw(random)
    const ratio = good.logDensity(value) - other.logDensity(value)
    if (ratio > most) {
      most = ratio
      best = value
    }
  }
  return best
}

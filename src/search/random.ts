import { seededRandom } from '../core/random.ts'
import type { Sampler, SamplerRequest } from './sampler-contract.ts'
import { paramsAt, proposeAll, Untried } from './sampler-space.ts'

/** Even draws, all at once, none of them twice; the whole of a space that has no more than was asked for. */
export function randomSampler(request: SamplerRequest): Sampler {
  const random = seededRandom(request.seed)
  const untried = new Untried(request, random)
  const draw = () => paramsAt(untried.axes, untried.axes.map(random))
  return {
    total: untried.total,
    get excluded() {
      return untried.excluded
    },
    // a second call finds all of them proposed
    next: () => proposeAll(untried, draw),
  }
}

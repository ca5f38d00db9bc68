import { seededRandom } from '../core/random.ts'
import type { Sampler, SamplerRequest } from './sampler-contract.ts'
import { paramsAt, proposeAll, Untried } from './sampler-space.ts'
import { sobolPoints } from './sobol-points.ts'

/**
 * Points that fill the space more evenly than chance does, all at once. What a constraint refuses, or what falls on values
 * that were tried already, is passed over.
 */
export function sobolSampler(request: SamplerRequest): Sampler {
  const untried = new Untried(request, seededRandom(request.seed))
  const point = sobolPoints(request.dimensions.length, request.seed)
  const draw = () => paramsAt(untried.axes, point())
  return {
    total: untried.total,
    get excluded() {
      return untried.excluded
    },
    next: () => proposeAll(untried, draw),
  }
}

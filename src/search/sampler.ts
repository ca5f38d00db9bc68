import { gridSampler } from './grid.ts'
import { randomSampler } from './random.ts'
import type { Sampler, SamplerRequest } from './sampler-contract.ts'
import { sobolSampler } from './sobol.ts'
import { tpeSampler } from './tpe.ts'

export type { Sampler, SamplerRequest, Told } from './sampler-contract.ts'

/** @throws RangeError where there is nothing to try, or too much of it; it says what to write */
export function createSampler(request: SamplerRequest): Sampler {
  if (request.dimensions.length === 0)
    throw new RangeError(
      'there is nothing to search: every --set is a single value; write a range (fast=10..100:10) or a list (kind=ema,sma)',
    )
  if (request.method === 'grid') return gridSampler(request)
  if (!Number.isInteger(request.trials) || request.trials < 1)
    throw new RangeError(`--trials ${request.trials}: write a whole number above 0`)
  if (request.method === 'random') return randomSampler(request)
  return request.method === 'sobol' ? sobolSampler(request) : tpeSampler(request)
}

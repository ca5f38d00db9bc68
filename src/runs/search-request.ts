import type { Dimension, SearchRequest } from '../core/search.ts'
import { createSampler } from '../search/sampler.ts'
import type { Sampler } from '../search/sampler-contract.ts'
import type { Where } from '../search/where.ts'
import type { ObjectiveSpec } from './objective.ts'
import type { SearchAsked } from './search-asked.ts'
import { SEARCH_DEFAULTS } from './search-defaults.ts'
import { UsageError, usage } from './usage-error.ts'

/** What is searched and how, with every default spelled out, and samplers that propose it, each from the start. */
export interface Requested {
  readonly search: SearchRequest
  readonly sampler: () => Sampler
}

/** @throws UsageError where there is nothing to try, or a grid is given a number of trials or a seed */
export function requestOf(
  asked: SearchAsked,
  dimensions: readonly Dimension[],
  where: Where | null,
  { name, goal }: ObjectiveSpec,
): Requested {
  const { method = SEARCH_DEFAULTS.method, seed = SEARCH_DEFAULTS.seed, prune = null } = asked
  const asking = { method, dimensions, where, trials: asked.trials ?? SEARCH_DEFAULTS.trials, seed }
  const sampler = () => usage(() => createSampler(asking))
  const { total } = sampler()
  if (method === 'grid' && asked.trials !== undefined)
    throw new UsageError(
      `--trials ${asked.trials}: a grid tries all it has (${total}); add --method sobol, or leave it out`,
    )
  if (method === 'grid' && seed !== SEARCH_DEFAULTS.seed)
    throw new UsageError(
      `--search-seed ${seed}: a grid draws nothing; add --method random, sobol or tpe, or leave it out`,
    )
  return {
    sampler,
    search: {
      ...{ dimensions, where: where?.text ?? null, method, trials: total, seed, prune },
      batch: SEARCH_DEFAULTS.batch,
      objective: { name, goal },
    },
  }
}

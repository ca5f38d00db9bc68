import type { Figure } from '../core/findings.ts'
import type { Dimension, Params, SearchMethod } from '../core/search.ts'
import type { Where } from './where.ts'

/** What an earlier trial came to: the higher the better; `null` (or NaN) where it failed. */
export interface Told {
  readonly params: Params
  readonly objective: Figure
}

/**
 * Proposes what to try. The same request and the same answers always get the same proposals, and none of them twice: a search
 * that is taken up again asks from the start, and tells what is known already.
 */
export interface Sampler {
  /** How many trials there will be; fewer only where a constraint leaves fewer of a space too large to count. */
  readonly total: number
  /** Sets of parameters that the constraint has left out so far. */
  readonly excluded: number
  /**
   * The next batch, empty when all were proposed.
   * @param told what all earlier proposals came to
   */
  next(told: readonly Told[]): readonly Params[]
}

export interface SamplerRequest {
  readonly method: SearchMethod
  readonly dimensions: readonly Dimension[]
  readonly where: Where | null
  /** How many to try at most; a grid has as many as it has. */
  readonly trials: number
  readonly seed: number
}

import type { SearchRequest, SweepDocument } from '../core/search.ts'
import { TPE_BATCH } from '../search/tpe.ts'

/** Trials that nothing can be held against yet: those of the first round. */
function firstRound({ method, batch }: SearchRequest): number {
  return method === 'tpe' ? Math.min(TPE_BATCH, batch) : batch
}

/**
 * That nothing could be given up, where there are too few trials for it.
 * @param isByWindow whether so many are tried for each window of a walk-forward anew
 */
export function unprunedRemark(search: SearchRequest, isByWindow: boolean): string[] {
  const { prune, trials } = search
  const first = firstRound(search)
  if (prune === null || trials > first) return []
  const tried = trials === 1 ? 'there is 1 trial' : `there are ${trials} trials`
  return [
    `--prune ${prune} can give up nothing here: the first ${first} trials are what later ones are held against, and ${tried}${isByWindow ? ' a window' : ''}.`,
  ]
}

/** What was given up is in no comparison of halves. */
export function prunedRemarks({ all, pruned }: SweepDocument['trials']): string[] {
  return pruned === 0
    ? []
    : [
        `${pruned} of ${all} trials were given up early. They count as trials, but the chance of overfitting is of the others alone, and looks better than that of all would.`,
      ]
}

import { firstRowAt, sliceBars } from '../core/bar.ts'
import { seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { barsSha256, DataError } from '../data/index.ts'
import type { Artifact } from '../models/artifact.ts'
import { type Ground, groundHash, groundOf } from '../models/ground.ts'
import type { NamedModel } from './load-strategy.ts'

/** Which trained model speaks; `null`: the one of all stored bars, as in a backtest. */
export type PickModel = (model: NamedModel) => Artifact | null

/**
 * What a model sees that has learnt from a part of what is stored by now: the bars from the first that it knows on, since indicators
 * that never quite forget give the bits that they had in training only from the same start.
 * @throws DataError where those that it has learnt from are not stored any more as they were
 */
export function groundsOfPicked(
  { name, definition }: NamedModel,
  artifact: Artifact,
  grounds: readonly Ground[],
): readonly Ground[] {
  return grounds.map((ground, s) => {
    const { bars } = ground
    const { from, to, sha256, ground: seen } = artifact.series[s]!
    const first = firstRowAt(bars.openTime, from)
    const known = sliceBars(bars, first, firstRowAt(bars.openTime, to))
    if (barsSha256(known) !== sha256 || groundHash(groundOf(definition, known)) !== seen)
      throw new DataError(
        `model ${name}, ${seriesName(bars.series)}: the stored bars from ${timeName(from)} to ${timeName(to)} are not those that the model of the session has learnt from, or its features are computed otherwise by now: train another with klinelab retrain, and begin a new session`,
      )
    return first === 0 ? ground : groundOf(definition, sliceBars(bars, first, bars.length))
  })
}

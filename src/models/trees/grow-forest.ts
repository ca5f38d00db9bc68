import { type Random, seededRandom } from '../../core/random.ts'
import type { FitOptions, TrainingSet } from '../classifier.ts'
import type { Steps } from '../steps.ts'
import { type TrainingRows, trainingRows } from '../training-rows.ts'
import { BinnedRows } from './binned-rows.ts'
import { drawPlaces } from './bins.ts'
import { ForestVotes, type OutOfBag } from './forest-votes.ts'
import { type GrowthRules, TreeGrower } from './grow-tree.ts'
import type { Tree } from './tree.ts'
import { TreeSet } from './tree-set.ts'

export interface ForestSettings {
  readonly trees: number
  readonly maxLeaves: number
  /** Different rows that a leaf must have, whatever they weigh. */
  readonly minRows: number
  /** Bins of a feature, one of which is for missing values where there are any. */
  readonly maxBins: number
  /** Rows are drawn with replacement for each tree; otherwise every tree sees all. */
  readonly bootstrap: boolean
  /** Part of the features drawn for each node; `sqrt`: the square root of their number. */
  readonly featureFraction: number | 'sqrt'
}

export interface GrownForest {
  readonly trees: TreeSet
  readonly outOfBag: OutOfBag | null
}

/** Of two classes the share of class 1 tells both; of three, two channels tell the third. */
const BINARY: Pick<GrowthRules, 'worth' | 'value'> = {
  worth: (one, _second, all) => (one * one + (all - one) ** 2) / all,
  value: ({ gradients: [one], hessian }) => [share(one, hessian)],
}
const TERNARY: Pick<GrowthRules, 'worth' | 'value'> = {
  worth: (one, two, all) => (one * one + two * two + (all - one - two) ** 2) / all,
  value({ gradients: [one, two], hessian }) {
    const [p, q] = [share(one, hessian), share(two, hessian)]
    return [Math.max(0, 1 - p - q), p, q]
  },
}

/** Rounding must not push a share out of its range. */
function share(part: number, all: number): number {
  return Math.min(1, Math.max(0, part / all))
}

/**
 * Each tree draws from a seed of its own, so that what one of them comes to does not hang on the others.
 * @throws RangeError where the data cannot be learnt from
 */
export function* growForest(
  settings: ForestSettings,
  data: TrainingSet,
  { seed, onProgress }: FitOptions,
): Steps<GrownForest> {
  const training = trainingRows('randomForest', data)
  const features = data.columns.length
  const binned = BinnedRows.learn(data.columns, training.rows, data.names, settings.maxBins, seed)
  const weight = training.classWeights.reduce((sum, one) => sum + one, 0)
  const grower = new TreeGrower(binned, {
    ...settings,
    ...(data.classes === 2 ? BINARY : TERNARY),
    // what subtraction leaves of nothing must not pass for a row
    minHessian: 1e-9 * weight,
  })
  const wanted = Int32Array.from({ length: features }, (_, feature) => feature)
  const fraction = settings.featureFraction === 'sqrt' ? 1 / Math.sqrt(features) : settings.featureFraction
  const drawn = new Int32Array(Math.max(1, Math.round(fraction * features)))
  const channels = Array.from({ length: data.classes - 1 }, () => new Float32Array(2 * binned.rows))
  const times = new Uint8Array(binned.rows).fill(1)
  const votes = new ForestVotes(data.classes, training)
  const seeds = seededRandom(seed)
  const grown: Tree[] = []
  while (grown.length < settings.trees) {
    const random = seededRandom(seeds() * 2 ** 32)
    if (settings.bootstrap) drawTimes(times, random)
    const rows = takeDrawn(grower.order, times)
    fillChannels(channels, training, times)
    const tree = grower.grow(rows, channels, wanted, () => drawPlaces(drawn, features, random))
    grown.push(tree)
    votes.add(tree, binned, settings.bootstrap ? times : null)
    yield
    if (onProgress === undefined) continue
    const loss = votes.judge()?.logLoss ?? Number.NaN
    if (onProgress({ done: grown.length, total: settings.trees, loss, validationLoss: null }) === false) break
  }
  return {
    trees: TreeSet.of(grown, binned.features, data.classes === 2 ? 1 : 3),
    outOfBag: settings.bootstrap ? votes.judge() : null,
  }
}

/** How often each row is drawn in as many draws as there are rows. */
function drawTimes(times: Uint8Array, random: Random): void {
  times.fill(0)
  for (let k = 0; k < times.length; k++) times[Math.floor(random() * times.length)]! += 1
}

/** Puts the rows that were drawn into `order`, ascending; how many they are. */
function takeDrawn(order: Int32Array, times: Uint8Array): number {
  let rows = 0
  for (let row = 0; row < times.length; row++) if (times[row]! > 0) order[rows++] = row
  return rows
}

/** Channel c: weight of class c + 1 and of all, of each row. */
function fillChannels(channels: readonly Float32Array[], { y, weights }: TrainingRows, times: Uint8Array): void {
  for (const [c, pairs] of channels.entries())
    for (let row = 0; row < times.length; row++) {
      const weight = weights[row]! * times[row]!
      pairs[2 * row] = y[row] === c + 1 ? weight : 0
      pairs[2 * row + 1] = weight
    }
}

import { type Random, seededRandom } from '../../core/random.ts'
import type { FitOptions, TrainingSet } from '../classifier.ts'
import type { Steps } from '../steps.ts'
import { trainingRows, validationRows } from '../training-rows.ts'
import { BinnedRows } from './binned-rows.ts'
import { drawPlaces } from './bins.ts'
import { boostingLoss } from './boosting-loss.ts'
import { BoostingScores } from './boosting-scores.ts'
import { TreeGrower } from './grow-tree.ts'
import type { Tree } from './tree.ts'
import { TreeSet } from './tree-set.ts'

export interface GbdtSettings {
  /** Trees, or of three classes, rounds of three trees. */
  readonly trees: number
  /** What part of a leaf's best step is taken. */
  readonly learningRate: number
  readonly maxLeaves: number
  /** Rows that a leaf must have, whatever they weigh. */
  readonly minRows: number
  /** Sum of second derivatives, p·(1 − p)·weight, that a leaf must have. */
  readonly minHessian: number
  /** Added to that sum where a leaf's value and gain are reckoned: draws small leaves to 0. */
  readonly l2: number
  /** Bins of a feature, one of which is for missing values where there are any. */
  readonly maxBins: number
  /** Part of the rows that each tree sees, drawn anew. */
  readonly rowFraction: number
  /** Part of the features that each tree sees, drawn anew. */
  readonly featureFraction: number
  /** Trees without a lower validation loss after which training ends; only with validation rows. */
  readonly patience: number
}

export interface BoostedTrees {
  /** Scores before the first tree. */
  readonly base: readonly number[]
  readonly trees: TreeSet
}

/**
 * Fits trees one after the other, each to the slope of the loss where those before it have come to.
 * @throws RangeError where the data cannot be learnt from
 */
export function* boost(settings: GbdtSettings, data: TrainingSet, options: FitOptions): Steps<BoostedTrees> {
  const { trees, learningRate, l2, maxBins, rowFraction, featureFraction, patience } = settings
  const { seed, onProgress } = options
  const training = trainingRows('gbdt', data)
  const validation = validationRows('gbdt', data, options.validation, training)
  const loss = boostingLoss(data.classes)
  const base = loss.base(training.classWeights)
  const binned = BinnedRows.learn(data.columns, training.rows, data.names, maxBins, seed)
  const fit = new BoostingScores(loss, base, binned, training)
  const judge = validation && new BoostingScores(loss, base, binned.also(data.columns, validation.rows), validation)
  const grower = new TreeGrower(binned, {
    ...settings,
    worth: (gradient, _second, hessian) => (gradient * gradient) / (hessian + l2),
    value: ({ gradients, hessian }) => [(-learningRate * gradients[0]) / (hessian + l2)],
  })
  const random = seededRandom(seed)
  const all = Int32Array.from({ length: binned.rows }, (_, row) => row)
  const sample = rowFraction < 1 ? new Int32Array(Math.max(1, Math.round(rowFraction * binned.rows))) : all
  const pairs = new Float32Array(2 * binned.rows)

  const grown: Tree[] = []
  let best = { loss: judge?.logLoss() ?? 0, round: 0 }
  for (let round = 1; round <= trees; round++) {
    if (sample !== all) drawPlaces(sample, binned.rows, random)
    let hasSplit = false
    const made = base.map((_, of) => {
      const features = drawFeatures(data.columns.length, featureFraction, random)
      fit.derivatives(pairs, of)
      grower.order.set(sample)
      const tree = grower.grow(sample.length, [pairs], features, () => features)
      hasSplit ||= tree.leaves.length > 1
      // slopes are those of the round's beginning until scores are refreshed
      if (sample === all) fit.addGrown(tree, grower.order, of)
      else fit.addTree(tree, of)
      judge?.addTree(tree, of)
      return tree
    })
    // the same rows and features would find as little in every later round
    if (!hasSplit && sample === all && featureFraction === 1) break
    grown.push(...made)
    fit.refresh()
    judge?.refresh()
    const validationLoss = judge?.logLoss() ?? null
    if (validationLoss !== null && validationLoss < best.loss) best = { loss: validationLoss, round }
    const isAskedToStop = onProgress?.({ done: round, total: trees, loss: fit.logLoss(), validationLoss }) === false
    if (isAskedToStop || (judge !== null && round - best.round >= patience)) break
    yield
  }
  const kept = judge === null ? grown : grown.slice(0, best.round * base.length)
  return { base, trees: TreeSet.of(kept, binned.features, 1) }
}

/** A part of the features, ascending, at least one. */
function drawFeatures(features: number, fraction: number, random: Random): Int32Array {
  return drawPlaces(new Int32Array(Math.max(1, Math.round(fraction * features))), features, random)
}

import { settingsOf } from '../../preprocess/settings.ts'
import type { Classifier, FittedClassifier } from '../classifier.ts'
import { FittedJson } from '../fitted-json.ts'
import { stepped } from '../steps.ts'
import { checkColumns } from '../training-rows.ts'
import { MOST_BINS } from './bins.ts'
import { type BoostedTrees, boost, type GbdtSettings } from './boost.ts'
import { boostingLoss } from './boosting-loss.ts'
import { TreeSet } from './tree-set.ts'
import { requireFraction, requirePositive, requireWhole } from './tree-settings.ts'

/**
 * Gradient boosting of histogram trees for log loss: Newton steps on binned features, trees grown leaf by leaf (Ke et al. 2017,
 * LightGBM). A missing value is told which way to go. With validation rows, training stops early, and the trees up to the
 * lowest validation loss are kept.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function gbdt(given: Partial<GbdtSettings> = {}): Classifier {
  const settings = settingsOf<GbdtSettings>('gbdt', given, {
    trees: 100,
    learningRate: 0.1,
    maxLeaves: 31,
    minRows: 20,
    minHessian: 1e-3,
    l2: 0,
    maxBins: MOST_BINS,
    rowFraction: 1,
    featureFraction: 1,
    patience: 20,
  })
  const { trees, maxLeaves, minRows, maxBins, patience, learningRate, minHessian, l2, rowFraction, featureFraction } =
    settings
  requireWhole('gbdt', { trees, minRows, patience }, 1)
  requireWhole('gbdt', { maxLeaves }, 2)
  requireWhole('gbdt', { maxBins }, 2, MOST_BINS)
  requirePositive('gbdt', { learningRate, minHessian })
  requirePositive('gbdt', { l2 }, true)
  requireFraction('gbdt', { rowFraction, featureFraction })
  return {
    kind: 'gbdt',
    settings: { ...settings },
    isWatched: true,
    fit: (data, options) =>
      stepped(boost(settings, data, options), options.breathe, (trees) => new Gbdt(data.names, data.classes, trees)),
  }
}

/** Fitted gradient boosting. */
export class Gbdt implements FittedClassifier {
  readonly kind = 'gbdt'
  readonly names: readonly string[]
  readonly classes: 2 | 3
  readonly #base: readonly number[]
  readonly #trees: TreeSet

  constructor(names: readonly string[], classes: 2 | 3, { base, trees }: BoostedTrees) {
    this.names = names
    this.classes = classes
    this.#base = base
    this.#trees = trees
  }

  /** Trees that were kept; of three classes, rounds of three. */
  get rounds(): number {
    return this.#trees.trees / this.#base.length
  }

  /** Part of all gains that each feature's splits have, in the order of `names`; all 0 where nothing was split. */
  get importance(): Float64Array {
    return this.#trees.importance(this.names.length)
  }

  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    checkColumns('gbdt', this.names, columns)
    const { width, probabilities } = boostingLoss(this.classes)
    const scores = new Float64Array(rows.length * width)
    for (let k = 0; k < scores.length; k++) scores[k] = this.#base[k % width]!
    this.#trees.addTo(scores, width, (tree) => tree % width, columns, rows)
    return probabilities(scores, scores)
  }

  toJSON(): unknown {
    const { kind, names, classes } = this
    return { kind, names, classes, base: this.#base, trees: this.#trees.toJSON() }
  }

  /** @throws RangeError that says where and what is wrong with it */
  static fromJson(json: unknown, where = 'gbdt'): Gbdt {
    const read = FittedJson.of('gbdt', json, where)
    const classes = read.oneOf('classes', [2, 3] as const)
    const names = read.names('names')
    const base = [...read.numbers('base', boostingLoss(classes).width)]
    const trees = TreeSet.fromJson(read.inside('trees'), names.length)
    if (trees.outputs !== 1 || trees.trees % base.length !== 0)
      read.refuse('trees', `trees of one number, ${base.length} a round`)
    return new Gbdt(names, classes, { base, trees })
  }
}

import { requireBooleans, settingsOf } from '../../preprocess/settings.ts'
import type { Classifier, FittedClassifier } from '../classifier.ts'
import { FittedJson } from '../fitted-json.ts'
import { stepped } from '../steps.ts'
import { checkColumns } from '../training-rows.ts'
import { MOST_BINS } from './bins.ts'
import type { OutOfBag } from './forest-votes.ts'
import { type ForestSettings, type GrownForest, growForest } from './grow-forest.ts'
import { TreeSet } from './tree-set.ts'
import { requireFraction, requireWhole } from './tree-settings.ts'

/**
 * A random forest (Breiman 2001) on binned features: each tree grows on rows drawn with replacement, each node is split by the
 * Gini gain of a few features drawn for it, and the trees' class shares are averaged. A missing value is told which way to go.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function randomForest(given: Partial<ForestSettings> = {}): Classifier {
  const settings = settingsOf<ForestSettings>('randomForest', given, {
    trees: 200,
    maxLeaves: 256,
    minRows: 20,
    maxBins: MOST_BINS,
    bootstrap: true,
    featureFraction: 'sqrt',
  })
  const { trees, maxLeaves, minRows, maxBins, bootstrap, featureFraction } = settings
  requireWhole('randomForest', { trees, minRows }, 1)
  requireWhole('randomForest', { maxLeaves }, 2)
  requireWhole('randomForest', { maxBins }, 2, MOST_BINS)
  requireBooleans('randomForest', { bootstrap })
  if (featureFraction !== 'sqrt') requireFraction('randomForest', { featureFraction })
  return {
    kind: 'random-forest',
    settings: { ...settings },
    fit: (data, options) =>
      stepped(
        growForest(settings, data, options),
        options.breathe,
        (grown) => new RandomForest(data.names, data.classes, grown),
      ),
  }
}

/** Fitted random forest. */
export class RandomForest implements FittedClassifier {
  readonly kind = 'random-forest'
  readonly names: readonly string[]
  readonly classes: 2 | 3
  /** How it did on training rows by the trees that had not drawn them; `null` without bootstrap, or where every tree drew all. */
  readonly outOfBag: OutOfBag | null
  readonly #trees: TreeSet

  constructor(names: readonly string[], classes: 2 | 3, { trees, outOfBag }: GrownForest) {
    this.names = names
    this.classes = classes
    this.outOfBag = outOfBag
    this.#trees = trees
  }

  get trees(): number {
    return this.#trees.trees
  }

  /** Part of all Gini gains that each feature's splits have, in the order of `names`; all 0 where nothing was split. */
  get importance(): Float64Array {
    return this.#trees.importance(this.names.length)
  }

  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    checkColumns('randomForest', this.names, columns)
    const { outputs } = this.#trees
    const sums = new Float64Array(rows.length * outputs)
    this.#trees.addTo(sums, outputs, () => 0, columns, rows)
    for (let k = 0; k < sums.length; k++) sums[k]! /= this.trees
    return sums
  }

  toJSON(): unknown {
    const { kind, names, classes, outOfBag } = this
    return { kind, names, classes, outOfBag, trees: this.#trees.toJSON() }
  }

  /** @throws RangeError that says where and what is wrong with it */
  static fromJson(json: unknown, where = 'randomForest'): RandomForest {
    const read = FittedJson.of('random-forest', json, where)
    const classes = read.oneOf('classes', [2, 3] as const)
    const names = read.names('names')
    const trees = TreeSet.fromJson(read.inside('trees'), names.length)
    if (trees.outputs !== (classes === 2 ? 1 : 3) || trees.trees === 0)
      read.refuse('trees', `trees of ${classes === 2 ? 'one number' : 'three numbers'} a leaf`)
    if (read.any('outOfBag') === null) return new RandomForest(names, classes, { trees, outOfBag: null })
    const bag = read.inside('outOfBag')
    const outOfBag = { rows: bag.number('rows'), logLoss: bag.number('logLoss'), accuracy: bag.number('accuracy') }
    return new RandomForest(names, classes, { trees, outOfBag })
  }
}

import { describe, expect, test } from 'vitest'
import { classificationMetrics } from '../../src/metrics/classification.ts'
import { averageOf, classScores } from '../../src/metrics/classification-confusion.ts'
import type { Predictions } from '../../src/metrics/classification-input.ts'
import { averagePrecision, precisionRecallCurve } from '../../src/metrics/precision-recall.ts'
import { rocAuc, rocCurve } from '../../src/metrics/roc.ts'
import { expectAlike, goldenCases, hasGolden } from '../preprocess/golden-vectors.ts'

type Three = [precision: number, recall: number, f1: number]

interface ZeroDivision {
  readonly precision: number
  readonly recall: number
  readonly f1: number
  readonly specificity: number
  readonly macro: Three
  readonly weighted: Three
}

interface Curve {
  readonly fpr: number[]
  readonly tpr: number[]
  readonly thresholds: number[]
}

interface BinaryCase {
  readonly name: string
  readonly y_true: number[]
  readonly score: number[]
  readonly threshold: number
  readonly y_pred: number[]
  readonly sample_weight: number[] | number
  readonly confusion_tn_fp_fn_tp: [number, number, number, number]
  readonly accuracy: number
  readonly balanced_accuracy: number
  readonly mcc: number
  readonly zd0: ZeroDivision
  readonly zd1: ZeroDivision
  readonly roc_auc: number
  readonly roc_auc_error?: string
  readonly average_precision: number
  readonly 'log_loss_eps1e-15'?: number
  readonly brier?: number
  readonly roc_curve?: Curve
  readonly roc_curve_drop_intermediate?: Curve
  readonly pr_curve?: { readonly precision: number[]; readonly recall: number[]; readonly thresholds: number[] }
}

interface MulticlassCase {
  readonly name: string
  readonly y_true: number[]
  readonly y_pred: number[]
  readonly proba: [number, number, number][]
  readonly confusion: number[][]
  readonly accuracy: number
  readonly balanced_accuracy: number
  readonly mcc: number
  readonly log_loss: number
  readonly per_class: {
    readonly precision: number[]
    readonly recall: number[]
    readonly f1: number[]
    readonly support: number[]
  }
  readonly macro: Three
  readonly weighted: Three
  readonly roc_auc_ovr_macro: number
  readonly roc_auc_ovr_weighted: number
}

const BINARY = hasGolden ? goldenCases<BinaryCase>('metrics_binary.json') : []
const MULTICLASS = hasGolden ? goldenCases<MulticlassCase>('metrics_multiclass.json') : []

const columns = ({ y_true, score, sample_weight }: BinaryCase) => ({
  y: Int8Array.from(y_true),
  scores: Float64Array.from(score),
  // null was read as NaN
  weights: Array.isArray(sample_weight) ? Float64Array.from(sample_weight) : null,
})

/** Scores that are none are squeezed into (0, 1), threshold and all: what hangs on their order alone stays. */
function predictionsOf(given: BinaryCase): { predictions: Predictions; threshold: number } {
  const { y, scores, weights } = columns(given)
  const isProbability = given.brier !== undefined
  const p = isProbability ? scores : scores.map((score) => 0.5 + score / 1000)
  return { predictions: { classes: 2, y, p, weights }, threshold: isProbability ? given.threshold : 0.5 }
}

const close = (given: number | null | undefined, expected: number) => {
  expect(given).not.toBeNull()
  expectAlike([given!], [expected])
}

describe.skipIf(!hasGolden)('scikit-learn 1.2.1, two classes', () => {
  test('the golden file has the cases that this page is about', () => {
    expect(BINARY.map(({ name }) => name)).toEqual([
      'simple', 'ties', 'all_same_score', 'perfect', 'inverted', 'no_pred_pos', 'no_true_pos', 'no_true_neg', 'no_pos_at_all',
      'extreme_probs', 'single_sample', 'random_rounded_ties', 'random_weighted', 'imbalanced', 'scores_not_probs',
    ]) // biome-ignore format: a list
  })

  describe.each(BINARY)('$name', (given) => {
    const { y, scores, weights } = columns(given)
    const { predictions, threshold } = predictionsOf(given)
    const { metrics, notes, confusion } = classificationMetrics(predictions, { threshold })
    const hasBoth = new Set(given.y_true).size === 2

    test('confusion and accuracy', () => {
      expectAlike(confusion.flat(), given.confusion_tn_fp_fn_tp)
      close(metrics['accuracy'], given.accuracy)
    })

    test.each([0, 1] as const)('precision, recall and F1 with zero_division %i', (zero) => {
      const expected = given[`zd${zero}`]
      const ofClass = classScores(confusion, zero)
      const { precision, recall, f1 } = ofClass[1]!
      expectAlike([precision!, recall!, f1!], [expected.precision, expected.recall, expected.f1])
      close(ofClass[0]!.recall, expected.specificity)
      for (const by of ['macro', 'weighted'] as const)
        expectAlike(
          (['precision', 'recall', 'f1'] as const).map((key) => averageOf(ofClass, key, by)!),
          expected[by],
        )
    })

    test('a figure is that of scikit-learn wherever zero_division does not decide, else null with the reason', () => {
      const pairs = [
        ['precision', given.zd0.precision, given.zd1.precision],
        ['recall', given.zd0.recall, given.zd1.recall],
        ['f1', given.zd0.f1, given.zd1.f1],
        ...(['macro', 'weighted'] as const).flatMap((by) =>
          (['Precision', 'Recall', 'F1'] as const).map((what, k) => [
            `${by}${what}`,
            given.zd0[by][k]!,
            given.zd1[by][k]!,
          ]),
        ),
      ] as [string, number, number][]
      for (const [key, zero, one] of pairs)
        if (zero === one) close(metrics[key], zero)
        else expect([key, metrics[key], typeof notes[key]]).toEqual([key, null, 'string'])
    })

    test('figures of two classes', () => {
      const keys = ['balancedAccuracy', 'mcc', 'auc', 'aucWeighted', 'prAuc']
      if (hasBoth)
        expectAlike(
          keys.map((key) => metrics[key]!),
          [given.balanced_accuracy, given.mcc, given.roc_auc, given.roc_auc, given.average_precision],
        )
      else {
        // scikit-learn 1.2 raises for the AUC, and calls the others accuracy, 0 and 0 or 1 (1.6 and later: AUC NaN)
        expect(given.roc_auc_error).toContain('Only one class')
        const reason = `all rows are of class ${given.y_true[0]}`
        expect(keys.map((key) => [metrics[key], notes[key]])).toEqual(keys.map(() => [null, reason]))
      }
      expect(rocAuc(y, scores, { weights })).toBe(
        hasBoth ? rocAuc(y, scores, { weights: weights ?? scores.map(() => 1) }) : null,
      )
      if (hasBoth)
        expectAlike(
          [rocAuc(y, scores, { weights })!, averagePrecision(y, scores, { weights })!],
          [given.roc_auc, given.average_precision],
        )
    })

    test('log loss and Brier score; scores that are no probabilities have neither', () => {
      if (given.brier === undefined)
        expect(() => classificationMetrics({ classes: 2, y, p: scores })).toThrow('is not a probability from 0 to 1')
      else expectAlike([metrics['logLoss']!, metrics['brier']!], [given['log_loss_eps1e-15']!, given.brier])
    })

    test('ROC curve, with all points and without those on straight lines', () => {
      const both = [
        [given.roc_curve, rocCurve(y, scores, { weights, dropIntermediate: false })],
        [given.roc_curve_drop_intermediate, rocCurve(y, scores, { weights })],
      ] as const
      for (const [expected, found] of both) {
        if (expected === undefined) {
          expect(found).toBeNull()
          continue
        }
        expectAlike([...found!.fpr], expected.fpr)
        expectAlike([...found!.tpr], expected.tpr)
        // 1.2 begins at the highest score + 1, 1.3 and later, and we, at Infinity
        expect(found!.thresholds[0]).toBe(Number.POSITIVE_INFINITY)
        expectAlike([expected.thresholds[0]!], [Math.max(...given.score) + 1])
        expectAlike([...found!.thresholds.slice(1)], expected.thresholds.slice(1))
      }
    })

    test('PR curve', () => {
      const found = precisionRecallCurve(y, scores, { weights, dropIntermediate: false })
      if (given.pr_curve === undefined) return expect(found).toBeNull()
      expectAlike([...found!.precision], given.pr_curve.precision)
      expectAlike([...found!.recall], given.pr_curve.recall)
      expectAlike([...found!.thresholds], given.pr_curve.thresholds)
    })
  })
})

describe.skipIf(!hasGolden)('scikit-learn 1.2.1, three classes', () => {
  test('both cases are there', () => {
    expect(MULTICLASS.map(({ name }) => name)).toEqual(['random3', 'missing_pred_class'])
  })

  // the second case changes what was said but not the probabilities: only figures of probabilities can be asked of those
  const [first] = MULTICLASS
  test.each(MULTICLASS)('$name', (given) => {
    const y = Int8Array.from(given.y_true)
    const isSaid = given === first
    const p = isSaid ? given.proba.flat() : given.y_pred.flatMap((said) => [0, 1, 2].map((k) => (k === said ? 1 : 0)))
    const { metrics, notes, confusion, perClass } = classificationMetrics({ classes: 3, y, p: Float64Array.from(p) })
    expect(confusion).toEqual(given.confusion)
    expectAlike(
      ['accuracy', 'balancedAccuracy', 'mcc'].map((key) => metrics[key]!),
      [given.accuracy, given.balanced_accuracy, given.mcc],
    )
    const zero = classScores(confusion, 0)
    for (const key of ['precision', 'recall', 'f1'] as const) {
      expectAlike(
        zero.map((one) => one[key]!),
        given.per_class[key],
      )
      const k = { precision: 0, recall: 1, f1: 2 }[key]
      for (const by of ['macro', 'weighted'] as const) close(averageOf(zero, key, by), given[by][k]!)
    }
    expect(perClass.map(({ support }) => support)).toEqual(given.per_class.support)
    // class 2 is never said in the second case, where scikit-learn warns and takes 0
    expect([metrics['precision'], metrics['macroPrecision']].map((figure) => figure === null)).toEqual([
      !isSaid,
      !isSaid,
    ])
    expect(Object.keys(notes)).toEqual(isSaid ? [] : ['precision', 'macroPrecision', 'weightedPrecision'])
    expectAlike([metrics['macroRecall']!, metrics['macroF1']!], given.macro.slice(1))
    expectAlike([metrics['weightedRecall']!, metrics['weightedF1']!], given.weighted.slice(1))

    const ofP = classificationMetrics({ classes: 3, y, p: Float64Array.from(given.proba.flat()) }).metrics
    expectAlike(
      ['logLoss', 'auc', 'aucWeighted'].map((key) => ofP[key]!),
      [given.log_loss, given.roc_auc_ovr_macro, given.roc_auc_ovr_weighted],
    )
  })
})

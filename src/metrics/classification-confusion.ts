import type { Figure } from '../core/findings.ts'
import type { Tally } from './classification-ranking.ts'
import type { Figures } from './figures.ts'

/** Weight of the rows of each true class (outer) that were said to be of each class (inner). */
export type Confusion = readonly (readonly number[])[]

/** What becomes of a quotient that is 0 ÷ 0: a number, as scikit-learn's zero_division, or nothing. */
export type ZeroDivision = 0 | 1 | null

export interface ClassScores {
  /** Weight of the rows that are of the class, and of those said to be. */
  readonly support: number
  readonly said: number
  readonly precision: Figure
  readonly recall: Figure
  readonly f1: Figure
}

/** Summed up over rows: `cells` is true class × classes + class said. */
export function confusionOf(cells: Uint8Array, weights: Float64Array | null, classes: number): Confusion {
  const sums = new Float64Array(classes * classes)
  for (let row = 0; row < cells.length; row++) sums[cells[row]!]! += weights === null ? 1 : weights[row]!
  return Array.from({ length: classes }, (_, k) => [...sums.subarray(k * classes, (k + 1) * classes)])
}

/** The same of two classes, of which 1 is said of the scores from place `from` on. Sums of whole weights are exact in any order. */
export function confusionOfScores({ sums }: Tally, from: number): Confusion {
  let [other, own, otherSaid, ownSaid] = [0, 0, 0, 0]
  for (let k = 0; k < 2 * from; k += 2) {
    other += sums[k]!
    own += sums[k + 1]!
  }
  for (let k = 2 * from; k < sums.length; k += 2) {
    otherSaid += sums[k]!
    ownSaid += sums[k + 1]!
  }
  return [
    [other, otherSaid],
    [own, ownSaid],
  ]
}

/**
 * Precision TP ÷ (TP + FP), recall TP ÷ (TP + FN) and F1 = 2 TP ÷ (2 TP + FP + FN) of each class. A class that was never said
 * has no precision, one that never came no recall; F1 is 0 ÷ 0 only where both hold.
 */
export function classScores(confusion: Confusion, zeroDivision: ZeroDivision = null): readonly ClassScores[] {
  const ratio = (part: number, whole: number) => (whole > 0 ? part / whole : zeroDivision)
  return confusion.map((row, k) => {
    const hits = row[k]!
    const support = sum(row)
    const said = sum(confusion.map((other) => other[k]!))
    return {
      support,
      said,
      precision: ratio(hits, said),
      recall: ratio(hits, support),
      f1: ratio(2 * hits, support + said),
    }
  })
}

/** Mean over the classes that came or were said, or weighted by how often they came; `null` where one of these has none. */
export function averageOf(
  scores: readonly ClassScores[],
  key: 'precision' | 'recall' | 'f1',
  by: 'macro' | 'weighted',
): Figure {
  let [total, weights] = [0, 0]
  for (const one of scores) {
    const weight = by === 'weighted' ? one.support : one.support + one.said > 0 ? 1 : 0
    if (weight === 0) continue
    const value = one[key]
    if (value === null) return null
    total += weight * value
    weights += weight
  }
  return weights > 0 ? total / weights : null
}

const NEVER_SAID = 'a class that came was never said'
const NEVER_CAME = 'a class that was said never came'

/** Figures of what was said against what came. Without two classes to tell apart, those that compare them are `null`. */
export function confusionFigures(figures: Figures, confusion: Confusion, oneClass: string | null): void {
  const scores = classScores(confusion)
  const total = sum(scores.map(({ support }) => support))
  const hits = sum(confusion.map((row, k) => row[k]!))
  figures.set('accuracy', hits / total)
  const came = scores.filter(({ support }) => support > 0)
  const balanced = sum(came.map(({ recall }) => recall!)) / came.length
  figures.set('balancedAccuracy', oneClass === null ? balanced : null, oneClass ?? '')
  const last = scores.length - 1
  const { precision, recall, f1 } = scores[last]!
  figures.set('precision', precision, `class ${last} was never said`)
  figures.set('recall', recall, `class ${last} never came`)
  figures.set('f1', f1, `class ${last} neither came nor was said`)
  for (const by of ['macro', 'weighted'] as const) {
    figures.set(`${by}Precision`, averageOf(scores, 'precision', by), NEVER_SAID)
    figures.set(`${by}Recall`, averageOf(scores, 'recall', by), NEVER_CAME)
    figures.set(`${by}F1`, averageOf(scores, 'f1', by))
  }
  figures.set('mcc', oneClass === null ? correlationOf(scores, total, hits) : null, oneClass ?? '')
}

/**
 * Matthews' correlation in Gorodkin's form for any number of classes. Where only one class was ever said it is 0 ÷ 0, and 0
 * by its limit (Chicco & Jurman 2020).
 */
function correlationOf(scores: readonly ClassScores[], total: number, hits: number): number {
  const cross = sum(scores.map(({ support, said }) => support * said))
  const truth = total ** 2 - sum(scores.map(({ support }) => support ** 2))
  const saying = total ** 2 - sum(scores.map(({ said }) => said ** 2))
  if (scores.filter(({ said }) => said > 0).length < 2) return 0
  return (hits * total - cross) / Math.sqrt(truth * saying)
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0)
}

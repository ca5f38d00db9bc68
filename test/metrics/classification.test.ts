import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { classificationMetrics } from '../../src/metrics/classification.ts'
import type { Predictions } from '../../src/metrics/classification-input.ts'
import { averagePrecision } from '../../src/metrics/precision-recall.ts'
import { rocAuc } from '../../src/metrics/roc.ts'
import { expectAlike } from '../preprocess/golden-vectors.ts'

const two = (y: readonly number[], p: readonly number[], more: Partial<Predictions> = {}): Predictions => ({
  classes: 2,
  y: Int8Array.from(y),
  p: Float64Array.from(p),
  ...more,
})
const three = (y: readonly number[], p: readonly (readonly number[])[]): Predictions => ({
  classes: 3,
  y: Int8Array.from(y),
  p: Float64Array.from(p.flat()),
})

describe('by hand', () => {
  test('two classes', () => {
    // said 1 1 0 0 1: of class 1 hits 2, one false, one missed; of class 0 one hit
    const { metrics, notes, confusion, perClass } = classificationMetrics(
      two([1, 0, 1, 0, 1], [0.9, 0.6, 0.4, 0.2, 0.5]),
    )
    expect(confusion).toEqual([[1, 1], [1, 2]]) // biome-ignore format: a matrix
    expect(notes).toEqual({})
    expectAlike(
      ['rows', 'upperShare', 'accuracy', 'precision', 'recall', 'f1', 'balancedAccuracy'].map((key) => metrics[key]!),
      [5, 3 / 5, 3 / 5, 2 / 3, 2 / 3, 2 / 3, (1 / 2 + 2 / 3) / 2],
    )
    // (TP·TN − FP·FN) ÷ √((TP + FP)(TP + FN)(TN + FP)(TN + FN))
    expectAlike([metrics['mcc']!], [(2 * 1 - 1 * 1) / Math.sqrt(3 * 3 * 2 * 2)])
    // pairs (0.9, 0.4, 0.5) × (0.6, 0.2): 4 of 6 are in order
    expectAlike([metrics['auc']!], [4 / 6])
    // down from the top: 1/1, then 2 of 3 at 0.5, 3 of 4 at 0.4
    expectAlike([metrics['prAuc']!], [(1 / 1 + 2 / 3 + 3 / 4) / 3])
    expectAlike(
      [metrics['logLoss']!],
      [-(Math.log(0.9) + Math.log(0.4) + Math.log(0.4) + Math.log(0.8) + Math.log(0.5)) / 5],
    )
    expectAlike([metrics['brier']!], [(0.1 ** 2 + 0.6 ** 2 + 0.6 ** 2 + 0.2 ** 2 + 0.5 ** 2) / 5])
    // every row in a bin of its own: |p − y|
    expectAlike([metrics['calibrationError']!], [(0.1 + 0.6 + 0.6 + 0.2 + 0.5) / 5])
    expect(perClass[0]).toMatchObject({ support: 2, said: 2, precision: 1 / 2, recall: 1 / 2, auc: metrics['auc'] })
    // class 0 by falling 1 − p: 0.2 is right, then 0.4 and 0.5 are not, then 0.6
    expectAlike([perClass[0]!.prAuc!], [(1 / 1 + 2 / 4) / 2])
  })

  test('three classes', () => {
    const p = [[0.6, 0.3, 0.1], [0.2, 0.5, 0.3], [0.1, 0.2, 0.7], [0.3, 0.4, 0.3]] // biome-ignore format: a table
    const { metrics, perClass, confusion } = classificationMetrics(three([0, 1, 2, 2], p))
    expect(confusion).toEqual([[1, 0, 0], [0, 1, 0], [0, 1, 1]]) // biome-ignore format: a matrix
    expectAlike([metrics['accuracy']!, metrics['recall']!, metrics['precision']!], [3 / 4, 1 / 2, 1])
    // Σ over classes of (p − y)²
    const squares = [0.16 + 0.09 + 0.01, 0.04 + 0.25 + 0.09, 0.01 + 0.04 + 0.09, 0.09 + 0.16 + 0.49]
    expectAlike([metrics['brier']!], [squares.reduce((a, b) => a + b) / 4])
    expectAlike([metrics['logLoss']!], [-(Math.log(0.6) + Math.log(0.5) + Math.log(0.7) + Math.log(0.3)) / 4])
    // 2 against 0.1 and 0.3: (0.7, 0.3) are above in 3 of 4 pairs, and equal in one
    expectAlike(
      perClass.map(({ auc }) => auc!),
      [1, 1, 3.5 / 4],
    )
    expectAlike([metrics['auc']!, metrics['aucWeighted']!], [(2 + 3.5 / 4) / 3, 1 / 4 + 1 / 4 + (2 / 4) * (3.5 / 4)])
    // what was said had 0.6, 0.5, 0.7 and was right, and 0.4 and was not
    expectAlike([metrics['calibrationError']!], [(0.4 + 0.5 + 0.3 + 0.4) / 4])
  })

  test('three probabilities that float32 left beside 1 are divided by their sum, for the log loss', () => {
    const { metrics } = classificationMetrics(three([0, 0], [[0.5, 0.3, 0.2005], [0.5, 0.3, 0.2]])) // biome-ignore format: a table
    expectAlike([metrics['logLoss']!], [-(Math.log(0.5 / 1.0005) + Math.log(0.5)) / 2])
  })

  test('the lower of equally likely classes is said; of two, the one at the threshold', () => {
    expect(classificationMetrics(three([0, 1], [[0.4, 0.4, 0.2], [0.2, 0.4, 0.4]])).confusion).toEqual([[1, 0, 0], [0, 1, 0], [0, 0, 0]]) // biome-ignore format: a matrix
    expect(classificationMetrics(two([1, 1], [0.3, 0.29]), { threshold: 0.3 }).confusion).toEqual([[0, 0], [1, 1]]) // biome-ignore format: a matrix
  })

  test('a probability of 0 for what came costs −ln 1e-15, not infinity', () => {
    expectAlike(
      [classificationMetrics(two([1, 0], [0, 0])).metrics['logLoss']!],
      [(15 * Math.log(10) - Math.log(1 - 1e-15)) / 2],
    )
  })
})

describe('what cannot be computed is null, with the reason', () => {
  test.each([0, 1])('one class alone: %i', (one) => {
    const { metrics, notes, perClass } = classificationMetrics(two([one, one, one], [0.2, 0.6, 0.7]))
    const reason = `all rows are of class ${one}`
    for (const key of ['auc', 'aucWeighted', 'prAuc', 'balancedAccuracy', 'mcc'])
      expect([key, metrics[key], notes[key]]).toEqual([key, null, reason])
    expect(perClass.map(({ auc, prAuc }) => [auc, prAuc])).toEqual([[null, null], [null, null]]) // biome-ignore format: pairs
    // what needs one class only is there
    expectAlike(
      [metrics['accuracy']!, metrics['brier']!],
      [one === 1 ? 2 / 3 : 1 / 3, one === 1 ? (0.64 + 0.16 + 0.09) / 3 : (0.04 + 0.36 + 0.49) / 3],
    )
    expectAlike(
      [metrics['calibrationError']!],
      [Math.abs(one - 0.2) / 3 + Math.abs(one - 0.6) / 3 + Math.abs(one - 0.7) / 3],
    )
  })

  test('a class of three that never came: no mean over classes of what it lacks', () => {
    const { metrics, notes, perClass } = classificationMetrics(three([0, 2, 0], [[0.6, 0.2, 0.2], [0.3, 0.3, 0.4], [0.1, 0.2, 0.7]])) // biome-ignore format: a table
    for (const key of ['auc', 'aucWeighted', 'prAuc'])
      expect([metrics[key], notes[key]]).toEqual([null, 'class 1 never came'])
    expect(perClass.map(({ auc }) => auc)).toEqual([1 / 2, null, 1 / 2])
    expectAlike([metrics['balancedAccuracy']!], [(1 / 2 + 1) / 2])
  })

  test('a class that was never said has no precision', () => {
    const { metrics, notes } = classificationMetrics(two([1, 0], [0.1, 0.2]))
    expect(notes).toEqual({
      precision: 'class 1 was never said',
      macroPrecision: 'a class that came was never said',
      weightedPrecision: 'a class that came was never said',
    })
    expect([metrics['f1'], metrics['recall'], metrics['mcc']]).toEqual([0, 0, 0])
  })

  test('no rows, or none that weighs anything', () => {
    for (const given of [two([], []), two([0, 1], [0.1, 0.2], { weights: Float64Array.of(0, 0) })]) {
      const { metrics, notes } = classificationMetrics(given)
      const { rows, ...rest } = metrics
      expect(rows).toBe(given.y.length)
      expect(new Set(Object.values(rest))).toEqual(new Set([null]))
      expect(new Set(Object.keys(rest).map((key) => notes[key]))).toEqual(new Set(['there are no rows']))
    }
  })

  test('classes said without a probability are not judged as one', () => {
    const { metrics, notes } = classificationMetrics(two([1, 0, 1], [1, 0, 0], { isHard: true }))
    for (const key of ['logLoss', 'brier', 'calibrationError', 'calibrationErrorMass'])
      expect([metrics[key], notes[key]]).toEqual([null, 'classes were said, and no probabilities'])
    expect(metrics['auc']).toBe(metrics['balancedAccuracy'])
  })
})

describe('areas', () => {
  const score = fc.oneof(fc.constantFrom(0, 0.25, 0.5, 1), fc.double({ min: 0, max: 1, noNaN: true }))
  const rows = fc.array(fc.record({ y: fc.constantFrom(0, 1), p: score, w: fc.constantFrom(0, 0.5, 1, 3) }), {
    minLength: 2,
    maxLength: 40,
  })

  test('AUC is the share of pairs in order, ties counting half, each with the product of its weights', () => {
    fc.assert(
      fc.property(rows, fc.boolean(), (given, isWeighted) => {
        const weightOf = (row: { w: number }) => (isWeighted ? row.w : 1)
        let [pairs, inOrder] = [0, 0]
        for (const up of given.filter(({ y }) => y === 1))
          for (const down of given.filter(({ y }) => y === 0)) {
            const weight = weightOf(up) * weightOf(down)
            pairs += weight
            inOrder += weight * (up.p > down.p ? 1 : up.p === down.p ? 0.5 : 0)
          }
        const weights = isWeighted ? Float64Array.from(given, ({ w }) => w) : null
        const found = rocAuc(
          Int8Array.from(given, ({ y }) => y),
          Float64Array.from(given, ({ p }) => p),
          { weights },
        )
        if (pairs === 0) expect(found).toBeNull()
        else expectAlike([found!], [inOrder / pairs], 1e-12)
      }),
      { numRuns: 400 },
    )
  })

  test('average precision is the mean over rows of the class of the precision at their score', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const own = given.filter(({ y }) => y === 1)
        const found = averagePrecision(
          Int8Array.from(given, ({ y }) => y),
          Float64Array.from(given, ({ p }) => p),
        )
        if (own.length === 0 || own.length === given.length) {
          expect(found).toBeNull()
          return
        }
        const precisions = own.map(({ p }) => {
          const said = given.filter((row) => row.p >= p)
          return said.filter(({ y }) => y === 1).length / said.length
        })
        expectAlike([found!], [precisions.reduce((a, b) => a + b) / own.length], 1e-12)
      }),
      { numRuns: 400 },
    )
  })

  test('only the order of scores counts; turned round, AUC is 1 − AUC', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const y = Int8Array.from(given, ({ y }) => y)
        const p = Float64Array.from(given, ({ p }) => p)
        const auc = rocAuc(y, p)
        // the ranks themselves: a map that never merges two scores, as exp would
        const order = [...new Set(p)].sort((a, b) => a - b)
        const ranks = p.map((one) => order.indexOf(one))
        for (const other of [ranks.map((rank) => 7 * rank - 1e6), ranks.map((rank) => 2 ** rank)]) {
          expect(rocAuc(y, other)).toBe(auc)
          expect(averagePrecision(y, other)).toBe(averagePrecision(y, p))
        }
        if (auc !== null)
          expectAlike(
            [
              rocAuc(
                y,
                ranks.map((rank) => -rank),
              )!,
            ],
            [1 - auc],
            1e-12,
          )
      }),
      { numRuns: 200 },
    )
  })

  test('a row of weight 3 is three rows, one of weight 0 is none: in every figure', () => {
    const row = fc.record({
      y: fc.constantFrom(0, 1, 2),
      a: fc.integer({ min: 1, max: 9 }),
      b: fc.integer({ min: 1, max: 9 }),
      c: fc.integer({ min: 1, max: 9 }),
      w: fc.constantFrom(0, 1, 3),
    })
    fc.assert(
      fc.property(
        fc.array(row, { minLength: 1, maxLength: 25 }),
        fc.constantFrom(2 as const, 3 as const),
        (given, classes) => {
          const made = (list: typeof given): Predictions => ({
            classes,
            y: Int8Array.from(list, ({ y }) => Math.min(y, classes - 1)),
            p: Float64Array.from(
              list.flatMap(({ a, b, c }) =>
                classes === 2 ? [a / 10] : [a / (a + b + c), b / (a + b + c), c / (a + b + c)],
              ),
            ),
          })
          const weighted = classificationMetrics({ ...made(given), weights: Float64Array.from(given, ({ w }) => w) })
          const repeated = classificationMetrics(made(given.flatMap((one) => Array<typeof one>(one.w).fill(one))))
          expect(weighted.confusion).toEqual(repeated.confusion)
          const { rows: _, ...figures } = weighted.metrics
          for (const [key, figure] of Object.entries(figures)) {
            const other = repeated.metrics[key]!
            if (figure === null || other === null) expect([key, figure]).toEqual([key, other])
            else expect(Math.abs(figure - other)).toBeLessThanOrEqual(1e-12)
          }
        },
      ),
      { numRuns: 200 },
    )
  })
})

describe('what is refused', () => {
  test.each([
    ['a missing label', two([0, -1], [0.1, 0.2]), 'row 1: class -1 is not one of 0 … 1'],
    ['a class too many', two([0, 2], [0.1, 0.2]), 'row 1: class 2 is not one of 0 … 1'],
    ['NaN', two([0, 1], [0.1, Number.NaN]), 'row 1: NaN is not a probability from 0 to 1'],
    ['a percent', two([0, 1], [0.1, 20]), 'row 1: 20 is not a probability from 0 to 1'],
    [
      'two columns of two classes',
      two([0, 1], [0.1, 0.9, 0.2, 0.8]),
      '4 probabilities for 2 rows of 2 classes: 1 a row',
    ],
    ['three that do not add up', three([0, 1], [[0.5, 0.5, 0], [0.5, 0.5, 0.5]]), 'row 1: its three probabilities add up to 1.5'], // biome-ignore format: one look
    [
      'a negative weight',
      two([0, 1], [0.1, 0.2], { weights: Float64Array.of(1, -1) }),
      'row 1: weight -1 is not a number of at least 0',
    ],
    ['weights of other rows', two([0, 1], [0.1, 0.2], { weights: Float64Array.of(1) }), '1 weights for 2 rows'],
  ])('%s', (_, given, message) => {
    expect(() => classificationMetrics(given)).toThrow(message)
  })

  test('scores that are not numbers, rows without a label, other lengths', () => {
    const auc = (y: readonly number[], scores: readonly number[], weights: Float64Array | null = null) =>
      rocAuc(Int8Array.from(y), Float64Array.from(scores), { weights })
    expect(() => auc([0, 1], [1, Number.NaN])).toThrow('row 1: its score is not a number')
    expect(() => auc([0, -1], [1, 2])).toThrow('row 1: class -1: leave out rows without a label')
    expect(() => auc([0, 1], [1])).toThrow('1 scores for 2 rows')
    expect(() => auc([0, 1], [1, 2], Float64Array.of(1, Number.NaN))).toThrow('row 1: weight NaN')
    // infinite scores have an order as well
    expect(auc([0, 1, 1, 0], [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY, 0, -0])).toBe(3.5 / 4)
  })
})

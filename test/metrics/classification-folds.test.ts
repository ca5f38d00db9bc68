import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { BASELINES, classShares, majorityBaseline, previousSignBaseline } from '../../src/metrics/baselines.ts'
import { blockBootstrap } from '../../src/metrics/block-bootstrap.ts'
import { classificationMetrics } from '../../src/metrics/classification.ts'
import { evaluateFolds, type FoldPredictions } from '../../src/metrics/classification-folds.ts'
import type { Predictions } from '../../src/metrics/classification-input.ts'
import { CLASSIFICATION_METRICS } from '../../src/metrics/classification-table.ts'
import { rocAuc } from '../../src/metrics/roc.ts'

const JUDGED = CLASSIFICATION_METRICS.filter(({ better }) => better !== null).map(({ key }) => key)

/** Classes drawn from their own probability; `skill` 0 says something else, 1 says that probability. */
function made(n: number, seed: number, skill: number, more: Partial<FoldPredictions> = {}): FoldPredictions {
  const random = seededRandom(seed)
  const truth = Float64Array.from({ length: n }, () => random())
  return {
    classes: 2,
    y: Int8Array.from(truth, (p) => (random() < p ? 1 : 0)),
    p: Float64Array.from(truth, (p) => skill * p + (1 - skill) * random()),
    shares: [0.45, 0.55],
    previousReturns: Float64Array.from(truth, () => random() - 0.5),
    ...more,
  }
}

const test2: Predictions = { classes: 2, y: Int8Array.of(0, 1, 1), p: Float64Array.of(0.1, 0.2, 0.3) }
const test3: Predictions = { classes: 3, y: Int8Array.of(0, 1, 2), p: new Float64Array(9) }

describe('baselines', () => {
  test('shares are those of the rows that are learnt from, by their weights', () => {
    const y = Int8Array.of(0, 1, 1, -1, 0, 2)
    expect(classShares(y, Int32Array.of(0, 1, 2, 4), 2)).toEqual([1 / 2, 1 / 2])
    expect(classShares(y, Int32Array.of(0, 1, 2, 5), 3)).toEqual([1 / 4, 2 / 4, 1 / 4])
    expect(classShares(y, Int32Array.of(0, 1, 1), 2, Float64Array.of(2, 1, 9, 9, 9, 9))).toEqual([1 / 2, 1 / 2])
    expect(() => classShares(y, Int32Array.of(0, 3), 2)).toThrow('row 3: class -1 is not one of 0 … 1')
    expect(() => classShares(y, Int32Array.of(), 2)).toThrow('the training part has no rows')
  })

  test('the majority is said always, with the share that it had', () => {
    const { p } = majorityBaseline(test2, [0.6, 0.4])
    expect([...p]).toEqual([0.4, 0.4, 0.4])
    expect(classificationMetrics(majorityBaseline(test2, [0.6, 0.4])).confusion).toEqual([[1, 0], [2, 0]]) // biome-ignore format: a matrix
    expect(classificationMetrics(majorityBaseline(test2, [0.4, 0.6])).confusion).toEqual([[0, 1], [0, 2]]) // biome-ignore format: a matrix
    expect([...majorityBaseline(test3, [0.2, 0.5, 0.3]).p]).toEqual([0.2, 0.5, 0.3, 0.2, 0.5, 0.3, 0.2, 0.5, 0.3])
    expect(() => majorityBaseline(test2, [0.2, 0.5, 0.3])).toThrow('shares 0.2, 0.5, 0.3 of 2 classes')
    expect(() => majorityBaseline(test2, [0.2, 0.5])).toThrow('that add up to 1')
  })

  test('the sign of the last bar goes on; no move is a time-out, or down', () => {
    expect([...previousSignBaseline(test2, Float64Array.of(0.01, -0.01, 0)).p]).toEqual([1, 0, 0])
    expect([...previousSignBaseline(test3, Float64Array.of(0.01, -0.01, 0)).p]).toEqual([0, 0, 1, 1, 0, 0, 0, 1, 0])
    expect(() => previousSignBaseline(test2, Float64Array.of(0, Number.NaN, 0))).toThrow(
      'row 1: its previous return is not a number',
    )
    expect(() => previousSignBaseline(test2, Float64Array.of(0))).toThrow('1 previous returns for 3 rows')
  })
})

describe('folds', () => {
  const options = { bootstrap: { seed: 5, resamples: 60, span: 4 } }
  const folds = [made(120, 1, 0.8), made(90, 2, 0.8, { shares: [0.7, 0.3] })]
  const { folds: each, pooled } = evaluateFolds(folds, options)

  test('each has the figures of its rows, and all of them those of the rows together', () => {
    expect(each.map(({ metrics }) => metrics)).toEqual(folds.map((fold) => classificationMetrics(fold).metrics))
    const all = {
      classes: 2 as const,
      y: Int8Array.from([...folds[0]!.y, ...folds[1]!.y]),
      p: Float64Array.from([...folds[0]!.p, ...folds[1]!.p]),
    }
    expect(pooled.metrics).toEqual(classificationMetrics(all).metrics)
    expect(pooled.confusion).toEqual(classificationMetrics(all).confusion)
    expect(pooled.perClass).toEqual(classificationMetrics(all).perClass)
  })

  test('three classes: rows of one fold after those of the other', () => {
    const random = seededRandom(12)
    const folds3 = [30, 20].map(
      (n): FoldPredictions => ({
        classes: 3,
        y: Int8Array.from({ length: n }, () => Math.floor(random() * 3)),
        p: Float64Array.from(Array.from({ length: n }, () => [random() / 2, random() / 2]).flatMap(([a, b]) => [a!, b!, 1 - a! - b!])), // biome-ignore format: one look
        shares: [0.3, 0.2, 0.5],
        previousReturns: Float64Array.from({ length: n }, () => random() - 0.5),
      }),
    )
    const together = evaluateFolds(folds3, options).pooled
    const p = Float64Array.from(folds3.flatMap((fold) => [...fold.p]))
    expect(together.metrics).toEqual(
      classificationMetrics({ classes: 3, y: Int8Array.from(folds3.flatMap(({ y }) => [...y])), p }).metrics,
    )
    // 2 is said always
    expect(together.baselines.majority.metrics['recall']).toBe(1)
    expect(together.intervals['auc']).not.toBeNull()
  })

  test('intervals are those of resampling the rows themselves', () => {
    const { y, p } = folds[0]!
    const aucs: number[] = []
    blockBootstrap(y.length, options.bootstrap, (counts) => {
      // every row as often as it was drawn
      const rows = [...counts.keys()].flatMap((row) => Array<number>(counts[row]!).fill(row))
      aucs.push(
        rocAuc(
          Int8Array.from(rows, (row) => y[row]!),
          Float64Array.from(rows, (row) => p[row]!),
        )!,
      )
    })
    aucs.sort((a, b) => a - b)
    // ranks 59 · 0.025 and 59 · 0.975
    const at = (h: number) => aucs[Math.floor(h)]! + (h % 1) * (aucs[Math.floor(h) + 1]! - aucs[Math.floor(h)]!)
    const { low, high } = each[0]!.intervals['auc']!
    expect([low, high]).toEqual([expect.closeTo(at(59 * 0.025), 12), expect.closeTo(at(59 * 0.975), 12)])
    // ∛(120 · 16 ÷ 6) = 6.8
    expect(each[0]!.blocks).toEqual({ kind: 'circular', blockLength: 7, resamples: 60 })
  })

  test('there is an interval for every figure for which one way is better, and it holds the figure', () => {
    for (const { intervals, metrics } of [...each, pooled]) {
      expect(Object.keys(intervals)).toEqual(JUDGED)
      for (const key of ['accuracy', 'auc', 'logLoss', 'brier', 'f1', 'mcc', 'prAuc']) {
        expect([key, intervals[key]!.low <= metrics[key]!, metrics[key]! <= intervals[key]!.high]).toEqual([
          key,
          true,
          true,
        ])
        expect(intervals[key]!.low).toBeLessThan(intervals[key]!.high)
      }
    }
  })

  test('weights count in the figures and in the resamples: rows that weigh nothing are not there', () => {
    const [first] = folds
    const weights = Float64Array.from(first!.y, (_, row) => (row < 60 ? 1 : 0))
    const part = evaluateFolds([{ ...first!, weights }], options).pooled
    expect(part.metrics['auc']).toBe(rocAuc(first!.y.slice(0, 60), first!.p.slice(0, 60)))
    const noise = first!.p.map((p, row) => (row < 60 ? p : 1 - p))
    const other = evaluateFolds([{ ...first!, weights, p: noise }], options).pooled
    expect(other.intervals['auc']).toEqual(part.intervals['auc'])
    expect(other.intervals['auc']).not.toEqual(each[0]!.intervals['auc'])
  })

  /** Rows that were drawn are summed up by score, weighted ones one after the other. */
  test('rows of which each weighs 1 have the figures and the intervals of rows without weights, to the last bit', () => {
    const coarse = (fold: FoldPredictions) => ({ ...fold, p: fold.p.map((p) => Math.round(8 * p) / 8) })
    const one = (fold: FoldPredictions) => ({ ...fold, weights: new Float64Array(fold.y.length).fill(1) })
    for (const threshold of [0.5, 0.51, 1])
      for (const drawn of [folds, folds.map(coarse), [made(91, 3, 0.5)]])
        expect(evaluateFolds(drawn.map(one), { ...options, threshold })).toEqual(
          evaluateFolds(drawn, { ...options, threshold }),
        )
  })

  test('the same seed gives the same bytes, another other intervals', () => {
    const again = evaluateFolds(folds, options)
    expect(JSON.stringify(again)).toBe(JSON.stringify({ folds: each, pooled }))
    const other = evaluateFolds(folds, { bootstrap: { ...options.bootstrap, seed: 6 } }).pooled
    expect(other.intervals['auc']).not.toEqual(pooled.intervals['auc'])
    expect(other.metrics).toEqual(pooled.metrics)
  })

  test('a wider level is a wider interval', () => {
    const narrow = evaluateFolds(folds, { bootstrap: { ...options.bootstrap, level: 0.5 } }).pooled.intervals['auc']!
    expect(narrow.low).toBeGreaterThan(pooled.intervals['auc']!.low)
    expect(narrow.high).toBeLessThan(pooled.intervals['auc']!.high)
  })

  test('one class alone: null with the reason, and no interval', () => {
    const one = made(40, 3, 1, { y: new Int8Array(40) })
    const { pooled: alone } = evaluateFolds([one], options)
    expect([alone.metrics['auc'], alone.notes['auc'], alone.intervals['auc']]).toEqual([
      null,
      'all rows are of class 0',
      null,
    ])
    expect(alone.intervals['accuracy']).not.toBeNull()
    expect(alone.baselines.majority.compared['auc']).toBeNull()
  })

  test('a single row is scored, and not resampled', () => {
    const { pooled: single } = evaluateFolds([made(1, 1, 1)], options)
    expect([single.metrics['rows'], single.blocks, single.intervals['accuracy']]).toEqual([1, null, null])
  })

  test('no folds, and folds of different classes, are refused', () => {
    const three: FoldPredictions = {
      ...test3,
      p: new Float64Array(9).fill(1 / 3),
      shares: [0, 0, 1],
      previousReturns: new Float64Array(3),
    }
    expect(() => evaluateFolds([], options)).toThrow('there are no folds')
    expect(() => evaluateFolds([folds[0]!, three], options)).toThrow('folds of 2 and of 3 classes')
  })
})

describe('beside the baselines', () => {
  const bootstrap = { seed: 9, resamples: 300 }
  test('each baseline is scored on the same rows, fold by fold with its own training shares', () => {
    const folds = [made(100, 1, 1), made(100, 2, 1, { shares: [0.7, 0.3] })]
    const { pooled } = evaluateFolds(folds, { bootstrap: { ...bootstrap, resamples: 20 } })
    expect(Object.keys(pooled.baselines)).toEqual([...BASELINES])
    const y = folds.flatMap((fold) => [...fold.y])
    // 1 is said in the first fold, 0 in the second
    const hits = y.filter((came, row) => came === (row < 100 ? 1 : 0)).length
    expect(pooled.baselines.majority.metrics['accuracy']).toBe(hits / 200)
    const signs = folds.flatMap((fold) => [...fold.previousReturns]).map((one) => (one > 0 ? 1 : 0))
    expect(pooled.baselines.previousSign.metrics['accuracy']).toBe(
      y.filter((came, row) => came === signs[row]).length / 200,
    )
    expect(pooled.baselines.previousSign.notes['logLoss']).toBe('classes were said, and no probabilities')
    expect(pooled.baselines.previousSign.compared['logLoss']).toBeNull()
  })

  test('a model with skill is better than both, in accuracy, AUC and log loss', () => {
    const { baselines } = evaluateFolds([made(1500, 4, 1)], { bootstrap }).pooled
    for (const [
      who,
      key,
    ] of [['majority', 'accuracy'], ['majority', 'auc'], ['majority', 'logLoss'], ['majority', 'brier'], ['previousSign', 'accuracy'], ['previousSign', 'auc']] as const) // biome-ignore format: a list
      expect([who, key, baselines[who].compared[key]]).toEqual([
        who,
        key,
        { isInside: false, difference: expect.anything(), isBetter: true },
      ])
    // lower is better: the difference is below 0
    expect(baselines.majority.compared['logLoss']!.difference!.high).toBeLessThan(0)
    expect(baselines.majority.compared['auc']!.difference!.low).toBeGreaterThan(0)
  })

  test('one without is not: inside the sign’s interval, and not beyond a constant’s AUC of one half', () => {
    const { baselines, metrics } = evaluateFolds([made(1500, 6, 0)], { bootstrap }).pooled
    const { majority, previousSign } = baselines
    expect(previousSign.compared['accuracy']).toMatchObject({ isInside: true, isBetter: false })
    // the constant's interval has no width, so that only the difference tells
    expect(majority.intervals['auc']).toEqual({ low: 0.5, high: 0.5 })
    expect(metrics['auc']).not.toBe(0.5)
    const { isInside, difference, isBetter } = majority.compared['auc']!
    expect([isInside, isBetter, difference!.low < 0, difference!.high > 0]).toEqual([false, false, true, true])
  })

  test('noise is not, though baselines that run against the folds do worse than chance', () => {
    // the next fold's majority is the other class, and the sign is the wrong one
    const fold = (seed: number, ones: number): FoldPredictions => {
      const random = seededRandom(seed)
      const y = Int8Array.from({ length: 800 }, () => (random() < ones ? 1 : 0))
      const previousReturns = Float64Array.from(y, (one) => (random() < 0.6 ? 1 : -1) * (one === 1 ? -1 : 1))
      return { classes: 2, y, p: Float64Array.from(y, () => random()), shares: [ones, 1 - ones], previousReturns }
    }
    for (const seed of [1, 2, 3, 4, 5]) {
      const { metrics, baselines } = evaluateFolds([fold(seed, 0.4), fold(seed + 50, 0.6)], { bootstrap }).pooled
      for (const { metrics: theirs } of Object.values(baselines)) expect(theirs['auc']).toBeLessThan(0.45)
      expect(Math.abs(metrics['auc']! - 0.5)).toBeLessThan(0.04)
      for (const { compared } of Object.values(baselines))
        for (const key of ['auc', 'aucWeighted'])
          expect([seed, key, compared[key]?.isBetter ?? false]).toEqual([seed, key, false])
      // by the difference alone it would be
      expect(baselines.previousSign.compared['auc']).toMatchObject({ isInside: false })
      expect(baselines.previousSign.compared['auc']!.difference!.low).toBeGreaterThan(0)
    }
  })

  test('the model itself as its own baseline is inside, with no difference', () => {
    const fold = made(200, 7, 0.5)
    const sign = { ...fold, p: fold.previousReturns.map((one) => (one > 0 ? 1 : 0)) }
    const { compared } = evaluateFolds([sign], { bootstrap }).pooled.baselines.previousSign
    expect(compared['accuracy']).toEqual({ isInside: true, difference: { low: 0, high: 0 }, isBetter: false })
  })

  test('a little better in every resample, but inside the baseline’s interval, is not better', () => {
    const fold = made(400, 7, 0)
    const said = fold.previousReturns.map((one) => (one > 0 ? 1 : 0))
    // every fortieth row right, whatever the sign was
    const p = said.map((one, row) => (row % 40 === 0 ? fold.y[row]! : one))
    const { compared } = evaluateFolds([{ ...fold, p }], { bootstrap }).pooled.baselines.previousSign
    const { isInside, difference, isBetter } = compared['accuracy']!
    expect([isInside, difference!.low > 0, isBetter]).toEqual([true, true, false])
  })

  test('the model’s threshold is its own', () => {
    const fold = made(100, 8, 1)
    const { baselines } = evaluateFolds([fold], { threshold: 0.6, bootstrap: { ...bootstrap, resamples: 10 } }).pooled
    // the share of 0.55 is below 0.6, and 1 is the majority all the same
    expect(baselines.majority.metrics['recall']).toBe(1)
  })
})

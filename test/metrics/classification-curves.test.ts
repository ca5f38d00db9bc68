import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { calibrationCurve, calibrationError } from '../../src/metrics/calibration-error.ts'
import { averagePrecision, precisionRecallCurve } from '../../src/metrics/precision-recall.ts'
import { rocAuc, rocCurve } from '../../src/metrics/roc.ts'
import { expectAlike } from '../preprocess/golden-vectors.ts'

const rows = fc.array(
  fc.record({
    y: fc.constantFrom(0, 1),
    p: fc.oneof(
      fc.integer({ min: 0, max: 10 }).map((k) => k / 10),
      fc.double({ min: 0, max: 1, noNaN: true }),
    ),
    w: fc.constantFrom(0, 0.5, 1, 2),
  }),
  { minLength: 2, maxLength: 60 },
)
const columns = (given: readonly { y: number; p: number; w: number }[]) => ({
  y: Int8Array.from(given, ({ y }) => y),
  p: Float64Array.from(given, ({ p }) => p),
  weights: Float64Array.from(given, ({ w }) => w),
})
const trapezes = (x: Float64Array, y: Float64Array) =>
  x.reduce((area, to, k) => (k === 0 ? 0 : area + ((to - x[k - 1]!) * (y[k]! + y[k - 1]!)) / 2), 0)

describe('ROC curve', () => {
  test('by hand: each threshold says what is at or above it', () => {
    const curve = rocCurve(Int8Array.of(1, 0, 1, 0), Float64Array.of(0.9, 0.8, 0.8, 0.1), { dropIntermediate: false })!
    expect([...curve.thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.9, 0.8, 0.1])
    expect([...curve.fpr]).toEqual([0, 0, 1 / 2, 1])
    expect([...curve.tpr]).toEqual([0, 1 / 2, 1, 1])
  })

  test('its area is the AUC, whatever is left out of straight lines', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const { y, p, weights } = columns(given)
        const auc = rocAuc(y, p, { weights })
        for (const dropIntermediate of [true, false]) {
          const curve = rocCurve(y, p, { weights, dropIntermediate })
          if (auc === null) expect(curve).toBeNull()
          else expectAlike([trapezes(curve!.fpr, curve!.tpr)], [auc], 1e-12)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('no point that is kept lies on the line between its neighbours, but the two first and the last', () => {
    // one threshold after the other, all on one line: only its ends are of use
    const y = Int8Array.of(1, 1, 1, 0, 0)
    const p = Float64Array.of(0.9, 0.8, 0.7, 0.3, 0.2)
    expect([...rocCurve(y, p)!.thresholds]).toEqual([Number.POSITIVE_INFINITY, 0.9, 0.7, 0.2])
    expect([...rocCurve(y, p, { dropIntermediate: false })!.thresholds]).toEqual([
      Number.POSITIVE_INFINITY,
      0.9,
      0.8,
      0.7,
      0.3,
      0.2,
    ])
  })

  test('has at most so many points, its corners among them', () => {
    const n = 1000
    const y = Int8Array.from({ length: n }, (_, k) => (k * 7919) % 2)
    const p = Float64Array.from({ length: n }, (_, k) => ((k * 7919) % 1009) / 1009)
    const curve = rocCurve(y, p, { most: 50 })!
    expect(curve.fpr).toHaveLength(50)
    expect([curve.fpr[0], curve.tpr[0], curve.fpr[49], curve.tpr[49]]).toEqual([0, 0, 1, 1])
    for (let k = 1; k < 50; k++) expect(curve.thresholds[k]).toBeLessThan(curve.thresholds[k - 1]!)
    expect(precisionRecallCurve(y, p, { most: 50 })!.recall).toHaveLength(50)
    expect(() => rocCurve(y, p, { most: 1 })).toThrow('at most 1 points: a curve needs two')
  })

  test('of one class of three against the rest', () => {
    const y = Int8Array.of(2, 1, 0, 2)
    const p = Float64Array.of(0.9, 0.2, 0.3, 0.25)
    // pairs of 2 against the others: (0.9 above both), (0.25 above 0.2 only)
    expect(rocAuc(y, p, { positive: 2 })).toBe(3 / 4)
    expect(trapezes(rocCurve(y, p, { positive: 2 })!.fpr, rocCurve(y, p, { positive: 2 })!.tpr)).toBe(3 / 4)
  })
})

describe('PR curve', () => {
  test('its steps add up to the average precision, whatever is left out between equal recalls', () => {
    fc.assert(
      fc.property(rows, (given) => {
        const { y, p, weights } = columns(given)
        const expected = averagePrecision(y, p, { weights })
        for (const dropIntermediate of [true, false]) {
          const curve = precisionRecallCurve(y, p, { weights, dropIntermediate })
          if (expected === null) {
            expect(curve).toBeNull()
            continue
          }
          const { precision, recall, thresholds } = curve!
          expect([thresholds.length, recall.at(-1), precision.at(-1)]).toEqual([recall.length - 1, 0, 1])
          const steps = thresholds.reduce((area, _, k) => area + (recall[k]! - recall[k + 1]!) * precision[k]!, 0)
          expectAlike([steps], [expected], 1e-12)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('leaves out thresholds between two of the same recall', () => {
    const curve = precisionRecallCurve(Int8Array.of(1, 0, 0, 0, 1), Float64Array.of(0.9, 0.8, 0.7, 0.6, 0.5))!
    expect([...curve.thresholds]).toEqual([0.5, 0.6, 0.9])
    expect([...curve.recall]).toEqual([1, 1 / 2, 1 / 2, 0])
    expect([...curve.precision]).toEqual([2 / 5, 1 / 4, 1, 1])
  })
})

describe('calibration', () => {
  test('bins of equal width by hand, closed above', () => {
    const y = Int8Array.of(0, 1, 1, 0, 1)
    const p = Float64Array.of(0, 0.5, 0.50001, 0.75, 1)
    expect(calibrationCurve(y, p, { bins: 2 })).toEqual([
      { low: 0, high: 0.5, weight: 2, predicted: 0.25, observed: 0.5 },
      { low: 0.50001, high: 1, weight: 3, predicted: (0.50001 + 0.75 + 1) / 3, observed: 2 / 3 },
    ])
    expectAlike([calibrationError(y, p, { bins: 2 })!], [(2 / 5) * 0.25 + (3 / 5) * ((0.50001 + 0.75 + 1) / 3 - 2 / 3)])
  })

  test('rows that weigh nothing are in no bin, and do not widen one', () => {
    const y = Int8Array.of(0, 1, 1, 0, 1)
    const p = Float64Array.of(0.01, 0.2, 0.3, 0.45, 0.9)
    const curve = calibrationCurve(y, p, { bins: 2, weights: Float64Array.of(0, 1, 1, 0, 0) })
    expect(curve).toEqual([{ low: 0.2, high: 0.3, weight: 2, predicted: 0.25, observed: 1 }])
  })

  test('bins of equal mass by hand: equal probabilities are not torn apart', () => {
    const y = Int8Array.of(0, 1, 1, 0, 1, 1)
    const p = Float64Array.of(0.1, 0.2, 0.2, 0.2, 0.6, 0.9)
    const curve = calibrationCurve(y, p, { bins: 3, by: 'mass' })
    // middles of the weight: 0.5, 2.5, 4.5, 5.5 of 6, and the bins end at 2, 4 and 6
    expect(curve.map(({ low, high, weight }) => [low, high, weight])).toEqual([[0.1, 0.1, 1], [0.2, 0.2, 3], [0.6, 0.9, 2]]) // biome-ignore format: rows
    expectAlike(
      curve.map(({ observed }) => observed),
      [0, 2 / 3, 1],
    )
  })

  test('twenty probabilities in five bins: four in each', () => {
    const p = Float64Array.from({ length: 20 }, (_, k) => k / 40)
    const curve = calibrationCurve(new Int8Array(20), p, { bins: 5, by: 'mass' })
    expect(curve.map(({ weight }) => weight)).toEqual([4, 4, 4, 4, 4])
  })

  test('both errors are what a look at every bin gives, weighted or not', () => {
    fc.assert(
      fc.property(rows, fc.integer({ min: 1, max: 12 }), (given, bins) => {
        const heavy = given.filter(({ w }) => w > 0)
        const { y, p, weights } = columns(given)
        const total = heavy.reduce((sum, { w }) => sum + w, 0)
        const error = (binOf: (p: number) => number) => {
          let sum = 0
          for (let bin = 0; bin < bins; bin++) {
            const inside = heavy.filter((row) => binOf(row.p) === bin)
            sum += Math.abs(inside.reduce((difference, { y, p, w }) => difference + w * (p - y), 0))
          }
          return sum / total
        }
        const byWidth = (p: number) =>
          Array.from({ length: bins }, (_, k) => k).find((k) => k === bins - 1 || p <= (k + 1) / bins)!
        const byMass = (p: number) => {
          const below = heavy.filter((row) => row.p < p).reduce((sum, { w }) => sum + w, 0)
          const here = heavy.filter((row) => row.p === p).reduce((sum, { w }) => sum + w, 0)
          return Math.min(bins - 1, Math.floor((bins * (below + here / 2)) / total))
        }
        for (const [by, binOf] of [
          ['width', byWidth],
          ['mass', byMass],
        ] as const) {
          const found = calibrationError(y, p, { weights, bins, by })
          if (total === 0) expect(found).toBeNull()
          else expect(Math.abs(found! - error(binOf))).toBeLessThanOrEqual(1e-12)
        }
      }),
      { numRuns: 300 },
    )
  })

  test('a probability on an edge is in the bin below it, also where p × bins is rounded up', () => {
    // 0.07 × 100 = 7.000000000000001
    const curve = calibrationCurve(Int8Array.of(0, 1), Float64Array.of(0.07, 0.065), { bins: 100 })
    expect(curve).toHaveLength(1)
  })

  test('what is said as often as it comes has no error', () => {
    const y = Int8Array.from({ length: 100 }, (_, k) => (k % 10 < 3 ? 1 : 0))
    const p = new Float64Array(100).fill(0.3)
    for (const by of ['width', 'mass'] as const) expect(calibrationError(y, p, { by })).toBeLessThan(1e-12)
  })

  test('without rows there is none; no bins and no probabilities are refused', () => {
    expect(calibrationError(new Int8Array(0), new Float64Array(0))).toBeNull()
    expect(() => calibrationCurve(Int8Array.of(0), Float64Array.of(0.5), { bins: 0 })).toThrow('0 bins')
    expect(() => calibrationCurve(Int8Array.of(0), Float64Array.of(1.5))).toThrow('row 0: 1.5 is not a probability')
  })
})

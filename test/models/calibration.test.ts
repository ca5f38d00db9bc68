import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { seededRandom } from '../../src/core/random.ts'
import { Calibrated, type CalibrationMethod, calibrate } from '../../src/models/calibration.ts'
import type { FittedClassifier } from '../../src/models/classifier.ts'
import { curveAt, isotonicCurve } from '../../src/models/isotonic.ts'
import { plattAt, plattCurve } from '../../src/models/platt.ts'
import { trainingOf, upTo } from './made-training.ts'

/** A model that says what stands in the columns: of two classes the first, of three all three. */
function sayer(classes: 2 | 3): FittedClassifier {
  return {
    kind: 'sayer',
    predictProba: (columns, rows) =>
      classes === 2
        ? Float64Array.from(rows, (row) => columns[0]![row]!)
        : Float64Array.from({ length: 3 * rows.length }, (_, k) => columns[k % 3]![rows[Math.floor(k / 3)]!]!),
    toJSON: () => ({ kind: 'sayer', classes }),
  }
}
const readSayer = (json: unknown) => sayer((json as { classes: 2 | 3 }).classes)

describe('isotonic', () => {
  const point = fc.record({
    x: fc.integer({ min: 0, max: 12 }).map((k) => k / 12),
    y: fc.constantFrom(0, 1),
    weight: fc.integer({ min: 1, max: 5 }),
  })

  test('at every x the largest of the least means: max over a ≤ x of min over b ≥ x of the mean of [a, b]', () => {
    // Barlow, Bartholomew, Bremner & Brunk 1972: the least-squares rising fit, without any pooling
    fc.assert(
      fc.property(fc.array(point, { minLength: 1, maxLength: 30 }), (points) => {
        const curve = isotonicCurve(
          Float64Array.from(points, ({ x }) => x),
          points.map(({ y }) => y),
          Float64Array.from(points, ({ weight }) => weight),
        )
        const mean = (from: number, to: number) => {
          const inside = points.filter(({ x }) => x >= from && x <= to)
          const weight = inside.reduce((sum, one) => sum + one.weight, 0)
          return inside.reduce((sum, one) => sum + one.weight * one.y, 0) / weight
        }
        const xs = [...new Set(points.map(({ x }) => x))]
        for (const x of xs) {
          const least = (a: number) => Math.min(...xs.filter((b) => b >= x).map((b) => mean(a, b)))
          const expected = Math.max(...xs.filter((a) => a <= x).map(least))
          expect(curveAt(curve, x)).toBeCloseTo(expected, 12)
        }
      }),
      { numRuns: 200 },
    )
  })

  test('between corners a line, beyond them level', () => {
    const curve = isotonicCurve(Float64Array.of(0.2, 0.4, 0.8), [0, 0.5, 1], Float64Array.of(1, 1, 1))
    expect([0, 0.2, 0.3, 0.4, 0.5, 0.8, 1].map((x) => curveAt(curve, x))).toEqual(
      [0, 0, 0.25, 0.5, 0.625, 1, 1].map((y) => expect.closeTo(y, 12)),
    )
    expect(curveAt(curve, Number.NaN)).toBeNaN()
  })
})

describe('Platt', () => {
  /** Slope of the log loss against the smoothed targets, which is convex: flat only where it is least. */
  const pull = (p: Float64Array, y: readonly number[], weights: Float64Array) => {
    const curve = plattCurve(p, y, weights)
    const total = (one: number) => y.reduce((sum, own, k) => sum + (own === one ? weights[k]! : 0), 0)
    const [yes, no] = [(total(1) + 1) / (total(1) + 2), 1 / (total(0) + 2)]
    const error = Array.from(p, (one, k) => weights[k]! * (plattAt(curve, one) - (y[k] === 1 ? yes : no)))
    return {
      curve,
      offset: error.reduce((sum, one) => sum + one, 0),
      slope: error.reduce((sum, one, k) => sum + one * Math.log(p[k]! / (1 - p[k]!)), 0),
    }
  }

  test('lies where the loss against the smoothed targets is least', () => {
    const random = seededRandom(4)
    for (let round = 0; round < 20; round++) {
      const p = Float64Array.from({ length: 80 }, () => 0.01 + 0.98 * random())
      const y = Array.from(p, (one) => (random() < one ** 2 ? 1 : 0))
      const found = pull(
        p,
        y,
        Float64Array.from(p, () => 0.5 + random()),
      )
      expect(found.offset).toBeCloseTo(0, 6)
      expect(found.slope).toBeCloseTo(0, 6)
    }
  })

  test('undoes a known bend', () => {
    const random = seededRandom(5)
    const truth = Array.from({ length: 60_000 }, () => 4 * random() - 2)
    const y = truth.map((logit) => (random() < 1 / (1 + Math.exp(-logit)) ? 1 : 0))
    // the model is twice too sure, and 1 too high
    const p = Float64Array.from(truth, (logit) => 1 / (1 + Math.exp(-(2 * logit + 1))))
    const { slope, offset } = plattCurve(p, y, new Float64Array(p.length).fill(1))
    expect(slope).toBeCloseTo(0.5, 1)
    expect(offset).toBeCloseTo(-0.5, 1)
  })

  test('stays finite where the classes can be told apart without fail, and where all probabilities are one', () => {
    const apart = pull(Float64Array.of(0.1, 0.2, 0.8, 0.9), [0, 0, 1, 1], Float64Array.of(1, 1, 1, 1))
    expect(Number.isFinite(apart.curve.slope)).toBe(true)
    expect(apart.slope).toBeCloseTo(0, 6)
    const flat = plattCurve(Float64Array.of(0.3, 0.3, 0.3), [0, 1, 1], Float64Array.of(1, 1, 1))
    // only the offset: the mean of the targets ⅓, ¾ and ¾
    expect(plattAt(flat, 0.9)).toBeCloseTo((1 / 3 + 3 / 4 + 3 / 4) / 3, 9)
    expect(Number.isFinite(plattAt(flat, 0))).toBe(true)
  })
})

const methods: readonly CalibrationMethod[] = ['platt', 'isotonic']

describe.each(methods)('calibrate: %s', (method) => {
  const random = seededRandom(6)
  const raw = Array.from({ length: 600 }, () => Array.from({ length: 3 }, () => random()))
  const three = [0, 1, 2].map((k) => raw.map((row) => row[k]! / (row[0]! + row[1]! + row[2]!)))
  const drawn = raw.map(() => random())
  const two = trainingOf(
    [three[0]!],
    drawn.map((one, row) => (one < three[0]![row]! ** 2 ? 1 : 0)),
  )
  const ternary = trainingOf(
    three,
    drawn.map((one, row) => (one < three[0]![row]! ** 2 ? 0 : one < 0.5 ? 1 : 2)),
    3,
  )

  test('only the rows given count', () => {
    const own = { ...two, rows: upTo(400) }
    const other = { ...own, y: own.y.map((one, row) => (row < 400 ? one : 1 - one)) }
    expect(calibrate(sayer(2), method, own).curves).toEqual(calibrate(sayer(2), method, other).curves)
    expect(calibrate(sayer(2), method, own).curves).not.toEqual(calibrate(sayer(2), method, two).curves)
  })

  test('the order of the rows stays, and their mean is that of what came', () => {
    const model = calibrate(sayer(2), method, two)
    const p = model.predictProba(two.columns, two.rows)
    const order = [...two.rows].sort((a, b) => two.columns[0]![a]! - two.columns[0]![b]!)
    for (const [k, row] of order.entries()) if (k > 0) expect(p[row]).toBeGreaterThanOrEqual(p[order[k - 1]!]!)
    const mean = (values: ArrayLike<number>) => Array.from(values).reduce((sum, one) => sum + one, 0) / values.length
    // smoothed targets draw each class by less than 1 ÷ (n + 2) to the middle
    expect(Math.abs(mean(p) - mean(two.y))).toBeLessThan(method === 'platt' ? 2 / 600 : 1e-9)
  })

  test('three classes add up to 1, and each is the curve of its own over their sum', () => {
    const model = calibrate(sayer(3), method, ternary)
    const p = model.predictProba(ternary.columns, ternary.rows)
    const weights = new Float64Array(600).fill(1)
    const curves = three.map((own, k) => {
      const came = Array.from(ternary.y, (one) => (one === k ? 1 : 0))
      const x = Float64Array.from(own)
      if (method === 'isotonic') {
        const curve = isotonicCurve(x, came, weights)
        return (one: number) => curveAt(curve, one)
      }
      const curve = plattCurve(x, came, weights)
      return (one: number) => plattAt(curve, one)
    })
    for (const row of [0, 17, 599]) {
      const bent = curves.map((curve, k) => curve(three[k]![row]!))
      const sum = bent.reduce((all, one) => all + one, 0)
      for (const k of [0, 1, 2]) expect(p[3 * row + k]).toBeCloseTo(bent[k]! / sum, 12)
      expect(p[3 * row]! + p[3 * row + 1]! + p[3 * row + 2]!).toBeCloseTo(1, 12)
    }
  })

  test('a weight is as many rows', () => {
    const times = Array.from({ length: 600 }, (_, row) => row % 3)
    const rows = Int32Array.from(times.flatMap((count, row) => new Array<number>(count).fill(row)))
    const weighted = calibrate(sayer(2), method, { ...two, weights: Float64Array.from(times) })
    const counted = calibrate(sayer(2), method, { ...two, rows })
    const [one, other] = [weighted, counted].map((model) => model.predictProba(two.columns, two.rows))
    for (const row of two.rows) expect(one![row]).toBeCloseTo(other![row]!, 9)
  })

  test('made again from its JSON, the same bits', () => {
    for (const [classes, data] of [
      [2, two],
      [3, ternary],
    ] as const) {
      const model = calibrate(sayer(classes), method, data)
      const again = Calibrated.fromJson(JSON.parse(JSON.stringify(model)), readSayer)
      expect(again.predictProba(data.columns, data.rows)).toEqual(model.predictProba(data.columns, data.rows))
      const json = JSON.parse(JSON.stringify(model))
      expect(() => Calibrated.fromJson({ ...json, method: 'line' }, readSayer)).toThrow(/method is "line"/)
      expect(() => Calibrated.fromJson({ ...json, curves: [] }, readSayer)).toThrow(/curves/)
      expect(() => Calibrated.fromJson({ ...json, curves: json.curves.map(() => ({ x: [] })) }, readSayer)).toThrow(
        /curves\[0\]: (slope|x) is/,
      )
    }
  })

  test('one class only, and a probability that is none, are refused', () => {
    expect(() => calibrate(sayer(2), method, { ...two, y: two.y.map(() => 1) })).toThrow(/class 0/)
    const holed = { ...two, columns: [two.columns[0]!.with(7, Number.NaN)] }
    expect(() => calibrate(sayer(2), method, holed)).toThrow(/NaN of row 7/)
  })
})

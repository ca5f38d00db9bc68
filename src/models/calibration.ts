import type { FittedClassifier, TrainingSet } from './classifier.ts'
import { FittedJson } from './fitted-json.ts'
import { curveAt, isotonicCurve, type RisingCurve } from './isotonic.ts'
import { type PlattCurve, plattAt, plattCurve } from './platt.ts'
import { trainingRows } from './training-rows.ts'

/** `platt`: a sigmoid, for few rows; `isotonic`: whatever rises, which wants about a thousand. */
export type CalibrationMethod = 'platt' | 'isotonic'

type Curve = PlattCurve | RisingCurve

/**
 * A fitted classifier whose probabilities are bent to what came true on rows that it has not learnt from: the rows of `data`,
 * which the caller has purged. Of three classes each has a curve against the rest, and the three are divided by their sum.
 * @throws RangeError where a class has none of the rows
 */
export function calibrate(model: FittedClassifier, method: CalibrationMethod, data: TrainingSet): Calibrated {
  const { rows, y, weights } = trainingRows('calibrate', data)
  const p = model.predictProba(data.columns, rows)
  const bad = p.findIndex((one) => !Number.isFinite(one))
  const width = widthOf(data.classes)
  if (bad >= 0)
    throw new RangeError(`calibrate: the model says ${p[bad]} of row ${rows[Math.floor(bad / width)]}, no probability`)
  const curves = Array.from({ length: width }, (_, k) => {
    const own = Float64Array.from(rows, (_row, at) => p[at * width + k]!)
    const positive = width === 1 ? 1 : k
    const came = Uint8Array.from(y, (one) => (one === positive ? 1 : 0))
    return method === 'platt' ? plattCurve(own, came, weights) : isotonicCurve(own, came, weights)
  })
  return new Calibrated(model, data.classes, method, curves)
}

function widthOf(classes: 2 | 3): 1 | 3 {
  return classes === 2 ? 1 : 3
}

/** A fitted classifier behind calibration. */
export class Calibrated implements FittedClassifier {
  readonly kind = 'calibrated'
  readonly model: FittedClassifier
  readonly classes: 2 | 3
  readonly method: CalibrationMethod
  /** One, of class 1; of three classes one a class. */
  readonly curves: readonly Curve[]

  constructor(model: FittedClassifier, classes: 2 | 3, method: CalibrationMethod, curves: readonly Curve[]) {
    this.model = model
    this.classes = classes
    this.method = method
    this.curves = curves
  }

  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    const p = this.model.predictProba(columns, rows)
    const bent = this.curves.map((curve) => bend(curve))
    const width = bent.length
    const out = p.map((one, k) => bent[k % width]!(one))
    if (width === 1) return out
    for (let at = 0; at < out.length; at += 3) {
      const sum = out[at]! + out[at + 1]! + out[at + 2]!
      // three isotonic curves can all say never
      for (let k = at; k < at + 3; k++) out[k] = sum === 0 ? 1 / 3 : out[k]! / sum
    }
    return out
  }

  toJSON(): unknown {
    const { kind, classes, method, curves } = this
    return { kind, classes, method, curves, model: this.model.toJSON() }
  }

  /**
   * @param readModel makes the model within from its JSON
   * @throws RangeError that says where and what is wrong with it
   */
  static fromJson(json: unknown, readModel: (json: unknown) => FittedClassifier, where = 'calibrated'): Calibrated {
    const read = FittedJson.of('calibrated', json, where)
    const classes = read.oneOf('classes', [2, 3] as const)
    const method = read.oneOf('method', ['platt', 'isotonic'] as const)
    const curves = read.list('curves').map((curve, k) => {
      const own = new FittedJson(curve, `${where}: curves[${k}]`)
      if (method === 'platt') return { slope: own.number('slope'), offset: own.number('offset') }
      const x = [...own.numbers('x')]
      if (x.length === 0) own.refuse('x', 'a list of corners')
      return { x, y: [...own.numbers('y', x.length)] }
    })
    if (curves.length !== widthOf(classes)) read.refuse('curves', `${widthOf(classes)} of them`)
    return new Calibrated(readModel(read.any('model')), classes, method, curves)
  }
}

function bend(curve: Curve): (p: number) => number {
  return 'slope' in curve ? (p) => plattAt(curve, p) : (p) => curveAt(curve, p)
}

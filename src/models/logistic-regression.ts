import { requireBooleans, requireSetting, settingsOf } from '../preprocess/settings.ts'
import type { Classifier, FitOptions, FittedClassifier, TrainingSet } from './classifier.ts'
import { FittedJson } from './fitted-json.ts'
import type { LinearDesign } from './log-loss-blocks.ts'
import { probabilitiesOf } from './logits.ts'
import { fitNewton, type NewtonFit } from './newton-logistic.ts'
import { checkColumns, type TrainingRows, trainingRows } from './training-rows.ts'

export interface LogisticRegressionSettings {
  /** How much the rows count against the penalty, as scikit-learn's C: ½·‖w‖² + C·Σ weight·log loss is lowered. */
  readonly C: number
  /** `none`: no penalty, whatever C is. */
  readonly penalty: 'l2' | 'none'
  /** The intercept is never penalised. */
  readonly intercept: boolean
  readonly maxIterations: number
}

/** What stands in for no penalty where the classes can be told apart without fail. */
const C_WHEN_SEPARATED = 1

/**
 * Logistic regression by Newton's method (iteratively reweighted least squares), of three classes as one softmax. The numbers
 * are those of scikit-learn's LogisticRegression, three classes' coefficients adding up to 0 as there. Features should be of
 * one scale, or the penalty weighs them differently; a missing value is refused.
 *
 * Without a penalty, rows that can be told apart without fail have no best coefficients, since larger ones are always better:
 * then C = 1 is taken instead, and the model says that it is `separated`.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function logisticRegression(given: Partial<LogisticRegressionSettings> = {}): Classifier {
  const settings = settingsOf<LogisticRegressionSettings>('logisticRegression', given, {
    C: 1,
    penalty: 'l2',
    intercept: true,
    maxIterations: 100,
  })
  const { C, penalty, intercept, maxIterations } = settings
  const require = (isRight: boolean, name: keyof LogisticRegressionSettings, write: string) =>
    requireSetting(isRight, 'logisticRegression', name, settings[name], write)
  require(Number.isFinite(C) && C > 0, 'C', 'a number above 0, or penalty: "none"')
  require(penalty === 'l2' || penalty === 'none', 'penalty', '"l2" or "none"')
  require(Number.isInteger(maxIterations) && maxIterations > 0, 'maxIterations', 'a whole number above 0')
  requireBooleans('logisticRegression', { intercept })
  return {
    kind: 'logistic-regression',
    settings: { ...settings },
    fit: (data, options) => fitLogistic(settings, data, options),
  }
}

function fitLogistic(
  { C, penalty, intercept, maxIterations }: LogisticRegressionSettings,
  data: TrainingSet,
  { onProgress }: FitOptions,
): LogisticRegression {
  const training = trainingRows('logisticRegression', data)
  const design = designOf(data, training, intercept)
  const onStep =
    onProgress &&
    ((done: number, loss: number) => onProgress({ done, total: maxIterations, loss, validationLoss: null }))
  const solve = (strength: number) =>
    fitNewton(design, {
      penalties: design.scales.map((scale) => 1 / strength / scale ** 2),
      maxIterations,
      ...(onStep && { onStep }),
    })
  const first = solve(penalty === 'none' ? Number.POSITIVE_INFINITY : C)
  const last = first.separated ? solve(C_WHEN_SEPARATED) : first
  return new LogisticRegression(data.names, data.classes, {
    ...inUnitsOfFeatures(design, last),
    converged: last.converged,
    separated: first.separated,
  })
}

/** Features centred (where an intercept makes up for it) and divided by their root mean square: then Newton is stable. */
function designOf(
  { columns, names, classes }: TrainingSet,
  training: TrainingRows,
  hasIntercept: boolean,
): LinearDesign {
  const { rows, y, weights } = training
  const centers = new Float64Array(columns.length)
  const scales = new Float64Array(columns.length)
  for (const [j, column] of columns.entries()) {
    let sum = 0
    for (let k = 0; k < rows.length; k++) sum += column[rows[k]!]!
    if (!Number.isFinite(sum)) refuseValue(names[j]!, column, rows)
    const center = hasIntercept ? sum / rows.length : 0
    let squares = 0
    for (let k = 0; k < rows.length; k++) {
      const distance = column[rows[k]!]! - center
      squares += distance * distance
    }
    const scale = Math.sqrt(squares / rows.length)
    centers[j] = center
    // a constant feature: what rounding leaves of its spread is none
    scales[j] = scale > 1e-12 * Math.abs(center) ? scale : 1
  }
  const logits = classes === 2 ? 1 : 2
  const targets = new Float64Array(rows.length * logits)
  for (let k = 0; k < rows.length; k++) if (y[k]! > 0) targets[k * logits + y[k]! - 1] = 1
  return { columns, rows, centers, scales, hasIntercept, targets, weights, logits }
}

/** @throws RangeError that names the row of a value that no line goes through */
function refuseValue(name: string, column: Float64Array, rows: Int32Array): never {
  const row = rows.find((one) => !Number.isFinite(column[one]!))
  const fault = row === undefined ? 'adds up to more than a number holds' : `is ${column[row]} in training row ${row}`
  throw new RangeError(`logisticRegression: feature "${name}" ${fault}: impute, clip or drop it first`)
}

interface Coefficients {
  /** Of two classes those of class 1 against class 0; of three one list a class. */
  readonly coefficients: readonly (readonly number[])[]
  readonly intercepts: readonly number[]
}

function inUnitsOfFeatures(design: LinearDesign, { parameters }: NewtonFit): Coefficients {
  const { columns, centers, scales, hasIntercept, logits } = design
  const width = parameters.length / logits
  const coefficients = Array.from({ length: logits }, (_, a) =>
    columns.map((_column, j) => parameters[a * width + j]! / scales[j]!),
  )
  const intercepts = coefficients.map((own, a) =>
    hasIntercept ? own.reduce((sum, one, j) => sum - one * centers[j]!, parameters[a * width + width - 1]!) : 0,
  )
  if (logits === 1) return { coefficients, intercepts }
  const all = [columns.map(() => 0), ...coefficients]
  const middle = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / all.length
  const means = columns.map((_, j) => middle(all.map((own) => own[j]!)))
  const mean = middle([0, ...intercepts])
  return {
    coefficients: all.map((own) => own.map((one, j) => one - means[j]!)),
    intercepts: [0, ...intercepts].map((one) => one - mean),
  }
}

/** Fitted logistic regression. */
export class LogisticRegression implements FittedClassifier, Coefficients {
  readonly kind = 'logistic-regression'
  readonly names: readonly string[]
  readonly classes: 2 | 3
  readonly coefficients: readonly (readonly number[])[]
  readonly intercepts: readonly number[]
  /** Whether the last step was small enough. */
  readonly converged: boolean
  /** The classes could be told apart without fail, and C = 1 was taken in the place of no penalty. */
  readonly separated: boolean

  constructor(
    names: readonly string[],
    classes: 2 | 3,
    found: Coefficients & { readonly converged: boolean; readonly separated: boolean },
  ) {
    this.names = names
    this.classes = classes
    this.coefficients = found.coefficients
    this.intercepts = found.intercepts
    this.converged = found.converged
    this.separated = found.separated
  }

  /** A row without a value of some feature has no probability: NaN. */
  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    checkColumns('logisticRegression', this.names, columns)
    const width = this.intercepts.length
    const scores = new Float64Array(rows.length * width)
    for (const [a, intercept] of this.intercepts.entries()) {
      for (let k = 0; k < rows.length; k++) scores[k * width + a] = intercept
      for (const [j, coefficient] of this.coefficients[a]!.entries()) {
        const column = columns[j]!
        for (let k = 0; k < rows.length; k++) scores[k * width + a]! += coefficient * column[rows[k]!]!
      }
    }
    return probabilitiesOf(scores, this.classes)
  }

  toJSON(): unknown {
    const { kind, names, classes, coefficients, intercepts, converged, separated } = this
    return { kind, names, classes, coefficients, intercepts, converged, separated }
  }

  /** @throws RangeError that says where and what is wrong with it */
  static fromJson(json: unknown, where = 'logisticRegression'): LogisticRegression {
    const read = FittedJson.of('logistic-regression', json, where)
    const classes = read.oneOf('classes', [2, 3] as const)
    const names = read.names('names')
    const intercepts = [...read.numbers('intercepts', classes === 2 ? 1 : 3)]
    const coefficients = read.lists('coefficients', intercepts.length, names.length)
    const converged = read.boolean('converged')
    const separated = read.boolean('separated')
    return new LogisticRegression(names, classes, { coefficients, intercepts, converged, separated })
  }
}

import { type FeatureMatrix, TrainingView } from './matrix.ts'
import { type PipelineJson, requireNames, type Transform, type Transformer, transformer } from './transform.ts'

export interface PipelineTransformer extends Transformer {
  readonly steps: readonly Transformer[]
}

/**
 * Steps one after another, each fitted on what the ones before it make of the training rows. Without steps it changes nothing.
 * @throws TypeError where something is not a step
 */
export function pipeline(steps: readonly Transformer[]): PipelineTransformer {
  if (!Array.isArray(steps)) throw new TypeError('pipeline takes a list of steps, such as [clip(), robustScaler()]')
  for (const [k, step] of steps.entries())
    if (typeof step?.fit !== 'function')
      throw new TypeError(
        `pipeline: step ${k + 1} is ${typeof step === 'function' ? 'a function; call it: robustScaler()' : JSON.stringify(step)}, not a step such as robustScaler()`,
      )
  const settings = { steps: steps.map(({ kind, settings }) => ({ kind, settings })) }
  const whole = transformer('pipeline', settings, (train) => {
    const fitted: Transform[] = []
    let view = train
    for (const [k, step] of steps.entries()) {
      const one = step.fit(view)
      fitted.push(one)
      if (k < steps.length - 1) view = new TrainingView(one.transform(view.matrix), train.labels, train.rows)
    }
    return new PipelineTransform(train.matrix.names, fitted)
  })
  return Object.freeze({ ...whole, steps: Object.freeze([...steps]) })
}

/** Fitted steps one after another. */
export class PipelineTransform implements Transform {
  readonly kind = 'pipeline'
  readonly names: readonly string[]
  readonly #steps: readonly Transform[]

  constructor(names: readonly string[], steps: readonly Transform[]) {
    this.names = [...names]
    this.#steps = steps
  }

  transform(matrix: FeatureMatrix): FeatureMatrix {
    requireNames(this.kind, this.names, matrix.names)
    return this.#steps.reduce((made, step) => step.transform(made), matrix)
  }

  stream(): (row: Float64Array) => Float64Array {
    const streams = this.#steps.map((step) => step.stream())
    return (row) => {
      let made = row
      for (const stream of streams) made = stream(made)
      return made
    }
  }

  toJSON(): PipelineJson {
    return { kind: this.kind, names: this.names, steps: this.#steps.map((step) => step.toJSON()) }
  }
}

import type { FittedClassifier } from '../classifier.ts'
import { FittedJson } from '../fitted-json.ts'
import { requireWholeWindows } from '../recurrent/whole-windows.ts'
import { fillWindows } from '../tensorflow/batches.ts'
import { checkColumns } from '../training-rows.ts'
import { hashOf, type OnnxModel, RUNTIME } from './model.ts'
import { fillFromOutput, GIVES } from './outputs.ts'
import { type OnnxSession, sessionOf } from './session.ts'

/** A model that has learnt elsewhere. */
export class FittedOnnx implements FittedClassifier {
  readonly kind = 'onnx'
  readonly model: OnnxModel
  readonly classes: 2 | 3
  readonly #runtime: string

  constructor(model: OnnxModel, classes: 2 | 3, runtime: string) {
    this.model = model
    this.classes = classes
    this.#runtime = runtime
  }

  get names(): readonly string[] {
    return this.model.features
  }

  /**
   * Features are rounded to 32 bits. Without a window, a row that lacks a feature has no probability: NaN. This thread waits for
   * that of the runtime.
   * @throws RangeError on another number of columns, on a row whose window is not whole, and where the model gives no probabilities
   * @throws Error where ONNX Runtime is not installed or fails
   */
  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    const { window, features, gives } = this.model
    const { classes } = this
    checkColumns('onnxModel', features, columns)
    if (window > 1) requireWholeWindows('onnxModel', columns, features, rows, window)
    const whole = rows.filter(
      (row) => window > 1 || columns.every((column) => Number.isFinite(Math.fround(column[row]!))),
    )
    const x = new Float32Array(whole.length * window * features.length)
    fillWindows(columns, whole, window, x)
    const width = classes === 2 ? 1 : 3
    const found = new Float64Array(rows.length * width).fill(Number.NaN)
    if (whole.length === 0) return found
    const values = this.#run(x)
    const each = values.length / whole.length
    for (let k = 0, at = 0; k < rows.length; k++)
      if (rows[k] === whole[at]) fillFromOutput(values, each * at++, each, classes, gives, found, k * width)
    return found
  }

  /**
   * @throws RangeError that names what does not fit between the model and what it is asked for
   * @throws Error where ONNX Runtime is not installed or cannot open the model
   */
  check(): void {
    const { window, features } = this.model
    const { classes } = this
    const { inputs, type, shape } = this.#session().shape
    const fault = (what: string): never => {
      throw new RangeError(`onnxModel: ${what}`)
    }
    if (inputs.length !== 1) fault(`the model has the inputs ${inputs.join(', ')}, not one alone`)
    if (type !== null && type !== 'float32') fault(`input "${inputs[0]}" is of ${type}: export it with float32`)
    const asked = `${features.length} features${window > 1 ? ` in windows of ${window}` : ''}`
    const fits = (dim: number | string | undefined, own: number) => typeof dim !== 'number' || dim < 1 || dim === own
    if (shape !== null) {
      const isFlat = shape.length === 2 && window === 1
      const isRight =
        (isFlat || (shape.length === 3 && fits(shape[1], window))) &&
        fits(shape[0], 1) &&
        fits(shape.at(-1), features.length)
      if (!isRight)
        fault(`input "${inputs[0]}" is [${shape.join(' × ')}], which ${asked}, one row at a time, do not fill`)
    }
    const each = this.#run(new Float32Array(window * features.length)).length
    if (each !== classes && !(classes === 2 && each === 1))
      fault(`output "${this.#output()}" has ${each} numbers a row, of a label with ${classes} classes`)
  }

  #session(): OnnxSession {
    const { bytes, sha256 } = this.model
    return sessionOf(this.#runtime, bytes, sha256)
  }

  #run(x: Float32Array): Float64Array {
    const { window, features } = this.model
    const session = this.#session()
    const { inputs, shape } = session.shape
    const isFlat = shape === null ? window === 1 : shape.length === 2
    const dims = isFlat ? [1, features.length] : [1, window, features.length]
    return session.run({ x, dims, input: inputs[0]!, output: this.#output() })
  }

  /** @throws RangeError where it is not told and cannot be guessed, or not there */
  #output(): string {
    const { outputs } = this.#session().shape
    const { output } = this.model
    const own = output ?? (outputs.length === 1 ? outputs[0]! : null)
    if (own === null || !outputs.includes(own))
      throw new RangeError(
        `onnxModel: output is ${JSON.stringify(output)}: write one of ${outputs.map((name) => JSON.stringify(name)).join(', ')}`,
      )
    return own
  }

  toJSON(): unknown {
    const { features, window, output, gives, sha256, bytes } = this.model
    const model = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength).toString('base64')
    return { kind: this.kind, names: features, classes: this.classes, window, output, gives, sha256, model }
  }

  /** @throws RangeError that says where and what is wrong with it */
  static fromJson(json: unknown, where = 'onnxModel', runtime = RUNTIME): FittedOnnx {
    const read = FittedJson.of('onnx', json, where)
    const classes = read.oneOf('classes', [2, 3] as const)
    const features = read.names('names')
    const window = read.number('window')
    if (!Number.isInteger(window) || window < 1) read.refuse('window', 'a whole number of at least 1')
    const output = read.any('output')
    if (output !== null && typeof output !== 'string') read.refuse('output', 'a name or null')
    const gives = read.oneOf('gives', GIVES)
    const bytes = new Uint8Array(Buffer.from(String(read.any('model')), 'base64'))
    const sha256 = hashOf(bytes)
    if (read.any('sha256') !== sha256) read.refuse('sha256', `the ${sha256} of the model in it`)
    return new FittedOnnx({ bytes, sha256, features, window, output: output as string | null, gives }, classes, runtime)
  }
}

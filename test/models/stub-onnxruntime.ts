/**
 * ONNX Runtime's interface on models of our own: bytes that are the JSON of a linear one. What it cannot run it fails at as the
 * runtime does: later, with a promise.
 */
import { setImmediate, setTimeout } from 'node:timers/promises'

export interface StubModel {
  readonly inputs?: readonly string[]
  readonly outputs?: readonly string[]
  /** Dimensions and type that it says its input has; without any it is an older runtime. */
  readonly shape?: readonly (number | string)[]
  readonly type?: string
  /** By output number, a weight for each number of a row; the bias last. */
  readonly weights: readonly (readonly number[])[]
  /** What it ends with. */
  readonly ending: 'logits' | 'sigmoid' | 'softmax' | 'labels' | 'nothing' | 'never' | 'uneven' | 'last'
}

class StubTensor {
  readonly type: string
  readonly data: Float32Array | BigInt64Array
  readonly dims: readonly number[]

  constructor(type: string, data: Float32Array | BigInt64Array, dims: readonly number[]) {
    this.type = type
    this.data = data
    this.dims = dims
    if (data.length !== dims.reduce((a, b) => a * b)) throw new Error(`${data.length} numbers for [${dims}]`)
  }
}

let runs = 0
async function run(model: StubModel, feeds: Record<string, StubTensor>, [output]: readonly string[]) {
  const [x] = Object.values(feeds) as [StubTensor]
  await (model.ending === 'never' ? setTimeout(1e9) : setImmediate())
  if (model.shape && x.dims.length !== model.shape.length)
    throw new Error(`Invalid rank for input: x Got: ${x.dims.length}`)
  const inputs = Array.from(x.data, Number)
  const logits = model.weights.map((own) => inputs.reduce((sum, value, k) => sum + value * own[k]!, own.at(-1)!))
  const powers = logits.map(Math.exp)
  const sum = powers.reduce((a, b) => a + b)
  runs++
  const ends: Record<StubModel['ending'], readonly number[]> = {
    logits,
    sigmoid: logits.map((one) => 1 / (1 + Math.exp(-one))),
    softmax: powers.map((one) => one / sum),
    labels: logits,
    nothing: logits.map(() => Number.NaN),
    never: logits,
    last: [0.5],
    uneven: Array.from({ length: 1 + (runs % 2) }, () => 0.5),
  }
  const found = ends[model.ending]
  if (model.ending === 'last')
    void setTimeout(20).then(() => {
      throw new Error('out of memory')
    })
  const data = model.ending === 'labels' ? BigInt64Array.from(found, () => 1n) : Float32Array.from(found)
  return { [output!]: new StubTensor(model.ending === 'labels' ? 'int64' : 'float32', data, [1, found.length]) }
}

export const Tensor = StubTensor
export const InferenceSession = {
  async create(bytes: Uint8Array, options: { readonly intraOpNumThreads: number }) {
    if (options.intraOpNumThreads !== 1) throw new Error('more threads than one')
    const text = Buffer.from(bytes).toString()
    if (!text.startsWith('{')) throw new Error('Load model failed: protobuf parsing failed.')
    const model = JSON.parse(text) as StubModel
    const { inputs = ['x'], outputs = ['p'], shape, type = 'float32' } = model
    return {
      inputNames: inputs,
      outputNames: outputs,
      ...(shape && { inputMetadata: [{ isTensor: true, name: inputs[0], type, shape }] }),
      run: (feeds: Record<string, StubTensor>, fetches: readonly string[]) => run(model, feeds, fetches),
    }
  },
}

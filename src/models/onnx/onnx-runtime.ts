/** The part of ONNX Runtime that is used, in words of our own, so that its types need not be there. */
export interface OnnxRuntime {
  readonly InferenceSession: {
    create(bytes: Uint8Array, options: Readonly<Record<string, unknown>>): Promise<RuntimeSession>
  }
  readonly Tensor: new (type: 'float32', data: Float32Array, dims: readonly number[]) => RuntimeTensor
}

interface RuntimeSession {
  readonly inputNames: readonly string[]
  readonly outputNames: readonly string[]
  /** Newer versions have it. */
  readonly inputMetadata?: readonly RuntimeInput[]
  run(feeds: Record<string, RuntimeTensor>, fetches: readonly string[]): Promise<Record<string, unknown>>
}

interface RuntimeInput {
  readonly isTensor: boolean
  readonly type?: string
  /** A dimension without a number has a name, or none. */
  readonly shape?: readonly (number | string)[]
}

export interface RuntimeTensor {
  readonly type: string
  readonly data: ArrayLike<number | bigint>
  readonly dims: readonly number[]
}

/** What a session says of its model. */
export interface OnnxShape {
  readonly inputs: readonly string[]
  readonly outputs: readonly string[]
  /** Of the first input; `null` where the runtime is too old to say. */
  readonly type: string | null
  readonly shape: readonly (number | string)[] | null
}

/** What the thread that runs a session is asked: rows one by one, so that each has the same bits alone and among others. */
export interface OnnxRequest {
  readonly x: Float32Array
  /** Dimensions of one row, the first being 1. */
  readonly dims: readonly number[]
  readonly input: string
  readonly output: string
}

export interface OnnxAnswer {
  readonly fault?: string
  /** The first answer, to no request. */
  readonly shape?: OnnxShape
  /** Row after row. */
  readonly values?: Float64Array
}

/** What runs on the thread that `session.ts` starts: ONNX Runtime answers later, and who asks it waits. */
import { type MessagePort, workerData } from 'node:worker_threads'
import { isMissing } from '../../data/optional-package.ts'
import type { OnnxAnswer, OnnxRequest, OnnxRuntime, RuntimeTensor } from './onnx-runtime.ts'

export interface SessionBrief {
  /** A package, or an address of a module. */
  readonly runtime: string
  readonly bytes: Uint8Array
  /** Counts the answers. */
  readonly signal: Int32Array
  readonly port: MessagePort
}

const { runtime, bytes, signal, port } = workerData as SessionBrief

/** The message first, then the count that wakes who waits for it. */
function answer(message: OnnxAnswer): void {
  port.postMessage(message)
  Atomics.add(signal, 0, 1)
  Atomics.notify(signal, 0)
}

function reasonOf(error: unknown): string {
  if (isMissing(error, runtime))
    return `${runtime} is not installed: npm install ${runtime} (where its download is out of reach: ONNXRUNTIME_NODE_INSTALL=skip npm install ${runtime})`
  return error instanceof Error ? error.message : String(error)
}

async function open() {
  const module = (await import(runtime)) as { readonly default?: OnnxRuntime }
  const ort = module.default?.InferenceSession ? module.default : (module as unknown as OnnxRuntime)
  // one thread: sums in one order
  const session = await ort.InferenceSession.create(bytes, {
    executionProviders: ['cpu'],
    intraOpNumThreads: 1,
    interOpNumThreads: 1,
  })
  const [first] = session.inputMetadata ?? []
  answer({
    shape: {
      inputs: [...session.inputNames],
      outputs: [...session.outputNames],
      type: first?.type ?? null,
      shape: first?.shape ? [...first.shape] : null,
    },
  })
  return async ({ x, dims, input, output }: OnnxRequest): Promise<Float64Array> => {
    const size = dims.reduce((product, dim) => product * dim, 1)
    const count = x.length / size
    let values = new Float64Array(0)
    for (let k = 0; k < count; k++) {
      const feed = new ort.Tensor('float32', x.slice(k * size, k * size + size), dims)
      const found = (await session.run({ [input]: feed }, [output]))[output] as Partial<RuntimeTensor> | undefined
      if ((found?.type !== 'float32' && found?.type !== 'float64') || !found.data)
        throw new TypeError(
          `output "${output}" holds no fractions (${found?.type ?? 'not a tensor'}): name another as output; of skl2onnx, convert with zipmap: False`,
        )
      if (k === 0) values = new Float64Array(count * found.data.length)
      if (values.length !== count * found.data.length)
        throw new RangeError(
          `output "${output}" has ${found.data.length} numbers in one row, ${values.length / count} in another`,
        )
      for (let o = 0; o < found.data.length; o++) values[k * found.data.length + o] = Number(found.data[o])
    }
    return values
  }
}

try {
  const run = await open()
  port.on('message', (request: OnnxRequest) => {
    run(request).then(
      (values) => answer({ values }),
      (error: unknown) => answer({ fault: reasonOf(error) }),
    )
  })
} catch (error) {
  answer({ fault: reasonOf(error) })
}

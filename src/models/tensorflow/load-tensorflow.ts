import { type ImportPackage, importPackage, isMissing } from '../../data/optional-package.ts'
import type { Tensorflow } from './tensorflow.ts'

export interface LoadedTensorflow {
  readonly tf: Tensorflow
  readonly backend: Backend
  /** Why the native backend, though it is installed, is not used. */
  readonly note: string | null
}

/** What computes: TensorFlow's own library, or its kernels in WebAssembly. */
export type Backend = (typeof BACKENDS)[number]
export const BACKENDS = ['wasm', 'tensorflow'] as const

const NATIVE = '@tensorflow/tfjs-node'
/** Gradients of operations are registered by the layers, in Node at least. */
const TRIO = ['@tensorflow/tfjs-core', '@tensorflow/tfjs-layers', '@tensorflow/tfjs-backend-wasm'] as const

/**
 * TensorFlow.js, with its native library where that is installed and works, else with the wasm backend.
 * @param model what errors call who asks
 * @throws Error that says what to install, or which backend it came to instead
 */
export async function loadTensorflow(model: string, load: ImportPackage = importPackage): Promise<LoadedTensorflow> {
  const native = await tryNative(load)
  if ('tf' in native) return { ...native, backend: 'tensorflow', note: null }
  const [core] = await Promise.all(TRIO.map((name) => load(name).catch((error) => refuse(model, name, error))))
  const tf = tensorflowOf(core)
  const isSet = await tf.setBackend('wasm')
  await tf.ready()
  if (!isSet) throw new Error(`${model}: the wasm backend of TensorFlow.js did not start: ${REINSTALL}`)
  requireBackend(model, tf, 'wasm')
  if (!isRight(tf)) throw new Error(`${model}: the wasm backend of TensorFlow.js reckons wrongly: ${REINSTALL}`)
  return { tf, backend: 'wasm', note: native.note }
}

const REINSTALL = `install all three in one version: npm install ${TRIO.join(' ')}`

/**
 * TensorFlow.js goes on with its cpu backend, without a word, where another does not start or somebody sets one.
 * @throws Error that says what happened
 */
export function requireBackend(model: string, tf: Tensorflow, backend: Backend): void {
  const now = tf.getBackend()
  if (now !== backend)
    throw new Error(
      `${model}: TensorFlow.js computes on "${now}" in the place of "${backend}": the backend did not start, or other code of this process has called setBackend("${now}"). Nothing was kept; ${REINSTALL}`,
    )
}

async function tryNative(load: ImportPackage): Promise<{ readonly tf: Tensorflow } | { readonly note: string | null }> {
  const because = (why: unknown) => ({ note: `${NATIVE} is installed but not used: ${String(why).split('\n')[0]}` })
  try {
    const tf = tensorflowOf(await load(NATIVE))
    await tf.setBackend('tensorflow')
    await tf.ready()
    if (tf.getBackend() !== 'tensorflow') return because(`it computes on "${tf.getBackend()}"`)
    return isRight(tf) ? { tf } : because('it reckons wrongly')
  } catch (error) {
    return isMissing(error, NATIVE) ? { note: null } : because(error)
  }
}

/** A package for `require` comes with its names, or as a whole only. */
function tensorflowOf(module: unknown): Tensorflow {
  const { default: whole } = module as { readonly default?: Tensorflow }
  return typeof whole?.matMul === 'function' ? whole : (module as Tensorflow)
}

function refuse(model: string, name: string, error: unknown): never {
  if (!isMissing(error, name)) throw error
  throw new Error(
    `${model}: it learns through TensorFlow.js, of which ${name} is not installed: npm install ${TRIO.join(' ')}`,
    {
      cause: error,
    },
  )
}

/** The first use finds out: on Node 23 and newer the native library starts, and fails in every operation. */
function isRight(tf: Tensorflow): boolean {
  return tf.tidy(() => {
    const product = tf.matMul(tf.tensor(Float32Array.of(1, 2, 3, 4), [2, 2]), tf.tensor(Float32Array.of(5, 6), [2, 1]))
    const [first, second] = Array.from(product.dataSync())
    return first === 17 && second === 39
  })
}

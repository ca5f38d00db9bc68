/**
 * The part of TensorFlow.js that trainings use, in words of our own: its own types only pass a type check with `skipLibCheck`,
 * which is our users' choice to make.
 */
export interface Tensor {
  readonly shape: number[]
  dataSync(): ArrayLike<number>
  dispose(): void
}

export interface Variable extends Tensor {
  readonly name: string
}

/** What an operation gives, and how its derivative comes back through it. */
interface Graded {
  readonly value: Tensor
  readonly gradFunc: (dy: Tensor, saved: Tensor[]) => Tensor[]
}

/** Keeps tensors until the way back. */
type Save = (tensors: Tensor[]) => void

export interface Optimizer {
  applyGradients(gradients: Record<string, Tensor>): void
  dispose(): void
}

export interface Tensorflow {
  setBackend(name: string): Promise<boolean>
  getBackend(): string
  ready(): Promise<void>
  tensor(values: Float32Array, shape: number[]): Tensor
  variable(initial: Tensor): Variable
  tidy<T>(run: () => T): T
  matMul(a: Tensor, b: Tensor): Tensor
  transpose(a: Tensor): Tensor
  add(a: Tensor, b: Tensor): Tensor
  mul(a: Tensor, b: Tensor | number): Tensor
  relu(a: Tensor): Tensor
  reshape(a: Tensor, shape: number[]): Tensor
  slice(a: Tensor, begin: number[], size: number[]): Tensor
  concat(parts: Tensor[], axis: number): Tensor
  mean(a: Tensor, axis: number): Tensor
  max(a: Tensor, axis: number): Tensor
  sum(a: Tensor): Tensor
  customGrad(run: (...given: unknown[]) => Graded): (...given: Tensor[]) => Tensor
  variableGrads(run: () => Tensor, of: Variable[]): { readonly value: Tensor; readonly grads: Record<string, Tensor> }
  readonly train: { adam(learningRate: number, beta1: number, beta2: number, epsilon: number): Optimizer }
  memory(): { readonly numTensors: number }
}

/**
 * x·w + bias. The way back transposes before it multiplies, since the wasm backend has a fast product for matrices as they lie
 * only: others it takes in a loop of one number at a time, in which `fused.matMul` moreover adds a bias more than once.
 * @param isInput whether x are data, whose own derivative nobody asks for
 */
export function dense(tf: Tensorflow, x: Tensor, [w, bias]: readonly [Tensor, Tensor], isInput: boolean): Tensor {
  const product = tf.customGrad((...given) => {
    const [a, b] = (isInput ? [x, given[0]] : given) as Tensor[]
    const save = given.at(-1) as Save
    save([a!, b!])
    return {
      value: tf.matMul(a!, b!),
      gradFunc: (dy, [left, right]) => {
        const dw = tf.matMul(tf.transpose(left!), dy)
        return isInput ? [dw] : [tf.matMul(dy, tf.transpose(right!)), dw]
      },
    }
  })
  return tf.add(isInput ? product(w) : product(x, w), bias)
}

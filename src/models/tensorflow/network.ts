import type { Random } from '../../core/random.ts'
import type { LearningSettings } from './settings.ts'
import type { Tensor, Tensorflow } from './tensorflow.ts'

/** A product with a matrix and the biases added to it: `inputs` × `outputs` weights, row after row, then `outputs` biases. */
export interface Product {
  readonly inputs: number
  readonly outputs: number
}

/** A network twice over: as operations of TensorFlow.js, by which it learns, and in plain code, by which it foretells. */
export interface Network {
  readonly kind: string
  readonly features: number
  /** Rows of features that one prediction looks at. */
  readonly window: number
  readonly classes: 2 | 3
  readonly products: readonly Product[]
  /** Widths of the layers that dropout acts on, in the order in which it does. */
  readonly dropped: readonly number[]
  /**
   * Logits of so many windows, one row each, of a network that learns.
   * @param x window after window, in each row after row
   * @param weights matrix and biases of each product
   * @param drop multiplies by what dropout has left of a layer, by its place in `dropped`
   */
  learn(
    tf: Tensorflow,
    x: Float32Array,
    count: number,
    weights: readonly (readonly [Tensor, Tensor])[],
    drop: (layer: number, x: Tensor) => Tensor,
  ): Tensor
  /** Makes what foretells one window at a time, given as `x` is above; what it gives is overwritten by the next. */
  foretell(weights: Float32Array): (x: Float64Array) => Float64Array
}

/** A network before its features and classes are known. */
export interface NetworkPlan {
  readonly kind: string
  readonly window: number
  readonly settings: LearningSettings
  readonly network: (features: number, classes: 2 | 3) => Network
}

export function logitsOf(classes: 2 | 3): number {
  return classes === 2 ? 1 : 3
}

export function weightCount({ products }: Network): number {
  return products.reduce((sum, { inputs, outputs }) => sum + (inputs + 1) * outputs, 0)
}

/** Where each product's weights begin. */
export function placesOf(products: readonly Product[]): readonly number[] {
  let next = 0
  return products.map(({ inputs, outputs }) => {
    const at = next
    next += (inputs + 1) * outputs
    return at
  })
}

/** Uniform within ±√(6 ÷ (inputs + outputs)), biases 0 (Glorot and Bengio 2010). */
export function initialWeights(network: Network, random: Random): Float32Array {
  const weights = new Float32Array(weightCount(network))
  const places = placesOf(network.products)
  for (const [k, { inputs, outputs }] of network.products.entries()) {
    const limit = Math.sqrt(6 / (inputs + outputs))
    for (let at = 0; at < inputs * outputs; at++) weights[places[k]! + at] = (2 * random() - 1) * limit
  }
  return weights
}

/**
 * One product in plain code: in 64 bits, each sum beginning with its bias and going on input by input in their order, so that a
 * row has the same bits wherever and among whichever others it is asked for. Four sums at a time wait less for each other.
 */
export function multiply(
  weights: Float32Array,
  at: number,
  { inputs, outputs }: Product,
  x: Float64Array,
  from: number,
  to: Float64Array,
  into: number,
): void {
  const biases = at + inputs * outputs
  let o = 0
  for (; o + 4 <= outputs; o += 4) {
    let [a, b, c, d] = [
      weights[biases + o]!,
      weights[biases + o + 1]!,
      weights[biases + o + 2]!,
      weights[biases + o + 3]!,
    ]
    for (let i = 0, w = at + o; i < inputs; i++, w += outputs) {
      const value = x[from + i]!
      a += value * weights[w]!
      b += value * weights[w + 1]!
      c += value * weights[w + 2]!
      d += value * weights[w + 3]!
    }
    to[into + o] = a
    to[into + o + 1] = b
    to[into + o + 2] = c
    to[into + o + 3] = d
  }
  for (; o < outputs; o++) {
    let sum = weights[biases + o]!
    for (let i = 0, w = at + o; i < inputs; i++, w += outputs) sum += x[from + i]! * weights[w]!
    to[into + o] = sum
  }
}

/** What is below 0 becomes 0. */
export function rectify(values: Float64Array): void {
  for (let k = 0; k < values.length; k++) if (values[k]! < 0) values[k] = 0
}

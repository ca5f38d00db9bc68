import { seedOf } from '../recurrent/dropout.ts'
import { crossEntropy } from '../recurrent/head.ts'
import { dropoutMask } from './batches.ts'
import { logitsOf, type Network, placesOf, weightCount } from './network.ts'
import type { LearningSettings } from './settings.ts'
import type { Optimizer, Tensor, Tensorflow, Variable } from './tensorflow.ts'

type Gradients = Record<string, Tensor>

/**
 * A network's weights in TensorFlow.js, and how they get better: it takes the derivatives and Adam's steps. Losses, dropout and
 * the order of rows are our own: the layers' training knows no weights of rows, and draws one mask for all batches where it is
 * given a seed.
 */
export class Learner {
  readonly #tf: Tensorflow
  readonly #network: Network
  readonly #settings: LearningSettings
  readonly #variables: readonly (readonly [Variable, Variable])[]
  readonly #optimizer: Optimizer

  constructor(tf: Tensorflow, network: Network, settings: LearningSettings, weights: Float32Array) {
    this.#tf = tf
    this.#network = network
    this.#settings = settings
    const places = placesOf(network.products)
    const made = (from: number, shape: number[]): Variable =>
      tf.tidy(() => tf.variable(tf.tensor(weights.slice(from, from + shape.reduce((a, b) => a * b)), shape)))
    this.#variables = network.products.map(({ inputs, outputs }, k) => [
      made(places[k]!, [inputs, outputs]),
      made(places[k]! + inputs * outputs, [outputs]),
    ])
    // as Kingma and Ba have it and torch; the layers' own built-in ε is 1e-7
    this.#optimizer = tf.train.adam(settings.learningRate, 0.9, 0.999, 1e-8)
  }

  /**
   * One of Adam's steps down the rows' losses, each times its share; gives their sum before it.
   * @param seed what dropout is drawn from
   */
  step(x: Float32Array, y: ArrayLike<number>, shares: ArrayLike<number>, seed: number): number {
    return this.#tf.tidy(() => {
      const { loss, gradients } = this.#gradients(x, y, shares, seed)
      this.#decay(gradients)
      this.#optimizer.applyGradients(gradients)
      return loss
    })
  }

  /** The same without the step: the gradient as `weights` lie. */
  gradient(x: Float32Array, y: ArrayLike<number>, shares: ArrayLike<number>, seed: number): Float32Array {
    return this.#tf.tidy(() => {
      const { gradients } = this.#gradients(x, y, shares, seed)
      return this.#flat((variable) => gradients[variable.name]!)
    })
  }

  weights(): Float32Array {
    return this.#flat((variable) => variable)
  }

  dispose(): void {
    for (const variable of this.#variables.flat()) variable.dispose()
    this.#optimizer.dispose()
  }

  /**
   * The loss is taken here, in 64 bits, as for every other network; what TensorFlow.js derives is Σ logit · slope, whose
   * derivatives by the logits are those slopes.
   */
  #gradients(x: Float32Array, y: ArrayLike<number>, shares: ArrayLike<number>, seed: number) {
    const tf = this.#tf
    const { classes } = this.#network
    let loss = 0
    const { grads } = tf.variableGrads(() => {
      const logits = this.#network.learn(tf, x, shares.length, this.#variables, (layer, values) =>
        this.#drop(layer, values, seed),
      )
      const width = logitsOf(classes)
      const values = Float64Array.from(logits.dataSync())
      const slopes = new Float32Array(values.length)
      const slope = new Float64Array(width)
      for (let row = 0; row < shares.length; row++) {
        loss += shares[row]! * crossEntropy(values, row * width, classes, y[row]!, slope)
        for (let o = 0; o < width; o++) slopes[row * width + o] = slope[o]! * shares[row]!
      }
      return tf.sum(tf.mul(logits, tf.tensor(slopes, [shares.length, width])))
    }, this.#variables.flat())
    return { loss, gradients: grads }
  }

  #drop(layer: number, values: Tensor, seed: number): Tensor {
    const { dropout } = this.#settings
    if (dropout === 0) return values
    const [rows, width] = values.shape as [number, number]
    const mask = dropoutMask(rows * width, dropout, seedOf(seed, layer))
    return this.#tf.mul(values, this.#tf.tensor(mask, [rows, width]))
  }

  /** Done here, since regularisers of the layers are ignored by some of them without a word. */
  #decay(gradients: Gradients): void {
    const { l2 } = this.#settings
    if (l2 === 0) return
    const tf = this.#tf
    for (const [matrix] of this.#variables) gradients[matrix.name] = tf.add(gradients[matrix.name]!, tf.mul(matrix, l2))
  }

  #flat(of: (variable: Variable) => Tensor): Float32Array {
    const all = new Float32Array(weightCount(this.#network))
    let at = 0
    for (const variable of this.#variables.flat()) {
      const values = of(variable).dataSync()
      all.set(values, at)
      at += values.length
    }
    return all
  }
}

/** The head within a pass: so little to compute that it is done here, in 64 bits, on states as the kernel left them. */
import { crossEntropy } from './head.ts'
import { logitsOf, type Network } from './network.ts'
import type { Packing } from './packing.ts'

export class HeadPass {
  readonly #floats: Float32Array
  readonly #network: Network
  readonly #packing: Packing
  /** Place of the packed weights, counted in numbers as all places here. */
  readonly #weights: number
  readonly #width: number
  /** Of the rows that were read out last. */
  readonly logits: Float64Array
  /** Derivatives of each row's loss by its logits. */
  readonly #slopes: Float64Array
  readonly #slope: Float64Array
  #count = 0
  /** Rows to a panel. */
  #rows = 0

  constructor(floats: Float32Array, network: Network, packing: Packing, weights: number, most: number) {
    this.#floats = floats
    this.#network = network
    this.#packing = packing
    this.#weights = weights
    this.#width = logitsOf(network.classes)
    this.logits = new Float64Array(most * this.#width)
    this.#slopes = new Float64Array(most * this.#width)
    this.#slope = new Float64Array(this.#width)
  }

  /** Logits of the first `count` of the rows whose last states stand at `last`. */
  readOut(last: number, rows: number, count: number): void {
    this.#count = count
    this.#rows = rows
    const { units } = this.#network
    const { head, headBias } = this.#packing
    const floats = this.#floats
    for (let row = 0; row < count; row++)
      for (let o = 0; o < this.#width; o++) {
        const matrix = this.#weights + head + o * this.#packing.units
        let sum = floats[this.#weights + headBias + o]!
        for (let k = 0; k < units; k++) sum += floats[matrix + k]! * floats[last + this.#place(row, k)]!
        this.logits[row * this.#width + o] = sum
      }
  }

  /** Sum of the losses of the rows that were read out last, each times its share; `backward` sets out from them. */
  loss(y: ArrayLike<number>, shares: ArrayLike<number>): number {
    const width = this.#width
    let sum = 0
    for (let row = 0; row < this.#count; row++) {
      sum += shares[row]! * crossEntropy(this.logits, row * width, this.#network.classes, y[row]!, this.#slope)
      for (let o = 0; o < width; o++) this.#slopes[row * width + o] = this.#slope[o]! * shares[row]!
    }
    return sum
  }

  /** The head's part of the packed gradient at `gradient`, and derivatives by the last states, added to `dLast`. */
  backward(gradient: number, last: number, dLast: number): void {
    const { units } = this.#network
    const { head, headBias, count } = this.#packing
    const width = this.#width
    const floats = this.#floats
    floats.fill(0, gradient + head, gradient + count)
    for (let o = 0; o < width; o++) {
      const matrix = head + o * this.#packing.units
      let sum = 0
      for (let row = 0; row < this.#count; row++) {
        const d = this.#slopes[row * width + o]!
        sum += d
        for (let k = 0; k < units; k++) floats[dLast + this.#place(row, k)]! += d * floats[this.#weights + matrix + k]!
      }
      floats[gradient + headBias + o] = sum
      for (let k = 0; k < units; k++) {
        let product = 0
        for (let row = 0; row < this.#count; row++)
          product += this.#slopes[row * width + o]! * floats[last + this.#place(row, k)]!
        floats[gradient + matrix + k] = product
      }
    }
  }

  #place(row: number, unit: number): number {
    return ((unit >> 3) * this.#rows + row) * 8 + (unit & 7)
  }
}

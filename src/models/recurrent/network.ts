import type { Random } from '../../core/random.ts'

/**
 * Conventions are PyTorch's. LSTM: gates i, f, g, o; c = f·c' + i·g, h = o·tanh(c). GRU: gates r, z, n; the reset gate acts
 * AFTER the product with the state, n = tanh(W_in·x + b_in + r·(W_hn·h' + b_hn)), which Keras calls reset_after and ONNX
 * linear_before_reset (TensorFlow.js and the paper reset before it: their weights mean something else); h = (1 − z)·n + z·h'.
 * States begin at 0. The head is linear, on the last layer's h at the window's last row: one logit for two classes, else one
 * for each.
 */
export type Cell = 'lstm' | 'gru'

export interface Network {
  readonly cell: Cell
  readonly features: number
  readonly units: number
  readonly layers: number
  readonly classes: 2 | 3
}

/** One matrix or bias within the weights of a network, which are one list, row after row. */
export interface Tensor {
  /** As PyTorch names it, the head's `head.weight` and `head.bias`. */
  readonly name: string
  readonly layer: number
  readonly part: 'input' | 'state' | 'inputBias' | 'stateBias' | 'head' | 'headBias'
  readonly rows: number
  readonly columns: number
  readonly offset: number
}

export function gatesOf(cell: Cell): number {
  return cell === 'lstm' ? 4 : 3
}

export function logitsOf(classes: 2 | 3): number {
  return classes === 2 ? 1 : classes
}

/** Width of what a layer is given. */
export function inputOf({ features, units }: Network, layer: number): number {
  return layer === 0 ? features : units
}

/** All weights, in PyTorch's order. */
export function tensorsOf(network: Network): readonly Tensor[] {
  const { cell, units, layers, classes } = network
  const tensors: Tensor[] = []
  let offset = 0
  const add = (name: string, layer: number, part: Tensor['part'], rows: number, columns: number): void => {
    tensors.push({ name, layer, part, rows, columns, offset })
    offset += rows * columns
  }
  const gates = gatesOf(cell) * units
  for (let layer = 0; layer < layers; layer++) {
    add(`weight_ih_l${layer}`, layer, 'input', gates, inputOf(network, layer))
    add(`weight_hh_l${layer}`, layer, 'state', gates, units)
    add(`bias_ih_l${layer}`, layer, 'inputBias', gates, 1)
    add(`bias_hh_l${layer}`, layer, 'stateBias', gates, 1)
  }
  add('head.weight', layers, 'head', logitsOf(classes), units)
  add('head.bias', layers, 'headBias', logitsOf(classes), 1)
  return tensors
}

export function weightCount(network: Network): number {
  const last = tensorsOf(network).at(-1)!
  return last.offset + last.rows * last.columns
}

/** Biases are not weighed by an L2 penalty. */
export function isBias({ part }: Tensor): boolean {
  return part === 'inputBias' || part === 'stateBias' || part === 'headBias'
}

/** Uniform within ±1/√units, as PyTorch begins. */
export function initialWeights(network: Network, random: Random): Float32Array {
  const bound = 1 / Math.sqrt(network.units)
  return Float32Array.from({ length: weightCount(network) }, () => (2 * random() - 1) * bound)
}

/**
 * The training step in plain TypeScript and 64 bits: what the kernel computes, in the order in which one would explain it. It
 * is what the kernel is tested against, and is itself tested against PyTorch. Nothing else runs it: it is ten times slower.
 */
import { crossEntropy } from './head.ts'
import { gatesOf, inputOf, logitsOf, type Network, type Tensor, tensorsOf, weightCount } from './network.ts'

export interface ReferenceBatch {
  /** Windows, one by row: `steps` rows of the features, one behind the other. */
  readonly windows: readonly ArrayLike<number>[]
  readonly steps: number
  readonly y: ArrayLike<number>
  /** What each row's loss counts: its weight by the sum of weights, where the loss is their mean. */
  readonly shares: ArrayLike<number>
  /** Factor of a layer's output on its way to the next: 0 or 1 / (1 − dropout). Absent: always 1. */
  readonly dropout?: (layer: number, row: number, step: number, unit: number) => number
}

export interface ReferenceResult {
  /** Last layer's h of each row, step after step. */
  readonly outputs: readonly Float64Array[]
  readonly logits: Float64Array
  readonly loss: number
  /** Derivative of the loss by each weight, in their order. */
  readonly gradient: Float64Array
}

/** Views of one layer's matrices, in weights or in a gradient. */
interface LayerWeights {
  readonly input: Float64Array
  readonly state: Float64Array
  readonly inputBias: Float64Array
  readonly stateBias: Float64Array
}

/** What a step of one layer leaves behind for the way back. */
interface Step {
  readonly x: Float64Array
  readonly before: Float64Array
  readonly cellBefore: Float64Array
  /** Gates after their functions; of a GRU also the candidate's part from the state. */
  readonly gates: Float64Array
  readonly fromState: Float64Array
  readonly cell: Float64Array
  readonly h: Float64Array
}

export function referenceStep(network: Network, weights: Float64Array, batch: ReferenceBatch): ReferenceResult {
  const { features, units, layers, classes } = network
  const { windows, steps, y, shares, dropout = () => 1 } = batch
  const gradient = new Float64Array(weightCount(network))
  const tensors = tensorsOf(network)
  const at = Array.from({ length: layers }, (_, layer) => layerOf(tensors, layer, weights))
  const slopes = Array.from({ length: layers }, (_, layer) => layerOf(tensors, layer, gradient))
  const [head, headBias] = tensors.slice(-2).map((tensor) => part(tensor, weights)) as [Float64Array, Float64Array]
  const [dHead, dHeadBias] = tensors.slice(-2).map((tensor) => part(tensor, gradient)) as [Float64Array, Float64Array]
  const width = logitsOf(classes)
  const logits = new Float64Array(windows.length * width)
  const slope = new Float64Array(width)
  let loss = 0
  const outputs = windows.map((window, row) => {
    const tape: Step[][] = []
    for (let layer = 0; layer < layers; layer++) {
      const given = Array.from({ length: steps }, (_, t) =>
        layer === 0
          ? Float64Array.from({ length: features }, (_, k) => window[t * features + k]!)
          : tape[layer - 1]![t]!.h.map((h, unit) => h * dropout(layer - 1, row, t, unit)),
      )
      tape.push(forward(network, at[layer]!, given))
    }
    const last = tape.at(-1)!.at(-1)!.h
    for (let o = 0; o < width; o++) {
      let sum = headBias[o]!
      for (let k = 0; k < units; k++) sum += head[o * units + k]! * last[k]!
      logits[row * width + o] = sum
    }
    loss += shares[row]! * crossEntropy(logits, row * width, classes, y[row]!, slope)

    let above: Float64Array[] = Array.from({ length: steps }, () => new Float64Array(units))
    for (let o = 0; o < width; o++) {
      const d = slope[o]! * shares[row]!
      dHeadBias[o]! += d
      for (let k = 0; k < units; k++) {
        dHead[o * units + k]! += d * last[k]!
        above[steps - 1]![k]! += d * head[o * units + k]!
      }
    }
    for (let layer = layers - 1; layer >= 0; layer--) {
      const below = backward(network, layer, at[layer]!, slopes[layer]!, tape[layer]!, above)
      above = below.map((d, t) => (layer === 0 ? d : d.map((v, unit) => v * dropout(layer - 1, row, t, unit))))
    }
    return Float64Array.from(tape.at(-1)!.flatMap(({ h }) => [...h]))
  })
  return { outputs, logits, loss, gradient }
}

function part({ offset, rows, columns }: Tensor, from: Float64Array): Float64Array {
  return from.subarray(offset, offset + rows * columns)
}

function layerOf(tensors: readonly Tensor[], layer: number, from: Float64Array): LayerWeights {
  const [input, state, inputBias, stateBias] = tensors
    .slice(4 * layer, 4 * layer + 4)
    .map((tensor) => part(tensor, from))
  return { input: input!, state: state!, inputBias: inputBias!, stateBias: stateBias! }
}

/** matrix · x + bias */
function affine(matrix: Float64Array, x: Float64Array, bias: Float64Array): Float64Array {
  return bias.map((b, row) => {
    let sum = b
    for (let k = 0; k < x.length; k++) sum += matrix[row * x.length + k]! * x[k]!
    return sum
  })
}

const sigmoid = (x: number): number => 1 / (1 + Math.exp(-x))

function forward({ cell, units }: Network, w: LayerWeights, given: readonly Float64Array[]): Step[] {
  const tape: Step[] = []
  let before = new Float64Array(units)
  let cellBefore = new Float64Array(units)
  for (const x of given) {
    const fromInput = affine(w.input, x, w.inputBias)
    const fromState = affine(w.state, before, w.stateBias)
    const gates = new Float64Array(fromInput.length)
    const h = new Float64Array(units)
    const c = new Float64Array(units)
    for (let k = 0; k < units; k++) {
      const sum = (gate: number): number => fromInput[gate * units + k]! + fromState[gate * units + k]!
      if (cell === 'lstm') {
        const [i, f, g, o] = [sigmoid(sum(0)), sigmoid(sum(1)), Math.tanh(sum(2)), sigmoid(sum(3))]
        for (const [gate, value] of [i, f, g, o].entries()) gates[gate * units + k] = value
        c[k] = f * cellBefore[k]! + i * g
        h[k] = o * Math.tanh(c[k]!)
      } else {
        const [r, z] = [sigmoid(sum(0)), sigmoid(sum(1))]
        const n = Math.tanh(fromInput[2 * units + k]! + r * fromState[2 * units + k]!)
        for (const [gate, value] of [r, z, n].entries()) gates[gate * units + k] = value
        h[k] = (1 - z) * n + z * before[k]!
      }
    }
    tape.push({ x, before, cellBefore, gates, fromState, cell: c, h })
    before = h
    cellBefore = c
  }
  return tape
}

/** Adds to the gradient of a layer's weights; gives the derivatives by what it was given. */
function backward(
  network: Network,
  layer: number,
  w: LayerWeights,
  dw: LayerWeights,
  tape: readonly Step[],
  above: readonly Float64Array[],
): Float64Array[] {
  const { cell, units } = network
  const width = inputOf(network, layer)
  const gates = gatesOf(cell)
  const below = tape.map(() => new Float64Array(width))
  let dh = new Float64Array(units)
  let dc = new Float64Array(units)
  for (let t = tape.length - 1; t >= 0; t--) {
    const { x, before, cellBefore, gates: a, fromState, cell: c } = tape[t]!
    const dInput = new Float64Array(gates * units)
    const dState = new Float64Array(gates * units)
    const nextH = new Float64Array(units)
    const nextC = new Float64Array(units)
    for (let k = 0; k < units; k++) {
      const d = dh[k]! + above[t]![k]!
      if (cell === 'lstm') {
        const [i, f, g, o] = [a[k]!, a[units + k]!, a[2 * units + k]!, a[3 * units + k]!]
        const squashed = Math.tanh(c[k]!)
        const dCell = dc[k]! + d * o * (1 - squashed * squashed)
        const slopes = [
          dCell * g * i * (1 - i),
          dCell * cellBefore[k]! * f * (1 - f),
          dCell * i * (1 - g * g),
          d * squashed * o * (1 - o),
        ]
        for (const [gate, value] of slopes.entries()) dInput[gate * units + k] = dState[gate * units + k] = value
        nextC[k] = dCell * f
      } else {
        const [r, z, n] = [a[k]!, a[units + k]!, a[2 * units + k]!]
        const dn = d * (1 - z) * (1 - n * n)
        const dr = dn * fromState[2 * units + k]! * r * (1 - r)
        const dz = d * (before[k]! - n) * z * (1 - z)
        for (const [gate, value] of [dr, dz, dn].entries()) dInput[gate * units + k] = value
        for (const [gate, value] of [dr, dz, dn * r].entries()) dState[gate * units + k] = value
        nextH[k] = d * z
      }
    }
    for (let row = 0; row < gates * units; row++) {
      dw.inputBias[row]! += dInput[row]!
      dw.stateBias[row]! += dState[row]!
      for (let k = 0; k < width; k++) {
        dw.input[row * width + k]! += dInput[row]! * x[k]!
        below[t]![k]! += dInput[row]! * w.input[row * width + k]!
      }
      for (let k = 0; k < units; k++) {
        dw.state[row * units + k]! += dState[row]! * before[k]!
        nextH[k]! += dState[row]! * w.state[row * units + k]!
      }
    }
    dh = nextH
    dc = nextC
  }
  return below
}

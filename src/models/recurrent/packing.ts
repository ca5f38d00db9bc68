/**
 * Where the kernel has the weights: in panels of eight columns (src/models/kernel/products.as), with units rounded up to eights
 * and inputs to fours. What is added is 0 and stays so: no gradient ever reaches it.
 */
import { inputOf, isBias, logitsOf, type Network, tensorsOf, weightCount } from './network.ts'

/** Four slots of pre-activations a step, each as wide as the padded units; a matrix fills some of them, one behind the other. */
interface Slots {
  /** Gates in PyTorch's order → slot. */
  readonly input: readonly number[]
  readonly state: readonly number[]
}

/** Slots of a GRU are candidate from the input, r, z, candidate from the state: so both matrices fill neighbours. */
const SLOTS: Readonly<Record<Network['cell'], Slots>> = {
  lstm: { input: [0, 1, 2, 3], state: [0, 1, 2, 3] },
  gru: { input: [1, 2, 0], state: [1, 2, 3] },
}

/** Places within the packed weights, counted in numbers. */
interface PackedLayer {
  /** Padded width of what the layer is given. */
  readonly width: number
  readonly input: number
  readonly state: number
  readonly inputBias: number
  readonly stateBias: number
}

export interface Packing {
  /** Units rounded up. */
  readonly units: number
  readonly layers: readonly PackedLayer[]
  readonly head: number
  readonly headBias: number
  readonly count: number
  readonly inputSlots: SlotRange
  readonly stateSlots: SlotRange
  /** Stretches of packed numbers that an update takes one by one; those of weights feel an L2 penalty, those of biases not. */
  readonly blocks: readonly { readonly from: number; readonly count: number; readonly isBias: boolean }[]
}

interface SlotRange {
  readonly from: number
  readonly count: number
}

/** Numbers to a block: how an update is cut up must not hang on the number of threads, since sums of squares do on it. */
const BLOCK = 4096

export function roundUp(count: number, by: number): number {
  return Math.ceil(count / by) * by
}

export function packingOf(network: Network): Packing {
  const { cell, layers: depth, classes } = network
  const units = roundUp(network.units, 8)
  const slots = SLOTS[cell]
  const rangeOf = (list: readonly number[]): SlotRange => ({ from: Math.min(...list), count: list.length })
  const [inputSlots, stateSlots] = [rangeOf(slots.input), rangeOf(slots.state)]
  const blocks: { from: number; count: number; isBias: boolean }[] = []
  let count = 0
  const take = (size: number, isBias: boolean): number => {
    const start = count
    count += roundUp(size, 4)
    for (let from = start; from < count; from += BLOCK)
      blocks.push({ from, count: Math.min(BLOCK, count - from), isBias })
    return start
  }
  const layers = Array.from({ length: depth }, (_, layer): PackedLayer => {
    const width = layer === 0 ? roundUp(inputOf(network, 0), 4) : units
    return {
      width,
      input: take(width * inputSlots.count * units, false),
      state: take(units * stateSlots.count * units, false),
      inputBias: take(inputSlots.count * units, true),
      stateBias: take(stateSlots.count * units, true),
    }
  })
  const head = take(logitsOf(classes) * units, false)
  const headBias = take(logitsOf(classes), true)

  return { units, layers, head, headBias, count, inputSlots, stateSlots, blocks }
}

/** Place within the packed weights of each weight, in the order of `tensorsOf`. */
export function placesOf(network: Network, packing: Packing): Int32Array {
  const { units, layers, head, headBias, inputSlots, stateSlots } = packing
  const slots = SLOTS[network.cell]
  const places = new Int32Array(weightCount(network))
  let next = 0
  for (const tensor of tensorsOf(network)) {
    const layer = layers[tensor.layer]
    const ofInput = tensor.part === 'input' || tensor.part === 'inputBias'
    const [list, range] = ofInput ? [slots.input, inputSlots] : [slots.state, stateSlots]
    for (let row = 0; row < tensor.rows; row++)
      for (let column = 0; column < tensor.columns; column++) {
        if (layer === undefined) {
          places[next++] = isBias(tensor) ? headBias + row : head + row * units + column
          continue
        }
        const gate = Math.floor(row / network.units)
        const at = (list[gate]! - range.from) * units + (row % network.units)
        if (isBias(tensor)) places[next++] = (ofInput ? layer.inputBias : layer.stateBias) + at
        else {
          const [start, width] = ofInput ? [layer.input, layer.width] : [layer.state, units]
          places[next++] = start + ((at >> 3) * width + column) * 8 + (at & 7)
        }
      }
  }
  return places
}

export function pack(places: Int32Array, weights: Float32Array, to: Float32Array): void {
  for (let k = 0; k < places.length; k++) to[places[k]!] = weights[k]!
}

export function unpack(places: Int32Array, from: Float32Array): Float32Array {
  return Float32Array.from(places, (place) => from[place]!)
}

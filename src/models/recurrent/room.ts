import { FIRST_FREE_BYTE } from './kernel.ts'
import type { Network } from './network.ts'
import { type Packing, roundUp } from './packing.ts'

/** Lays out addresses in a memory, one behind the other, each at a multiple of 64 bytes. */
export class Room {
  #next = FIRST_FREE_BYTE

  /** Address of room for so many 32-bit numbers. */
  floats(count: number): number {
    const at = this.#next
    this.#next += roundUp(count * 4, 64)
    return at
  }

  get bytes(): number {
    return this.#next
  }
}

export interface LayerRoom {
  /** Pre-activations, then gates, then their derivatives: four slots a step. */
  readonly z: number
  readonly h: number
  readonly dh: number
  /** Of an LSTM. */
  readonly cell: number
  readonly squashed: number
  /** What the layer below gave, after dropout. */
  readonly dropped: number
  readonly bias: number
  /** Transposed matrices, for the way back. */
  readonly stateT: number
  readonly inputT: number
}

/** Where one thread keeps what it computes with. */
export interface PassRoom {
  readonly x: number
  readonly layers: readonly LayerRoom[]
  readonly zeros: number
  readonly dc: number
}

export interface PassSize {
  /** Most rows that pass at a time, in fours; 1 for one at a time. */
  readonly rows: number
  readonly steps: number
  /** Whether it goes back as well, and so keeps every step. */
  readonly isTraining: boolean
  readonly hasDropout: boolean
}

export function passRoom(room: Room, network: Network, packing: Packing, size: PassSize): PassRoom {
  const { rows, steps, isTraining, hasDropout } = size
  const slot = rows * packing.units
  const kept = isTraining ? steps : 1
  const back = (count: number): number => (isTraining ? room.floats(count) : 0)
  const layers = packing.layers.map(({ width }, layer): LayerRoom => {
    const isLstm = network.cell === 'lstm'
    return {
      z: room.floats(kept * 4 * slot),
      h: room.floats(kept * slot),
      dh: back(kept * slot),
      cell: isLstm ? room.floats(kept * slot) : 0,
      squashed: isLstm ? room.floats(kept * slot) : 0,
      dropped: layer > 0 && hasDropout ? back(kept * slot) : 0,
      bias: room.floats(4 * packing.units),
      stateT: back(packing.stateSlots.count * packing.units * packing.units),
      inputT: layer > 0 ? back(packing.inputSlots.count * packing.units * width) : 0,
    }
  })
  return {
    layers,
    x: room.floats(steps * rows * roundUp(packing.layers[0]!.width, 8)),
    zeros: room.floats(Math.max(slot, 8)),
    dc: back(slot),
  }
}

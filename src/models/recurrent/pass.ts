/** A few rows' way through a network and back, on one thread, by the kernel: the step of reference.ts, in panels. */
import { type Draws, scaleOf, threshold } from './dropout.ts'
import { HeadPass } from './head-pass.ts'
import type { Kernel } from './kernel.ts'
import type { Network } from './network.ts'
import type { Packing } from './packing.ts'
import type { LayerRoom, PassRoom, PassSize } from './room.ts'
import type { WindowSource } from './window-source.ts'

/** Bytes of a row of a panel. */
const PANEL = 32

export class Pass {
  readonly #kernel: Kernel
  readonly #floats: Float32Array
  readonly #network: Network
  readonly #packing: Packing
  readonly #room: PassRoom
  readonly #size: PassSize
  /** Address of the packed weights. */
  readonly #weights: number
  readonly #head: HeadPass
  /** Rows as the kernel takes them: in fours, or one. */
  #rows = 0
  #draws: Draws | null = null
  #firstRow = 0

  constructor(
    kernel: Kernel,
    floats: Float32Array,
    network: Network,
    packing: Packing,
    room: PassRoom,
    size: PassSize,
    weights: number,
  ) {
    this.#kernel = kernel
    this.#floats = floats
    this.#network = network
    this.#packing = packing
    this.#room = room
    this.#size = size
    this.#weights = weights
    this.#head = new HeadPass(floats, network, packing, weights / 4, size.rows)
  }

  /** Of the rows that went forward last. */
  get logits(): Float64Array {
    return this.#head.logits
  }

  /** To be called before the first pass and whenever weights have changed. */
  refresh(): void {
    const { units, layers, inputSlots, stateSlots } = this.#packing
    const floats = this.#floats
    for (const [k, layer] of layers.entries()) {
      const { bias, stateT, inputT } = this.#room.layers[k]!
      const to = bias / 4
      const first = this.#weights / 4
      floats.fill(0, to, to + 4 * units)
      for (let i = 0; i < inputSlots.count * units; i++)
        floats[to + inputSlots.from * units + i]! += floats[first + layer.inputBias + i]!
      for (let i = 0; i < stateSlots.count * units; i++)
        floats[to + stateSlots.from * units + i]! += floats[first + layer.stateBias + i]!
      if (!this.#size.isTraining) continue
      const panels = units / 8
      this.#kernel.transpose(stateT, this.#weights + 4 * layer.state, units, stateSlots.count * panels)
      if (k > 0) this.#kernel.transpose(inputT, this.#weights + 4 * layer.input, units, inputSlots.count * panels)
    }
  }

  /**
   * Logits of the first `count` windows that end at these rows.
   * @param draws of dropout, where the first row is row `firstRow` of its batch; `null`: none
   */
  forward(windows: WindowSource, ends: ArrayLike<number>, count: number, draws: Draws | null, firstRow = 0): void {
    this.#load(windows, ends, count)
    this.#draws = draws
    this.#firstRow = firstRow
    const { layers } = this.#room
    for (let t = 0; t < this.#size.steps; t++)
      for (let layer = 0; layer < layers.length; layer++) {
        this.#products(layer, t)
        this.#activate(layers[layer]!, t)
      }
    this.#head.readOut(this.#lastState, this.#rows, count)
  }

  /** Sum of the losses of the rows that went forward last, each times its share; `backward` sets out from them. */
  loss(y: ArrayLike<number>, shares: ArrayLike<number>): number {
    return this.#head.loss(y, shares)
  }

  /** Derivatives by the packed weights, to address `gradient`, where anything may stand before. */
  backward(gradient: number): void {
    const { layers } = this.#room
    for (const { dh } of layers) this.#floats.fill(0, dh / 4, (dh + this.#size.steps * this.#slot) / 4)
    const dLast = layers.at(-1)!.dh + (this.#size.steps - 1) * this.#slot
    this.#head.backward(gradient / 4, this.#lastState, dLast / 4)
    for (let layer = layers.length - 1; layer >= 0; layer--) {
      this.#backwardInTime(layers[layer]!)
      this.#gradientOf(layer, gradient)
      if (layer > 0) this.#backwardBelow(layer)
    }
  }

  /** Bytes of one slot, or of one state. */
  get #slot(): number {
    return this.#rows * this.#packing.units * 4
  }

  /** Bytes between the steps of a state; on the way that does not come back, each takes the place of the one before. */
  get #step(): number {
    return this.#size.isTraining ? this.#slot : 0
  }

  get #inputStep(): number {
    return Math.ceil(this.#network.features / 8) * PANEL * this.#rows
  }

  #load(windows: WindowSource, ends: ArrayLike<number>, count: number): void {
    this.#rows = count === 1 && !this.#size.isTraining ? 1 : Math.ceil(count / 4) * 4
    const start = this.#room.x / 4
    const step = this.#inputStep / 4
    // what fills up rows and features must be a number: 0 times anything else is none
    this.#floats.fill(0, start, start + this.#size.steps * step)
    for (let row = 0; row < count; row++) windows.write(ends[row]!, this.#floats, start + row * 8, step, this.#rows * 8)
  }

  /** Address of what a layer is given at a step, and of the state that it begins the step with. */
  #inputAt(layer: number, t: number): number {
    if (layer === 0) return this.#room.x + t * this.#inputStep
    const below = this.#room.layers[layer - 1]!
    return (this.#draws === null ? below.h : this.#room.layers[layer]!.dropped) + t * this.#step
  }

  #before(state: number, t: number): number {
    return t === 0 ? this.#room.zeros : state + (t - 1) * this.#step
  }

  /** Pre-activations: bias + W·x + U·h. */
  #products(layer: number, t: number): void {
    const { units, inputSlots, stateSlots, layers } = this.#packing
    const { z, h, bias, dropped } = this.#room.layers[layer]!
    const { input, state, width } = layers[layer]!
    const kernel = this.#kernel
    const rows = this.#rows
    const panels = units / 8
    const slot = this.#slot
    const at = z + t * 4 * this.#step
    const x = this.#inputAt(layer, t)
    if (layer > 0 && this.#draws !== null) this.#drop(layer - 1, t, dropped, this.#room.layers[layer - 1]!.h)

    const fromInput = at + inputSlots.from * slot
    const inputBias = bias + inputSlots.from * units * 4
    const inputMatrix = this.#weights + 4 * input
    kernel.product(
      fromInput,
      rows,
      inputSlots.count * panels,
      inputBias,
      0,
      PANEL,
      x,
      width,
      inputMatrix,
      width * PANEL,
    )
    const before = this.#before(h, t)
    const shared = inputSlots.from + inputSlots.count - stateSlots.from
    const matrix = this.#weights + 4 * state
    const fromState = at + stateSlots.from * slot
    if (t > 0)
      kernel.product(
        fromState,
        rows,
        shared * panels,
        fromState,
        PANEL,
        rows * PANEL,
        before,
        units,
        matrix,
        units * PANEL,
      )
    const own = stateSlots.count - shared
    if (own > 0)
      kernel.product(
        fromState + shared * slot,
        rows,
        own * panels,
        bias + (stateSlots.from + shared) * units * 4,
        0,
        PANEL,
        before,
        t > 0 ? units : 0,
        matrix + shared * panels * units * PANEL,
        units * PANEL,
      )
  }

  #activate({ z, h, cell, squashed }: LayerRoom, t: number): void {
    const at = t * this.#step
    if (this.#network.cell === 'lstm')
      this.#kernel.lstmForward(z + 4 * at, this.#slot, this.#before(cell, t), cell + at, squashed + at, h + at)
    else this.#kernel.gruForward(z + 4 * at, this.#slot, this.#before(h, t), h + at)
  }

  /** Drops of layer `layer`'s output at a step, or of what comes back through it. */
  #drop(layer: number, t: number, to: number, from: number): void {
    const draws = this.#draws!
    const { units } = this.#network
    const { steps } = this.#size
    const rowStep = steps * units
    this.#kernel.dropout(
      to + t * this.#step,
      from + t * this.#step,
      this.#rows,
      this.#packing.units / 8,
      draws.seeds[layer]! | 0,
      (this.#firstRow * rowStep + t * units) | 0,
      rowStep,
      threshold(draws),
      scaleOf(draws),
    )
  }

  /** Place of the last layer's last state, counted in numbers. */
  get #lastState(): number {
    return (this.#room.layers.at(-1)!.h + (this.#size.steps - 1) * this.#step) / 4
  }

  /** Through one layer's time: gates become their derivatives. */
  #backwardInTime({ z, h, dh, cell, squashed, stateT }: LayerRoom): void {
    const { units, stateSlots } = this.#packing
    const kernel = this.#kernel
    const rows = this.#rows
    const slot = this.#slot
    const { dc } = this.#room
    this.#floats.fill(0, dc / 4, (dc + slot) / 4)
    for (let t = this.#size.steps - 1; t >= 0; t--) {
      const at = z + t * 4 * slot
      // the state before the first is no one's: what reaches it goes where it does no harm
      const dBefore = t > 0 ? dh + (t - 1) * slot : dc
      if (this.#network.cell === 'lstm')
        kernel.lstmBackward(at, slot, this.#before(cell, t), squashed + t * slot, dh + t * slot, dc)
      else kernel.gruBackward(at, slot, this.#before(h, t), dh + t * slot, dBefore)
      if (t === 0) continue
      const width = stateSlots.count * units
      const from = at + stateSlots.from * slot
      kernel.product(dBefore, rows, units / 8, dBefore, PANEL, rows * PANEL, from, width, stateT, width * PANEL)
    }
  }

  #gradientOf(layer: number, gradient: number): void {
    const { units, inputSlots, stateSlots, layers } = this.#packing
    const { z, h } = this.#room.layers[layer]!
    const { width, input, state, inputBias, stateBias } = layers[layer]!
    const kernel = this.#kernel
    const rows = this.#rows
    const { steps } = this.#size
    const slot = this.#slot
    const panels = units / 8
    const zStep = 4 * slot
    const given = this.#inputAt(layer, 0)
    const givenStep = layer === 0 ? this.#inputStep : slot
    const ofInput = z + inputSlots.from * slot
    const ofState = z + stateSlots.from * slot
    kernel.outer(gradient + 4 * input, width, inputSlots.count * panels, given, givenStep, ofInput, zStep, rows, steps)
    kernel.outer(
      gradient + 4 * state,
      units,
      stateSlots.count * panels,
      h,
      slot,
      ofState + zStep,
      zStep,
      rows,
      steps - 1,
    )
    kernel.columnSums(gradient + 4 * inputBias, inputSlots.count * panels, ofInput, zStep, rows, steps)
    kernel.columnSums(gradient + 4 * stateBias, stateSlots.count * panels, ofState, zStep, rows, steps)
  }

  /** To the layer below, at every step. */
  #backwardBelow(layer: number): void {
    const { units, inputSlots } = this.#packing
    const { z, inputT } = this.#room.layers[layer]!
    const { dh } = this.#room.layers[layer - 1]!
    const rows = this.#rows
    const slot = this.#slot
    const width = inputSlots.count * units
    for (let t = 0; t < this.#size.steps; t++) {
      const from = z + t * 4 * slot + inputSlots.from * slot
      const to = dh + t * slot
      this.#kernel.product(to, rows, units / 8, this.#room.zeros, 0, 0, from, width, inputT, width * PANEL)
      if (this.#draws !== null) this.#drop(layer - 1, t, dh, dh)
    }
  }
}

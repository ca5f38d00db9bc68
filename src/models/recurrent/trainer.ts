/** What one of the threads of a training does. A training on one thread has one of these. */
import { Barrier } from './barrier.ts'
import { drawsOf } from './dropout.ts'
import { type Kernel, openKernel } from './kernel.ts'
import { Pass } from './pass.ts'
import { SHARDS, type TrainingRoom, type TrainingTask, trainingRoom } from './training-task.ts'
import { MatrixWindows } from './window-source.ts'

/** An epoch to be done, and what Adam's corrections have come to before it: β1 and β2 to the power of the steps done. */
export interface Epoch {
  readonly epoch: number
  readonly power1: number
  readonly power2: number
}

/** As Adam's are after so many more steps; by products one after the other, so that a training resumed has the same bits. */
export function afterSteps({ power1, power2 }: Omit<Epoch, 'epoch'>, steps: number): Omit<Epoch, 'epoch'> {
  let [first, second] = [power1, power2]
  for (let k = 0; k < steps; k++) {
    first *= 0.9
    second *= 0.999
  }
  return { power1: first, power2: second }
}

export class Trainer {
  readonly #task: TrainingTask
  /** Which of the threads. */
  readonly #index: number
  readonly #kernel: Kernel
  readonly #room: TrainingRoom
  readonly #pass: Pass
  readonly #windows: MatrixWindows
  readonly #barrier: Barrier
  /** Of the shard at hand. */
  readonly #ends: Int32Array
  readonly #y: Int8Array
  readonly #shares: Float64Array
  readonly #floats: Float32Array

  constructor(task: TrainingTask, index: number) {
    const { network, settings, threads, memory } = task
    this.#task = task
    this.#index = index
    this.#kernel = openKernel(memory)
    this.#room = trainingRoom(network, settings, threads)
    this.#floats = new Float32Array(memory.buffer)
    const { packing, passes, size, weights } = this.#room
    this.#pass = new Pass(this.#kernel, this.#floats, network, packing, passes[index]!, size, weights)
    this.#windows = new MatrixWindows(task.matrix, network.features, settings.window)
    this.#barrier = new Barrier(task.barrier, threads)
    this.#ends = new Int32Array(size.rows)
    this.#y = new Int8Array(size.rows)
    this.#shares = new Float64Array(size.rows)
  }

  /** Learns once from all rows and then looks at the validation rows; halts after each batch. */
  *epoch(begin: Epoch): Generator<void> {
    const { order, settings } = this.#task
    let powers: Omit<Epoch, 'epoch'> = begin
    for (let batch = 0, from = 0; from < order.length; batch++, from += settings.batch) {
      this.#pass.refresh()
      this.#gradients(begin.epoch, batch, from, Math.min(order.length, from + settings.batch))
      this.#barrier.wait()
      this.#sumUp()
      this.#barrier.wait()
      powers = afterSteps(powers, 1)
      this.#update(powers)
      this.#barrier.wait()
      yield
    }
    yield* this.#validate()
  }

  /** Whether a part of the work is this thread's. */
  #isMine(part: number): boolean {
    return part % this.#task.threads === this.#index
  }

  #gradients(epoch: number, batch: number, from: number, to: number): void {
    const { network, settings, seed, order, training, losses } = this.#task
    let total = 0
    for (let k = from; k < to; k++) total += training.weights[order[k]!]!
    const draws = drawsOf(settings.dropout, network.layers, seed, epoch, batch)
    for (let shard = 0; shard < SHARDS; shard++) {
      if (!this.#isMine(shard)) continue
      const first = from + Math.floor(((to - from) * shard) / SHARDS)
      const count = from + Math.floor(((to - from) * (shard + 1)) / SHARDS) - first
      const gradient = this.#room.gradients[shard]!
      losses[batch * SHARDS + shard] = 0
      if (count === 0) {
        this.#floats.fill(0, gradient / 4, gradient / 4 + this.#room.packing.count)
        continue
      }
      for (let row = 0; row < count; row++) {
        const sample = order[first + row]!
        this.#ends[row] = training.ends[sample]!
        this.#y[row] = training.y[sample]!
        // of rows that all weigh nothing nothing is learnt
        this.#shares[row] = total > 0 ? training.weights[sample]! / total : 0
      }
      this.#pass.forward(this.#windows, this.#ends, count, draws, first - from)
      losses[batch * SHARDS + shard] = this.#pass.loss(this.#y, this.#shares) * total
      this.#pass.backward(gradient)
    }
  }

  /** Sums the shards' gradients into the first one's place. */
  #sumUp(): void {
    const { gradients, packing } = this.#room
    for (const [k, { from, count }] of packing.blocks.entries()) {
      if (!this.#isMine(k)) continue
      for (let shard = 1; shard < SHARDS; shard++)
        this.#task.squares[k] = this.#kernel.accumulate(
          gradients[0]! + 4 * from,
          gradients[shard]! + 4 * from,
          count,
          1,
        )
    }
  }

  #update({ power1, power2 }: Omit<Epoch, 'epoch'>): void {
    const { clip, learningRate, l2 } = this.#task.settings
    const { gradients, packing, weights, mean, square } = this.#room
    let squares = 0
    for (const sum of this.#task.squares) squares += sum
    // as torch's clip_grad_norm_
    const scale = clip === null ? 1 : Math.min(1, clip / (Math.sqrt(squares) + 1e-6))
    for (const [k, { from, count, isBias }] of packing.blocks.entries()) {
      if (!this.#isMine(k)) continue
      const at = 4 * from
      this.#kernel.adam(
        weights + at,
        gradients[0]! + at,
        mean + at,
        square + at,
        count,
        scale,
        isBias ? 0 : l2,
        learningRate / (1 - power1),
        Math.sqrt(1 - power2),
      )
    }
  }

  *#validate(): Generator<void> {
    const { validation, validationLosses } = this.#task
    const { rows } = this.#room.size
    this.#pass.refresh()
    for (let part = 0; part < validationLosses.length; part++) {
      if (!this.#isMine(part)) continue
      const from = part * rows
      const to = Math.min(validation.ends.length, from + rows)
      this.#pass.forward(this.#windows, validation.ends.subarray(from, to), to - from, null)
      validationLosses[part] = this.#pass.loss(validation.y.subarray(from, to), validation.weights.subarray(from, to))
      yield
    }
  }
}

import { kernelMemory, type WasmMemory } from './kernel.ts'
import type { Network } from './network.ts'
import { type Packing, packingOf, roundUp } from './packing.ts'
import { type PassRoom, type PassSize, passRoom, Room } from './room.ts'
import type { RecurrentSettings } from './settings.ts'

/**
 * A batch is learnt from in this many parts, whose gradients are summed in their order. It is fixed, so that the sum has the same
 * bits whatever the number of threads, and with it everything that comes of it.
 */
export const SHARDS = 4

/** Rows that are learnt from, or watched. */
interface Samples {
  /** Row of the matrix at which each window ends. */
  readonly ends: Int32Array
  readonly y: Int8Array
  readonly weights: Float64Array
}

/** All that the threads of a training share. Every array lies in memory that is shared, not copied, between threads. */
export interface TrainingTask {
  readonly network: Network
  readonly settings: RecurrentSettings
  readonly seed: number
  readonly threads: number
  /** Features of a stretch of the data in 32 bits, row after row: what all windows are views on. */
  readonly matrix: Float32Array
  readonly training: Samples
  readonly validation: Samples
  /** Training samples in this epoch's order. */
  readonly order: Int32Array
  /** Sum of losses times weights, by batch and shard, and of the validation rows by stretch. */
  readonly losses: Float64Array
  readonly validationLosses: Float64Array
  /** Sum of squared gradients by block of weights. */
  readonly squares: Float64Array
  readonly barrier: Int32Array
  /** Weights, Adam's moments, gradients, and each thread's room. */
  readonly memory: WasmMemory
}

/** Addresses within a task's memory, the same in every thread. */
export interface TrainingRoom {
  readonly packing: Packing
  readonly weights: number
  readonly mean: number
  readonly square: number
  /** By shard. */
  readonly gradients: readonly number[]
  /** By thread. */
  readonly passes: readonly PassRoom[]
  readonly size: PassSize
  readonly bytes: number
}

export function trainingRoom(network: Network, settings: RecurrentSettings, threads: number): TrainingRoom {
  const { batch, window, dropout } = settings
  const packing = packingOf(network)
  const room = new Room()
  const numbers = (): number => room.floats(packing.count)
  const rows = roundUp(Math.ceil(batch / SHARDS), 4)
  const size: PassSize = { rows, steps: window, isTraining: true, hasDropout: dropout > 0 }
  return {
    packing,
    weights: numbers(),
    mean: numbers(),
    square: numbers(),
    gradients: Array.from({ length: SHARDS }, numbers),
    passes: Array.from({ length: threads }, () => passRoom(room, network, packing, size)),
    size,
    bytes: room.bytes,
  }
}

export interface TaskData {
  readonly columns: readonly Float64Array[]
  readonly y: Int8Array
  readonly weights: Float64Array | null
  readonly rows: Int32Array
  readonly validation: Int32Array
}

export function trainingTask(
  network: Network,
  settings: RecurrentSettings,
  seed: number,
  threads: number,
  data: TaskData,
): TrainingTask {
  const { packing, size, bytes } = trainingRoom(network, settings, threads)
  const { rows, validation } = data
  const { first, last } = span(rows, validation, settings.window)
  const samplesOf = (list: Int32Array): Samples => {
    const ends = new Int32Array(shared(4 * list.length))
    const y = new Int8Array(shared(list.length))
    const weights = new Float64Array(shared(8 * list.length))
    for (const [k, row] of list.entries()) {
      ends[k] = row - first
      y[k] = data.y[row]!
      weights[k] = data.weights === null ? 1 : data.weights[row]!
    }
    return { ends, y, weights }
  }
  return {
    network,
    settings,
    seed,
    threads,
    matrix: matrixOf(data.columns, first, last),
    training: samplesOf(rows),
    validation: samplesOf(validation),
    order: new Int32Array(shared(4 * rows.length)),
    losses: new Float64Array(shared(8 * SHARDS * Math.ceil(rows.length / settings.batch))),
    validationLosses: new Float64Array(shared(8 * Math.ceil(validation.length / size.rows))),
    squares: new Float64Array(shared(8 * packing.blocks.length)),
    barrier: new Int32Array(shared(8)),
    memory: kernelMemory(bytes),
  }
}

/** Bytes that a task takes beside the data that it is made from. */
export function taskBytes(network: Network, settings: RecurrentSettings, threads: number, data: TaskData): number {
  const { rows, validation } = data
  const { first, last } = span(rows, validation, settings.window)
  const samples = (rows.length + validation.length) * 13
  return (
    trainingRoom(network, settings, threads).bytes +
    (last - first + 1) * network.features * 4 +
    samples +
    rows.length * 4
  )
}

/** First and last row of the data that any window touches. */
function span(
  rows: Int32Array,
  validation: Int32Array,
  window: number,
): { readonly first: number; readonly last: number } {
  let [first, last] = [rows[0]!, rows[0]!]
  for (const list of [rows, validation])
    for (const row of list) {
      first = Math.min(first, row)
      last = Math.max(last, row)
    }
  return { first: first - window + 1, last }
}

function matrixOf(columns: readonly Float64Array[], first: number, last: number): Float32Array {
  const features = columns.length
  const matrix = new Float32Array(shared(4 * features * (last - first + 1)))
  for (const [k, column] of columns.entries())
    for (let row = first, at = k; row <= last; row++, at += features) matrix[at] = column[row]!
  return matrix
}

function shared(bytes: number): SharedArrayBuffer {
  return new SharedArrayBuffer(bytes)
}

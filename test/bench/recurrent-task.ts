import { seededRandom } from '../../src/core/random.ts'
import { crewOf } from '../../src/models/recurrent/crew.ts'
import { initialWeights, type Network } from '../../src/models/recurrent/network.ts'
import { pack, placesOf } from '../../src/models/recurrent/packing.ts'
import { recurrentSettings } from '../../src/models/recurrent/settings.ts'
import { trainingRoom, trainingTask } from '../../src/models/recurrent/training-task.ts'

export const STEPS = 60
export const FEATURES = 12
export const UNITS = 64
export const BATCH = 64

export type Cell = 'lstm' | 'gru'
/** Samples/s of one round. */
export type Round = () => Promise<number>

export function network(cell: Cell): Network {
  return { cell, features: FEATURES, units: UNITS, layers: 1, classes: 2 }
}

/** Overlapping windows of noise, and what a training on them needs. */
export function taskOf(cell: Cell, windows: number, steps: number, workers: number) {
  const random = seededRandom(1)
  const length = windows + steps - 1
  const columns = Array.from({ length: FEATURES }, () => Float64Array.from({ length }, () => 2 * random() - 1))
  const settings = recurrentSettings(cell, { units: UNITS, window: steps, batch: BATCH })
  const task = trainingTask(network(cell), settings, 1, workers, {
    columns,
    y: Int8Array.from({ length }, () => Number(random() > 0.5)),
    weights: null,
    rows: Int32Array.from({ length: windows }, (_, k) => k + steps - 1),
    validation: new Int32Array(0),
  })
  const { packing, weights } = trainingRoom(network(cell), settings, workers)
  const floats = new Float32Array(task.memory.buffer, weights, packing.count)
  pack(placesOf(network(cell), packing), initialWeights(network(cell), random), floats)
  for (let k = 0; k < windows; k++) task.order[k] = k
  return { task, columns, settings }
}

export function ours(cell: Cell, workers: number): { readonly round: Round; readonly end: () => Promise<void> } {
  const samples = BATCH * 40
  const crew = crewOf(taskOf(cell, samples, STEPS, workers).task)
  const round = async (): Promise<number> => {
    const start = performance.now()
    await crew.epoch({ epoch: 0, power1: 1, power2: 1 })
    return (samples * 1000) / (performance.now() - start)
  }
  return { round, end: () => crew.end() }
}

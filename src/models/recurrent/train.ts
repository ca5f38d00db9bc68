import { seededRandom } from '../../core/random.ts'
import type { FitOptions } from '../classifier.ts'
import { decoded, type EpochLoss, encoded, type RecurrentCheckpoint } from './checkpoint.ts'
import type { Crew } from './crew.ts'
import { seedOf } from './dropout.ts'
import { initialWeights } from './network.ts'
import { pack, placesOf, unpack } from './packing.ts'
import { afterSteps } from './trainer.ts'
import { type TrainingTask, trainingRoom } from './training-task.ts'

interface TrainOptions extends Pick<FitOptions, 'onProgress' | 'onCheckpoint'> {
  readonly resume: RecurrentCheckpoint | null
}

interface Trained {
  readonly weights: Float32Array
  readonly history: readonly EpochLoss[]
}

/** Chance is drawn from the seed and one of these. */
const WEIGHTS = 1
const ORDER = 2

/**
 * Epochs until there are enough, until validation rows have shown none better for `patience` of them, or until `onProgress` says
 * false. The weights are those of the epoch with the lowest loss on the validation rows; without any, the last ones.
 * @throws RangeError where the loss is no number any more
 */
export async function train(task: TrainingTask, crew: Crew, options: TrainOptions): Promise<Trained> {
  const { network, settings, seed, memory, training, validation, order } = task
  const { packing, ...room } = trainingRoom(network, settings, task.threads)
  const places = placesOf(network, packing)
  const floats = new Float32Array(memory.buffer)
  const at = (address: number): Float32Array => floats.subarray(address / 4, address / 4 + packing.count)
  const read = (address: number): Float32Array => unpack(places, at(address))
  const { resume } = options
  const history: EpochLoss[] = [...(resume?.history ?? [])]
  let best = resume?.best ?? null
  let powers = { power1: resume?.power1 ?? 1, power2: resume?.power2 ?? 1 }
  if (resume) {
    for (const part of ['weights', 'mean', 'square'] as const)
      pack(places, decoded(`checkpoint, ${part}`, resume[part], places.length), at(room[part]))
  } else pack(places, initialWeights(network, seededRandom(seedOf(seed, WEIGHTS))), at(room.weights))

  const isOver = (epoch: number): boolean =>
    epoch >= settings.epochs || (best !== null && epoch - best.epoch >= settings.patience)
  for (let epoch = resume?.epoch ?? 0; !isOver(epoch); ) {
    shuffle(order, seedOf(seed, ORDER, epoch))
    await crew.epoch({ epoch, ...powers })
    epoch++
    powers = afterSteps(powers, Math.ceil(order.length / settings.batch))
    const loss = sum(task.losses) / sum(training.weights)
    const validationLoss = validation.ends.length === 0 ? null : sum(task.validationLosses) / sum(validation.weights)
    const now = read(room.weights)
    // a last batch may have ruined weights that no loss has met yet
    if (![loss, validationLoss ?? 0].every(Number.isFinite) || !now.every(Number.isFinite))
      throw new RangeError(
        `${network.cell}: it diverged in epoch ${epoch} (loss ${loss}): lower learningRate (${settings.learningRate}) or clip (${settings.clip})`,
      )
    history.push({ loss, validationLoss })
    if (validationLoss !== null && (best === null || validationLoss < best.loss))
      best = { epoch, loss: validationLoss, weights: encoded(now) }
    const checkpoint: RecurrentCheckpoint = {
      kind: 'recurrent-checkpoint',
      version: 1,
      network,
      settings,
      seed,
      rows: [training.ends.length, validation.ends.length],
      epoch,
      ...powers,
      weights: encoded(now),
      mean: encoded(read(room.mean)),
      square: encoded(read(room.square)),
      best,
      history: [...history],
    }
    options.onCheckpoint?.(checkpoint)
    if (options.onProgress?.({ done: epoch, total: settings.epochs, loss, validationLoss }) === false) break
  }
  const weights = best === null ? read(room.weights) : decoded('best weights', best.weights, places.length)
  return { weights, history }
}

/** Fisher and Yates, from the natural order, so that an epoch's order hangs on the seed and its number alone. */
function shuffle(order: Int32Array, seed: number): void {
  const random = seededRandom(seed)
  for (let k = 0; k < order.length; k++) order[k] = k
  for (let k = order.length - 1; k > 0; k--) {
    const other = Math.floor(random() * (k + 1))
    const kept = order[k]!
    order[k] = order[other]!
    order[other] = kept
  }
}

function sum(numbers: Float64Array): number {
  let total = 0
  for (const number of numbers) total += number
  return total
}

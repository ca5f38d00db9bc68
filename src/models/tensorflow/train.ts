import { setImmediate } from 'node:timers/promises'
import { seededRandom } from '../../core/random.ts'
import type { FitOptions } from '../classifier.ts'
import type { EpochLoss } from '../recurrent/checkpoint.ts'
import { seedOf } from '../recurrent/dropout.ts'
import { crossEntropy } from '../recurrent/head.ts'
import type { TrainingRows, ValidationRows } from '../training-rows.ts'
import { fillWindows, shuffled } from './batches.ts'
import { Learner } from './learner.ts'
import { type LoadedTensorflow, requireBackend } from './load-tensorflow.ts'
import { initialWeights, logitsOf, type Network } from './network.ts'
import type { LearningSettings } from './settings.ts'

export interface NetworkTask {
  readonly network: Network
  readonly settings: LearningSettings
  readonly seed: number
  readonly columns: readonly Float64Array[]
  readonly training: TrainingRows
  readonly validation: ValidationRows | null
}

interface Trained {
  readonly weights: Float32Array
  readonly history: readonly EpochLoss[]
}

/** Chance is drawn from the seed and one of these. */
const WEIGHTS = 1
const ORDER = 2
const DROPOUT = 3

/**
 * Epochs until there are enough, until validation rows have shown none better for `patience` of them, or until `onProgress` says
 * false. The weights are those of the epoch with the lowest loss on the validation rows; without any, the last ones.
 * @throws RangeError where the loss is no number any more
 */
export async function train(
  task: NetworkTask,
  { tf, backend }: LoadedTensorflow,
  onProgress: FitOptions['onProgress'],
): Promise<Trained> {
  const { network, settings, seed, training, validation } = task
  const { kind } = network
  requireBackend(kind, tf, backend)
  const learner = new Learner(tf, network, settings, initialWeights(network, seededRandom(seedOf(seed, WEIGHTS))))
  const total = training.weights.reduce((sum, weight) => sum + weight, 0)
  const history: EpochLoss[] = []
  let best: { readonly epoch: number; readonly loss: number; readonly weights: Float32Array } | null = null
  try {
    for (let epoch = 0; epoch < settings.epochs; ) {
      const loss = learnEpoch(task, learner, epoch++) / total
      const weights = learner.weights()
      const validationLoss = validation && lossOf(task, weights, validation)
      if (![loss, validationLoss ?? 0].every(Number.isFinite) || !weights.every(Number.isFinite))
        throw new RangeError(
          `${kind}: it diverged in epoch ${epoch} (loss ${loss}): lower learningRate (${settings.learningRate})`,
        )
      history.push({ loss, validationLoss })
      if (validationLoss === null || best === null || validationLoss < best.loss)
        best = { epoch, loss: validationLoss ?? loss, weights }
      if (onProgress?.({ done: epoch, total: settings.epochs, loss, validationLoss }) === false) break
      if (epoch - best.epoch >= settings.patience) break
      // others have their turn: a signal, a display, another training
      await setImmediate()
      requireBackend(kind, tf, backend)
    }
    return { weights: best!.weights, history }
  } finally {
    learner.dispose()
  }
}

/** Sum of the rows' losses while they were learnt from, each times its weight. */
function learnEpoch(task: NetworkTask, learner: Learner, epoch: number): number {
  const { columns, network, settings, seed, training } = task
  const order = shuffled(training.rows.length, seedOf(seed, ORDER, epoch))
  let sum = 0
  for (let from = 0, batch = 0; from < order.length; from += settings.batch, batch++) {
    const part = order.subarray(from, from + settings.batch)
    const weights = Float64Array.from(part, (k) => training.weights[k]!)
    const total = weights.reduce((all, weight) => all + weight, 0)
    const x = new Float32Array(part.length * network.window * network.features)
    const rows = part.map((k) => training.rows[k]!)
    fillWindows(columns, rows, network.window, x)
    const y = part.map((k) => training.y[k]!)
    const shares = weights.map((weight) => weight / total)
    sum += total * learner.step(x, y, shares, seedOf(seed, DROPOUT, epoch, batch))
  }
  return sum
}

/** Mean by weight, by the code that will foretell. */
function lossOf(
  { columns, network }: NetworkTask,
  weights: Float32Array,
  { rows, y, weights: own }: ValidationRows,
): number {
  const { window, features, classes } = network
  const x = new Float64Array(window * features)
  const slope = new Float64Array(logitsOf(classes))
  const foretell = network.foretell(weights)
  let [sum, total] = [0, 0]
  for (let k = 0; k < rows.length; k++) {
    fillWindows(columns, rows.subarray(k, k + 1), window, x)
    sum += own[k]! * crossEntropy(foretell(x), 0, classes, y[k]!, slope)
    total += own[k]!
  }
  return sum / total
}

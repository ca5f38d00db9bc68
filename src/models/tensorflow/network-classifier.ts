import type { Classifier, FitOptions, TrainingSet } from '../classifier.ts'
import { requireWholeWindows } from '../recurrent/whole-windows.ts'
import { trainingRows, validationRows } from '../training-rows.ts'
import { FittedNetwork } from './fitted-network.ts'
import { type LoadedTensorflow, loadTensorflow } from './load-tensorflow.ts'
import type { Network, NetworkPlan } from './network.ts'
import type { LearningSettings } from './settings.ts'
import { type NetworkTask, train } from './train.ts'

export interface NetworkClassifier extends Classifier {
  fit(data: TrainingSet, options: FitOptions): Promise<FittedNetwork>
}

export function networkClassifier(
  plan: NetworkPlan,
  load: (model: string) => Promise<LoadedTensorflow> = loadTensorflow,
): NetworkClassifier {
  const { kind, window, settings, network } = plan
  return {
    kind,
    settings: { ...settings },
    ...(window > 1 && { window }),
    isWatched: true,
    async fit(data, { seed, validation, onProgress }) {
      const task = taskOf(network(data.columns.length, data.classes), settings, data, seed, validation)
      const loaded = await load(kind)
      const { weights, history } = await train(task, loaded, onProgress)
      const { backend, note } = loaded
      return new FittedNetwork(task.network, settings, [...data.names], weights, { backend, note, history })
    },
  }
}

/** @throws RangeError that says what is wrong with the data */
function taskOf(
  network: Network,
  settings: LearningSettings,
  data: TrainingSet,
  seed: number,
  validation: FitOptions['validation'],
): NetworkTask {
  const { kind, window } = network
  const { names, columns } = data
  const training = trainingRows(kind, data)
  const watched = validationRows(kind, data, validation, training)
  for (const [what, rows] of [
    ['training row', training.rows] as const,
    ['validation row', watched?.rows ?? []] as const,
  ])
    for (const row of rows)
      for (const [j, column] of columns.entries())
        if (!Number.isFinite(Math.fround(column[row]!)))
          throw new RangeError(
            `${kind}: feature "${names[j]}" is ${column[row]} in ${what} ${row}: impute, clip or drop it first`,
          )
  requireWholeWindows(`${kind}, training rows`, columns, names, training.rows, window)
  if (watched) requireWholeWindows(`${kind}, validation rows`, columns, names, watched.rows, window)
  return { network, settings, seed, columns, training, validation: watched }
}

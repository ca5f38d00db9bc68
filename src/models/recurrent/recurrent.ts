import type { Classifier, FitOptions, TrainingSet } from '../classifier.ts'
import type { FittedRecurrent } from './fitted-recurrent.ts'
import type { Cell } from './network.ts'
import { type RecurrentSettings, recurrentSettings } from './settings.ts'

export interface RecurrentClassifier extends Classifier {
  readonly kind: Cell
  readonly settings: Readonly<RecurrentSettings & Record<string, unknown>>
  readonly window: number
  fit(data: TrainingSet, options: FitOptions): Promise<FittedRecurrent>
}

/** A long short-term memory (Hochreiter and Schmidhuber 1997, with the forget gate of Gers 2000), as torch.nn.LSTM has it. */
export function lstm(settings: Partial<RecurrentSettings> = {}): RecurrentClassifier {
  return recurrent('lstm', settings)
}

/** A gated recurrent unit (Cho 2014) whose reset gate acts after the product, as torch.nn.GRU has it. */
export function gru(settings: Partial<RecurrentSettings> = {}): RecurrentClassifier {
  return recurrent('gru', settings)
}

function recurrent(cell: Cell, given: Partial<RecurrentSettings>): RecurrentClassifier {
  const settings = recurrentSettings(cell, given)
  return {
    kind: cell,
    settings: { ...settings },
    window: settings.window,
    isWatched: true,
    async fit(data, options) {
      // a strategy that asks no such model should not wait for its kernel and threads to be loaded
      const { fitRecurrent } = await import('./fit-recurrent.ts')
      return fitRecurrent(cell, settings, data, options)
    },
  }
}

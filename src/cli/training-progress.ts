import type { TrainingAt } from '../runs/train.ts'
import type { Io } from './io.ts'

/** Says where a training is at, with its losses; the first Ctrl-C asks it to stop after the step at hand, the second ends all. */
export class TrainingProgress {
  readonly #show: (at: TrainingAt) => void
  readonly #onSignal = () => {
    this.isStopped = true
    process.off('SIGINT', this.#onSignal)
  }
  isStopped = false

  constructor(io: Io) {
    this.#show = (at) => {
      const { series, fold, folds, model, done, total, loss, validationLoss } = at
      const losses = `loss ${loss.toFixed(4)}${validationLoss === null ? '' : `, validation ${validationLoss.toFixed(4)}`}`
      io.progress(`${series}, fold ${fold} of ${folds}, ${model}`, losses)(done, total)
    }
    process.on('SIGINT', this.#onSignal)
  }

  readonly onTraining = (at: TrainingAt): boolean | undefined => {
    this.#show(at)
    return this.isStopped ? false : undefined
  }

  end(): void {
    process.off('SIGINT', this.#onSignal)
  }
}

import type { TrainingAt } from '../runs/train.ts'
import { onInterrupt } from './interrupt.ts'
import type { Io } from './io.ts'

/** Says on a terminal where a training is at: its losses, how many steps it does a second, how long it takes to its end. */
export function trainingShown(io: Io): (at: TrainingAt) => undefined {
  let model = ''
  let start = 0
  let first = 0
  return ({ series, fold, folds, model: name, done, total, loss, validationLoss }) => {
    const label = `${series}, fold ${fold} of ${folds}, ${name}`
    const now = performance.now()
    if (label !== model) [model, start, first] = [label, now, done]
    const rate = (done - first) / ((now - start) / 1000)
    const losses = `loss ${loss.toFixed(4)}${validationLoss === null ? '' : `, validation ${validationLoss.toFixed(4)}`}`
    const speed =
      done > first ? `, ${rate.toPrecision(2)} steps a second, ${Math.ceil((total - done) / rate)} s left` : ''
    io.progress(label, `${losses}${speed}`)(done, total)
  }
}

/** Shows a training; the first Ctrl-C asks it to stop after the step at hand and keep the best so far, a second one ends all. */
export class TrainingProgress {
  readonly #show: (at: TrainingAt) => undefined
  #unlisten: (() => void) | null = null
  #isStopped = false

  constructor(io: Io) {
    this.#show = trainingShown(io)
  }

  get isStopped(): boolean {
    return this.#isStopped
  }

  readonly onTraining = (at: TrainingAt): boolean | undefined => {
    this.#unlisten ??= onInterrupt(() => {
      this.#isStopped = true
    })
    this.#show(at)
    return this.isStopped ? false : undefined
  }

  /** Ctrl-C does again what it does elsewhere. */
  readonly end = (): void => {
    this.#unlisten?.()
    this.#unlisten = null
  }
}

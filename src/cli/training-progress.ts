import type { TrainingAt } from '../runs/train.ts'
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

/** One Ctrl-C comes twice, from the terminal and from the process that started this one: what follows so soon is the same. */
const ONE_SIGNAL_MS = 500

/** Shows a training; the first Ctrl-C asks it to stop after the step at hand and keep the best so far, a second one ends all. */
export class TrainingProgress {
  readonly #show: (at: TrainingAt) => undefined
  /** What Ctrl-C does elsewhere. */
  #others: NodeJS.SignalsListener[] = []
  #isListening = false
  #first = Number.POSITIVE_INFINITY
  readonly #onSignal = () => {
    const now = performance.now()
    if (now - this.#first > ONE_SIGNAL_MS) process.exit(130)
    this.#first = Math.min(this.#first, now)
  }

  constructor(io: Io) {
    this.#show = trainingShown(io)
  }

  get isStopped(): boolean {
    return this.#first < Number.POSITIVE_INFINITY
  }

  readonly onTraining = (at: TrainingAt): boolean | undefined => {
    this.#listen()
    this.#show(at)
    return this.isStopped ? false : undefined
  }

  /** Ctrl-C does again what it does elsewhere. */
  readonly end = (): void => {
    if (!this.#isListening) return
    this.#isListening = false
    process.off('SIGINT', this.#onSignal)
    for (const other of this.#others) process.on('SIGINT', other)
  }

  #listen(): void {
    if (this.#isListening) return
    this.#isListening = true
    this.#others = process.listeners('SIGINT')
    process.removeAllListeners('SIGINT')
    process.on('SIGINT', this.#onSignal)
  }
}

import type { Interval } from '../core/interval.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { ModelDefinition } from './define-model.ts'
import type { FoldModel } from './foretell.ts'

/**
 * A model in a running session: told the features of one closed bar after another, it says what a forecast over all of them
 * says of the newest one, with the same bits. Keeps as many bars as a prediction looks at, and no more.
 */
export class LivePredictor {
  readonly #window: number
  /** Bars that lack a value are kept, once every feature has had one. */
  readonly #keeps: boolean
  /** By feature: whether a bar without its value is left out. */
  readonly #isNeeded: boolean[]
  readonly #names: readonly string[]
  readonly #model: FoldModel['model']
  readonly #scale: (row: Float64Array) => Float64Array
  readonly #interval: Interval
  /** The newest `window` bars, scaled: shifted by one at each bar. */
  readonly #columns: readonly Float64Array[]
  readonly #last: Int32Array
  readonly #nothing: Float64Array
  #count = 0
  #closeTime = Number.NaN

  constructor({ model, missing, label }: ModelDefinition, fold: FoldModel, interval: Interval) {
    const { window = 1 } = model
    this.#window = window
    this.#keeps = missing === 'keep' && window === 1
    this.#isNeeded = fold.transform.names.map(() => true)
    this.#names = fold.transform.names
    this.#model = fold.model
    this.#scale = fold.transform.stream()
    this.#interval = interval
    this.#columns = fold.transform.names.map(() => new Float64Array(window))
    this.#last = Int32Array.of(window - 1)
    this.#nothing = new Float64Array(label.classes === 2 ? 1 : 3).fill(Number.NaN)
  }

  /**
   * @param features of a bar that has closed, in the order in which the model was fitted
   * @returns probabilities as a fitted classifier gives them; NaN where the window is not whole, or a feature is not known
   * @throws RangeError on another number of features
   */
  next(openTime: number, features: Float64Array): Float64Array {
    return this.#take(openTime, features) ? this.#model.predictProba(this.#columns, this.#last) : this.#nothing
  }

  /** Told of a bar of which nobody asks what it says. @throws RangeError as `next` does */
  pass(openTime: number, features: Float64Array): void {
    this.#take(openTime, features)
  }

  /** @returns whether there is all that a prediction looks at */
  #take(openTime: number, features: Float64Array): boolean {
    if (features.length !== this.#columns.length)
      throw new RangeError(
        `${features.length} features, and the model has learnt from ${this.#columns.length}: ${this.#names.join(', ')}`,
      )
    const scaled = this.#scale(features)
    // a window never crosses a gap
    if (openTime !== this.#closeTime) this.#count = 0
    this.#closeTime = closeTimeOf(openTime, this.#interval)
    let isWhole = true
    for (const [k, column] of this.#columns.entries()) {
      column.copyWithin(0, 1)
      column[this.#window - 1] = scaled[k]!
      if (!Number.isNaN(scaled[k]!)) this.#isNeeded[k] = !this.#keeps
      else if (this.#isNeeded[k]!) isWhole = false
    }
    this.#count = isWhole ? this.#count + 1 : 0
    return this.#count >= this.#window
  }
}

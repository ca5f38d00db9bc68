import type { Bars } from '../core/bar.ts'
import { GrowingBars, type NewBar } from '../core/growing-bars.ts'
import { GrowingHigher } from '../core/growing-higher.ts'
import { RingColumns } from '../indicators/index.ts'
import type { Features } from '../preprocess/features.ts'
import type { ModelDefinition } from './define-model.ts'
import type { FoldModel } from './foretell.ts'
import { LivePredictor } from './live-predictor.ts'

/** A trained model, as a running session asks it. */
export interface LiveModelOptions {
  readonly definition: ModelDefinition
  /** The fold that speaks: the newest one. */
  readonly fold: FoldModel
  /**
   * Bars before the session, from where the stored range begins: indicators that never quite forget give the bits that they had in
   * training only from the same start.
   */
  readonly history: Bars
}

/** Where a class lies among the probabilities of a classifier, of two classes and of three. */
const PLACES = { p: [0, 2], down: [0, 0], timeOut: [0, 1], up: [0, 2] } as const

/** Features whose newest row can be read off, of bars or of a higher interval beside them. */
interface Source {
  readonly higher: GrowingHigher | null
  readonly ring: RingColumns<Features>
  readonly columns: readonly Float64Array[]
}

/**
 * A model told one closed bar after another: computes its features and says what the forecast of its fold says of the bar in a
 * backtest, with the same bits.
 */
export class LiveModel {
  readonly outputs: readonly string[]
  readonly #bars: GrowingBars
  readonly #sources: readonly Source[]
  readonly #predictor: LivePredictor
  readonly #features: Float64Array
  readonly #places: readonly number[]
  readonly #said: Float64Array

  /** @param priceDecimals most decimals that a price of the session can have */
  constructor({ definition, fold, history }: LiveModelOptions, priceDecimals = history.priceDecimals) {
    this.outputs = definition.outputs
    this.#bars = new GrowingBars(history, priceDecimals)
    const sourceOf = (features: Features, higher: GrowingHigher | null): Source => {
      const ring = new RingColumns(features, higher?.bars ?? this.#bars)
      const columns = Object.entries(features).flatMap(([name, { outputs }]) =>
        outputs.map((output) => ring.columns[name]![output]!),
      )
      return { higher, ring, columns }
    }
    this.#sources = [
      sourceOf(definition.features(), null),
      ...Object.values(definition.also()).map(({ interval, features }) =>
        sourceOf(features, new GrowingHigher(this.#bars, interval)),
      ),
    ]
    this.#features = new Float64Array(this.#sources.reduce((sum, { columns }) => sum + columns.length, 0))
    this.#predictor = new LivePredictor(definition, fold, history.series.interval)
    const width = definition.label.classes === 2 ? 0 : 1
    this.#places = this.outputs.map((output) => PLACES[output as keyof typeof PLACES][width])
    this.#said = new Float64Array(this.outputs.length)
    for (let row = 0; row < history.length; row++) this.#predictor.pass(history.openTime[row]!, this.#featuresAt(row))
  }

  /** Of the newest bar, before they are scaled: one and the same array every time. */
  get features(): Float64Array {
    return this.#features
  }

  /** @returns what it says at the bar's close, in the order of `outputs`; NaN where it says nothing. One and the same array every time */
  next(bar: NewBar): Float64Array {
    this.#bars.append(bar)
    for (const { higher } of this.#sources) higher?.grow()
    const said = this.#predictor.next(bar.openTime, this.#featuresAt(this.#bars.length - 1))
    for (const [k, place] of this.#places.entries()) this.#said[k] = said[place]!
    return this.#said
  }

  #featuresAt(row: number): Float64Array {
    let at = 0
    for (const { higher, ring, columns } of this.#sources) {
      const own = higher === null ? row : higher.rows[row]!
      if (own >= 0) ring.fillTo(own)
      for (const column of columns) this.#features[at++] = own < 0 ? Number.NaN : column[own & ring.mask]!
    }
    return this.#features
  }
}

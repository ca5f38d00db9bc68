/**
 * What a strategy knows of a model: what it says at the close of each bar, under these names. How it comes to say it is no
 * matter of the engine, which only reads what whoever runs it has handed over.
 */
export interface Predictor<Output extends string = string> {
  readonly isModel: true
  /** `p`, the probability of the class that is traded; of three classes also `down`, `timeOut` and `up`, which is p. */
  readonly outputs: readonly Output[]
}

/** What each model says of an instrument's bars: name → output → one value a row, NaN where it says nothing. */
export type Predictions = Readonly<Record<string, Readonly<Record<string, Float64Array>>>>

/** What `models` is in a strategy: comparisons with NaN are false, so that a model without an answer moves nothing. */
export type PredictorValues<M> = {
  readonly [K in keyof M]: M[K] extends Predictor<infer Output> ? { readonly [name in Output]: number } : never
}

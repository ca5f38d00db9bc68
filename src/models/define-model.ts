import type { Predictor } from '../core/predictor.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { type Features, featureNames, type HigherFeatures } from '../preprocess/features.ts'
import type { LabelRule } from '../preprocess/labels.ts'
import { none, type Rebalancer, sequenceRefusal } from '../preprocess/rebalance.ts'
import { robustScaler } from '../preprocess/robust-scaler.ts'
import type { Splitter } from '../preprocess/split.ts'
import type { Missing } from '../preprocess/split-rows.ts'
import { walkForward } from '../preprocess/split-walk-forward.ts'
import type { Transformer } from '../preprocess/transform.ts'
import type { CalibrationMethod } from './calibration.ts'
import type { Classifier } from './classifier.ts'

export interface ModelOptions<C extends 2 | 3> {
  /** Series to learn from, each by itself: a model of its own for each, that only foretells this series. */
  readonly series: readonly string[]
  /** The engine's own indicators by name: one column each, of several outputs one an output. */
  readonly features: () => Features
  /** Features of higher intervals, seen through their last closed bar. */
  readonly also?: () => HigherFeatures
  readonly label: LabelRule<C>
  /** A step or a `pipeline` of them, fitted on each fold's training rows. Built in: `robustScaler()`. */
  readonly scale?: Transformer
  /** Built in: `none()`. */
  readonly rebalance?: Rebalancer
  /** `uniqueness`: labels that overlap share their weight. Built in: `equal`. */
  readonly weights?: 'equal' | 'uniqueness'
  readonly model: Classifier
  /** Built in: `walkForward({ folds: 6 })`. */
  readonly split?: Splitter
  /** Share of each fold's training rows, the newest, set aside to stop early, where a model does. Built in: 0.15. */
  readonly validation?: number
  /** How probabilities are bent to what came true, on a slice of their own. Built in: `none`. */
  readonly calibrate?: CalibrationMethod | 'none'
  /** Share of each fold's training rows that calibration takes, the newest. Built in: 0.15. */
  readonly calibration?: number
  /** Rows with NaN among their features: left out, or kept for a step that imputes or a model that can deal with them. Built in: `drop`, or `keep` where a step imputes. */
  readonly missing?: Missing
  /** All chance is drawn from it. Built in: 0. */
  readonly seed?: number
}

type Output<C> = C extends 3 ? 'p' | 'down' | 'timeOut' | 'up' : 'p'

/** A model as it was defined: not trained. */
export interface ModelDefinition<C extends 2 | 3 = 2 | 3> extends Predictor<Output<C>>, Required<ModelOptions<C>> {
  readonly kind: 'definition'
}

const KEYS: readonly string[] = [
  'series',
  'features',
  'also',
  'label',
  'scale',
  'rebalance',
  'weights',
  'model',
  'split',
  'validation',
  'calibrate',
  'calibration',
  'missing',
  'seed',
]

/**
 * Defines a model: what it sees, what it foretells, how it learns and on which bars it is tested. A named export of a module,
 * or one of a strategy's `models`.
 * @throws TypeError that names the key at fault
 */
export function defineModel<const C extends 2 | 3>(options: ModelOptions<C>): ModelDefinition<C> {
  const fault = (key: string, what: string): never => {
    throw new TypeError(`defineModel: ${key} ${what}`)
  }
  if (typeof options !== 'object' || options === null)
    fault('options', 'are needed: { series, features, label, model }')
  for (const key of Object.keys(options))
    if (!KEYS.includes(key)) fault(`"${key}"`, `is not known${didYouMean(key, KEYS)}; known: ${KEYS.join(', ')}`)
  const { label, model } = options
  const { scale = robustScaler(), rebalance = none(), split = walkForward({ folds: 6 }) } = options
  const { weights = 'equal', calibrate = 'none', seed = 0, validation = 0.15, calibration = 0.15 } = options
  const { missing = isImputing(scale) ? 'keep' : 'drop', also = () => ({}) } = options
  const needs = (key: keyof ModelOptions<C>, value: unknown, method: string, example: string) => {
    const found = typeof value === 'function' ? 'a function, which is to be called' : JSON.stringify(value)
    if (typeof (value as Record<string, unknown> | undefined)?.[method] !== 'function')
      fault(key, `is ${found ?? 'missing'}: write ${example}`)
  }
  needs(
    'label',
    label,
    'label',
    'tripleBarrier({ up: 2, down: 2, horizon: 24, scale: atr(14) }) or direction({ horizon: 12 })',
  )
  needs('scale', scale, 'fit', 'robustScaler() or pipeline([…])')
  needs('rebalance', rebalance, 'resample', 'classWeights(), randomUnderSample(), smote() or none()')
  needs('model', model, 'fit', 'gbdt(), logisticRegression(), lstm(), ensemble([…])')
  needs('split', split, 'split', "walkForward({ folds: 6, embargo: '2d' })")
  for (const [key, value] of Object.entries({ features: options.features, also }))
    if (typeof value !== 'function') fault(key, `must be a function: () => ({ rsi: rsi(14) }), it is ${typeof value}`)
  const oneOf = (key: string, value: unknown, known: readonly string[]) => {
    if (!known.includes(value as string)) fault(key, `is ${JSON.stringify(value)}: write ${known.join(' or ')}`)
  }
  oneOf('weights', weights, ['equal', 'uniqueness'])
  oneOf('calibrate', calibrate, ['none', 'platt', 'isotonic'])
  oneOf('missing', missing, ['drop', 'keep'])
  for (const [key, value] of Object.entries({ validation, calibration }))
    if (!(typeof value === 'number' && value > 0 && value < 0.5))
      fault(key, `is ${JSON.stringify(value)}: write a share above 0 and below 0.5`)
  if (!Number.isSafeInteger(seed) || seed < 0)
    fault('seed', `is ${JSON.stringify(seed)}: write a whole number, at least 0`)
  if ((model.window ?? 1) > 1) {
    const reason = sequenceRefusal(rebalance)
    if (reason !== null)
      fault('rebalance', `does not go with a model that reads windows of ${model.window} bars: ${reason}`)
  }
  const outputs = label.classes === 3 ? ['p', 'down', 'timeOut', 'up'] : ['p']
  return Object.freeze({
    kind: 'definition' as const,
    isModel: true as const,
    outputs: outputs as Output<C>[],
    series: seriesOf(options.series),
    ...{ features: options.features, also, label, scale, rebalance, weights, model, split },
    ...{ validation, calibrate, calibration, missing, seed },
  })
}

export function isModelDefinition(value: unknown): value is ModelDefinition {
  const one = value as Partial<ModelDefinition> | null | undefined
  return typeof one === 'object' && one?.isModel === true && one.kind === 'definition'
}

/** @throws TypeError for what is no list of series, or names one twice */
function seriesOf(given: readonly string[]): readonly string[] {
  if (!Array.isArray(given) || given.length === 0)
    throw new TypeError(`defineModel: series is ${JSON.stringify(given)}: write a list such as ['binance:BTCUSDT:1h']`)
  const names = given.map((text) => {
    try {
      return seriesName(parseSeries(String(text)))
    } catch (error) {
      throw new TypeError(`defineModel: series: ${(error as Error).message}`, { cause: error })
    }
  })
  const twice = names.find((name, k) => names.indexOf(name) !== k)
  if (twice !== undefined) throw new TypeError(`defineModel: series has ${twice} twice`)
  return Object.freeze(names)
}

function isImputing({ kind, settings }: Transformer): boolean {
  if (kind === 'impute') return true
  const { steps } = settings as { readonly steps?: readonly { readonly kind: string }[] }
  return steps?.some((step) => step.kind === 'impute') ?? false
}

/**
 * All that decides what a model of this definition learns from given bars, as plain data: what an artifact says it is, and
 * what is hashed to tell whether an artifact is of this definition.
 * @throws RangeError where its features have none, or one name twice
 */
export function definitionJson(definition: ModelDefinition): Readonly<Record<string, unknown>> {
  const { series, label, scale, rebalance, weights, model, split, validation, calibrate, calibration, missing, seed } =
    definition
  const features = definition.features()
  const also = definition.also()
  featureNames(features, also)
  const keys = (of: Features) => Object.fromEntries(Object.entries(of).map(([name, { key }]) => [name, key]))
  const plain = ({ kind, settings }: { kind: string; settings: Readonly<Record<string, unknown>> }) => ({
    kind,
    settings,
  })
  return {
    series,
    features: keys(features),
    also: Object.fromEntries(
      Object.entries(also).map(([name, { interval, features: own }]) => [name, { interval, features: keys(own) }]),
    ),
    label: plain(label),
    ...{ scale: plain(scale), rebalance: plain(rebalance), weights, model: plain(model), split: plain(split) },
    ...{ validation, calibrate, calibration, missing, seed },
  }
}

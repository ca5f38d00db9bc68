import { INTERVALS, type Interval, isInterval } from '../core/interval.ts'
import type { Predictor } from '../core/predictor.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { isIndicator } from '../indicators/define.ts'
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
  readonly also?: HigherGiven | (() => HigherGiven)
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

/** By name: the interval, and its features, as a function or not. */
type HigherGiven = Readonly<
  Record<string, { readonly interval: Interval; readonly features: Features | (() => Features) }>
>

type Output<C> = C extends 3 ? 'p' | 'down' | 'timeOut' | 'up' : 'p'

/** A model as it was defined: not trained. */
export interface ModelDefinition<C extends 2 | 3 = 2 | 3>
  extends Predictor<Output<C>>,
    Required<Omit<ModelOptions<C>, 'also'>> {
  readonly also: () => HigherFeatures
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
  if (typeof options !== 'object' || options === null)
    throw new TypeError(`defineModel: options are ${shown(options)}: write { series, features, label, model }`)
  for (const key of Object.keys(options))
    if (!KEYS.includes(key)) fault(`"${key}"`, `is not known${didYouMean(key, KEYS)}; known: ${KEYS.join(', ')}`)
  const { features, label, model } = options
  const also = higherOf(options.also ?? {})
  const { scale = robustScaler(), rebalance = none(), split = walkForward({ folds: 6 }) } = options
  const { weights = 'equal', calibrate = 'none', seed = 0, validation = 0.15, calibration = 0.15 } = options
  requireParts({ label, scale, rebalance, model, split })
  requireFeatures(features, also)
  const { missing = isImputing(scale) ? 'keep' : 'drop' } = options
  requireOneOf({ weights }, ['equal', 'uniqueness'])
  requireOneOf({ calibrate }, ['none', 'platt', 'isotonic'])
  requireOneOf({ missing }, ['drop', 'keep'])
  for (const [key, value] of Object.entries({ validation, calibration }))
    if (!(typeof value === 'number' && value > 0 && value < 0.5))
      fault(key, `is ${shown(value)}: write a share above 0 and below 0.5`)
  if (!Number.isSafeInteger(seed) || seed < 0) fault('seed', `is ${shown(seed)}: write a whole number, at least 0`)
  const reason = (model.window ?? 1) > 1 ? sequenceRefusal(rebalance) : null
  if (reason !== null)
    fault('rebalance', `does not go with a model that reads windows of ${model.window} bars: ${reason}`)
  const outputs = label.classes === 3 ? ['p', 'down', 'timeOut', 'up'] : ['p']
  return Object.freeze({
    kind: 'definition' as const,
    isModel: true as const,
    outputs: outputs as Output<C>[],
    series: seriesOf(options.series),
    ...{ features, also, label, scale, rebalance, weights, model, split },
    ...{ validation, calibrate, calibration, missing, seed },
  })
}

function fault(key: string, what: string): never {
  throw new TypeError(`defineModel: ${key} ${what}`)
}

/** A value as an error quotes it; what JSON has no word for, NaN among it, is written as it is. */
function shown(value: unknown): string {
  if (typeof value === 'function') return 'a function, which is to be called'
  const text = typeof value === 'object' || typeof value === 'string' ? JSON.stringify(value) : String(value)
  return text.length > 80 ? `${text.slice(0, 80)}…` : text
}

/** By part: the method that it is told by, and what to write. */
const PARTS: Readonly<Record<'label' | 'scale' | 'rebalance' | 'model' | 'split', readonly [string, string]>> = {
  label: [
    'label',
    'tripleBarrier({ up: 2, down: 2, horizon: 24, scale: atr(14) }) or direction({ horizon: 12, threshold: 0.001 })',
  ],
  scale: ['fit', 'robustScaler() or pipeline([…])'],
  rebalance: ['resample', 'classWeights(), randomUnderSample(), smote() or none()'],
  model: ['fit', 'gbdt(), logisticRegression(), lstm(), ensemble([…])'],
  split: ['split', "walkForward({ folds: 6, embargo: '2d' })"],
}

function requireParts(given: Readonly<Record<keyof typeof PARTS, unknown>>): void {
  for (const [key, [method, example]] of Object.entries(PARTS)) {
    const value = given[key as keyof typeof PARTS]
    if (typeof (value as Readonly<Record<string, unknown>> | null | undefined)?.[method] !== 'function')
      fault(key, `is ${value === undefined ? 'missing' : shown(value)}: write ${example}`)
  }
}

/** Whichever way it was written, a function that gives plain features. */
function higherOf(given: NonNullable<ModelOptions<2 | 3>['also']>): () => HigherFeatures {
  return () => {
    const higher = typeof given === 'function' ? given() : given
    if (!isRecord(higher)) fault('also', `is ${shown(higher)}: write ${HIGHER}`)
    return Object.fromEntries(
      Object.entries(higher).map(([name, one]) => {
        if (!isRecord(one)) fault(`also.${name}`, `is ${shown(one)}: write ${HIGHER}`)
        const { interval, features } = one
        return [name, { ...one, interval, features: typeof features === 'function' ? features() : features }]
      }),
    )
  }
}

/** Asks for the features once, so that a slip in them is told of where they are written. */
function requireFeatures(features: unknown, also: () => HigherFeatures): void {
  const example = '() => ({ rsi: rsi(14), r1: logReturn(1) })'
  if (typeof features !== 'function')
    fault('features', `is ${features === undefined ? 'missing' : shown(features)}: write a function, ${example}`)
  const own: unknown = (features as () => unknown)()
  requireIndicators('features', own, `write ${example}, with the round brackets`)
  const higher = also()
  for (const [name, one] of Object.entries(higher as Readonly<Record<string, unknown>>)) {
    const { interval, features: wanted } = (isRecord(one) ? one : {}) as Readonly<Record<string, unknown>>
    if (!isInterval(String(interval)))
      fault(
        `also.${name}`,
        `has interval ${shown(interval)}${didYouMean(String(interval), INTERVALS)}: write ${HIGHER}`,
      )
    requireIndicators(`also.${name}.features`, wanted, `write ${HIGHER}`)
  }
  try {
    featureNames(own as Features, higher as HigherFeatures)
  } catch (error) {
    fault('features:', (error as Error).message)
  }
}

const HIGHER = "() => ({ h4: { interval: '4h', features: { rsi: rsi(14) } } })"

function requireIndicators(key: string, given: unknown, advice: string): void {
  if (!isRecord(given)) fault(key, `are ${shown(given)}: ${advice}`)
  for (const [name, one] of Object.entries(given as Readonly<Record<string, unknown>>))
    if (!isIndicator(one)) fault(`${key}.${name}`, `is ${shown(one)}: write an indicator such as rsi(14)`)
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

function requireOneOf(given: Readonly<Record<string, unknown>>, known: readonly string[]): void {
  for (const [key, value] of Object.entries(given))
    if (!known.includes(value as string))
      fault(
        key,
        `is ${shown(value)}${didYouMean(String(value), known)}: write ${known.map((one) => `'${one}'`).join(' or ')}`,
      )
}

/** Whether folds may learn from bars after those they foretell, which nobody could have traded. */
export function learnsFromLater({ split }: ModelDefinition): boolean {
  return split.kind !== 'walkForward'
}

/** Whether a model, or a member of it, has learnt elsewhere: then nobody can tell from which bars. */
export function isFromElsewhere({ model }: ModelDefinition): boolean {
  const isElsewhere = ({ kind, settings }: Pick<Classifier, 'kind' | 'settings'>): boolean =>
    kind === 'onnx' || ((settings['members'] ?? []) as readonly Classifier[]).some(isElsewhere)
  return isElsewhere(model)
}

/** @throws TypeError for what is no list of series, or names one twice */
function seriesOf(given: readonly string[]): readonly string[] {
  if (!Array.isArray(given) || given.length === 0)
    fault('series', `is ${given === undefined ? 'missing' : shown(given)}: write a list such as ['binance:BTCUSDT:1h']`)
  const names = given.map((text) => {
    try {
      return seriesName(parseSeries(String(text)))
    } catch (error) {
      throw new TypeError(`defineModel: series: ${(error as Error).message}`, { cause: error })
    }
  })
  const twice = names.find((name, k) => names.indexOf(name) !== k)
  if (twice !== undefined) fault('series', `has ${twice} twice: leave one out`)
  return Object.freeze(names)
}

/** Of a pipeline, whether one of its steps imputes, however deep it lies. */
function isImputing({ kind, settings }: Pick<Transformer, 'kind' | 'settings'>): boolean {
  if (kind === 'impute') return true
  const { steps } = settings as { readonly steps?: readonly Pick<Transformer, 'kind' | 'settings'>[] }
  return steps?.some(isImputing) ?? false
}

/**
 * All that decides what a model of this definition learns from given bars, as plain data: what an artifact says it is, and
 * what is hashed to tell whether an artifact is of this definition. A share that nothing is set aside by is `null`.
 */
export function definitionJson(definition: ModelDefinition): Readonly<Record<string, unknown>> {
  const { series, label, scale, rebalance, weights, model, split, validation, calibrate, calibration, missing, seed } =
    definition
  const features = definition.features()
  const also = definition.also()
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
    validation: model.isWatched ? validation : null,
    ...{ calibrate, calibration: calibrate === 'none' ? null : calibration, missing, seed },
  }
}

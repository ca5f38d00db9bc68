import { classWeights } from '../preprocess/class-weights.ts'
import { clip, winsorize } from '../preprocess/clip.ts'
import { impute } from '../preprocess/impute.ts'
import { direction } from '../preprocess/label-direction.ts'
import { type TripleBarrierRule, tripleBarrier } from '../preprocess/label-triple-barrier.ts'
import { minMaxScaler } from '../preprocess/min-max-scaler.ts'
import { type PipelineTransformer, pipeline } from '../preprocess/pipeline.ts'
import { none, randomOverSample, randomUnderSample } from '../preprocess/rebalance.ts'
import { robustScaler } from '../preprocess/robust-scaler.ts'
import { smote } from '../preprocess/smote.ts'
import { combinatorialPurged, purgedKFold } from '../preprocess/split-k-fold.ts'
import { walkForward } from '../preprocess/split-walk-forward.ts'
import { standardScaler } from '../preprocess/standard-scaler.ts'
import { ensemble } from './ensemble.ts'
import { logisticRegression } from './logistic-regression.ts'
import { gru, lstm } from './recurrent/recurrent.ts'
import { cnn1d } from './tensorflow/cnn1d.ts'
import { mlp } from './tensorflow/mlp.ts'
import { gbdt } from './trees/gbdt.ts'
import { randomForest } from './trees/random-forest.ts'

/** What a definition is put together from. */
export interface Part {
  readonly kind: string
  readonly settings: Readonly<Record<string, unknown>>
}

/** How a kind of part that is klinelab's own is made again from what it says of itself. */
export interface OwnPart {
  /**
   * Its own constructor, so that every check of a setting happens there; `null` for what has learnt elsewhere.
   * @param settings of the part, without those of the parts within
   * @param within parts that it is made of, as they are to be
   * @param part as it was: what plain settings cannot hold is taken from it
   */
  readonly make: ((settings: never, within: readonly never[], part: never) => Part) | null
  /** Settings that are whole numbers; other numbers may be any. */
  readonly whole?: readonly string[]
  /** What settings may be that are one of a few words. */
  readonly words?: Readonly<Record<string, readonly string[]>>
  /** Under which name it holds the parts that it is made of. */
  readonly within?: 'members' | 'steps'
}

const NETWORK = ['epochs', 'batch', 'patience']
const TREES = ['trees', 'maxLeaves', 'minRows', 'maxBins']
const RECURRENT = ['units', 'layers', 'window', ...NETWORK]

/** Of walkForward, what was not given is `null` in its settings. */
type WalkForward = Parameters<typeof walkForward>[0]
const given = (settings: WalkForward) =>
  Object.fromEntries(Object.entries(settings).filter(([, value]) => value !== null)) as unknown as WalkForward

type TripleBarrier = Parameters<typeof tripleBarrier>[0]
const barriers = (settings: TripleBarrier, _: readonly never[], { scale }: TripleBarrierRule) =>
  tripleBarrier({ ...settings, scale: typeof settings.scale === 'number' ? settings.scale : scale })

/** By part of a definition, and by kind. */
export const OWN_PARTS = {
  label: {
    direction: { make: direction, whole: ['horizon', 'classes'] },
    tripleBarrier: { make: barriers, whole: ['horizon', 'classes'] },
  },
  scale: {
    'robust-scaler': { make: robustScaler, words: { whenFlat: ['one', 'deviation'] } },
    'standard-scaler': { make: standardScaler },
    'min-max-scaler': { make: minMaxScaler },
    clip: { make: clip },
    winsorize: { make: winsorize },
    impute: { make: impute },
    pipeline: { make: (_, steps): PipelineTransformer => pipeline(steps), within: 'steps' },
  },
  rebalance: {
    none: { make: none },
    'class-weights': { make: classWeights },
    'random-over-sample': { make: randomOverSample },
    'random-under-sample': { make: randomUnderSample },
    smote: { make: smote, whole: ['neighbours'] },
  },
  model: {
    'logistic-regression': {
      make: logisticRegression,
      whole: ['maxIterations'],
      words: { penalty: ['l2', 'none'] },
    },
    gbdt: { make: gbdt, whole: [...TREES, 'patience'] },
    'random-forest': { make: randomForest, whole: TREES },
    lstm: { make: lstm, whole: RECURRENT },
    gru: { make: gru, whole: RECURRENT },
    mlp: { make: mlp, whole: ['units', ...NETWORK] },
    cnn1d: {
      make: cnn1d,
      whole: ['window', 'filters', 'kernel', 'layers', ...NETWORK],
      words: { pool: ['mean', 'max', 'none'] },
    },
    onnx: { make: null },
    ensemble: {
      make: (settings, members) => ensemble(members, settings),
      words: { vote: ['mean', 'loss', 'stacking'] },
      within: 'members',
    },
  },
  split: {
    walkForward: {
      make: (settings) => walkForward(given(settings)),
      whole: ['folds', 'embargo', 'trainBars', 'testBars'],
      words: { mode: ['expanding', 'rolling'] },
    },
    purgedKFold: { make: purgedKFold, whole: ['folds', 'embargo'] },
    combinatorialPurged: { make: combinatorialPurged, whole: ['groups', 'testGroups', 'embargo'] },
  },
} as const satisfies Readonly<Record<string, Readonly<Record<string, OwnPart>>>>

export type PartName = keyof typeof OWN_PARTS

/** How a part of a definition is made, where it is klinelab's own. */
export function ownPart(name: PartName, { kind }: Part): OwnPart | undefined {
  const own: Readonly<Record<string, OwnPart>> = OWN_PARTS[name]
  return Object.hasOwn(own, kind) ? own[kind] : undefined
}

/** Parts that a part is made of: steps of a pipeline, members of an ensemble, be it klinelab's own or not. */
export function partsWithin(name: PartName, part: Part): readonly Part[] {
  const within = ownPart(name, part)?.within ?? 'members'
  const { [within]: parts } = part as Part & { readonly members?: unknown; readonly steps?: unknown }
  return Array.isArray(parts) ? parts : []
}

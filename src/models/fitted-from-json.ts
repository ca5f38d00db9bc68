import { Calibrated } from './calibration.ts'
import type { Classifier, FittedClassifier } from './classifier.ts'
import { Ensemble } from './ensemble.ts'
import { LogisticRegression } from './logistic-regression.ts'
import { FittedOnnx } from './onnx/fitted-onnx.ts'
import { recurrentFromJson } from './recurrent/fitted-recurrent.ts'
import { cnn1dFromJson } from './tensorflow/cnn1d.ts'
import { mlpFromJson } from './tensorflow/mlp.ts'
import { Gbdt } from './trees/gbdt.ts'
import { RandomForest } from './trees/random-forest.ts'

type Reader = (json: unknown, where: string, own: OwnReaders) => FittedClassifier

/** Readers of classifiers that are not klinelab's own, by kind. */
export type OwnReaders = Readonly<Record<string, (json: unknown, where: string) => FittedClassifier>>

/** Those that a classifier and its members bring. */
export function ownReaders(classifier: Classifier): OwnReaders {
  const { members = [] } = classifier as { readonly members?: readonly Classifier[] }
  const own = classifier.fromJson?.bind(classifier)
  return Object.assign({}, ...members.map(ownReaders), own && { [classifier.kind]: own }) as OwnReaders
}

/** By kind, as a fitted model's JSON names it. */
const READERS: Readonly<Record<string, Reader>> = {
  'logistic-regression': LogisticRegression.fromJson,
  gbdt: Gbdt.fromJson,
  'random-forest': RandomForest.fromJson,
  lstm: recurrentFromJson,
  gru: recurrentFromJson,
  mlp: mlpFromJson,
  cnn1d: cnn1dFromJson,
  onnx: (json, where) => FittedOnnx.fromJson(json, where),
  ensemble: (json, where, own) =>
    Ensemble.fromJson(json, (member) => fittedFromJson(member, `${where}: member`, own), where),
  calibrated: (json, where, own) =>
    Calibrated.fromJson(json, (model) => fittedFromJson(model, `${where}: model`, own), where),
}

/**
 * The fitted model that `toJSON` described, with the same bits.
 * @param where what an error calls it, e.g. `fold-1.json: model`
 * @param own readers of other kinds
 * @throws RangeError that says where and what is wrong with it
 */
export function fittedFromJson(json: unknown, where: string, own: OwnReaders = {}): FittedClassifier {
  const { kind } = (json ?? {}) as { readonly kind?: unknown }
  const readers = { ...READERS, ...own }
  const read = typeof kind === 'string' && Object.hasOwn(readers, kind) ? readers[kind] : undefined
  if (read === undefined)
    throw new RangeError(
      `${where}: kind ${JSON.stringify(kind)} is no model that this version knows: ${Object.keys(readers).join(', ')}; a classifier of your own needs a fromJson`,
    )
  return read(json, where, own)
}

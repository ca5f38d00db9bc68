import { Calibrated } from './calibration.ts'
import type { FittedClassifier } from './classifier.ts'
import { Ensemble } from './ensemble.ts'
import { LogisticRegression } from './logistic-regression.ts'
import { FittedOnnx } from './onnx/fitted-onnx.ts'
import { recurrentFromJson } from './recurrent/fitted-recurrent.ts'
import { cnn1dFromJson } from './tensorflow/cnn1d.ts'
import { mlpFromJson } from './tensorflow/mlp.ts'
import { Gbdt } from './trees/gbdt.ts'
import { RandomForest } from './trees/random-forest.ts'

type Reader = (json: unknown, where: string) => FittedClassifier

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
  ensemble: (json, where) => Ensemble.fromJson(json, (member) => fittedFromJson(member, `${where}: member`), where),
  calibrated: (json, where) => Calibrated.fromJson(json, (model) => fittedFromJson(model, `${where}: model`), where),
}

/**
 * The fitted model that `toJSON` described, with the same bits.
 * @param where what an error calls it, e.g. `fold-1.json: model`
 * @throws RangeError that says where and what is wrong with it
 */
export function fittedFromJson(json: unknown, where: string): FittedClassifier {
  const { kind } = (json ?? {}) as { readonly kind?: unknown }
  const read = typeof kind === 'string' && Object.hasOwn(READERS, kind) ? READERS[kind] : undefined
  if (read === undefined)
    throw new RangeError(
      `${where}: kind ${JSON.stringify(kind)} is no model that this version knows: ${Object.keys(READERS).join(', ')}`,
    )
  return read(json, where)
}

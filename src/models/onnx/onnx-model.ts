import { readFileSync } from 'node:fs'
import { requireSetting, settingsOf } from '../../preprocess/settings.ts'
import type { Classifier, FitOptions, TrainingSet } from '../classifier.ts'
import { requireWhole } from '../trees/tree-settings.ts'
import { FittedOnnx } from './fitted-onnx.ts'
import { hashOf, RUNTIME } from './model.ts'
import { GIVES, type Gives } from './outputs.ts'

export interface OnnxSettings {
  /** Where the model is; or its `bytes`. */
  readonly file: string | URL | null
  readonly bytes: Uint8Array | null
  /** Names of the features in the order in which the model has learnt them. */
  readonly features: readonly string[]
  /** Rows that one prediction looks at: the input is then [1 × window × features], the newest row last, else [1 × features]. */
  readonly window: number
  /** Name of the output to read; `null`: the only one. */
  readonly output: string | null
  /** What it holds: one number a row (of two classes) or one a class. */
  readonly gives: Gives
}

export interface OnnxClassifier extends Classifier {
  fit(data: TrainingSet, options?: FitOptions): FittedOnnx
}

/**
 * A model that has learnt elsewhere, in the ONNX format. It learns nothing here: `fit` looks whether its input, output and the
 * order of its features are what it will be asked for. Whether the rows it is tested on are ones it has not learnt from, nobody
 * can tell from the file. `npm install onnxruntime-node` is needed.
 * @param runtime the module that runs it, by name or address
 * @throws TypeError on a setting it does not know or a value that makes no sense
 * @throws Error where the file cannot be read
 */
export function onnxModel(given: Partial<OnnxSettings>, runtime = RUNTIME): OnnxClassifier {
  const { file, bytes, features, window, output, gives } = settingsOf<OnnxSettings>('onnxModel', given, {
    file: null,
    bytes: null,
    features: [],
    window: 1,
    output: null,
    gives: 'probabilities',
  })
  requireSetting(
    (file === null) !== (bytes === null),
    'onnxModel',
    'file',
    file,
    'where the model is, or give its bytes',
  )
  const isNamed = Array.isArray(features) && features.length > 0 && new Set(features).size === features.length
  requireSetting(
    isNamed,
    'onnxModel',
    'features',
    features,
    'their names, in the order in which the model has learnt them',
  )
  requireWhole('onnxModel', { window }, 1, 100_000)
  requireSetting(output === null || typeof output === 'string', 'onnxModel', 'output', output, 'the name of an output')
  requireSetting(GIVES.includes(gives), 'onnxModel', 'gives', gives, '"probabilities" or "logits"')
  const own = Uint8Array.from(bytes ?? readFileSync(file!))
  const sha256 = hashOf(own)
  const model = { bytes: own, sha256, features: [...features], window, output, gives }
  return {
    kind: 'onnx',
    // the model by its hash: where it lies decides nothing
    settings: { sha256, features: model.features, window, output, gives },
    ...(window > 1 && { window }),
    fit({ names, classes }) {
      requireOrder(model.features, names)
      const fitted = new FittedOnnx(model, classes, runtime)
      fitted.check()
      return fitted
    },
  }
}

/** @throws RangeError that names the first feature that is another */
function requireOrder(features: readonly string[], names: readonly string[]): void {
  for (let k = 0; k < Math.max(features.length, names.length); k++)
    if (features[k] !== names[k])
      throw new RangeError(
        `onnxModel: feature ${k + 1} is "${names[k] ?? 'none'}", where the model has "${features[k] ?? 'none'}": it has learnt from ${features.join(', ')}, in this order; here are ${names.join(', ')}`,
      )
}

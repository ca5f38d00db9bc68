import { requireSetting, settingsOf } from '../../preprocess/settings.ts'
import { type FittedNetwork, networkFromJson } from './fitted-network.ts'
import { mlpNetwork } from './mlp-network.ts'
import type { NetworkPlan } from './network.ts'
import { type NetworkClassifier, networkClassifier } from './network-classifier.ts'
import { LEARNING, type LearningSettings, requireLearning } from './settings.ts'

export interface MlpSettings extends LearningSettings {
  /** Width of each hidden layer; none: a logistic regression. */
  readonly units: readonly number[]
}

/**
 * A multi-layer perceptron: hidden layers with max(0, ·), learnt through TensorFlow.js by Adam. Features should be of one scale;
 * a missing value is refused. TensorFlow.js is needed to learn, not to foretell:
 * `npm install @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm`.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function mlp(given: Partial<MlpSettings> = {}): NetworkClassifier {
  return networkClassifier(planOf(given))
}

function planOf(given: Partial<MlpSettings>): NetworkPlan & { readonly settings: MlpSettings } {
  const settings = settingsOf<MlpSettings>('mlp', given, { units: [64], ...LEARNING })
  const { units } = settings
  const isWidth = (value: unknown) => Number.isInteger(value) && (value as number) >= 1 && (value as number) <= 4096
  const isList = Array.isArray(units) && units.length <= 16 && units.every(isWidth)
  requireSetting(isList, 'mlp', 'units', units, 'up to 16 whole numbers from 1 to 4096, such as [64, 32]')
  requireLearning('mlp', settings)
  return {
    kind: 'mlp',
    window: 1,
    settings: { ...settings, units: [...units] },
    network: (features, classes) => mlpNetwork({ features, classes, units }),
  }
}

/**
 * The perceptron that `toJSON` described, with the same bits.
 * @throws RangeError that says where and what is wrong with it
 */
export function mlpFromJson(json: unknown, where = 'mlp'): FittedNetwork {
  return networkFromJson('mlp', json, where, planOf)
}

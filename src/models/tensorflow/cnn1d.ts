import { requireSetting, settingsOf } from '../../preprocess/settings.ts'
import { requireWhole } from '../trees/tree-settings.ts'
import { cnnNetwork, POOLS, type Pool } from './cnn-network.ts'
import { type FittedNetwork, networkFromJson } from './fitted-network.ts'
import type { NetworkPlan } from './network.ts'
import { type NetworkClassifier, networkClassifier } from './network-classifier.ts'
import { LEARNING, type LearningSettings, requireLearning } from './settings.ts'

export interface CnnSettings extends LearningSettings {
  /** Rows that one prediction looks at, the row itself being the last. */
  readonly window: number
  readonly filters: number
  /** Rows that a filter looks at. */
  readonly kernel: number
  /** Convolutions, one on the outputs of another. */
  readonly layers: number
  /** What becomes of the positions in the window: the `mean` or `max` of each filter, or with `none` weights for each position. */
  readonly pool: Pool
}

/**
 * A convolutional network along the rows of a window, learnt through TensorFlow.js by Adam: convolutions without padding, each
 * with max(0, ·), pooled over the positions (Wang, Yan and Oates 2017), then one dense layer. TensorFlow.js is needed to learn,
 * not to foretell: `npm install @tensorflow/tfjs-core @tensorflow/tfjs-layers @tensorflow/tfjs-backend-wasm`.
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function cnn1d(given: Partial<CnnSettings> = {}): NetworkClassifier & { readonly window: number } {
  const plan = planOf(given)
  return { ...networkClassifier(plan), window: plan.window }
}

/** What one batch may fill of the 2 GB that the wasm backend can have, with what is kept for the way back. */
const MOST_NUMBERS = 2 ** 27

function planOf(given: Partial<CnnSettings>): NetworkPlan & { readonly settings: CnnSettings } {
  const settings = settingsOf<CnnSettings>('cnn1d', given, {
    window: 48,
    filters: 32,
    kernel: 5,
    layers: 1,
    pool: 'mean',
    ...LEARNING,
  })
  const { window, filters, kernel, layers, pool } = settings
  requireWhole('cnn1d', { window }, 1, 100_000)
  requireWhole('cnn1d', { filters }, 1, 4096)
  requireWhole('cnn1d', { kernel }, 1, window)
  requireWhole('cnn1d', { layers }, 1, 16)
  const most = kernel === 1 ? 16 : Math.floor((window - 1) / (kernel - 1))
  requireSetting(
    layers <= most,
    'cnn1d',
    'layers',
    layers,
    `at most ${most}: each takes ${kernel - 1} rows of ${window}`,
  )
  requireSetting(POOLS.includes(pool), 'cnn1d', 'pool', pool, '"mean", "max" or "none"')
  requireLearning('cnn1d', settings)
  return {
    kind: 'cnn1d',
    window,
    settings: { ...settings },
    network(features, classes) {
      const numbers = settings.batch * window * kernel * Math.max(features, layers > 1 ? filters : 0)
      if (numbers > MOST_NUMBERS)
        throw new RangeError(
          `cnn1d: a batch would lay out ${numbers} numbers, of which ${MOST_NUMBERS} are the most: lower batch (${settings.batch}), window (${window}), kernel (${kernel}) or filters (${filters})`,
        )
      return cnnNetwork({ features, classes, window, filters, kernel, layers, pool })
    },
  }
}

/**
 * The network that `toJSON` described, with the same bits.
 * @throws RangeError that says where and what is wrong with it
 */
export function cnn1dFromJson(json: unknown, where = 'cnn1d'): FittedNetwork {
  return networkFromJson('cnn1d', json, where, planOf)
}

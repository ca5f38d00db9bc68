import { requireSetting } from '../../preprocess/settings.ts'
import { requirePositive, requireWhole } from '../trees/tree-settings.ts'

/** How a network learns. */
export interface LearningSettings {
  /** Share of what a hidden layer gives (of a convolution what is pooled) that is dropped while learning. */
  readonly dropout: number
  /** Most times that all rows are learnt from. */
  readonly epochs: number
  /** Rows between two updates. */
  readonly batch: number
  readonly learningRate: number
  /** Epochs without a lower loss on the validation rows after which training ends. */
  readonly patience: number
  /** Added to the gradient of each weight but the biases, times the weight: Adam's weight decay. */
  readonly l2: number
}

export const LEARNING: LearningSettings = {
  dropout: 0,
  epochs: 50,
  batch: 128,
  learningRate: 0.001,
  patience: 5,
  l2: 0,
}

/** @throws TypeError that names the first that makes no sense */
export function requireLearning(model: string, settings: LearningSettings): void {
  const { dropout, epochs, batch, learningRate, patience, l2 } = settings
  const isShare = typeof dropout === 'number' && dropout >= 0 && dropout < 1
  requireSetting(isShare, model, 'dropout', dropout, 'a fraction of at least 0, less than 1')
  requireWhole(model, { epochs, patience }, 1)
  requireWhole(model, { batch }, 1, 65_536)
  requirePositive(model, { learningRate })
  requirePositive(model, { l2 }, true)
}

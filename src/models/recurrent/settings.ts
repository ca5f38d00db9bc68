import { settingsOf } from '../../preprocess/settings.ts'
import type { Cell } from './network.ts'

export interface RecurrentSettings {
  /** Width of the state. */
  readonly units: number
  /** Stacked, each on the outputs of the one below. */
  readonly layers: number
  /** Rows that one prediction looks at, the row itself being the last. */
  readonly window: number
  /** Share of the outputs between two layers that are dropped while learning. */
  readonly dropout: number
  /** Most times that all rows are learnt from. */
  readonly epochs: number
  /** Rows between two updates. */
  readonly batch: number
  readonly learningRate: number
  /** Norm to which gradients are scaled down; `null`: never. */
  readonly clip: number | null
  /** Epochs without a lower loss on the validation rows after which training ends. */
  readonly patience: number
  /** Added to the gradient of each weight but the biases, times the weight: Adam's weight decay. */
  readonly l2: number
}

const DEFAULTS: RecurrentSettings = {
  units: 32,
  layers: 1,
  window: 48,
  dropout: 0,
  epochs: 20,
  batch: 64,
  learningRate: 0.001,
  clip: 1,
  patience: 5,
  l2: 0,
}

/** By setting: what may be written, and whether this is it. */
const RULES: Readonly<Record<keyof RecurrentSettings, readonly [string, (value: unknown) => boolean]>> = {
  units: whole(1, 2048),
  layers: whole(1, 8),
  window: whole(1, 100_000),
  dropout: ['a fraction of at least 0 and less than 1', (value) => isNumber(value) && value >= 0 && value < 1],
  epochs: whole(1, 100_000),
  batch: whole(1, 65_536),
  learningRate: ['a number above 0, at most 1', (value) => isNumber(value) && value > 0 && value <= 1],
  clip: ['a number above 0, or null', (value) => value === null || (isNumber(value) && value > 0)],
  patience: whole(1, 100_000),
  l2: ['a number of at least 0, at most 1', (value) => isNumber(value) && value >= 0 && value <= 1],
}

/**
 * Settings with what was not given filled in.
 * @throws TypeError on a name it does not know
 * @throws RangeError on a value that makes no sense
 */
export function recurrentSettings(cell: Cell, given: Partial<RecurrentSettings>): RecurrentSettings {
  const settings = settingsOf(cell, given, DEFAULTS)
  for (const [name, [write, isRight]] of Object.entries(RULES)) {
    const value = settings[name as keyof RecurrentSettings]
    if (!isRight(value)) throw new RangeError(`${cell}: ${name} is ${shown(value)}: write ${write}`)
  }
  if (settings.dropout > 0 && settings.layers === 1)
    throw new RangeError(
      `${cell}: dropout is ${settings.dropout}, but acts between layers, and there is one: write layers: 2, or no dropout`,
    )
  return settings
}

function whole(least: number, most: number): readonly [string, (value: unknown) => boolean] {
  return [
    `a whole number from ${least} to ${most}`,
    (value) => Number.isInteger(value) && (value as number) >= least && (value as number) <= most,
  ]
}

function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value)
}

function shown(value: unknown): string {
  return typeof value === 'number' ? String(value) : JSON.stringify(value)
}

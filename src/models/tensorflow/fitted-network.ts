import type { FittedClassifier } from '../classifier.ts'
import { FittedJson } from '../fitted-json.ts'
import { probabilitiesOf } from '../logits.ts'
import { type EpochLoss, encoded } from '../recurrent/checkpoint.ts'
import { requireWholeWindows } from '../recurrent/whole-windows.ts'
import { checkColumns } from '../training-rows.ts'
import { fillWindows } from './batches.ts'
import { BACKENDS, type Backend } from './load-tensorflow.ts'
import { logitsOf, type Network, type NetworkPlan, weightCount } from './network.ts'
import type { LearningSettings } from './settings.ts'

/** How a network has learnt. */
interface Training {
  readonly backend: Backend
  readonly note: string | null
  readonly history: readonly EpochLoss[]
}

/** A network that has learnt. It foretells without TensorFlow.js. */
export class FittedNetwork implements FittedClassifier {
  readonly kind: string
  readonly settings: LearningSettings
  readonly names: readonly string[]
  readonly classes: 2 | 3
  /** What it has learnt on: the same seed gives the same bytes on the same one. */
  readonly backend: Backend
  /** Why TensorFlow's own library was not used though it is installed. */
  readonly note: string | null
  /** Losses by epoch. */
  readonly history: readonly EpochLoss[]
  readonly #network: Network
  readonly #weights: Float32Array

  constructor(
    network: Network,
    settings: LearningSettings,
    names: readonly string[],
    weights: Float32Array,
    { backend, note, history }: Training,
  ) {
    this.kind = network.kind
    this.settings = settings
    this.names = names
    this.classes = network.classes
    this.backend = backend
    this.note = note
    this.history = history
    this.#network = network
    this.#weights = weights
  }

  /**
   * Features are rounded to 32 bits, as they were learnt; from there on it reckons in 64. Without a window, a row that lacks a
   * feature has no probability: NaN.
   * @throws RangeError on another number of columns, and on a row whose window is not whole
   */
  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    checkColumns(this.kind, this.names, columns)
    const { window, features, classes } = this.#network
    if (window > 1) requireWholeWindows(this.kind, columns, this.names, rows, window)
    const width = logitsOf(classes)
    const foretell = this.#network.foretell(this.#weights)
    const x = new Float64Array(window * features)
    const logits = new Float64Array(rows.length * width)
    for (let k = 0; k < rows.length; k++) {
      fillWindows(columns, rows.subarray(k, k + 1), window, x)
      logits.set(x.every(Number.isFinite) ? foretell(x) : new Float64Array(width).fill(Number.NaN), k * width)
    }
    return probabilitiesOf(logits, classes)
  }

  toJSON(): unknown {
    const { kind, settings, names, classes, backend, note, history } = this
    return { kind, settings, names, classes, backend, note, weights: encoded(this.#weights), history }
  }
}

/**
 * The network that `toJSON` described, with the same bits.
 * @throws RangeError that says where and what is wrong with it
 * @throws TypeError on a setting it does not know or a value that makes no sense
 */
export function networkFromJson(
  kind: string,
  json: unknown,
  where: string,
  planOf: (settings: Readonly<Record<string, unknown>>) => NetworkPlan,
): FittedNetwork {
  const read = FittedJson.of(kind, json, where)
  const classes = read.oneOf('classes', [2, 3] as const)
  const names = read.names('names')
  const backend = read.oneOf('backend', BACKENDS)
  const note = read.any('note')
  if (note !== null && typeof note !== 'string') read.refuse('note', 'a text or null')
  // read as an object first, so that an error says where
  read.inside('settings')
  const { settings, network } = planOf(read.any('settings') as Readonly<Record<string, unknown>>)
  const own = network(names.length, classes)
  const count = weightCount(own)
  const bytes = Buffer.from(String(read.any('weights')), 'base64')
  const weights = new Float32Array(count)
  if (bytes.length !== weights.byteLength) read.refuse('weights', `${count} numbers of 32 bits in base64`)
  new Uint8Array(weights.buffer).set(bytes)
  if (!weights.every(Number.isFinite)) read.refuse('weights', 'numbers that are finite')
  const history = read.list('history').map((_, epoch) => lossesOf(read, epoch))
  return new FittedNetwork(own, settings, names, weights, { backend, note: note as string | null, history })
}

function lossesOf(read: FittedJson, epoch: number): EpochLoss {
  const { loss, validationLoss } = (read.list('history')[epoch] ?? {}) as Partial<EpochLoss>
  const isLoss = (value: unknown) => typeof value === 'number' && Number.isFinite(value)
  if (!isLoss(loss) || (validationLoss !== null && !isLoss(validationLoss)))
    return read.refuse('history', 'a list of losses, each with that on the validation rows or null')
  return { loss: loss!, validationLoss: validationLoss! }
}

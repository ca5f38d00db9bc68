import type { FittedClassifier } from '../classifier.ts'
import { decoded, type EpochLoss, encoded } from './checkpoint.ts'
import { probabilities } from './head.ts'
import { kernelMemory, openKernel } from './kernel.ts'
import { logitsOf, type Network, weightCount } from './network.ts'
import { pack, packingOf, placesOf } from './packing.ts'
import { Pass } from './pass.ts'
import { type PassSize, passRoom, Room } from './room.ts'
import { type RecurrentSettings, recurrentSettings } from './settings.ts'
import { requireWholeWindows } from './whole-windows.ts'
import { ColumnWindows } from './window-source.ts'

/** Rows that are predicted at a time. */
const ROWS = 16

/** An LSTM or a GRU that has learnt. */
export class FittedRecurrent implements FittedClassifier {
  readonly kind: string
  readonly settings: RecurrentSettings
  readonly names: readonly string[]
  /** Losses by epoch. */
  readonly history: readonly EpochLoss[]
  readonly #network: Network
  readonly #weights: Float32Array
  /** Made when first asked for: a model may be loaded to be looked at only. */
  #pass: Pass | null = null

  constructor(
    network: Network,
    settings: RecurrentSettings,
    names: readonly string[],
    weights: Float32Array,
    history: readonly EpochLoss[],
  ) {
    this.kind = network.cell
    this.settings = settings
    this.names = names
    this.history = history
    this.#network = network
    this.#weights = weights
  }

  /**
   * As the window that ends at each row has it: the same bits whether a row is asked for by itself, as in a running strategy, or with
   * others. The window is replayed from its first row, since that is what was learnt; a state carried on would know more.
   * @throws RangeError on another number of columns, and on a row whose window is not whole
   */
  predictProba(columns: readonly Float64Array[], rows: Int32Array): Float64Array {
    const { features, classes } = this.#network
    const { window } = this.settings
    if (columns.length !== features)
      throw new RangeError(`${this.kind}: ${columns.length} columns, learnt from ${features}: ${this.names.join(', ')}`)
    requireWholeWindows(this.kind, columns, this.names, rows, window)
    this.#pass ??= this.#open()
    const windows = new ColumnWindows(columns, window)
    const width = logitsOf(classes)
    const found = new Float64Array(rows.length * width)
    for (let from = 0; from < rows.length; from += ROWS) {
      const count = Math.min(ROWS, rows.length - from)
      this.#pass.forward(windows, rows.subarray(from, from + count), count, null)
      for (let row = 0; row < count; row++)
        probabilities(this.#pass.logits, row * width, classes, found, (from + row) * width)
    }
    return found
  }

  toJSON(): unknown {
    const { settings, names, history } = this
    const { classes } = this.#network
    return { kind: this.kind, version: 1, settings, names, classes, weights: encoded(this.#weights), history }
  }

  #open(): Pass {
    const packing = packingOf(this.#network)
    const size: PassSize = { rows: ROWS, steps: this.settings.window, isTraining: false, hasDropout: false }
    const room = new Room()
    const weights = room.floats(packing.count)
    const place = passRoom(room, this.#network, packing, size)
    const memory = kernelMemory(room.bytes)
    const floats = new Float32Array(memory.buffer)
    pack(placesOf(this.#network, packing), this.#weights, floats.subarray(weights / 4, weights / 4 + packing.count))
    const pass = new Pass(openKernel(memory), floats, this.#network, packing, place, size, weights)
    pass.refresh()
    return pass
  }
}

/**
 * The model that `toJSON` described, with the same bits.
 * @param where what an error calls it, e.g. `model.json`
 * @throws RangeError that says where and what is wrong with it
 */
export function recurrentFromJson(json: unknown, where = 'model'): FittedRecurrent {
  const { kind, version, settings, names, classes, weights, history } = (json ?? {}) as Readonly<
    Record<string, unknown>
  >
  if ((kind !== 'lstm' && kind !== 'gru') || version !== 1)
    throw new RangeError(
      `${where}: kind ${JSON.stringify(kind)}, version ${JSON.stringify(version)}: not an LSTM or GRU of this version`,
    )
  if (!Array.isArray(names) || names.length === 0 || !names.every((name) => typeof name === 'string'))
    throw new RangeError(`${where}: names are ${JSON.stringify(names)}, not a list of features`)
  if (classes !== 2 && classes !== 3)
    throw new RangeError(`${where}: classes are ${JSON.stringify(classes)}, not 2 or 3`)
  const own = recurrentSettings(kind, (settings ?? {}) as Partial<RecurrentSettings>)
  const network: Network = { cell: kind, features: names.length, units: own.units, layers: own.layers, classes }
  const numbers = decoded(`${where}: weights`, weights, weightCount(network))
  if (!numbers.every(Number.isFinite)) throw new RangeError(`${where}: weights hold numbers that are none`)
  return new FittedRecurrent(network, own, names, numbers, Array.isArray(history) ? (history as EpochLoss[]) : [])
}

import type { Network } from './network.ts'
import type { RecurrentSettings } from './settings.ts'

export interface EpochLoss {
  /** Mean by weight of the rows' losses while they were learnt from. */
  readonly loss: number
  readonly validationLoss: number | null
}

/**
 * All that a training has come to after an epoch, as plain data: resumed from it, it ends with the same bytes. Chance has no state of
 * its own: orders and dropout are drawn from the seed and the number of the epoch.
 */
export interface RecurrentCheckpoint {
  readonly kind: 'recurrent-checkpoint'
  readonly version: 1
  readonly network: Network
  readonly settings: RecurrentSettings
  readonly seed: number
  /** Rows learnt from and validation rows, by which a checkpoint of other data is noticed. */
  readonly rows: readonly [number, number]
  /** Epochs that are done. */
  readonly epoch: number
  readonly power1: number
  readonly power2: number
  /** Little-endian 32-bit numbers in base64, in the order of `tensorsOf`. */
  readonly weights: string
  readonly mean: string
  readonly square: string
  readonly best: { readonly epoch: number; readonly loss: number; readonly weights: string } | null
  readonly history: readonly EpochLoss[]
}

export function encoded(numbers: Float32Array): string {
  return Buffer.from(numbers.buffer, numbers.byteOffset, numbers.byteLength).toString('base64')
}

/** @throws RangeError where there are not `count` of them */
export function decoded(what: string, text: unknown, count: number): Float32Array {
  const bytes = Buffer.from(typeof text === 'string' ? text : '', 'base64')
  if (bytes.length !== 4 * count)
    throw new RangeError(`${what}: ${bytes.length / 4} numbers, where the network has ${count} weights`)
  // copied, since a Buffer may begin anywhere
  return new Float32Array(new Uint8Array(bytes).buffer)
}

/** @throws RangeError that names what differs, where a checkpoint is of another training */
export function requireSame(what: string, checkpoint: unknown, own: Partial<RecurrentCheckpoint>): RecurrentCheckpoint {
  const given = (checkpoint ?? {}) as RecurrentCheckpoint
  if (given.kind !== 'recurrent-checkpoint' || given.version !== 1)
    throw new RangeError(`${what}: not a checkpoint of this version: begin anew`)
  for (const key of ['network', 'settings', 'seed', 'rows'] as const) {
    const [theirs, ours] = [JSON.stringify(given[key]), JSON.stringify(own[key])]
    if (theirs !== ours)
      throw new RangeError(
        `${what}: the checkpoint is of another training, its ${key} ${theirs}, here ${ours}: begin anew`,
      )
  }
  return given
}

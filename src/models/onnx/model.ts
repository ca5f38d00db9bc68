import { createHash } from 'node:crypto'
import type { Gives } from './outputs.ts'

export const RUNTIME = 'onnxruntime-node'

/** A model as it was exported, and what it is to be given. */
export interface OnnxModel {
  readonly bytes: Uint8Array
  readonly sha256: string
  /** In the order in which it has learnt them. */
  readonly features: readonly string[]
  /** Rows that one prediction looks at, the row itself being the last. */
  readonly window: number
  /** `null`: the only one. */
  readonly output: string | null
  readonly gives: Gives
}

export function hashOf(bytes: Uint8Array): string {
  return createHash('sha256').update(bytes).digest('hex')
}

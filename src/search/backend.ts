import type { Trial, TrialOutcome } from '../core/search.ts'

/** What computes the trials of a search: threads of this process, or machines behind a queue. */
export interface TrialBackend {
  /**
   * Runs trials; tells each outcome as soon as it is there, in any order, each exactly once; resolves when all are told,
   * or where it is told to stop: then what was told before is all. Rejects where the backend itself cannot go on.
   */
  run(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void, signal?: AbortSignal): Promise<void>
  /** Runs one of these trials once more, behind others than those it was run behind; the first where it makes no difference. */
  again?(trials: readonly Trial[], tell: (outcome: TrialOutcome) => void, signal?: AbortSignal): Promise<void>
  /** What is being computed here, and since when, by `performance.now()`. */
  running?(): readonly { readonly trial: Trial; readonly since: number }[]
  close(): Promise<void>
}

/** What a worker needs to make trials: plain JSON, made by the verb; the queue reads no more of it than these fields. */
export interface Manifest {
  readonly version: 1
  /** SHA-256 of the rest. */
  readonly id: string
  readonly engine: string
  readonly code: string
  /** Series → SHA-256. */
  readonly data: Readonly<Record<string, string>>
  readonly [key: string]: unknown
}

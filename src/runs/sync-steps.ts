import type { SyncScan } from './sync-config.ts'

/** What a step is told, and whom it tells. */
export interface StepHost {
  /** Asks it to end early, keeping what it has. */
  readonly signal: AbortSignal
  readonly log: (line: string) => void
  /** ms that asking venues may take from now on, waits included. */
  readonly patience: number
  /** ms that a program may take. */
  readonly timeout: number
}

/** What a step has done, in words; `isStopped`: it was told to end before it had done all. */
export interface StepResult {
  readonly text: string
  readonly isStopped?: boolean
}

/** What the steps of a job do; one that cannot throws, and its job has failed. */
export interface SyncSteps {
  get(series: readonly string[], from: string, host: StepHost): Promise<StepResult>
  update(host: StepHost): Promise<StepResult>
  scan(asked: SyncScan, host: StepHost): Promise<StepResult>
  train(module: string, host: StepHost): Promise<StepResult>
  retrain(module: string, host: StepHost): Promise<StepResult>
  run(argv: readonly string[], host: StepHost): Promise<StepResult>
}

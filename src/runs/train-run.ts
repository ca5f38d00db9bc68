import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { Artifact } from '../models/artifact.ts'
import type { Forecast } from '../models/foretell.ts'
import { evaluateModel, type JudgedBy, type ModelRun } from './evaluate.ts'
import type { SeriesGround } from './grounds.ts'
import type { NamedModel } from './load-strategy.ts'
import { writeModelRun } from './model-folder.ts'
import type { PickModel } from './picked-model.ts'
import type { Settings } from './settings.ts'
import { type OnTraining, trainModel } from './train.ts'

/** Who is told while a model is trained and judged. */
export interface TrainingHost {
  readonly onTraining?: OnTraining
  /** Told when a training is over. */
  readonly onTrained?: () => void
  /** Told how much of a trained model has been judged. */
  readonly onJudging?: (done: number, total: number) => void
  /** A plain sentence. */
  readonly onNotice?: (text: string) => void
  /** What its caller should know in any case. Built in: as `onNotice`. */
  readonly onWarning?: (text: string) => void
  /** Whether it is for a paper session, whose bars are to come. */
  readonly isSession?: boolean
  /** Built in: of each the model of all stored bars. */
  readonly pick?: PickModel
  /** False: what is trained is not written. */
  readonly write?: boolean
}

export interface TrainedRun {
  readonly artifact: Artifact
  readonly forecasts: readonly Forecast[]
  readonly run: ModelRun
  /** `null` where it was not to be written. */
  readonly dir: string | null
  readonly seconds: number
}

/** Trains a model, judges it and writes its run. What was stopped may be gone on with, and keeps its journal for that. */
export async function trainRun(
  model: NamedModel,
  grounds: readonly SeriesGround[],
  settings: Settings,
  by: JudgedBy & { readonly workers?: number },
  { onTraining, onTrained, onJudging, onNotice, onWarning = onNotice, write = true }: TrainingHost = {},
): Promise<TrainedRun> {
  const start = performance.now()
  const out = write ? settings.out : mkdtempSync(join(tmpdir(), 'klinelab-training-'))
  try {
    const { workers, ...judged } = by
    const { artifact, forecasts, journal } = await trainModel(model, grounds, {
      ...{ out, ...(workers !== undefined && { workers }), ...(onTraining && { onTraining }) },
    })
    onTrained?.()
    const run = evaluateModel(model.definition, artifact, grounds, settings, {
      ...{ ...judged, forecasts },
      ...(onJudging && { onProgress: onJudging }),
    })
    const seconds = (performance.now() - start) / 1000
    const dir = write ? await writeModelRun(run, settings, seconds, { onNotice, onWarning }) : null
    if (artifact.stopped === null) journal.remove()
    return { artifact, forecasts, run, dir, seconds }
  } finally {
    if (!write) rmSync(out, { recursive: true, force: true })
  }
}

import { setImmediate } from 'node:timers/promises'
import { closeTimeOf } from '../core/interval.ts'
import { seriesName } from '../core/series.ts'
import { classificationMetrics } from '../metrics/classification.ts'
import { type Artifact, foldFromJson, foldToJson, type TrainedSeries } from '../models/artifact.ts'
import { definitionJson, type ModelDefinition } from '../models/define-model.ts'
import { type FittedFold, fitFold } from '../models/fit-fold.ts'
import { type Forecast, foretell, judgedRows, saidOf } from '../models/foretell.ts'
import type { Ground } from '../models/ground.ts'
import type { TrainingStep, TrainingWatch } from '../models/lesson.ts'
import { asToldOf, identityOf, type SeriesGround, toldOf } from './grounds.ts'
import type { NamedModel } from './load-strategy.ts'
import { VERSION } from './package-info.ts'
import { sha256 } from './run-identity.ts'
import { TrainingJournal } from './training-journal.ts'

/** Where a training is at. */
export interface TrainingAt extends TrainingStep {
  readonly series: string
  /** From 1, and of how many. */
  readonly fold: number
  readonly folds: number
}

/** Returning false asks to stop after this step. */
export type OnTraining = (at: TrainingAt) => boolean | undefined

export interface TrainOptions {
  /** Folder of the runs, in which a training that is cut off leaves what it has come to. */
  readonly out: string
  readonly workers?: number
  readonly onTraining?: OnTraining
}

export interface Training {
  readonly artifact: Artifact
  /** What it says out of sample, one a series; fewer than grounds where it was stopped. */
  readonly forecasts: readonly Forecast[]
  /** To be removed when the run is written. */
  readonly journal: TrainingJournal
}

/**
 * Trains a model: for each of its series a fold after the other. What was cut off goes on where it was; what is asked to stop
 * keeps the best so far, and is marked.
 * @throws DataError that names the model, the series and the fold of which nothing can be learnt
 */
export async function trainModel(
  { name, definition }: NamedModel,
  grounds: readonly SeriesGround[],
  { out, workers, onTraining }: TrainOptions,
): Promise<Training> {
  const identity = identityOf(
    definition,
    grounds.map(({ ground }) => ground),
  )
  const journal = new TrainingJournal(out, sha256({ ...identity, VERSION }).slice(0, 12), definition)
  const breathe = breathing()
  const series: TrainedSeries[] = []
  const forecasts: Forecast[] = []
  let stopped: Artifact['stopped'] = null
  for (const [s, { ground, folds }] of grounds.entries()) {
    const fitted: FittedFold[] = []
    for (const [k, fold] of folds.entries()) {
      if (stopped !== null) break
      await setImmediate()
      const at = { series: seriesName(ground.bars.series), fold: k + 1, folds: folds.length }
      const called = `${name}, ${at.series}, fold ${at.fold} of ${at.folds}`
      const watch: TrainingWatch = {
        ...(workers !== undefined && { workers }),
        breathe,
        ...(onTraining && { onStep: (step: TrainingStep) => onTraining({ ...at, ...step }) }),
        checkpoints: {
          read: (model) => journal.readCheckpoint(s, k, model),
          write: (model, checkpoint) => journal.writeCheckpoint(s, k, model, checkpoint),
        },
      }
      let done = journal.readFold(s, k)
      if (done === null) {
        const learnt = await fitFold(definition, fold, watch).catch((error) => {
          throw asToldOf(called, error)
        })
        // what cannot be read back is no use to anybody but this process
        toldOf(called, () => readBack(learnt, definition))
        if (learnt.stoppedAt !== null) stopped = { series: at.series, fold: at.fold, step: learnt.stoppedAt }
        else journal.writeFold(s, k, learnt)
        done = learnt
      }
      fitted.push(done)
    }
    if (fitted.length === 0) break
    const forecast = foretell(definition, ground.matrix, fitted)
    forecasts.push(forecast)
    series.push({ ...trainedSeries(ground, forecast), ...identity.series[s]!, folds: fitted })
  }
  return {
    artifact: {
      ...{ name, version: VERSION, definition: definitionJson(definition), features: grounds[0]!.ground.matrix.names },
      ...{ classes: definition.label.classes, seed: definition.seed, code: identity.code, stopped, series },
    },
    forecasts,
    journal,
  }
}

/** Time between two breaths: often enough for a signal to be heard, so seldom that it costs nothing. */
const BREATH_MS = 50

export function breathing(): () => Promise<void> {
  let last = 0
  return async () => {
    const now = performance.now()
    if (now - last < BREATH_MS) return
    last = now
    await setImmediate()
  }
}

function readBack(fold: FittedFold, definition: ModelDefinition): void {
  foldFromJson(JSON.parse(JSON.stringify(foldToJson(fold))), 'as it would be kept', definition)
}

function trainedSeries({ bars, labels }: Ground, forecast: Forecast) {
  const rows = judgedRows(labels, forecast)
  return {
    series: seriesName(bars.series),
    from: bars.openTime[0]!,
    to: closeTimeOf(bars.openTime[bars.length - 1]!, bars.series.interval),
    rows: bars.length,
    metrics: classificationMetrics({ classes: labels.classes, ...saidOf(rows, labels, forecast) }).metrics,
  }
}

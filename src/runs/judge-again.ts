import { join } from 'node:path'
import type { EvaluationDocument, RecordedTraining } from '../core/evaluation.ts'
import { DataError, writeAtomic } from '../data/index.ts'
import { readArtifact, requireSameDefinition } from '../models/artifact.ts'
import { definitionJson } from '../models/define-model.ts'
import { renderEvaluation } from '../report/evaluation-report.ts'
import { evaluateModel, type ModelRun } from './evaluate.ts'
import { findProjectFile } from './find-project-file.ts'
import { groundsOf, type TrainingRange, withFolds } from './grounds.ts'
import { ARTIFACT, readModelDocument } from './load-run.ts'
import { loadModels, type NamedModel } from './load-strategy.ts'
import { VERSION } from './package-info.ts'
import { reportAssets } from './report-assets.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usage-error.ts'

/** A trained model's run, and the model in its module as that is now. */
export interface Remembered {
  readonly document: EvaluationDocument
  readonly request: RecordedTraining
  readonly file: string
  readonly model: NamedModel
  readonly isOneOfSeveral: boolean
  /** The range it was asked to learn from. */
  readonly range: TrainingRange
}

/** @throws UsageError where the run's module, or the model in it, is not there any more */
export async function remembered(dir: string, cwd: string): Promise<Remembered> {
  const document = readModelDocument(dir)
  const { request } = document.reproduce
  if (request === null)
    throw new UsageError(
      `${document.run}: its model was handed over by a script, not named by a file; run that script again`,
    )
  const file = findProjectFile('module', request.module, dir, cwd)
  const { models } = await loadModels(file, cwd)
  const model = models.find(({ name }) => name === request.model)
  if (model === undefined)
    throw new UsageError(
      `${file}: has no model ${request.model} any more; it has ${models.map(({ name }) => name).join(', ')}`,
    )
  const { from, to } = request
  const isOneOfSeveral = models.length > 1
  return {
    document,
    request,
    file,
    model,
    isOneOfSeveral,
    range: { ...(from !== null && { from }), ...(to !== null && { to }) },
  }
}

/**
 * Judges the trained model of a run folder again, on the bars it was trained and tested on.
 * @throws UsageError where the run's module is not there any more, DataError where bars, features or the model's files are not
 * what they were
 */
export async function judgeAgain(
  dir: string,
  settings: Settings,
  threshold: number,
  cwd: string,
  onProgress?: (done: number, total: number) => void,
): Promise<ModelRun> {
  const { model, isOneOfSeveral, file, range } = await remembered(dir, cwd)
  const folder = join(dir, ARTIFACT)
  try {
    const artifact = readArtifact(folder, VERSION, model.definition)
    requireSameDefinition(artifact, definitionJson(model.definition), folder)
    const grounds = withFolds(model, await groundsOf(model, settings.store, range, artifact), artifact)
    return evaluateModel(model.definition, artifact, grounds, settings, {
      ...{ file, range, threshold, isOneOfSeveral },
      ...(onProgress && { onProgress }),
    })
  } catch (error) {
    if (error instanceof RangeError) throw new DataError(error.message, { cause: error })
    throw error
  }
}

/** Settings with the costs that a model was judged with. */
export function judgedWith(settings: Settings, { costs, noCosts }: RecordedTraining): Settings {
  return { ...settings, noCosts, costsOf: (venue) => ({ ...settings.costsOf(venue), ...costs[venue]! }) }
}

/** Makes the report of a trained model again; the rest of its folder stays as it is. */
export async function rewriteModelReport(dir: string, settings: Settings, cwd: string): Promise<string> {
  const { document, request } = await remembered(dir, cwd)
  const { result } = await judgeAgain(dir, judgedWith(settings, request), request.threshold, cwd)
  if (result.document.run !== document.run)
    throw new UsageError(
      `${document.run}: its code is no longer what it was, so its report cannot be made again; see klinelab verify ${document.run}`,
    )
  const file = join(dir, 'report.html')
  writeAtomic(file, renderEvaluation(result, reportAssets()))
  return file
}

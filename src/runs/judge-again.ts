import { join } from 'node:path'
import { DataError } from '../data/index.ts'
import { readArtifact, requireSameDefinition } from '../models/artifact.ts'
import { definitionJson } from '../models/define-model.ts'
import { evaluateModel, type ModelRun } from './evaluate.ts'
import { ARTIFACT } from './find-artifact.ts'
import { findProjectFile } from './find-project-file.ts'
import { readModelDocument } from './load-run.ts'
import { loadModels } from './load-strategy.ts'
import { VERSION } from './package-info.ts'
import type { Settings } from './settings.ts'
import { groundsOf } from './train.ts'
import { UsageError } from './usage-error.ts'

/**
 * Judges the trained model of a run folder again, on the bars it was trained and tested on.
 * @throws UsageError where the run's module is not there any more, DataError where bars, features or the model's files are not
 * what they were
 */
export async function judgeAgain(dir: string, settings: Settings, threshold: number, cwd: string): Promise<ModelRun> {
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
  const folder = join(dir, ARTIFACT)
  try {
    const artifact = readArtifact(folder, VERSION)
    requireSameDefinition(artifact, definitionJson(model.definition), folder)
    const range = {
      ...(request.from !== null && { from: request.from }),
      ...(request.to !== null && { to: request.to }),
    }
    const grounds = await groundsOf(model, settings.store, range, artifact)
    return evaluateModel(model.definition, artifact, grounds, settings, { file, request: range, threshold })
  } catch (error) {
    if (error instanceof RangeError) throw new DataError(error.message, { cause: error })
    throw error
  }
}

import { type Artifact, readArtifact } from '../models/artifact.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import type { TrainingIdentity } from './grounds.ts'
import { VERSION } from './package-info.ts'
import { trainedModels } from './trained-models.ts'

/**
 * The trained model of a definition and its data among the runs; of several, which hold the same model, the first by name. One
 * whose training was stopped, or that another version trained, is as good as none; one that is damaged is told of.
 */
export function findArtifact(
  out: string,
  definition: ModelDefinition,
  wanted: TrainingIdentity,
  onDamaged: (message: string) => void,
): Artifact | null {
  const hashes = JSON.stringify(wanted.series)
  for (const { dir, version, stopped, definitionSha256, code, series } of trainedModels(out, onDamaged)) {
    const same = JSON.stringify(series.map(({ sha256, ground }) => ({ sha256, ground }))) === hashes
    if (version !== VERSION || stopped !== null || code !== wanted.code || !same) continue
    if (definitionSha256 !== wanted.definitionSha256) continue
    try {
      return readArtifact(dir, VERSION, definition)
    } catch (error) {
      onDamaged((error as Error).message)
    }
  }
  return null
}

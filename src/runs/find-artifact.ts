import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type Artifact, readArtifact, readManifest } from '../models/artifact.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import type { TrainingIdentity } from './grounds.ts'
import { ARTIFACT, UNFINISHED } from './load-run.ts'
import { VERSION } from './package-info.ts'

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
  if (!statSync(out, { throwIfNoEntry: false })?.isDirectory()) return null
  const hashes = JSON.stringify(wanted.series)
  for (const name of readdirSync(out).sort()) {
    const dir = join(out, name, ARTIFACT)
    if (name.endsWith(UNFINISHED) || !existsSync(dir)) continue
    try {
      const { version, stopped, definitionSha256, code, series } = readManifest(dir)
      const same = JSON.stringify(series.map(({ sha256, ground }) => ({ sha256, ground }))) === hashes
      if (version !== VERSION || stopped !== null || code !== wanted.code || !same) continue
      if (definitionSha256 === wanted.definitionSha256) return readArtifact(dir, VERSION, definition)
    } catch (error) {
      onDamaged((error as Error).message)
    }
  }
  return null
}

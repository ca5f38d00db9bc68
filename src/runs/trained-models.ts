import { existsSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { type ArtifactManifest, readManifest } from '../models/artifact.ts'
import { ARTIFACT, UNFINISHED } from './load-run.ts'

/** Manifests of the trained models among the runs, by name of the run; one that is damaged is told of and left out. */
export function* trainedModels(out: string, onDamaged: (message: string) => void): Generator<ArtifactManifest> {
  if (!statSync(out, { throwIfNoEntry: false })?.isDirectory()) return
  for (const name of readdirSync(out).sort()) {
    const dir = join(out, name, ARTIFACT)
    if (name.endsWith(UNFINISHED) || !existsSync(dir)) continue
    try {
      yield readManifest(dir)
    } catch (error) {
      onDamaged((error as Error).message)
    }
  }
}

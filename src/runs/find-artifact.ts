import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import { type ArtifactManifest, readManifest } from '../models/artifact.ts'
import { ARTIFACT, UNFINISHED } from './load-run.ts'
import { VERSION } from './package-info.ts'

/**
 * The folder of a trained model of a definition and its data among the runs; of several, which hold the same model, the first
 * by name. One whose training was stopped, or that another version trained, is as good as none; one that is damaged is told of.
 */
export function findArtifact(
  out: string,
  wanted: { readonly definition: string; readonly data: readonly string[] },
  onDamaged: (message: string) => void,
): string | null {
  if (!existsSync(out)) return null
  for (const name of readdirSync(out).sort()) {
    const dir = join(out, name, ARTIFACT)
    if (name.endsWith(UNFINISHED) || !existsSync(dir)) continue
    let manifest: ArtifactManifest
    try {
      manifest = readManifest(dir)
    } catch (error) {
      onDamaged((error as Error).message)
      continue
    }
    const { version, stopped, definitionSha256, series } = manifest
    const isSame =
      definitionSha256 === wanted.definition && series.map(({ sha256 }) => sha256).join() === wanted.data.join()
    if (version === VERSION && stopped === null && isSame) return dir
  }
  return null
}

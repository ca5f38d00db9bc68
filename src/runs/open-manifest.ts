import { availableParallelism } from 'node:os'
import { DataError } from '../data/index.ts'
import type { Manifest, TrialBackend } from '../search/backend.ts'
import { Refusal } from '../search/queue/refusal.ts'
import { codeHash } from './code-hash.ts'
import { findProjectFile } from './find-project-file.ts'
import { VERSION } from './package-info.ts'
import { prepare } from './prepare.ts'
import { INPUTS } from './run-identity.ts'
import { sceneOf } from './scene.ts'
import { groundOfSearch, type SearchManifest } from './search-manifest.ts'
import { recordedSettings } from './settings.ts'
import { backendOf } from './sweep.ts'
import { UsageError } from './usage-error.ts'

/** Where a worker finds what a manifest names. */
export interface WorkerPlaces {
  readonly store: string
  readonly out: string
  /** In the project, or below it. */
  readonly cwd: string
  readonly threads?: number
}

/**
 * Makes what a manifest asks for, from this machine's own store and code.
 * @throws Refusal where anything here is not what the manifest was made of: then its trials would come out otherwise
 */
export async function openManifest(manifest: Manifest, places: WorkerPlaces): Promise<TrialBackend> {
  if (manifest.engine !== VERSION)
    throw new Refusal(`it was begun with klinelab ${manifest.engine}, this is ${VERSION}: install the same one`)
  const asked = manifest as SearchManifest
  const { request, fixed, objective, figures } = asked
  if (request === null) throw new Refusal('its strategy has no file')
  try {
    const file = found('strategy', request.strategy, asked.code, places.cwd)
    const objectiveFile =
      objective.module === null ? null : found('objective', objective.module.path, objective.module.code, places.cwd)
    const settings = { ...recordedSettings(request, places), ledger: '' }
    const { data, from, to, closeAtEnd, allowInSample } = request
    const wanted = { strategy: file, data, from, to, set: fixed, closeAtEnd, allowInSample }
    const prepared = await prepare(wanted, settings, { write: false })
    const ground = await groundOfSearch(prepared, settings, fixed, objective, figures)
    compare(asked, ground.manifest)
    const scene = sceneOf(prepared, settings.riskFree)
    return await backendOf({ ground, scene, objectiveFile }, { workers: places.threads ?? availableParallelism() })
  } catch (error) {
    if (error instanceof UsageError || error instanceof DataError) throw new Refusal(error.message)
    throw error
  }
}

/** A file of the project, with the code that it should have. */
function found(what: string, path: string, code: string, cwd: string): string {
  const file = findProjectFile(what, path, cwd, cwd)
  const { hash, files } = codeHash(file)
  if (hash !== code)
    throw new Refusal(
      `${what} ${path}: it, a file it imports, or the lockfile is another here (${files.join(', ')}: ${short(hash)}, wanted ${short(code)})`,
    )
  return file
}

/** @throws Refusal that names what is not the same */
function compare(wanted: SearchManifest, here: SearchManifest): void {
  if (wanted.id === here.id) return
  for (const [series, hash] of Object.entries(wanted.data))
    if (here.data[series] !== hash)
      throw new Refusal(
        `${series}: the bars stored here are others (${short(here.data[series] ?? 'none')}, wanted ${short(hash)})`,
      )
  for (const [name, words] of Object.entries(INPUTS))
    if (wanted.inputs[name] !== here.inputs[name]) throw new Refusal(`${words}: others here`)
  throw new Refusal(`it comes to another search here (${short(here.id)}, wanted ${short(wanted.id)})`)
}

function short(hash: string): string {
  return hash.slice(0, 12)
}

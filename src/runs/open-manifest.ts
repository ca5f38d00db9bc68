import { availableParallelism } from 'node:os'
import { DataError } from '../data/index.ts'
import type { Manifest, TrialBackend } from '../search/backend.ts'
import { Refusal } from '../search/queue/refusal.ts'
import { codeHash } from './code-hash.ts'
import { findProjectFile } from './find-project-file.ts'
import { groundOfModel, loadSearched, type ModelManifest } from './model-manifest.ts'
import { modelBackend } from './model-sweep.ts'
import { VERSION } from './package-info.ts'
import { prepare } from './prepare.ts'
import { INPUTS } from './run-identity.ts'
import { sceneOf } from './scene.ts'
import { groundOfSearch, type SearchManifest, type StrategyManifest } from './search-manifest.ts'
import { recordedSettings } from './settings.ts'
import { backendOf } from './sweep.ts'
import { UsageError } from './usage-error.ts'

/** Where nobody says otherwise. */
const PATIENCE_MS = 3000

/** Where a worker finds what a manifest names. */
export interface WorkerPlaces {
  readonly store: string
  readonly out: string
  /** In the project, or below it. */
  readonly cwd: string
  readonly threads?: number
  /** ms that a trial may go on whose sweep has ended: the thread is wanted for the next one. */
  readonly patience?: number
}

/**
 * Makes what a manifest asks for, from this machine's own store and code.
 * @throws Refusal where anything here is not what the manifest was made of: then its trials would come out otherwise
 */
export async function openManifest(manifest: Manifest, places: WorkerPlaces): Promise<TrialBackend> {
  if (manifest.engine !== VERSION)
    throw new Refusal(`it was begun with klinelab ${manifest.engine}, this is ${VERSION}: install the same one`)
  try {
    const asked = manifest as SearchManifest
    return await (asked.subject === 'model' ? openModel(asked, places) : openStrategy(asked, places))
  } catch (error) {
    if (error instanceof UsageError || error instanceof DataError) throw new Refusal(error.message)
    throw error
  }
}

async function openStrategy(asked: StrategyManifest, places: WorkerPlaces): Promise<TrialBackend> {
  const { request, fixed, objective, figures } = asked
  const { patience = PATIENCE_MS } = places
  if (request === null) throw new Refusal('its strategy has no file')
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
  return backendOf({ ground, scene, objectiveFile }, { workers: threadsOf(places) }, { patience })
}

async function openModel(asked: ModelManifest, places: WorkerPlaces): Promise<TrialBackend> {
  const { model, range } = asked
  const { patience = PATIENCE_MS } = places
  const module = found('module', asked.module, asked.code, places.cwd)
  const loaded = await loadSearched({ module, model, data: Object.keys(asked.data), range }, places.store)
  const ground = groundOfModel(loaded, asked)
  compare(asked, ground.manifest)
  return modelBackend(ground, { workers: threadsOf(places) }, patience)
}

function threadsOf({ threads = availableParallelism() }: WorkerPlaces): number {
  return threads
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
  if (wanted.subject === 'strategy' && here.subject === 'strategy')
    for (const [name, words] of Object.entries(INPUTS))
      if (wanted.inputs[name] !== here.inputs[name]) throw new Refusal(`${words}: others here`)
  throw new Refusal(`it comes to another search here (${short(here.id)}, wanted ${short(wanted.id)})`)
}

function short(hash: string): string {
  return hash.slice(0, 12)
}

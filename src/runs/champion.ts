import { existsSync, readdirSync, readFileSync, renameSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { DataError, makeFolder, writeAtomic } from '../data/index.ts'
import { syncFolder } from '../data/manifest.ts'
import { type Artifact, artifactFiles, damageOf, definitionHash, readArtifact } from '../models/artifact.ts'
import { definitionJson, type ModelDefinition } from '../models/define-model.ts'
import { foreignCode } from '../models/foreign-code.ts'
import { UNFINISHED } from './load-run.ts'
import type { NamedModel } from './load-strategy.ts'
import { VERSION } from './package-info.ts'
import type { RetrainDecision } from './retrain-decision.ts'
import { sha256 } from './run-identity.ts'
import { UsageError } from './usage-error.ts'

/** A model that reigned, or does. */
export interface Reign {
  /** sha256 of the trained model. */
  readonly artifact: string
  /** UTC ms. */
  readonly since: number
  /** `found`: it was among the runs when the first challenger came. */
  readonly how: 'found' | 'first' | 'won'
}

/** `champion.json`: which trained model of a definition sessions ask, and how that came. */
export interface Championship {
  readonly version: 1
  readonly model: string
  readonly definition: string
  /** Oldest first; the last one reigns. */
  readonly reigns: readonly Reign[]
  /** All that was ever decided, oldest first. */
  readonly decisions: readonly RetrainDecision[]
}

const FILE = 'champion.json'
const MODELS = 'models'

/** Folder of a model's championship: of its definition and the code of its parts, so that a model that was changed has one of its own. */
export function championFolder(out: string, { name, definition }: NamedModel): string {
  return join(out, 'champions', `${name}-${sha256(identityOf(definition)).slice(0, 12)}`)
}

function identityOf(definition: ModelDefinition) {
  return { definition: definitionHash(definitionJson(definition)), code: foreignCode(definition) }
}

/** @throws DataError where its file is not what was written */
export function readChampionship(dir: string): Championship | null {
  const file = join(dir, FILE)
  if (!existsSync(file)) return null
  let json: Championship
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as Championship
  } catch (error) {
    throw new DataError(`${file}: is no JSON (${(error as Error).message}); move the folder away to begin anew`)
  }
  if (json?.version !== 1 || !Array.isArray(json.reigns) || json.reigns.length === 0)
    throw new DataError(`${file}: is not what klinelab retrain writes; move the folder away to begin anew`)
  return json
}

/** Where the trained model of a reign lies. */
export function reignFolder(dir: string, artifact: string): string {
  return join(dir, MODELS, artifact.slice(0, 16))
}

/** The model that reigns; `null` where none does. @throws RangeError where its files are not what was written */
export function championOf(dir: string, definition: ModelDefinition): Artifact | null {
  const reign = readChampionship(dir)?.reigns.at(-1)
  return reign === undefined ? null : readArtifact(reignFolder(dir, reign.artifact), VERSION, definition)
}

/**
 * Writes what was decided, in one move: whoever reads sees the old champion or the new one, and the files of either are whole. A
 * process that is killed in between leaves the old one.
 * @param crowned who reigns from now on, after those that did; none: the same one as before
 */
export function decide(
  dir: string,
  { name, definition }: NamedModel,
  decision: RetrainDecision,
  crowned: readonly { readonly artifact: Artifact; readonly how: Reign['how'] }[],
): Championship {
  const before = readChampionship(dir)
  const reigns = crowned.map(({ artifact, how }) => ({ artifact: keep(dir, artifact), since: decision.at, how }))
  const after: Championship = {
    ...{ version: 1, model: name, definition: identityOf(definition).definition },
    reigns: [...(before?.reigns ?? []), ...reigns],
    decisions: [...(before?.decisions ?? []), decision],
  }
  write(dir, after)
  return after
}

/**
 * Gives the crown back to who had it before.
 * @throws UsageError where nobody did, DataError where that model's files are not what was written
 */
export function rollBack(
  dir: string,
  model: NamedModel,
  decisionOf: (champion: string, before: string) => RetrainDecision,
): Championship {
  const championship = readChampionship(dir)
  const [earlier, last] = championship?.reigns.slice(-2) ?? []
  if (championship === null || earlier === undefined || last === undefined)
    throw new UsageError(
      `model ${model.name}: there is nothing to roll back to: ${championship === null ? 'it has no champion yet' : 'its champion is the first one'}`,
    )
  const damage = damageOf(reignFolder(dir, earlier.artifact))
  if (damage !== null) throw new DataError(`model ${model.name}: cannot be rolled back: ${damage}`)
  const after: Championship = {
    ...championship,
    reigns: championship.reigns.slice(0, -1),
    decisions: [...championship.decisions, decisionOf(earlier.artifact, last.artifact)],
  }
  write(dir, after)
  return after
}

function write(dir: string, championship: Championship): void {
  writeAtomic(join(dir, FILE), `${JSON.stringify(championship, null, 1)}\n`)
}

/** The files of a trained model, whole under their name or not there. */
function keep(dir: string, artifact: Artifact): string {
  const { files, sha256: own } = artifactFiles(artifact)
  const folder = reignFolder(dir, own)
  if (existsSync(folder) && damageOf(folder) === null) return own
  makeFolder(join(dir, MODELS))
  // of a process that was killed
  for (const name of readdirSync(join(dir, MODELS)))
    if (name.endsWith(UNFINISHED)) rmSync(join(dir, MODELS, name), { recursive: true, force: true })
  const temporary = `${folder}${UNFINISHED}`
  for (const [name, text] of files) writeAtomic(join(temporary, name), text)
  rmSync(folder, { recursive: true, force: true })
  renameSync(temporary, folder)
  syncFolder(join(dir, MODELS))
  return own
}

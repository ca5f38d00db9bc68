import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metrics } from '../core/run.ts'
import type { FoldBorders } from '../preprocess/split.ts'
import { transformFromJson } from '../preprocess/transform-json.ts'
import type { FittedFold } from './fit-fold.ts'
import { fittedFromJson } from './fitted-from-json.ts'
import type { LossCurve } from './lesson.ts'

/** Where a training was stopped before its end. */
interface Stopped {
  readonly series: string
  /** From 1. */
  readonly fold: number
  /** Epochs, or trees, done. */
  readonly step: number
}

/** A trained model of one series: a fitted fold for each stretch that it foretells, and what they learnt from. */
export interface TrainedSeries {
  readonly series: string
  /** Bars it was made from: first open and last close, UTC ms, and the hash of their canonical rows. */
  readonly from: number
  readonly to: number
  readonly rows: number
  readonly sha256: string
  readonly folds: readonly FittedFold[]
  /** Of all test rows together, at a threshold of 0.5. */
  readonly metrics: Metrics
}

/** A trained model: what `artifact/` in a run folder holds. */
export interface Artifact {
  /** What its module calls it. */
  readonly name: string
  /** Version of klinelab that trained it; another may compute other bits. */
  readonly version: string
  readonly definition: Readonly<Record<string, unknown>>
  /** Names of the features, in the order of the columns. */
  readonly features: readonly string[]
  readonly classes: 2 | 3
  readonly seed: number
  readonly stopped: Stopped | null
  readonly series: readonly TrainedSeries[]
}

/** The format of the files; one that is read must be of this. */
const FORMAT = 1
const MANIFEST = 'artifact.json'

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** Tells definitions apart. */
export function definitionHash(definition: Artifact['definition']): string {
  return sha256(JSON.stringify(definition))
}

/** Files of an artifact by name, and the hash of all of it. The same training gives the same bytes. */
export function artifactFiles(artifact: Artifact): {
  readonly files: ReadonlyMap<string, string>
  readonly sha256: string
} {
  const files = new Map<string, string>()
  const { series, definition, ...rest } = artifact
  const listed = series.map(({ folds, ...one }, s) => ({
    ...one,
    folds: folds.map((fold, k) => {
      const file = `series-${s + 1}-fold-${k + 1}.json`
      const text = `${JSON.stringify(foldToJson(fold))}\n`
      files.set(file, text)
      return { file, sha256: sha256(text), borders: fold.borders }
    }),
  }))
  const whole = { format: FORMAT, ...rest, definition, definitionSha256: definitionHash(definition), series: listed }
  const own = sha256(JSON.stringify(whole))
  files.set(MANIFEST, manifestText(whole, own))
  return { files, sha256: own }
}

function manifestText(whole: object, own: string): string {
  return `${JSON.stringify({ ...whole, sha256: own }, null, 1)}\n`
}

/** A fitted fold as plain data. */
export function foldToJson({ transform, model, ...rest }: FittedFold): unknown {
  return { ...rest, transform: transform.toJSON(), model: model.toJSON() }
}

/**
 * @param where what an error calls it
 * @throws RangeError that says where and what is wrong with it
 */
export function foldFromJson(json: unknown, where: string): FittedFold {
  const fold = (json ?? {}) as Readonly<Record<string, unknown>>
  for (const key of ['borders', 'rows', 'balance', 'losses', 'transform', 'model'])
    if (typeof fold[key] !== 'object' || fold[key] === null) throw new RangeError(`${where}: has no ${key}`)
  return {
    borders: fold['borders'] as FoldBorders,
    transform: transformFromJson(fold['transform'], `${where}: transform`),
    model: fittedFromJson(fold['model'], `${where}: model`),
    rows: fold['rows'] as FittedFold['rows'],
    balance: fold['balance'] as readonly number[],
    losses: fold['losses'] as readonly LossCurve[],
    stoppedAt: typeof fold['stoppedAt'] === 'number' ? fold['stoppedAt'] : null,
  }
}

/** What stands in an artifact's manifest, before its folds are read. */
export interface ArtifactManifest {
  readonly dir: string
  readonly name: string
  readonly version: string
  readonly definitionSha256: string
  readonly sha256: string
  readonly stopped: Stopped | null
  readonly series: readonly { readonly series: string; readonly sha256: string }[]
}

/**
 * The manifest of an artifact's folder.
 * @throws RangeError that names the file, where it is missing, of another format or not what was written
 */
export function readManifest(dir: string): ArtifactManifest {
  return { dir, ...manifestOf(dir) } as unknown as ArtifactManifest
}

function manifestOf(dir: string): Readonly<Record<string, unknown>> {
  const file = join(dir, MANIFEST)
  const refuse = (what: string): never => {
    throw new RangeError(`${file}: ${what}; train the model again`)
  }
  if (!existsSync(file)) refuse('there is no such file: this is no trained model')
  const text = readFileSync(file, 'utf8')
  let json: unknown
  try {
    json = JSON.parse(text)
  } catch (error) {
    refuse(`is no JSON (${(error as Error).message})`)
  }
  if (typeof json !== 'object' || json === null) refuse('is not the manifest of a model')
  const { sha256: own, ...whole } = json as Readonly<Record<string, unknown>>
  if (whole['format'] !== FORMAT)
    refuse(`is of format ${JSON.stringify(whole['format'])}, and this version of klinelab reads ${FORMAT}`)
  // the text too: a changed byte between the values is one
  if (text !== manifestText(whole, sha256(JSON.stringify(whole))))
    refuse('is not what the training wrote: its sha256 is another')
  return json as Readonly<Record<string, unknown>>
}

/**
 * A trained model read back; what it foretells has the same bits.
 * @param version of this klinelab: a model of another is refused
 * @throws RangeError that names the file and what is wrong: a changed byte, another version, a model it does not know
 */
export function readArtifact(dir: string, version: string): Artifact {
  const json = manifestOf(dir) as unknown as Omit<Artifact, 'series'> & {
    readonly series: readonly (Omit<TrainedSeries, 'folds'> & {
      readonly folds: readonly { readonly file: string; readonly sha256: string }[]
    })[]
  }
  if (json.version !== version)
    throw new RangeError(
      `${join(dir, MANIFEST)}: was trained by klinelab ${json.version}, this is ${version}, which may compute other bits; train the model again`,
    )
  const { name, definition, features, classes, seed, stopped } = json
  return {
    ...{ name, version, definition, features, classes, seed, stopped },
    series: json.series.map(({ folds, ...one }) => ({ ...one, folds: folds.map((fold) => readFold(dir, fold)) })),
  }
}

function readFold(
  dir: string,
  { file, sha256: wanted }: { readonly file: string; readonly sha256: string },
): FittedFold {
  const path = join(dir, file)
  if (!existsSync(path)) throw new RangeError(`${path}: is missing; train the model again`)
  const text = readFileSync(path, 'utf8')
  if (sha256(text) !== wanted)
    throw new RangeError(`${path}: is not what the training wrote: its sha256 is another; train the model again`)
  return foldFromJson(JSON.parse(text), path)
}

/**
 * Holds a definition to that of an artifact.
 * @param where what an error calls the artifact
 * @throws RangeError that names the first feature or setting that differs
 */
export function requireSameDefinition(artifact: Artifact, definition: Artifact['definition'], where: string): void {
  const [old, now] = [artifact.definition, definition]
  const features = (of: Artifact['definition']) => Object.entries((of['features'] ?? {}) as Record<string, string>)
  const [had, has] = [features(old), features(now)]
  for (let k = 0; k < Math.max(had.length, has.length); k++) {
    const told = (one: readonly [string, string] | undefined) =>
      one === undefined ? 'none' : `"${one[0]}" (${one[1]})`
    if (told(had[k]) !== told(has[k]))
      throw new RangeError(
        `${where}: feature ${k + 1} was ${told(had[k])} when the model was trained, and is ${told(has[k])} in its module: train it again`,
      )
  }
  for (const key of new Set([...Object.keys(old), ...Object.keys(now)])) {
    const [was, is] = [JSON.stringify(old[key]), JSON.stringify(now[key])]
    if (was !== is)
      throw new RangeError(
        `${where}: ${key} was ${was} when the model was trained, and is ${is} in its module: train it again`,
      )
  }
}

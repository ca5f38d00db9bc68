import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Metrics } from '../core/run.ts'
import type { FoldBorders } from '../preprocess/split.ts'
import { transformFromJson } from '../preprocess/transform-json.ts'
import type { ModelDefinition } from './define-model.ts'
import type { FittedFold } from './fit-fold.ts'
import { fittedFromJson, ownReaders } from './fitted-from-json.ts'
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
  /** Hash of what it saw of them and was to foretell, feature by feature and label by label. */
  readonly ground: string
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
  /** Hash of the code of its parts that are not klinelab's own; `null` where all are. */
  readonly code: string | null
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
 * @param definition whose steps and models of a user's own know how to be read
 * @throws RangeError that says where and what is wrong with it
 */
export function foldFromJson(json: unknown, where: string, definition: ModelDefinition): FittedFold {
  const fold = (json ?? {}) as Readonly<Record<string, unknown>>
  for (const key of ['borders', 'rows', 'balance', 'losses', 'transform', 'model'])
    if (typeof fold[key] !== 'object' || fold[key] === null) throw new RangeError(`${where}: has no ${key}`)
  const readStep = definition.scale.fromJson?.bind(definition.scale) ?? transformFromJson
  return {
    borders: fold['borders'] as FoldBorders,
    transform: readStep(fold['transform'], `${where}: transform`),
    model: fittedFromJson(fold['model'], `${where}: model`, ownReaders(definition.model)),
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
  readonly code: string | null
  readonly stopped: Stopped | null
  readonly series: readonly {
    readonly series: string
    readonly to: number
    readonly sha256: string
    readonly ground: string
  }[]
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

/** What is wrong with the files of an artifact, in a sentence; `null` where all are what was written. */
export function damageOf(dir: string): string | null {
  try {
    const { series } = manifestOf(dir) as unknown as {
      readonly series: readonly { readonly folds: readonly FoldFile[] }[]
    }
    for (const { folds } of series) for (const fold of folds) foldText(dir, fold)
    return null
  } catch (error) {
    return (error as Error).message
  }
}

/**
 * A trained model read back; what it foretells has the same bits.
 * @param version of this klinelab: a model of another is refused
 * @throws RangeError that names the file and what is wrong: a changed byte, another version, a model it does not know
 */
export function readArtifact(dir: string, version: string, definition: ModelDefinition): Artifact {
  const json = manifestOf(dir) as unknown as Omit<Artifact, 'series'> & {
    readonly series: readonly (Omit<TrainedSeries, 'folds'> & {
      readonly folds: readonly FoldFile[]
    })[]
  }
  if (json.version !== version)
    throw new RangeError(
      `${join(dir, MANIFEST)}: was trained by klinelab ${json.version}, this is ${version}, which may compute other bits; train the model again`,
    )
  const { name, features, classes, seed, code, stopped } = json
  return {
    ...{ name, version, definition: json.definition, features, classes, seed, code, stopped },
    series: json.series.map(({ folds, ...one }) => ({
      ...one,
      folds: folds.map((fold) => readFold(dir, fold, definition)),
    })),
  }
}

interface FoldFile {
  readonly file: string
  readonly sha256: string
}

function readFold(dir: string, fold: FoldFile, definition: ModelDefinition): FittedFold {
  return foldFromJson(JSON.parse(foldText(dir, fold)), join(dir, fold.file), definition)
}

/** @throws RangeError where it is not what was written */
function foldText(dir: string, { file, sha256: wanted }: FoldFile): string {
  const path = join(dir, file)
  if (!existsSync(path)) throw new RangeError(`${path}: is missing; train the model again`)
  const text = readFileSync(path, 'utf8')
  if (sha256(text) !== wanted)
    throw new RangeError(`${path}: is not what the training wrote: its sha256 is another; train the model again`)
  return text
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

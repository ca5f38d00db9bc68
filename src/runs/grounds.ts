import { parseSeries } from '../core/series.ts'
import { barsSha256, DataError, openStore } from '../data/index.ts'
import { type Artifact, definitionHash, sha256 } from '../models/artifact.ts'
import { definitionJson, type ModelDefinition } from '../models/define-model.ts'
import { foreignCode } from '../models/foreign-code.ts'
import { foldsOf, type Ground, groundHash, groundOf } from '../models/ground.ts'
import type { Fold, FoldBorders } from '../preprocess/split.ts'
import { validateFeatures } from '../preprocess/validate.ts'
import type { FeatureTable } from '../preprocess/validate-table.ts'
import type { NamedModel } from './load-strategy.ts'
import { EMBEDDED } from './package-info.ts'

/** UTC ms; the whole stored range where absent. */
export interface TrainingRange {
  readonly from?: number
  readonly to?: number
}

/** What a series of a model is made of, looked over, and its folds. */
export interface SeriesGround {
  readonly ground: Ground
  readonly table: FeatureTable
  readonly folds: readonly Fold[]
}

/**
 * Bars, features and labels of every series of a model, in its order.
 * @param artifact to be asked again: then they must be those that it was trained on
 * @throws DataError that names the model and the series
 */
export async function groundsOf(
  { name, definition }: NamedModel,
  storeDir: string,
  { from, to }: TrainingRange = {},
  artifact?: Artifact,
): Promise<readonly Ground[]> {
  const store = await openStore(storeDir, { behind: EMBEDDED })
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  const grounds: Ground[] = []
  for (const series of definition.series) {
    const trained = artifact?.series.find((one) => one.series === series)
    if (artifact !== undefined && trained === undefined) continue
    const bars = await store.load(parseSeries(series), range)
    const at = `${name}, ${series}`
    if (trained !== undefined && barsSha256(bars) !== trained.sha256)
      throw new DataError(
        `model ${at}: the stored bars are not those that it was trained on (${bars.length} now, ${trained.rows} then): train it again`,
      )
    const ground = toldOf(at, () => groundOf(definition, bars))
    if (trained !== undefined && groundHash(ground) !== trained.ground)
      throw new DataError(
        `model ${at}: its features or labels are not what they were when it was trained, though they are called the same: the code of an indicator or a label was changed; train it again`,
      )
    grounds.push(ground)
  }
  return grounds
}

/**
 * The same with their folds, checked before anything is learnt from them.
 * @param laid folds that they are to be, series by series, of a trained model or others; else the definition lays them
 * @throws DataError that names the model, the series and all that is wrong with its features
 */
export function withFolds(
  { name, definition }: NamedModel,
  grounds: readonly Ground[],
  laid?: { readonly series: readonly { readonly folds: readonly { readonly borders: FoldBorders }[] }[] },
): readonly SeriesGround[] {
  return grounds.map((ground, s) => {
    const at = `${name}, ${definition.series[s]}`
    const borders = laid?.series[s]?.folds.map((fold) => fold.borders)
    const folds = toldOf(at, () => [...foldsOf(definition, ground, borders)])
    const table = validateFeatures(ground.matrix, ground.labels, { folds, isImputed: definition.missing === 'keep' })
    const errors = table.findings.filter(({ severity }) => severity === 'error')
    if (errors.length > 0)
      throw new DataError(
        `model ${at}: cannot be trained on these features: ${errors.map(({ message }) => message).join('; ')}`,
      )
    return { ground, table, folds }
  })
}

/** What a trained model is known by, beside the version that trained it: the same has the same bits. */
export interface TrainingIdentity {
  readonly definitionSha256: string
  /** Of the code of parts that are not klinelab's own; `null` where all are. */
  readonly code: string | null
  /** By series: of its bars, and of what the model sees of them and is to foretell. */
  readonly series: readonly { readonly sha256: string; readonly ground: string }[]
}

export function identityOf(definition: ModelDefinition, grounds: readonly Ground[]): TrainingIdentity {
  const foreign = foreignCode(definition)
  return {
    definitionSha256: definitionHash(definitionJson(definition)),
    code: foreign === null ? null : sha256(foreign),
    series: grounds.map((ground) => ({ sha256: barsSha256(ground.bars), ground: groundHash(ground) })),
  }
}

/** What the parts of a model refuse is said of the model. */
export function toldOf<T>(at: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw asToldOf(at, error)
  }
}

export function asToldOf(at: string, error: unknown): unknown {
  return error instanceof RangeError ? new DataError(`model ${at}: ${error.message}`, { cause: error }) : error
}

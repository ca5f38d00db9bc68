import { setImmediate } from 'node:timers/promises'
import { closeTimeOf } from '../core/interval.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { barsSha256, DataError, openStore } from '../data/index.ts'
import { classificationMetrics } from '../metrics/classification.ts'
import { type Artifact, definitionHash, foldFromJson, foldToJson, type TrainedSeries } from '../models/artifact.ts'
import { definitionJson, foreignCode, type ModelDefinition } from '../models/define-model.ts'
import { type FittedFold, fitFold } from '../models/fit-fold.ts'
import { foretell } from '../models/foretell.ts'
import { foldsOf, type Ground, groundHash, groundOf } from '../models/ground.ts'
import type { TrainingStep, TrainingWatch } from '../models/lesson.ts'
import type { Fold } from '../preprocess/split.ts'
import { validateFeatures } from '../preprocess/validate.ts'
import type { FeatureTable } from '../preprocess/validate-table.ts'
import type { NamedModel } from './load-strategy.ts'
import { EMBEDDED, VERSION } from './package-info.ts'
import { sha256 } from './run-identity.ts'
import { TrainingJournal } from './training-journal.ts'

export interface TrainRequest {
  /** UTC ms; the whole stored range where absent. */
  readonly from?: number
  readonly to?: number
  readonly workers?: number
}

/** Where a training is at. */
export interface TrainingAt extends TrainingStep {
  readonly series: string
  /** From 1, and of how many. */
  readonly fold: number
  readonly folds: number
}

/** Returning false asks to stop after this step. */
export type OnTraining = (at: TrainingAt) => boolean | undefined

/** What a training was made from, for whoever judges it. */
export interface SeriesGround {
  readonly ground: Ground
  readonly table: FeatureTable
  readonly folds: readonly Fold[]
}

export interface Training {
  readonly artifact: Artifact
  /** One a series, in the order of the definition. */
  readonly grounds: readonly SeriesGround[]
  /** To be removed when the run is written. */
  readonly journal: TrainingJournal
}

/**
 * Trains a model: for each of its series a fold after the other. What was cut off goes on where it was; what is asked to stop
 * keeps the best so far, and is marked.
 * @throws DataError where the bars are too few, or the features are not fit to be learnt from
 */
export async function trainModel(
  { name, definition }: NamedModel,
  places: { readonly store: string; readonly out: string },
  request: TrainRequest,
  onTraining?: OnTraining,
): Promise<Training> {
  const grounds = await groundsOf({ name, definition }, places.store, request)
  const json = ours(name, () => definitionJson(definition))
  const shas = grounds.map(({ ground }) => barsSha256(ground.bars))
  const seen = grounds.map(({ ground }) => groundHash(ground))
  const foreign = foreignCode(definition)
  const code = foreign === null ? null : sha256(foreign)
  const id = sha256([definitionHash(json), shas, seen, code, VERSION]).slice(0, 12)
  const journal = new TrainingJournal(places.out, id, definition)
  const series: TrainedSeries[] = []
  let stopped: Artifact['stopped'] = null
  for (const [s, one] of grounds.entries()) {
    const { ground } = one
    const fitted: FittedFold[] = []
    for (const [k, fold] of one.folds.entries()) {
      if (stopped !== null) break
      await setImmediate()
      const at = { series: seriesName(ground.bars.series), fold: k + 1, folds: one.folds.length }
      const known = journal.readFold(s, k)
      const done =
        known ?? (await fitFold(definition, fold, watchOf(at, s, journal, request, onTraining)).catch(fault(name, at)))
      // what cannot be read back is no use to anybody but this process
      if (known === null) ours(`${name}, ${at.series}, fold ${at.fold}`, () => readBack(done, definition))
      if (done.stoppedAt !== null) stopped = { series: at.series, fold: at.fold, step: done.stoppedAt }
      else if (known === null) journal.writeFold(s, k, done)
      fitted.push(done)
    }
    if (fitted.length > 0)
      series.push(trainedSeries(definition, ground, { sha256: shas[s]!, ground: seen[s]! }, fitted))
  }
  const { names } = grounds[0]!.ground.matrix
  return {
    artifact: {
      ...{ name, version: VERSION, definition: json, features: names, classes: definition.label.classes },
      ...{ seed: definition.seed, code, stopped, series },
    },
    grounds: grounds.slice(0, series.length),
    journal,
  }
}

/** Now and then, so that a signal is heard and waiting for it costs nothing. */
const BREATH_MS = 50
let lastBreath = 0

async function breathe(): Promise<void> {
  const now = performance.now()
  if (now - lastBreath < BREATH_MS) return
  lastBreath = now
  await setImmediate()
}

function readBack(fold: FittedFold, definition: ModelDefinition): void {
  foldFromJson(JSON.parse(JSON.stringify(foldToJson(fold))), 'as it would be kept', definition)
}

function watchOf(
  at: Pick<TrainingAt, 'series' | 'fold' | 'folds'>,
  s: number,
  journal: TrainingJournal,
  { workers }: TrainRequest,
  onTraining: OnTraining | undefined,
): TrainingWatch {
  return {
    ...(workers !== undefined && { workers }),
    breathe,
    ...(onTraining && { onStep: (step: TrainingStep) => onTraining({ ...at, ...step }) }),
    checkpoints: {
      read: (model) => journal.readCheckpoint(s, at.fold - 1, model),
      write: (model, checkpoint) => journal.writeCheckpoint(s, at.fold - 1, model, checkpoint),
    },
  }
}

function trainedSeries(
  definition: ModelDefinition,
  ground: Ground,
  hashes: Pick<TrainedSeries, 'sha256' | 'ground'>,
  folds: readonly FittedFold[],
): TrainedSeries {
  const { bars, labels, matrix } = ground
  const { p, fold } = foretell(definition, matrix, folds)
  const width = labels.classes === 2 ? 1 : 3
  const rows = Int32Array.from({ length: bars.length }, (_, row) => row).filter(
    (row) => fold[row]! > 0 && labels.y[row]! >= 0,
  )
  const said = new Float64Array(rows.length * width)
  for (const [k, row] of rows.entries()) said.set(p.subarray(row * width, (row + 1) * width), k * width)
  const y = Int8Array.from(rows, (row) => labels.y[row]!)
  return {
    series: seriesName(bars.series),
    from: bars.openTime[0]!,
    to: closeTimeOf(bars.openTime[bars.length - 1]!, bars.series.interval),
    rows: bars.length,
    ...hashes,
    folds,
    metrics: classificationMetrics({ classes: labels.classes, y, p: said }).metrics,
  }
}

/**
 * Bars, features, labels and folds of every series of a model, checked before anything is learnt.
 * @param artifact to be judged again: then the bars must be those it was trained on, and the folds are its own
 * @throws DataError that names the model, the series and all that is wrong with its features
 */
export async function groundsOf(
  { name, definition }: NamedModel,
  storeDir: string,
  { from, to }: TrainRequest,
  artifact?: Artifact,
): Promise<readonly SeriesGround[]> {
  const store = await openStore(storeDir, { behind: EMBEDDED })
  const range = { ...(from !== undefined && { from }), ...(to !== undefined && { to }) }
  const grounds: SeriesGround[] = []
  for (const series of definition.series) {
    const trained = artifact?.series.find((one) => one.series === series)
    if (artifact !== undefined && trained === undefined) continue
    const bars = await store.load(parseSeries(series), range)
    const at = `${name}, ${series}`
    if (trained !== undefined && barsSha256(bars) !== trained.sha256)
      throw new DataError(
        `model ${at}: the stored bars are not those that it was trained on (${bars.length} now, ${trained.rows} then): train it again`,
      )
    const ground = ours(at, () => groundOf(definition, bars))
    if (trained !== undefined && groundHash(ground) !== trained.ground)
      throw new DataError(
        `model ${at}: its features or labels are not what they were when it was trained, though they are called the same: the code of an indicator or a label was changed; train it again`,
      )
    const folds = ours(at, () => [
      ...foldsOf(
        definition,
        ground,
        trained?.folds.map(({ borders }) => borders),
      ),
    ])
    const table = validateFeatures(ground.matrix, ground.labels, { folds, isImputed: definition.missing === 'keep' })
    const errors = table.findings.filter(({ severity }) => severity === 'error')
    if (errors.length > 0)
      throw new DataError(
        `model ${at}: cannot be trained on these features: ${errors.map(({ message }) => message).join('; ')}`,
      )
    grounds.push({ ground, table, folds })
  }
  return grounds
}

/** What the parts refuse is said of the model and its series. */
function ours<T>(at: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    throw named(at, error)
  }
}

function fault(name: string, { series, fold, folds }: Pick<TrainingAt, 'series' | 'fold' | 'folds'>) {
  return (error: unknown): never => {
    throw named(`${name}, ${series}, fold ${fold} of ${folds}`, error)
  }
}

function named(at: string, error: unknown): unknown {
  if (!(error instanceof RangeError)) return error
  return new DataError(`model ${at}: ${error.message}`, { cause: error })
}

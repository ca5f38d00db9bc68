import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { type Bars, firstRowAt } from '../core/bar.ts'
import type { Predictions } from '../core/predictor.ts'
import type { ModelUsed } from '../core/run.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { timeName } from '../core/time.ts'
import { barsSha256, DataError, openStore } from '../data/index.ts'
import type { Strategy } from '../engine/index.ts'
import { type Artifact, artifactFiles, definitionHash, sha256 } from '../models/artifact.ts'
import { definitionJson, foreignCode, isFromElsewhere } from '../models/define-model.ts'
import { forecastColumns, foretell } from '../models/foretell.ts'
import { type Ground, groundHash, groundOf } from '../models/ground.ts'
import { BUILT_IN_THRESHOLD, evaluateModel } from './evaluate.ts'
import { findArtifact } from './find-artifact.ts'
import { Interrupted } from './interrupted.ts'
import { modelsOf, type NamedModel } from './load-strategy.ts'
import { writeModelRun } from './model-folder.ts'
import { EMBEDDED } from './package-info.ts'
import type { Settings } from './settings.ts'
import { type OnTraining, trainModel } from './train.ts'
import { UsageError } from './usage-error.ts'

/** Who is told while a strategy's models are looked for, and trained where there are none. */
export interface ModelHost {
  readonly onTraining?: OnTraining
  /** Told when a training is over. */
  readonly onTrained?: () => void
  /** Told how much of a trained model has been judged. */
  readonly onJudging?: (done: number, total: number) => void
  /** A plain sentence. */
  readonly onNotice?: (text: string) => void
  /** False: what is trained is not written. */
  readonly write?: boolean
}

/** What a strategy's models say. */
export interface StrategyModels {
  /** Open time of the first bar of which every model of every series speaks out of sample, UTC ms. */
  readonly from: number
  readonly used: readonly ModelUsed[]
  /** What they say of the bars of a slot. */
  of(bars: Bars): Predictions
}

export interface AskedModels {
  readonly strategy: Strategy
  readonly file: string | null
  /** Series of the run. */
  readonly series: readonly string[]
  /** Bars that a model has learnt from are foretold too: the run is marked. */
  readonly allowInSample: boolean
}

/**
 * The models of a strategy on the series of a run: of each the one trained on the whole stored range, from among the runs where
 * it is there, else trained first.
 * @throws UsageError where a model has not been defined for a series of the run, or learns from what comes after
 */
export async function strategyModels(
  { strategy, file, series, allowInSample }: AskedModels,
  settings: Settings,
  host: ModelHost = {},
): Promise<StrategyModels> {
  const models = modelsOf(strategy)
  const spoken = new Map<string, Record<string, Readonly<Record<string, Float64Array>>>>()
  const times = new Map<string, Float64Array>()
  const used: ModelUsed[] = []
  for (const model of models) {
    checkModel(strategy, model, series, allowInSample)
    const { artifact, grounds } = await trained(model, file, { settings, isOneOfSeveral: models.length > 1 }, host)
    const { definition, name } = model
    for (const { bars, matrix } of grounds) {
      const own = seriesName(bars.series)
      if (!series.includes(own)) continue
      const { folds } = artifact.series.find((one) => one.series === own)!
      const forecast = foretell(definition, matrix, folds, allowInSample)
      const first = forecast.fold.findIndex(
        (fold, row) => fold > 0 && !Number.isNaN(forecast.p[row * (forecast.p.length / bars.length)]!),
      )
      if (first < 0) throw new DataError(`model ${name}: says nothing of any bar of ${own}`)
      spoken.set(own, { ...spoken.get(own), [name]: forecastColumns(forecast, artifact.classes) })
      times.set(own, bars.openTime)
      used.push({
        ...{ name, series: own, outOfSampleFrom: bars.openTime[first]!, folds: folds.length },
        isFromElsewhere: isFromElsewhere(definition),
        learnsFromLater: definition.split.kind !== 'walkForward',
        ...{ definition: definitionHash(artifact.definition), artifact: artifactFiles(artifact).sha256 },
      })
    }
  }
  return {
    from: Math.max(...used.map(({ outOfSampleFrom }) => outOfSampleFrom)),
    used,
    of(bars) {
      const own = seriesName(bars.series)
      const at = firstRowAt(times.get(own)!, bars.openTime[0]!)
      const part = (column: Float64Array) => column.subarray(at, at + bars.length)
      return Object.fromEntries(
        Object.entries(spoken.get(own)!).map(([name, columns]) => [
          name,
          Object.fromEntries(Object.entries(columns).map(([output, column]) => [output, part(column)])),
        ]),
      )
    },
  }
}

function checkModel(
  strategy: Strategy,
  { name, definition }: NamedModel,
  series: readonly string[],
  allowInSample: boolean,
): void {
  const other = series.find((one) => !definition.series.includes(one))
  if (other !== undefined)
    throw new UsageError(
      `strategy ${strategy.name}: its model ${name} learns from ${definition.series.join(', ')}, not from ${other}${didYouMean(other, definition.series)}: run it on those, or add ${other} to the model's series`,
    )
  const { split } = definition
  if (split.kind !== 'walkForward' && !allowInSample)
    throw new UsageError(
      `strategy ${strategy.name}: the folds of its model ${name} (${split.kind}) learn from bars after those they foretell, which nobody could have traded: take walkForward, or --allow-in-sample to look at it all the same`,
    )
}

interface How {
  readonly settings: Settings
  readonly isOneOfSeveral: boolean
}

/** The artifact of a model on the whole stored range, and the bars of its series. */
async function trained(model: NamedModel, file: string | null, how: How, host: ModelHost) {
  const { settings } = how
  const { name, definition } = model
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const grounds: Ground[] = []
  for (const series of definition.series) {
    const bars = await store.load(parseSeries(series))
    grounds.push(about(`model ${name}, ${series}`, () => groundOf(definition, bars)))
  }
  const foreign = foreignCode(definition)
  const wanted = {
    definition,
    definitionSha256: definitionHash(definitionJson(definition)),
    code: foreign === null ? null : sha256(foreign),
    series: grounds.map((ground) => ({ sha256: barsSha256(ground.bars), ground: groundHash(ground) })),
  }
  const notice = host.onNotice ?? (() => {})
  const found = findArtifact(settings.out, wanted, notice)
  return { artifact: found ?? (await trainFirst(model, file, how, host)), grounds }
}

/** @throws Interrupted where it was asked to stop */
async function trainFirst(
  model: NamedModel,
  file: string | null,
  { settings, isOneOfSeveral }: How,
  host: ModelHost,
): Promise<Artifact> {
  const { name, definition } = model
  const notice = host.onNotice ?? (() => {})
  notice(`model ${name}: no trained model fits its definition and data, so it is trained first`)
  const start = performance.now()
  const seconds = () => (performance.now() - start) / 1000
  const isKept = host.write !== false
  const out = isKept ? settings.out : mkdtempSync(join(tmpdir(), 'klinelab-training-'))
  try {
    const { artifact, grounds, journal } = await trainModel(model, { ...settings, out }, {}, host.onTraining)
    if (artifact.stopped !== null)
      throw new Interrupted(
        `model ${name}: its training was stopped in fold ${artifact.stopped.fold}; the same command goes on from there`,
      )
    host.onTrained?.()
    if (!isKept) return artifact
    const run = evaluateModel(definition, artifact, grounds, settings, {
      ...{ file, request: {}, threshold: BUILT_IN_THRESHOLD, isOneOfSeveral },
      ...(host.onJudging && { onProgress: host.onJudging }),
    })
    const written = await writeModelRun(run, settings.out, seconds(), notice)
    notice(`model ${name}: trained in ${seconds().toFixed(1)} s; its report: ${written}/report.html`)
    journal.remove()
    return artifact
  } finally {
    if (!isKept) rmSync(out, { recursive: true, force: true })
  }
}

/** What a definition's parts refuse is said of the model. */
function about<T>(what: string, work: () => T): T {
  try {
    return work()
  } catch (error) {
    if (error instanceof RangeError) throw new DataError(`${what}: ${error.message}`, { cause: error })
    throw error
  }
}

/**
 * The first bar of a run whose strategy asks models: where nothing is said, the first that they have not learnt from.
 * @throws UsageError where it was asked to begin before
 */
export function beginAt(
  models: StrategyModels,
  { from, to }: { readonly from?: number; readonly to?: number },
  allowInSample: boolean,
): number | undefined {
  if (allowInSample) return from
  if (to !== undefined && to <= models.from)
    throw new UsageError(
      `--to ${timeName(to)}: the models (${models.used.map(({ name }) => name).join(', ')}) have learnt from bars before ${timeName(models.from)}, and nothing is left to run on; end later, or look at it with --allow-in-sample, which the report says in red`,
    )
  if (from !== undefined && from < models.from)
    throw new UsageError(
      `--from ${timeName(from)}: the models (${models.used.map(({ name }) => name).join(', ')}) have learnt from bars before ${timeName(models.from)}, so that a run there would know what comes; begin at ${timeName(models.from)}, or look at it with --allow-in-sample, which the report says in red`,
    )
  return from ?? models.from
}

import { basename, dirname } from 'node:path'
import { type Bars, firstRowAt, sliceBars } from '../core/bar.ts'
import type { Predictions } from '../core/predictor.ts'
import type { ModelUsed } from '../core/run.ts'
import { type Series, seriesName } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'
import { timeName } from '../core/time.ts'
import { DataError } from '../data/index.ts'
import type { Strategy } from '../engine/index.ts'
import { type Artifact, artifactFiles, definitionHash } from '../models/artifact.ts'
import { isFromElsewhere, learnsFromLater } from '../models/define-model.ts'
import { type Forecast, forecastColumns, foretell } from '../models/foretell.ts'
import type { Ground } from '../models/ground.ts'
import type { LiveModelOptions } from '../models/live-model.ts'
import { BUILT_IN_THRESHOLD } from './evaluate.ts'
import { findArtifact } from './find-artifact.ts'
import { groundsOf, identityOf, type TrainingIdentity, withFolds } from './grounds.ts'
import { Interrupted } from './interrupted.ts'
import { modelsOf, type NamedModel } from './load-strategy.ts'
import { groundsOfPicked } from './picked-model.ts'
import type { Settings } from './settings.ts'
import { type TrainingHost, trainRun } from './train-run.ts'
import { trainedModels } from './trained-models.ts'
import { UsageError } from './usage-error.ts'

/** What a strategy's models say. */
export interface StrategyModels {
  /** Open time of the first bar of which every model of every series speaks out of sample, UTC ms. */
  readonly from: number
  readonly used: readonly ModelUsed[]
  /** What they say of the bars of a slot. */
  of(bars: Bars): Predictions
  /** Open time of the first bar of which the newest fold of every model speaks: a session's model speaks from there as a backtest's does. */
  readonly newestFrom: number
  /** The newest fold of each model, to be asked bar by bar from `from` (UTC ms) on, with all stored bars of a series before that. */
  live(series: Series, from: number): Readonly<Record<string, LiveModelOptions>>
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
  host: TrainingHost = {},
): Promise<StrategyModels> {
  const models = modelsOf(strategy)
  const spoken = new Map<string, Record<string, Readonly<Record<string, Float64Array>>>>()
  const times = new Map<string, Float64Array>()
  const newest = new Map<string, Record<string, LiveModelOptions>>()
  const used: ModelUsed[] = []
  for (const model of models) {
    checkModel(strategy, model, series, { allowInSample, isSession: host.isSession ?? false })
    const { definition, name } = model
    const stored = await groundsOf(model, settings.store)
    const picked = host.pick?.(model) ?? null
    const grounds = picked === null ? stored : groundsOfPicked(model, picked, stored)
    const by = { file, isOneOfSeveral: models.length > 1 }
    const { artifact, forecasts }: Known =
      picked === null ? await trained(model, grounds, settings, by, host) : { artifact: picked }
    const hashes = { definition: definitionHash(artifact.definition), artifact: artifactFiles(artifact).sha256 }
    for (const [s, { bars, matrix }] of grounds.entries()) {
      const own = seriesName(bars.series)
      if (!series.includes(own)) continue
      const { folds } = artifact.series[s]!
      const known = allowInSample ? undefined : forecasts?.[s]
      const forecast = known ?? foretell(definition, matrix, folds, allowInSample)
      const first = forecast.fold.findIndex((fold) => fold > 0)
      if (first < 0) throw new DataError(`model ${name}: says nothing of any bar of ${own}`)
      spoken.set(own, { ...spoken.get(own), [name]: forecastColumns(forecast, artifact.classes) })
      times.set(own, bars.openTime)
      newest.set(own, { ...newest.get(own), [name]: { definition, fold: folds.at(-1)!, history: bars } })
      used.push({
        ...{ name, series: own, outOfSampleFrom: bars.openTime[first]!, folds: folds.length },
        isFromElsewhere: isFromElsewhere(definition),
        learnsFromLater: learnsFromLater(definition),
        ...hashes,
      })
    }
  }
  return {
    from: Math.max(...used.map(({ outOfSampleFrom }) => outOfSampleFrom)),
    used,
    newestFrom: Math.max(
      ...[...newest.values()].flatMap((models) => Object.values(models).map(({ fold }) => fold.borders.test[0]!.first)),
    ),
    live(series, from) {
      const models = Object.entries(newest.get(seriesName(series))!)
      return Object.fromEntries(
        models.map(([name, { history, ...model }]) => {
          const known = sliceBars(history, 0, firstRowAt(history.openTime, from))
          return [name, { ...model, history: known }]
        }),
      )
    },
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
  { allowInSample, isSession }: { readonly allowInSample: boolean; readonly isSession: boolean },
): void {
  const other = series.find((one) => !definition.series.includes(one))
  if (other !== undefined)
    throw new UsageError(
      `strategy ${strategy.name}: its model ${name} learns from ${definition.series.join(', ')}, not from ${other}${didYouMean(other, definition.series)}: run it on those, or add ${other} to the model's series`,
    )
  if (learnsFromLater(definition) && !allowInSample)
    throw new UsageError(
      `strategy ${strategy.name}: the folds of its model ${name} (${definition.split.kind}) learn from bars after those they foretell, which nobody could have traded: take walkForward${isSession ? '' : ', or --allow-in-sample to look at it all the same'}`,
    )
}

/** A trained model, and what it says out of sample where that was found out on the way. */
interface Known {
  readonly artifact: Artifact
  readonly forecasts?: readonly Forecast[]
}

/**
 * The model of a definition on the whole stored range: from among the runs, else trained first.
 * @throws Interrupted where it was asked to stop
 */
async function trained(
  model: NamedModel,
  grounds: readonly Ground[],
  settings: Settings,
  by: { readonly file: string | null; readonly isOneOfSeveral: boolean },
  host: TrainingHost,
): Promise<Known> {
  const { name, definition } = model
  const notice = host.onNotice ?? (() => {})
  const found = findArtifact(settings.out, definition, identityOf(definition, grounds), notice)
  if (found !== null) return { artifact: found }
  notice(`model ${name}: ${missing(settings.out, identityOf(definition, grounds))}, so it is trained first`)
  const judged = { ...by, range: {}, threshold: BUILT_IN_THRESHOLD }
  const { artifact, forecasts, dir, seconds } = await trainRun(model, withFolds(model, grounds), settings, judged, host)
  if (artifact.stopped !== null)
    throw new Interrupted(
      `model ${name}: its training was stopped in fold ${artifact.stopped.fold}; the same command goes on from there`,
    )
  if (dir !== null) notice(`model ${name}: trained in ${seconds.toFixed(1)} s; its report: ${dir}/report.html`)
  return { artifact, forecasts }
}

/** That a model was trained on a part of the data is no reason not to train it, but one to wonder. */
function missing(out: string, { definitionSha256, code, series }: TrainingIdentity): string {
  const bars = (of: readonly { readonly sha256: string }[]) => of.map(({ sha256 }) => sha256).join()
  const others = [...trainedModels(out, () => undefined)]
    .filter(
      (one) => one.definitionSha256 === definitionSha256 && one.code === code && bars(one.series) !== bars(series),
    )
    .map(({ dir }) => basename(dirname(dir)))
  return others.length === 0
    ? 'no trained model fits its definition and data'
    : `what was trained of it (${others.join(', ')}) has learnt from other bars than all that are stored`
}

/** What of a range may be asked of models. */
interface AskedRange {
  readonly from?: number
  readonly to?: number
}

/**
 * The first bar of a run whose strategy asks models: where nothing is said, the first that they have not learnt from.
 * @throws UsageError where it was asked to begin before
 */
export function beginAt(models: StrategyModels, { from, to }: AskedRange, allowInSample: boolean): number | undefined {
  if (allowInSample) return from
  const refuse = (said: string, time: number, what: string): never => {
    throw new UsageError(
      `${said} ${timeName(time)}: the models (${namesOf(models)}) have learnt from bars before ${timeName(models.from)}, ${what}. Only to look at what nobody could have earned there is --allow-in-sample, and the report says so in red`,
    )
  }
  if (to !== undefined && to <= models.from) refuse('--to', to, 'and nothing is left to run on; end later')
  if (from !== undefined && from < models.from)
    refuse(
      '--from',
      from,
      `so that a run there would know what comes; begin after them: --from ${timeName(models.from)}`,
    )
  return from ?? models.from
}

/**
 * The same of a session on paper, which asks the newest fold of each model alone, as it will of live bars.
 * @throws UsageError where it was asked to begin before; there is no way to allow it: what a session would have earned there says nothing
 */
export function beginSessionAt(models: StrategyModels, { from, to }: AskedRange): number {
  const first = models.newestFrom
  const refuse = (said: string, time: number, what: string): never => {
    throw new UsageError(
      `${said} ${timeName(time)}: a session asks the newest fold of its models (${namesOf(models)}), which has learnt from bars before ${timeName(first)}: those are in sample, and ${what}`,
    )
  }
  if (to !== undefined && to <= first) refuse('--to', to, 'nothing is left to replay; end later')
  if (from !== undefined && from < first)
    refuse('--from', from, `a session there would know what comes. Begin after them: --from ${timeName(first)}`)
  return from ?? first
}

function namesOf({ used }: StrategyModels): string {
  return used.map(({ name }) => name).join(', ')
}

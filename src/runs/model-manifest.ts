import { dirname, relative } from 'node:path'
import type { Bars } from '../core/bar.ts'
import type { SeriesUsed } from '../core/run.ts'
import type { Params, TimeRange } from '../core/search.ts'
import { parseSeries } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { certifyBars, openStore } from '../data/index.ts'
import { CLASSIFICATION_METRICS } from '../metrics/classification-table.ts'
import { definitionHash } from '../models/artifact.ts'
import { definitionJson } from '../models/define-model.ts'
import type { Manifest } from '../search/backend.ts'
import { codeHash, projectRoot } from './code-hash.ts'
import type { TrainingRange } from './grounds.ts'
import { loadModel, type NamedModel } from './load-strategy.ts'
import { onSeries } from './model-trial.ts'
import type { ObjectiveSpec } from './objective.ts'
import { EMBEDDED, VERSION } from './package-info.ts'
import { sha256 } from './run-identity.ts'
import { seriesUsed } from './series-used.ts'
import { UsageError } from './usage-error.ts'

/** All that decides what a trial of a model comes to, besides its own settings: what a worker elsewhere is sent. */
export interface ModelManifest extends Manifest {
  readonly subject: 'model'
  /** Path of its module from its project's root, and the model's name in it. */
  readonly module: string
  readonly model: string
  /** sha256 of what it was defined as. */
  readonly definition: string
  readonly range: TimeRange
  /** Settings that all trials have in place of the module's. */
  readonly fixed: Params
  readonly objective: ObjectiveSpec
  readonly holdout: number
  /** Figures that each outcome has. */
  readonly figures: readonly string[]
}

/** What a search of a model is run on: loaded, and what it is known by. */
export interface ModelGround {
  readonly file: string
  /** On the series that are searched. */
  readonly model: NamedModel
  /** All that it is defined for. */
  readonly allSeries: readonly string[]
  /** One a series, in its order. */
  readonly bars: readonly Bars[]
  readonly used: readonly SeriesUsed[]
  readonly manifest: ModelManifest
}

export interface AskedModel {
  /** Path of its module. */
  readonly module: string
  readonly model: string | undefined
  /** Of its series those that are searched; none: all. */
  readonly data: readonly string[]
  readonly range: TrainingRange
}

/** A model and the bars that it is searched on. @throws UsageError for what cannot be asked, DataError for what is not stored */
export async function loadSearched({ module, model: name, data, range }: AskedModel, storeDir: string) {
  const { file, ...whole } = await loadModel(module, name)
  const own = whole.definition.series
  const other = data.find((series) => !own.includes(series))
  if (other !== undefined)
    throw new UsageError(
      `--data ${other}: model ${whole.name} learns from ${own.join(', ')}; leave --data out, or name some of these`,
    )
  const { from, to } = range
  if (from !== undefined && to !== undefined && from >= to)
    throw new UsageError(`an empty range: --from ${timeName(from)} is not before --to ${timeName(to)}`)
  const model =
    data.length === 0
      ? whole
      : onSeries(
          whole,
          own.filter((series) => data.includes(series)),
        )
  const store = await openStore(storeDir, { behind: EMBEDDED })
  const bars = await Promise.all(model.definition.series.map((series) => store.load(parseSeries(series), range)))
  return { file, model, allSeries: own, bars }
}

/** What a search of a model is known by. */
export function groundOfModel(
  { file, model, allSeries, bars }: Awaited<ReturnType<typeof loadSearched>>,
  { fixed, objective, holdout }: Pick<ModelManifest, 'fixed' | 'objective' | 'holdout'>,
): ModelGround {
  const used = bars.map((own) => seriesUsed(own, certifyBars(own, [])))
  const rest = {
    ...{ version: 1 as const, subject: 'model' as const, engine: VERSION, code: codeHash(file).hash },
    data: Object.fromEntries(used.map(({ series, sha256: hash }) => [series, hash])),
    module: relative(projectRoot(dirname(file)), file).replaceAll('\\', '/'),
    model: model.name,
    definition: definitionHash(definitionJson(model.definition)),
    range: { from: Math.min(...used.map(({ from }) => from)), to: Math.max(...used.map(({ to }) => to)) },
    ...{ fixed, objective, holdout },
    figures: CLASSIFICATION_METRICS.map(({ key }) => key),
  }
  return { file, model, allSeries, bars, used, manifest: { ...rest, id: sha256(rest) } }
}

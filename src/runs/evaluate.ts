import { dirname, relative } from 'node:path'
import type { EvaluationDocument, EvaluationResult, RecordedTraining, SeriesPredictions } from '../core/evaluation.ts'
import { parseSeries, type Venue } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { certifyBars } from '../data/index.ts'
import { type Artifact, artifactFiles, definitionHash } from '../models/artifact.ts'
import { isFromElsewhere, learnsFromLater, type ModelDefinition } from '../models/define-model.ts'
import { evaluateSeries } from '../models/evaluate-series.ts'
import { type Forecast, forecastColumns } from '../models/foretell.ts'
import { codeHash, projectRoot } from './code-hash.ts'
import type { SeriesGround, TrainingRange } from './grounds.ts'
import { VERSION } from './package-info.ts'
import { sha256 } from './run-identity.ts'
import { seriesUsed } from './series-used.ts'
import type { Settings } from './settings.ts'
import { VENUE_COSTS } from './venue-costs.ts'

/** A model judged, and not yet written. */
export interface ModelRun {
  readonly result: EvaluationResult
  /** Files of the artifact, by name. */
  readonly files: ReadonlyMap<string, string>
}

export interface JudgedBy {
  /** Module of the model; `null` where it was handed over as an object. */
  readonly file: string | null
  /** What was asked for, not what it came to. */
  readonly range: TrainingRange
  /** What p must reach to be said. */
  readonly threshold: number
  /** Whether its module has other models: then the command has to name it. */
  readonly isOneOfSeveral?: boolean
  /** What the model says, by series, where it is known already. */
  readonly forecasts?: readonly Forecast[]
  /** Told how much of a series has been judged. */
  readonly onProgress?: (done: number, total: number) => void
}

/** Judges a trained model on the bars that its folds have not learnt from. */
export function evaluateModel(
  definition: ModelDefinition,
  artifact: Artifact,
  grounds: readonly SeriesGround[],
  settings: Settings,
  by: JudgedBy,
): ModelRun {
  const { venue } = grounds[0]!.ground.bars.series
  const costs = costsOf(artifact, settings)
  const { feeTaker, slippageBps } = costs[venue]!
  const { threshold } = by
  const predictions: SeriesPredictions[] = []
  // where a training was stopped, series are missing
  const judged = grounds.slice(0, artifact.series.length)
  const series = judged.map(({ ground, table, folds }, s) => {
    const fitted = artifact.series[s]!.folds
    const known = by.forecasts?.[s]
    const own = costs[ground.bars.series.venue]!
    const { evaluation, forecast } = evaluateSeries(
      definition,
      ground,
      table,
      { folds: folds.slice(0, fitted.length), fitted, ...(known && { forecast: known }) },
      {
        costs: { fee: own.feeTaker, slippage: own.slippageBps / 10_000 },
        threshold,
        ...(by.onProgress && { onProgress: by.onProgress }),
      },
    )
    const { p, down, timeOut, up } = forecastColumns(forecast, artifact.classes)
    const each = up === undefined ? null : { down: down!, timeOut: timeOut!, up }
    predictions.push({ bars: ground.bars, p: p!, each, fold: forecast.fold, y: ground.labels.y })
    return evaluation
  })
  const { files, sha256: artifactSha } = artifactFiles(artifact)
  const data = judged.map(({ ground: { bars } }) => seriesUsed(bars, certifyBars(bars, [])))
  const code = by.file === null ? sha256(artifact.definition) : codeHash(by.file).hash
  const { noCosts } = settings
  const request = recordOf(artifact.name, by, { costs, noCosts })
  const id = sha256({ artifactSha, data, code, threshold, costs, noCosts, range: by.range }).slice(0, 12)
  const document: EvaluationDocument = {
    run: `${artifact.name}-${id}`,
    kind: 'model',
    model: artifact.name,
    classes: artifact.classes,
    definition: artifact.definition,
    data,
    engine: { version: VERSION },
    threshold,
    costs: { feeTaker, slippageBps, none: noCosts },
    seed: artifact.seed,
    series,
    remarks: remarksOf(definition, artifact, settings),
    stopped: artifact.stopped,
    reproduce: {
      command: commandOf(request, venue, by.isOneOfSeveral ?? false),
      request,
      definition: definitionHash(artifact.definition),
      code,
      artifact: artifactSha,
      versions: { klinelab: VERSION },
    },
  }
  return { result: { document, predictions }, files }
}

function costsOf({ series }: Artifact, settings: Settings): RecordedTraining['costs'] {
  const venues = new Set(series.map((one) => parseSeries(one.series).venue))
  return Object.fromEntries(
    [...venues].map((venue) => {
      const { feeTaker, slippageBps } = settings.costsOf(venue)
      return [venue, { feeTaker, slippageBps }]
    }),
  )
}

function remarksOf(definition: ModelDefinition, { stopped }: Artifact, settings: Settings): string[] {
  const { split, calibrate } = definition
  return [
    ...(stopped === null
      ? []
      : [
          `The training was stopped in fold ${stopped.fold} of ${stopped.series} after ${stopped.step} steps: what follows is of the best so far, and of the folds that were begun.`,
        ]),
    ...(isFromElsewhere(definition)
      ? [
          'It has learnt outside of klinelab, and nobody can tell here from which bars: the figures may be of bars that it knows.',
        ]
      : []),
    ...(settings.noCosts ? ['All costs were set to zero: nobody could have had these returns.'] : []),
    ...(learnsFromLater(definition)
      ? [
          'Folds learn from bars after those they are tested on, too: good for comparing models, not for telling what one would have earned. No backtest takes it, but with --allow-in-sample.',
        ]
      : []),
    ...(split.kind === 'combinatorialPurged'
      ? ['Each bar is judged once, by the first fold that is tested on it.']
      : []),
    ...(calibrate === 'none'
      ? []
      : [`Probabilities are calibrated (${calibrate}) on the newest training rows of each fold.`]),
  ]
}

function recordOf(
  model: string,
  { file, range, threshold }: JudgedBy,
  costs: Pick<RecordedTraining, 'costs' | 'noCosts'>,
): RecordedTraining | null {
  if (file === null) return null
  const module = relative(projectRoot(dirname(file)), file).replaceAll('\\', '/')
  return { module, model, from: range.from ?? null, to: range.to ?? null, threshold, ...costs }
}

/** The command that trains and judges it again, from its project's root; what equals a built-in default is left out. */
function commandOf(record: RecordedTraining | null, venue: Venue, isOneOfSeveral: boolean): string {
  if (record === null) return 'runTraining({ … }) from a script'
  const known = VENUE_COSTS[venue]
  const words = ['klinelab', 'train', record.module]
  if (isOneOfSeveral) words.push('--model', record.model)
  if (record.from !== null) words.push('--from', timeName(record.from))
  if (record.to !== null) words.push('--to', timeName(record.to))
  if (record.threshold !== BUILT_IN_THRESHOLD) words.push('--threshold', String(record.threshold))
  if (record.noCosts) words.push('--no-costs')
  else {
    const { feeTaker, slippageBps } = record.costs[venue]!
    if (feeTaker !== known.feeTaker) words.push('--fee-taker', String(feeTaker))
    if (slippageBps !== known.slippageBps) words.push('--slippage-bps', String(slippageBps))
  }
  return words.join(' ')
}

export const BUILT_IN_THRESHOLD = 0.5

import { basename, join } from 'node:path'
import { closeTimeOf } from '../core/interval.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { barsSha256 } from '../data/index.ts'
import { takeLock } from '../data/lock.ts'
import { pairedGain } from '../metrics/paired-gain.ts'
import { type Artifact, artifactFiles, readArtifact } from '../models/artifact.ts'
import { type ContestFigure, contest } from '../models/contest.ts'
import { isFromElsewhere, learnsFromLater } from '../models/define-model.ts'
import type { Ground } from '../models/ground.ts'
import { championFolder, championOf, decide, rollBack } from './champion.ts'
import { countTrials, trialOfChallenger } from './count-trials.ts'
import { BUILT_IN_THRESHOLD } from './evaluate.ts'
import { groundsOf, identityOf, withFolds } from './grounds.ts'
import { Interrupted } from './interrupted.ts'
import type { NamedModel } from './load-strategy.ts'
import { VERSION } from './package-info.ts'
import type { ContestResult, RetrainDecision, RetrainTrigger } from './retrain-decision.ts'
import { challengerFolds, type Window, windowOf } from './retrain-window.ts'
import { sha256 } from './run-identity.ts'
import type { Settings } from './settings.ts'
import { trainModel } from './train.ts'
import type { TrainingHost } from './train-run.ts'
import { trainedModels } from './trained-models.ts'
import { UsageError } from './usage-error.ts'

/** What a challenger has to be better by: nats of log loss, and basis points a bar. */
export const MARGINS: Readonly<Record<ContestFigure, number>> = { 'log-loss': 0.01, money: 0.5 }
/** Of the interval that the difference's luck leaves. */
const LEVEL = 0.9

export interface RetrainAsked {
  readonly by: ContestFigure
  /** In the unit of what is compared by. */
  readonly margin: number
  /** How long the stretch is on which both are judged, ms; `null`: a tenth of the bars. */
  readonly window: number | null
  /** What p must reach to be traded, where money counts. */
  readonly threshold?: number
  readonly workers?: number
  readonly trigger: RetrainTrigger
}

export interface RetrainHost extends Pick<TrainingHost, 'onTraining' | 'onTrained' | 'onNotice'> {
  /** Wall clock, UTC ms. */
  now(): number
}

/**
 * Trains a challenger on all stored bars but the newest stretch, lets it and the champion foretell that, and crowns the challenger
 * where it is better by the margin, and by more than luck. What has won is what was judged: it is not trained on the stretch afterwards.
 * @throws UsageError for a model that cannot be judged so; DataError as a training does, or where another retraining is at work
 */
export async function retrain(
  model: NamedModel,
  settings: Settings,
  asked: RetrainAsked,
  host: RetrainHost,
): Promise<RetrainDecision> {
  const { name, definition } = model
  if (learnsFromLater(definition))
    throw new UsageError(
      `model ${name}: its folds (${definition.split.kind}) learn from bars after those they foretell, so that no session asks it; take walkForward`,
    )
  if (isFromElsewhere(definition))
    throw new UsageError(`model ${name}: it has learnt outside of klinelab, and cannot be trained here`)
  const dir = championFolder(settings.out, model)
  const release = await takeLock(dir, 0, 'retraining this model')
  try {
    return await decided(model, dir, settings, asked, host)
  } finally {
    release()
  }
}

async function decided(
  model: NamedModel,
  dir: string,
  settings: Settings,
  asked: RetrainAsked,
  host: RetrainHost,
): Promise<RetrainDecision> {
  const { name, definition } = model
  const { trigger } = asked
  const grounds = await groundsOf(model, settings.store)
  const reigning = reigningIn(dir, model, host)
  const found = reigning === null ? newestTrained(model, grounds, settings, host) : null
  const champion = reigning ?? found
  const window = windowOf(definition, grounds, champion, asked.window)
  const own = champion === null ? null : artifactFiles(champion).sha256
  const adopted = found === null ? [] : [{ artifact: found, how: 'found' as const }]
  // it stays, but sessions asked the model of all stored bars until now
  const crown = found === null ? '' : '. It was found among the runs, and sessions that are begun from now on ask it'
  const kept = (why: string, contest: ContestResult | null): RetrainDecision => ({
    ...{ at: host.now(), model: name, outcome: 'kept', trigger, contest, champion: own!, before: null },
    why: `${why}${crown}`,
  })
  if (window.short !== null) {
    if (champion === null) throw new UsageError(`model ${name}: nothing can be judged yet: ${window.short}`)
    const decision = kept(window.short, null)
    decide(dir, model, decision, adopted)
    return decision
  }
  const folds = challengerFolds(definition, grounds, window)
  if (champion !== null && isSame(champion, grounds, folds)) {
    const decision = kept(NOTHING_NEW, null)
    decide(dir, model, decision, adopted)
    return decision
  }
  const challenger = await trained(model, grounds, folds, dir, asked, host)
  count(model, grounds, folds, basename(dir), settings, asked, host)
  const crowned = artifactFiles(challenger).sha256
  if (champion === null) {
    const decision: RetrainDecision = {
      ...{ at: host.now(), model: name, outcome: 'first', trigger, contest: null, champion: crowned, before: null },
      why: 'there was no champion to beat, and no trained model among the runs',
    }
    decide(dir, model, decision, [{ artifact: challenger, how: 'first' }])
    return decision
  }
  const result = contestOf(model, grounds, { champion, challenger }, window, settings, asked)
  const why = verdictOf(result)
  const isWon = why === null
  const decision: RetrainDecision = isWon
    ? {
        ...{ at: host.now(), model: name, outcome: 'swapped', trigger, contest: result },
        ...{
          why: `the challenger is better by ${plain(result.better)}, and not by luck`,
          champion: crowned,
          before: own,
        },
      }
    : kept(why, result)
  decide(dir, model, decision, isWon ? [...adopted, { artifact: challenger, how: 'won' }] : adopted)
  return decision
}

/** The champion; one that this version cannot read is told of, and is none. */
function reigningIn(dir: string, { definition }: NamedModel, { onNotice }: RetrainHost): Artifact | null {
  try {
    return championOf(dir, definition)
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    onNotice?.(`${error.message}; a challenger takes its place without a contest`)
    return null
  }
}

/** Of the definition's trained models among the runs the one of the newest bars. As long as nobody was crowned sessions ask that of all stored bars, which this is unless bars came since. */
function newestTrained(
  { definition }: NamedModel,
  grounds: readonly Ground[],
  { out }: Settings,
  { onNotice = () => {} }: RetrainHost,
): Artifact | null {
  const { definitionSha256, code } = identityOf(definition, grounds)
  let newest: { readonly dir: string; readonly to: number } | null = null
  for (const one of trainedModels(out, onNotice)) {
    if (one.version !== VERSION || one.stopped !== null || one.code !== code) continue
    if (one.definitionSha256 !== definitionSha256) continue
    const to = Math.max(...one.series.map((series) => series.to))
    if (newest === null || to > newest.to) newest = { dir: one.dir, to }
  }
  return newest === null ? null : readArtifact(newest.dir, VERSION, definition)
}

/** Whether a model has learnt from these bars with these folds, and from nothing else. */
function isSame({ series }: Artifact, grounds: readonly Ground[], folds: ReturnType<typeof challengerFolds>): boolean {
  return grounds.every(({ bars }, s) => {
    const { sha256, folds: own } = series[s]!
    const borders = JSON.stringify(own.map((fold) => fold.borders))
    return sha256 === barsSha256(bars) && borders === JSON.stringify(folds.series[s]!.folds.map((fold) => fold.borders))
  })
}

/** The trial ledger knows of it, whoever wins: each challenger is one more that could have been the best by luck. */
function count(
  { name, definition }: NamedModel,
  grounds: readonly Ground[],
  folds: ReturnType<typeof challengerFolds>,
  run: string,
  { ledger }: Pick<Settings, 'ledger'>,
  { threshold = BUILT_IN_THRESHOLD }: RetrainAsked,
  { now, onNotice = () => {} }: RetrainHost,
): void {
  const { definitionSha256, code } = identityOf(definition, grounds)
  const data = grounds.map(({ bars }) => ({
    ...{ series: seriesName(bars.series), sha256: barsSha256(bars), from: bars.openTime[0]! },
    to: closeTimeOf(bars.openTime[bars.length - 1]!, bars.series.interval),
  }))
  const trial = trialOfChallenger({ name, threshold, code, definition: definitionSha256 }, data, folds, {
    run,
    at: now(),
  })
  countTrials([trial], { ledger, onWarning: onNotice })
}

/** A training that was cut off goes on where it was. @throws Interrupted where it was asked to stop */
async function trained(
  model: NamedModel,
  grounds: readonly Ground[],
  folds: ReturnType<typeof challengerFolds>,
  dir: string,
  { workers }: RetrainAsked,
  { onTraining, onTrained }: RetrainHost,
): Promise<Artifact> {
  const laid = withFolds(model, grounds, folds)
  // another window is another training
  const out = join(dir, 'training', sha256(folds).slice(0, 12))
  const { artifact, journal } = await trainModel(model, laid, {
    ...{ out, ...(workers !== undefined && { workers }), ...(onTraining && { onTraining }) },
  })
  onTrained?.()
  if (artifact.stopped !== null)
    throw new Interrupted(
      `model ${model.name}: the training of its challenger was stopped; the champion reigns on, and the same command goes on from there`,
    )
  journal.remove()
  return artifact
}

function contestOf(
  { definition }: NamedModel,
  grounds: readonly Ground[],
  { champion, challenger }: { readonly champion: Artifact; readonly challenger: Artifact },
  { spans }: Window,
  settings: Settings,
  { by, margin, threshold = BUILT_IN_THRESHOLD }: RetrainAsked,
): ContestResult {
  const judged = grounds.map((ground, s) => {
    const { feeTaker, slippageBps } = settings.costsOf(parseSeries(definition.series[s]!).venue)
    const pair = { champion: champion.series[s]!.folds.at(-1)!, challenger: challenger.series[s]!.folds.at(-1)! }
    const costs = { fee: feeTaker, slippage: slippageBps / 10_000 }
    return contest(definition, ground, pair, spans[s]!, { figure: by, threshold, costs })
  })
  const all = (who: 'champion' | 'challenger') => Float64Array.from(judged.flatMap((one) => [...one[who]]))
  const [old, young] = [all('champion'), all('challenger')]
  // a loss is counted as such, a return in basis points
  const [sign, unit] = by === 'log-loss' ? [-1, 1] : [1, 10_000]
  const { mean, interval } = pairedGain(
    young.map((one, row) => (one - old[row]!) * unit),
    { level: LEVEL, span: Math.max(...judged.map(({ span }) => span)), seed: definition.seed },
  )
  const side = (artifact: Artifact, figures: Float64Array) => ({
    artifact: artifactFiles(artifact).sha256,
    figure: (sign * unit * figures.reduce((sum, one) => sum + one, 0)) / figures.length,
    learntTo: Math.max(...artifact.series.map(({ folds }) => folds.at(-1)!.borders.train.last)),
  })
  return {
    by,
    window: {
      ...{ from: Math.min(...spans.map(({ first }) => first)), to: Math.max(...spans.map(({ last }) => last)) },
      rows: old.length,
    },
    ...{ champion: side(champion, old), challenger: side(challenger, young), better: mean, interval, margin },
  }
}

const NOTHING_NEW =
  'no bar has come since it was trained that is not in the window: a challenger would be the same. klinelab data get brings newer bars, and a shorter --window leaves more to learn from'

/** Why the champion stays; `null`: it does not. */
function verdictOf({ better, interval, margin, window, champion, challenger }: ContestResult): string | null {
  if (window.rows === 0) return 'no bar of the window is one of which both have something to say'
  // a longer window is cut to begin where the champion's learning ended, and leaves nothing that is new
  if (better < margin && champion.learntTo === challenger.learntTo)
    return 'the challenger has learnt from no newer bar than the champion, as all that came since is in the window: take a shorter --window'
  if (better < margin)
    return `the challenger is ${better < 0 ? 'worse' : 'better'} by ${plain(Math.abs(better))}, and would have to be better by ${margin}`
  if (interval === null || interval.low <= 0)
    return `the challenger is better by ${plain(better)}, which may be luck: the interval of 90 % begins at ${interval === null ? 'nothing' : plain(interval.low)}`
  return null
}

function plain(value: number): string {
  return String(Number(value.toPrecision(3)))
}

/**
 * Gives the crown back to the champion before.
 * @throws UsageError where there was none; DataError where another retraining is at work
 */
export async function rollBackChampion(
  model: NamedModel,
  { out }: Pick<Settings, 'out'>,
  now: number,
): Promise<RetrainDecision> {
  const dir = championFolder(out, model)
  const release = await takeLock(dir, 0, 'retraining this model')
  try {
    const { decisions } = rollBack(dir, model, (champion, before) => ({
      ...{ at: now, model: model.name, outcome: 'rolled-back', why: 'as asked for', contest: null, champion, before },
      trigger: { kind: 'asked' },
    }))
    return decisions.at(-1)!
  } finally {
    release()
  }
}

import { timeName } from '../core/time.ts'
import { DataError } from '../data/index.ts'
import type { ModelDefinition } from '../models/define-model.ts'
import { type Forecast, foretell } from '../models/foretell.ts'
import { foldsOf, type Ground } from '../models/ground.ts'
import type { Fold, FoldBorders } from '../preprocess/split.ts'
import { attempt, type Findings, firstDifference, inWorld, knownRows, type World } from './check-findings.ts'
import { begunFolds, compareFolds } from './check-folds.ts'
import { compareFeatures, compareLabels, otherMatrix, type WholeModel } from './check-ground.ts'
import {
  besideTraining,
  compareModel,
  compareRebalancing,
  compareScaling,
  type Learnt,
  learn,
} from './check-pipeline.ts'

/** A model on one series with all its folds fitted, something quick in the place of its classifier. */
export interface LearntModel extends WholeModel {
  readonly learnt: readonly Learnt[]
  readonly forecast: Forecast
}

/** @throws DataError that names the model, the series and the fold of which nothing can be learnt */
export async function learntModel(whole: WholeModel): Promise<LearntModel> {
  const { named, of, ground, folds } = whole
  const learnt: Learnt[] = []
  for (const [k, fold] of folds.entries())
    learnt.push(await learn(named.definition, fold).catch(refused(`model ${of}, fold ${k + 1} of ${folds.length}`)))
  return { ...whole, learnt, forecast: foretell(named.definition, ground.matrix, learnt.map(foldModel)) }
}

function foldModel({ fold: { borders }, transform, model }: Learnt) {
  return { borders, transform, model }
}

/** Everything of a model that comes before its classifier, and its predictions, in another world. */
export async function compareInWorld(
  whole: LearntModel,
  definition: ModelDefinition,
  world: World,
  findings: Findings,
): Promise<void> {
  const made = await groundIn(whole, definition, world, findings)
  if (made === null) return
  const { folds, places, matrix, known } = made
  const { of, ground, learnt } = whole
  // the newest fold whose training part is known as a whole
  const { end } = ground.labels
  const at = places.findLastIndex((k) => whole.folds[k]!.train.rows.every((row) => end[row]! < known))
  if (at < 0) return
  const k = places[at]!
  const own = learnt[k]!
  const how = inWorld(world)
  const compared = { of, place: k + 1, findings, how, world }
  const other = await attempt(findings, { part: 'scaling', of, world }, () => learn(definition, folds[at]!))
  if (other === null) return
  const matrices = { whole: ground.matrix, other: matrix, known }
  const [isScaled, isBalanced] = [
    compareScaling(own, other, matrices, compared),
    compareRebalancing(own, other, compared),
  ]
  if (!isScaled || !isBalanced) return
  await attempt(findings, { part: 'predictions', of, world }, async () => {
    const said = foretell(definition, matrix, [foldModel(other)])
    comparePredictions(whole, own, said, world, findings)
  })
}

/** Features, labels and folds of another world; `null` where they differ, which says all that there is to say of it. */
async function groundIn(whole: WholeModel, definition: ModelDefinition, world: World, findings: Findings) {
  const { of, ground, folds } = whole
  const bars = world.lens(ground.bars)
  const known = knownRows(ground.bars, world)
  const matrix = await attempt(findings, { part: 'features', of, world }, () => otherMatrix(definition, bars))
  const labels = await attempt(findings, { part: 'labels', of, world }, () => definition.label.label(bars))
  if (matrix === null || labels === null) return null
  const isSame = [compareFeatures(whole, matrix, world, findings), compareLabels(whole, labels, world, findings)]
  if (isSame.includes(false)) return null
  const there = { bars, matrix, labels }
  const places = begunFolds(whole, known).filter((k) => canLearn(definition, there, folds[k]!.borders))
  if (places.length === 0) return null
  const borders = places.map((k) => folds[k]!.borders)
  const others = await attempt(findings, { part: 'split', of, world }, () => [...foldsOf(definition, there, borders)])
  if (others === null) return null
  if (JSON.stringify(others.map((fold) => fold.borders)) !== JSON.stringify(borders)) {
    findings.skipped('split', of, 'lays folds of its own where it is given borders: held against other futures nowhere')
    return null
  }
  if (!compareFolds(whole, places, others, labels.end, world, findings)) return null
  return { folds: others, places, matrix, known }
}

/** A fold that learns from bars after its test may have nothing to learn from yet: that is no peek. */
function canLearn(definition: ModelDefinition, ground: Ground, borders: FoldBorders): boolean {
  try {
    for (const _ of foldsOf(definition, ground, [borders]));
    return true
  } catch (error) {
    return !(error instanceof RangeError && /has no rows left to learn from/.test(error.message))
  }
}

/** What a fold's model says out of sample of the bars that are known. */
function comparePredictions(whole: WholeModel, own: Learnt, other: Forecast, world: World, findings: Findings): void {
  const { of, ground, named } = whole
  findings.compared('predictions', of)
  const here = foretell(named.definition, ground.matrix, [foldModel(own)])
  const width = here.p.length / ground.matrix.rows
  const place = firstDifference(here.p, other.p, knownRows(ground.bars, world) * width)
  if (place < 0) return
  const at = ground.matrix.openTime[Math.floor(place / width)]!
  const [said, there] = [String(here.p[place]), String(other.p[place])]
  findings.leak({
    ...{ part: 'predictions', of, name: own.model.kind, at, way: world.way, cut: world.cut, whole: said, other: there },
    text: `prediction of model ${of}: of the bar of ${timeName(at)} it says ${said}, and ${inWorld(world)} ${there}`,
  })
}

/** Folds that are looked at row by row; more of them would say the same. */
const MOST_FOLDS = 6

/**
 * Scaling and rebalancing of each fold with everything but its training rows another: what they are given is a training view,
 * through which they could see more. Holds for splits that learn from later bars, too, of which no fold ends before a cut.
 */
export async function compareBeside(whole: LearntModel, findings: Findings): Promise<void> {
  const { of, named, learnt } = whole
  const step = Math.max(1, learnt.length / MOST_FOLDS)
  for (let at = 0; at < learnt.length; at += step) {
    const k = Math.floor(at)
    const own = learnt[k]!
    for (const way of ['shuffled', 'poisoned'] as const) {
      const fold = besideTraining(own.fold, own.rows, way, named.definition.missing === 'keep')
      const how = besideText(way)
      const compared = { of, place: k + 1, findings, how, world: null }
      const other = await attempt(findings, { part: 'scaling', of, how }, () => learn(named.definition, fold))
      if (other === null) return
      compareScaling(own, other, null, compared)
      compareRebalancing(own, other, compared)
    }
  }
}

/**
 * The classifier itself, on the first fold: what it learns in other worlds, and what it then says of bars that are known. Where
 * the first fold learns from later bars, too, its other rows are changed instead.
 * @param worlds with a cut in the test of the first fold
 * @param copy the definition in a copy of the module that was loaded in a world
 */
export async function compareRefit(
  whole: LearntModel,
  worlds: readonly World[],
  copy: (world: World) => Promise<ModelDefinition | null>,
  findings: Findings,
): Promise<void> {
  const { of, named, folds } = whole
  if (findings.peeks(of, ['features', 'labels', 'scaling', 'rebalancing']))
    return findings.skipped('model', of, 'what it learns from peeks')
  const own = await learn(named.definition, folds[0]!, true).catch(refused(`model ${of}, fold 1 of ${folds.length}`))
  const compared = { of, place: 1, findings }
  if (!isForward(folds[0]!)) {
    const fold = besideTraining(own.fold, own.fold.train.rows, 'poisoned', named.definition.missing === 'keep')
    const how = besideText('poisoned')
    const other = await attempt(findings, { part: 'model', of, how }, () => learn(named.definition, fold, true))
    if (other !== null) compareModel(own, other, { ...compared, how, world: null })
    return
  }
  for (const world of worlds) {
    const definition = await copy(world)
    if (definition === null) continue
    const made = await groundIn(whole, definition, world, findings)
    if (made === null || made.places[0] !== 0) continue
    const other = await attempt(findings, { part: 'model', of, world }, () => learn(definition, made.folds[0]!, true))
    if (other === null || !compareModel(own, other, { ...compared, how: inWorld(world), world })) continue
    await attempt(findings, { part: 'predictions', of, world }, () => {
      comparePredictions(whole, own, foretell(definition, made.matrix, [foldModel(other)]), world, findings)
    })
  }
}

/** A cut in the middle of the first fold's test, by its close time; `null` where the fold learns from later bars, too. */
export function refitRow({ folds, ground }: WholeModel): number | null {
  const [first] = folds
  if (first === undefined || !isForward(first)) return null
  const { test } = first
  return Math.max(test[test.length >> 1]!, ground.labels.end[test[0]!]!)
}

function isForward({ train, test }: Fold): boolean {
  return train.rows.at(-1)! < test[0]!
}

function besideText(way: string): string {
  return `with all bars but the training part ${way}`
}

function refused(at: string) {
  return (error: unknown): never => {
    if (!(error instanceof RangeError)) throw error
    throw new DataError(`${at}: ${error.message}`, { cause: error })
  }
}

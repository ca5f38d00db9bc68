import type { Bars } from '../core/bar.ts'
import { seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { DataError } from '../data/index.ts'
import { foldsOf, type Ground, groundOf } from '../models/ground.ts'
import { featureMatrix } from '../preprocess/features.ts'
import type { BarLabels } from '../preprocess/labels.ts'
import type { FeatureMatrix } from '../preprocess/matrix.ts'
import type { Fold } from '../preprocess/split.ts'
import { type Findings, firstDifference, inWorld, knownRows, type World } from './check-findings.ts'
import type { NamedModel } from './load-strategy.ts'

/** A model on one series, with nothing changed. */
export interface WholeModel {
  readonly named: NamedModel
  /** What findings call it. */
  readonly of: string
  readonly ground: Ground
  readonly folds: readonly Fold[]
  /** Labels that end after a cut, over all worlds: how many there were, and in how many something became of another future. */
  readonly open: { rows: number; changed: number; poisonedWorlds: number; changedClasses: number; lastRow: number }
}

/** @throws DataError that names the model and the series where there is nothing to be learnt from */
export function wholeModel(named: NamedModel, bars: Bars): WholeModel {
  const of = `${named.name}, ${seriesName(bars.series)}`
  try {
    const ground = groundOf(named.definition, bars)
    const folds = [...foldsOf(named.definition, ground)]
    const open = { rows: 0, changed: 0, poisonedWorlds: 0, changedClasses: 0, lastRow: 0 }
    return { named, of, ground, folds, open }
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    throw new DataError(`model ${of}: ${error.message}`, { cause: error })
  }
}

/** Every column of the features, bar by bar up to the cut. */
export function compareFeatures(whole: WholeModel, other: FeatureMatrix, world: World, findings: Findings): boolean {
  const { of, ground } = whole
  const known = knownRows(ground.bars, world)
  let same = true
  findings.compared('features', of)
  for (const [k, name] of ground.matrix.names.entries()) {
    const [a, b] = [ground.matrix.columns[k]!, other.columns[k]]
    const row = b === undefined || other.names[k] !== name ? 0 : firstDifference(a, b, known)
    if (row < 0) continue
    same = false
    const at = ground.matrix.openTime[row]!
    const [own, there] = [String(a[row]), b === undefined ? 'no feature' : String(b[row])]
    findings.leak({
      ...{ part: 'features', of, name, at, way: world.way, cut: world.cut, whole: own, other: there },
      text: `feature "${name}" of model ${of}: at the bar of ${timeName(at)} it is ${own}, and ${inWorld(world)} it is ${there}`,
    })
  }
  return same
}

/** Features of a model in another world. */
export function otherMatrix(definition: NamedModel['definition'], bars: Bars): FeatureMatrix {
  return featureMatrix(bars, definition.features(), definition.also())
}

/** Labels known by the cut stay as they were, and no other one is known by then. */
export function compareLabels(whole: WholeModel, other: BarLabels, world: World, findings: Findings): boolean {
  const { of, ground, open } = whole
  const { labels, matrix } = ground
  const known = knownRows(ground.bars, world)
  findings.compared('labels', of)
  const isKnown = (one: BarLabels, row: number) => one.y[row]! >= 0 && one.end[row]! < known
  const told = (one: BarLabels, row: number) =>
    one.y[row]! < 0
      ? 'unknown'
      : `class ${one.y[row]}, return ${one.returns[row]}, known at the close of the bar of ${barAt(matrix, one.end[row]!)}`
  let [isOpen, isChanged] = [false, false]
  for (let row = 0; row < known; row++) {
    const [here, there] = [isKnown(labels, row), isKnown(other, row)]
    const isSame =
      labels.y[row] === other.y[row] &&
      labels.end[row] === other.end[row] &&
      Object.is(labels.returns[row], other.returns[row])
    const isBeyond = world.way === 'cut off' && other.y[row]! >= 0 && !there
    if (((here || there) && !isSame) || isBeyond) {
      const [at, own, otherwise] = [matrix.openTime[row]!, told(labels, row), told(other, row)]
      findings.leak({
        ...{ part: 'labels', of, name: 'label', at, way: world.way, cut: world.cut, whole: own, other: otherwise },
        text: `label of model ${of}: of the bar of ${timeName(at)} it is ${own}, and ${inWorld(world)} it is ${otherwise}: ${isBeyond ? 'it is told before it can be known' : 'what it says by then hangs on bars that come later'}`,
      })
      return false
    }
    if (labels.y[row]! < 0 || here || world.way === 'cut off' || world.way === 'unchanged') continue
    isOpen = true
    open.rows++
    open.lastRow = row
    if (!isSame) open.changed++
    if (labels.y[row] !== other.y[row]) isChanged = true
  }
  if (isOpen && world.way === 'poisoned') open.poisonedWorlds++
  if (isChanged) open.changedClasses++
  return true
}

/** A world with a label that hangs on its future has another class in it about every second time: ten are enough to tell. */
const ENOUGH_WORLDS = 10
const ENOUGH_ROWS = 8

/**
 * A label that is the same whatever comes is known at its own bar: it tells what has been, and a model of it foretells nothing.
 * To be asked when all worlds have been compared.
 */
export function judgePastLabels({ of, ground, open }: WholeModel, findings: Findings): void {
  const { labels, matrix } = ground
  const early = labels.y.findIndex((one, row) => one >= 0 && labels.end[row]! <= row)
  const row = early >= 0 ? early : open.lastRow
  const at = matrix.openTime[row]!
  const leak = (whole: string, other: string, says: string) =>
    findings.leak({
      ...{ part: 'labels', of, name: 'of the past', at, way: null, cut: null, whole, other },
      text: `label of model ${of}: ${says}, so it tells what has been and not what comes (shifted the wrong way?)`,
    })
  const all = `${open.rows} labels of bars before a cut that end after it`
  if (early >= 0)
    leak(
      `class ${labels.y[row]}`,
      `known at the close of the bar of ${barAt(matrix, labels.end[row]!)}`,
      `of the bar of ${timeName(at)} it is known at its own close`,
    )
  else if (open.rows >= ENOUGH_ROWS && open.changed === 0)
    leak(all, 'the same ones', `${all}, that of ${timeName(at)} among them, are the same whatever comes`)
  else if (open.poisonedWorlds >= ENOUGH_WORLDS && open.changedClasses === 0)
    leak(
      all,
      'the same classes',
      `the classes of ${all}, that of ${timeName(at)} among them, are the same whatever comes`,
    )
}

function barAt({ openTime }: FeatureMatrix, row: number): string {
  return row < openTime.length ? timeName(openTime[row]!) : 'nowhere'
}

import { timeName } from '../core/time.ts'
import type { FeatureMatrix } from '../preprocess/matrix.ts'
import { type Fold, rangeOf } from '../preprocess/split.ts'
import { type Embargo, readEmbargo, rowAfter, rowBefore } from '../preprocess/split-embargo.ts'
import { type Findings, inWorld, knownRows, type World } from './check-findings.ts'
import type { WholeModel } from './check-ground.ts'

/**
 * Holds each fold by itself against what a fold must keep: nothing is learnt from a bar that is foretold, nor from a label that
 * looks at a bar which a test label looks at, nor from one nearer than the embargo that the split says it has.
 */
export function judgeFolds(model: WholeModel, findings: Findings): void {
  const { of, ground, folds } = model
  const { matrix, labels } = ground
  const embargo = embargoOf(model)
  for (const [k, fold] of folds.entries()) {
    findings.compared('split', of)
    const fault = faultOf(fold, matrix, labels.end, embargo)
    if (fault === null) continue
    const { name, row, says } = fault
    const at = matrix.openTime[row]!
    const where = `fold ${k + 1}, tested from ${timeName(fold.borders.test[0]!.first)} on`
    findings.leak({
      ...{ part: 'split', of, name, at, way: null, cut: null },
      whole: `learnt from in fold ${k + 1}`,
      other: says,
      text: `split of model ${of}: ${where}, learns from the bar of ${timeName(at)}, ${says}`,
    })
  }
}

interface Fault {
  readonly name: string
  readonly row: number
  readonly says: string
}

function faultOf(fold: Fold, { openTime }: FeatureMatrix, end: Int32Array, embargo: Kept | null): Fault | null {
  const { rows } = fold.train
  const foretold = fold.borders.test.map((span) => rangeOf(openTime, span))
  const isTested = new Set(fold.test)
  const inTest = rows.find((row) => isTested.has(row) || foretold.some(([from, to]) => from <= row && row < to))
  if (inTest !== undefined) return { name: 'test rows', row: inTest, says: 'which it foretells' }
  for (const [from, to] of fold.ranges) {
    const tested = fold.test.filter((row) => from <= row && row < to)
    if (tested.length === 0) continue
    const first = tested[0]!
    const seen = tested.reduce((last, row) => Math.max(last, end[row]!), 0)
    const overlaps = rows.find((row) => (row < first ? end[row]! > first : row < seen))
    if (overlaps !== undefined)
      return {
        name: 'overlap',
        row: overlaps,
        says: `whose label looks at bars that a label of the test looks at, too: it ends with the bar of ${timeName(openTime[end[overlaps]!]!)}`,
      }
    if (embargo === null) continue
    const { side, distance } = embargo
    const [latest, free] = [rowBefore(distance, openTime, first), rowAfter(distance, openTime, seen)]
    const near = rows.find((row) =>
      row < first ? side === 'before' && end[row]! > latest : side === 'after' && row < free,
    )
    if (near !== undefined)
      return { name: 'embargo', row: near, says: `which is nearer to the test than its embargo of ${distance.text}` }
  }
  return null
}

interface Kept {
  readonly side: 'before' | 'after'
  readonly distance: Embargo
}

/** The embargo that a split says it has; of one that learns from later bars, too, it is the distance after a test. */
function embargoOf({ named, folds }: WholeModel): Kept | null {
  const { kind, settings } = named.definition.split
  const said = settings?.['embargo']
  if (typeof said !== 'number' && typeof said !== 'string') return null
  const isForward = folds.every(({ train, test }) => (train.rows.at(-1) ?? -1) < (test[0] ?? 0))
  try {
    return { side: isForward ? 'before' : 'after', distance: readEmbargo(kind, said) }
  } catch {
    // a word of the user's own, in a splitter of the user's own
    return null
  }
}

/** Places of the folds that can be made by then: there is something to learn from, and of each test span a label is known. */
export function begunFolds({ ground, folds }: WholeModel, known: number): number[] {
  const { end } = ground.labels
  return [...folds.keys()].filter((k) => {
    const { ranges, test, train } = folds[k]!
    const isKnown = (row: number) => end[row]! < known
    const isBegun = ([from, to]: readonly [number, number]) =>
      test.some((row) => from <= row && row < to && isKnown(row))
    return train.rows.some(isKnown) && ranges.every(isBegun)
  })
}

/**
 * The same folds in another world: as far as labels are known there, they learn from and are tested on the same bars.
 * @returns whether they are
 */
export function compareFolds(
  model: WholeModel,
  places: readonly number[],
  others: readonly Fold[],
  otherEnd: Int32Array,
  world: World,
  findings: Findings,
): boolean {
  const { of, ground, folds } = model
  const known = knownRows(ground.bars, world)
  const { openTime } = ground.matrix
  findings.compared('split', of)
  const within = (rows: Int32Array, end: Int32Array) => rows.filter((row) => row < known && end[row]! < known)
  for (const [at, k] of places.entries()) {
    const [whole, other] = [folds[k]!, others[at]]
    for (const what of ['learns from', 'is tested on'] as const) {
      const rowsOf = (fold: Fold | undefined, end: Int32Array) =>
        fold === undefined ? new Int32Array(0) : within(what === 'learns from' ? fold.train.rows : fold.test, end)
      const row = firstUncommon(rowsOf(whole, ground.labels.end), rowsOf(other, otherEnd))
      if (row === null) continue
      const time = openTime[row.row]!
      const [does, doesNot] = [what, what === 'learns from' ? 'does not learn from' : 'is not tested on']
      findings.leak({
        ...{
          part: 'split',
          of,
          name: what === 'learns from' ? 'training rows' : 'test rows',
          at: time,
          way: world.way,
          cut: world.cut,
        },
        whole: row.isFirst ? does : doesNot,
        other: row.isFirst ? doesNot : does,
        text: `split of model ${of}: fold ${k + 1} ${row.isFirst ? does : doesNot} the bar of ${timeName(time)} in the whole run, and ${inWorld(world)} it ${row.isFirst ? doesNot : does} it`,
      })
      return false
    }
  }
  return true
}

/** First row that only one of two ascending lists has. */
function firstUncommon(a: Int32Array, b: Int32Array): { readonly row: number; readonly isFirst: boolean } | null {
  for (let k = 0; k < Math.max(a.length, b.length); k++) {
    if (a[k] === b[k]) continue
    const isFirst = b[k] === undefined || (a[k] !== undefined && a[k]! < b[k]!)
    return { row: isFirst ? a[k]! : b[k]!, isFirst }
  }
  return null
}

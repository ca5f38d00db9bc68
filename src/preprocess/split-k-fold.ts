import { checkOptions } from './settings.ts'
import { type BarSpan, checkCount, type FoldBorders, type Ground, makeSplitter, type Splitter, tooFewRows } from './split.ts' // biome-ignore format: one room
import { type EmbargoOption, readEmbargo } from './split-embargo.ts'

export interface PurgedKFoldOptions {
  readonly folds: number
  /** How far after the last bar that a test label looks at it may be learnt again: bars, or a duration such as `2d`. Built in: 0. */
  readonly embargo?: EmbargoOption
}

/**
 * K-fold in stretches of time (López de Prado 2018, 7.4): every usable row is tested once, by a model that has learnt from
 * those before and after, without labels that overlap the test's and without the embargo after it. The first folds are a
 * row longer where the rows do not divide evenly, as scikit-learn's KFold has it.
 * @throws RangeError for settings that are none
 */
export function purgedKFold(options: PurgedKFoldOptions): Splitter {
  checkOptions('purgedKFold', options, {
    known: ['folds', 'embargo'],
    needed: ['folds'],
    example: "purgedKFold({ folds: 5, embargo: '2d' })",
  })
  const { folds, embargo = 0 } = options
  checkCount('purgedKFold', 'folds', folds, 2)
  return makeSplitter({
    kind: 'purgedKFold',
    settings: { folds, embargo },
    distance: { side: 'after', embargo: readEmbargo('purgedKFold', embargo) },
    lay(ground) {
      if (ground.usable.rows.length < folds) throw tooFewRows('purgedKFold', ground, `${folds} folds`)
      return groupsOf(ground, folds).map((group) => against(ground, [group]))
    },
  })
}

export interface CombinatorialPurgedOptions {
  readonly groups: number
  /** How many groups are tested at a time. */
  readonly testGroups: number
  /** As for `purgedKFold`, after each tested group. */
  readonly embargo?: EmbargoOption
}

/** More are a slip: each is a training of its own. */
const MOST_FOLDS = 1_000

/**
 * Combinatorial purged cross-validation (López de Prado 2018, 12.4): the rows in `groups` stretches of time, and a fold for
 * every choice of `testGroups` of them, in lexicographic order. Every row is tested in C(groups − 1, testGroups − 1) folds.
 * @throws RangeError for settings that are none
 */
export function combinatorialPurged(options: CombinatorialPurgedOptions): Splitter {
  checkOptions('combinatorialPurged', options, {
    known: ['groups', 'testGroups', 'embargo'],
    needed: ['groups', 'testGroups'],
    example: "combinatorialPurged({ groups: 6, testGroups: 2, embargo: '2d' })",
  })
  const { groups, testGroups, embargo = 0 } = options
  const kind = 'combinatorialPurged'
  checkCount(kind, 'groups', groups, 2)
  checkCount(kind, 'testGroups', testGroups, 1)
  if (testGroups >= groups)
    throw new RangeError(`${kind} testGroups ${testGroups}: leave at least one of the ${groups} groups to learn from`)
  const folds = choices(groups, testGroups)
  if (folds > MOST_FOLDS)
    throw new RangeError(
      `${kind}: ${testGroups} of ${groups} groups make ${folds} folds, each a training of its own: take fewer groups, at most ${MOST_FOLDS} folds`,
    )
  return makeSplitter({
    kind,
    settings: { groups, testGroups, embargo },
    distance: { side: 'after', embargo: readEmbargo(kind, embargo) },
    lay(ground) {
      if (ground.usable.rows.length < groups) throw tooFewRows(kind, ground, `${groups} groups`)
      return chosen(groupsOf(ground, groups), testGroups).map((test) => against(ground, test))
    },
  })
}

/** The usable rows in stretches that differ by at most one row, with what lies between them added to the earlier one. */
function groupsOf({ matrix, usable: { rows } }: Ground, groups: number): BarSpan[] {
  const { openTime, rows: n } = matrix
  const [least, longer] = [Math.floor(rows.length / groups), rows.length % groups]
  const startOf = (k: number) => rows[k * least + Math.min(k, longer)] ?? n
  return Array.from({ length: groups }, (_, k) => ({
    first: openTime[startOf(k)]!,
    last: openTime[startOf(k + 1) - 1]!,
  }))
}

/** All but the test may be learnt from. */
function against({ matrix: { openTime, rows: n }, usable: { rows } }: Ground, test: readonly BarSpan[]): FoldBorders {
  return { train: { first: openTime[rows[0]!]!, last: openTime[n - 1]! }, test }
}

/** C(n, k). */
function choices(n: number, k: number): number {
  let count = 1
  for (let i = 1; i <= k; i++) count = (count * (n - k + i)) / i
  return Math.round(count)
}

/** Every choice of `k` of the list, in its order. */
function chosen<T>(list: readonly T[], k: number): T[][] {
  if (k === 0) return [[]]
  return list.flatMap((one, at) => chosen(list.slice(at + 1), k - 1).map((rest) => [one, ...rest]))
}

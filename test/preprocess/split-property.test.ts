/** What must hold of every split, for any labels, gaps and folds; and the same splits once more, row against row. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { FeatureMatrix, Labels } from '../../src/preprocess/matrix.ts'
import type { Fold, Splitter } from '../../src/preprocess/split.ts'
import { combinatorialPurged, purgedKFold } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'

const HOUR = 3_600_000

interface Scene {
  readonly matrix: FeatureMatrix
  readonly labels: Labels
  readonly embargo: number | string
}

/** Rows of which some lack a value or a label, labels of any length up to the end of the data, bars missing here and there. */
const anyScene: fc.Arbitrary<Scene> = fc
  .record({
    cells: fc.array(
      fc.record({
        isMissing: fc.integer({ min: 0, max: 11 }).map((x) => x === 0),
        y: fc.constantFrom(-1, 0, 0, 1, 1),
        length: fc.oneof(
          { weight: 6, arbitrary: fc.integer({ min: 1, max: 6 }) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 40 }) },
        ),
        missing: fc.oneof(
          { weight: 9, arbitrary: fc.constant(0) },
          { weight: 1, arbitrary: fc.integer({ min: 1, max: 9 }) },
        ),
      }),
      { minLength: 24, maxLength: 120 },
    ),
    embargo: fc.oneof(
      fc.constant(0),
      fc.integer({ min: 1, max: 10 }),
      fc.integer({ min: 1, max: 600 }).map((minutes) => `${minutes}m`),
    ),
  })
  .map(({ cells, embargo }) => {
    const n = cells.length
    let time = Date.UTC(2023, 0, 1)
    const openTime = Float64Array.from(cells, ({ missing }) => {
      time += (1 + missing) * HOUR
      return time
    })
    const ends = cells.map(({ y, length }, row) => (y < 0 || row + length >= n ? -1 : row + length))
    return {
      matrix: {
        names: ['a', 'b'],
        rows: n,
        columns: [new Float64Array(n), Float64Array.from(cells, ({ isMissing }) => (isMissing ? Number.NaN : 1))],
        openTime,
      },
      labels: {
        classes: 2,
        y: Int8Array.from(cells, ({ y }, row) => (ends[row]! < 0 ? -1 : y)),
        end: Int32Array.from(ends),
      },
      embargo,
    }
  })

const usableOf = ({ matrix, labels }: Scene) =>
  Array.from({ length: matrix.rows }, (_, row) => row).filter(
    (row) => labels.y[row]! >= 0 && matrix.columns.every((column) => !Number.isNaN(column[row]!)),
  )

const msOf = (embargo: string) => Number.parseInt(embargo, 10) * 60_000

/** Whether row `b` is the embargo or more behind row `a`. */
const areApart = ({ matrix: { openTime }, embargo }: Scene, a: number, b: number) =>
  typeof embargo === 'number' ? b - a >= embargo : openTime[b]! - openTime[a]! >= msOf(embargo)

/** The bars of the embargo that begins behind bar `seen`. */
const embargoAfter = ({ matrix: { openTime, rows }, embargo }: Scene, seen: number) =>
  Array.from({ length: rows - seen - 1 }, (_, k) => seen + 1 + k).filter((bar) =>
    typeof embargo === 'number' ? bar <= seen + embargo : openTime[bar]! <= openTime[seen]! + msOf(embargo),
  )

const lookedAt = ({ labels: { end } }: Scene, row: number) =>
  Array.from({ length: end[row]! - row }, (_, k) => row + 1 + k)

/** Usable test rows of each stretch. */
const stretchesOf = (fold: Fold) =>
  fold.ranges.map(([from, to]) => [...fold.test].filter((row) => row >= from && row < to))

/** No training label looks at a bar that a test label looks at, or at one of the embargo after a stretch of the test. */
function expectApart(scene: Scene, fold: Fold): void {
  const { end } = scene.labels
  const forbidden = new Set([...fold.test].flatMap((row) => lookedAt(scene, row)))
  for (const rows of stretchesOf(fold)) {
    const seen = Math.max(...rows.map((row) => end[row]!))
    for (const bar of embargoAfter(scene, seen)) forbidden.add(bar)
  }
  for (const row of fold.train.rows) {
    const bar = lookedAt(scene, row).find((one) => forbidden.has(one))
    if (bar !== undefined) expect.fail(`training row ${row}, whose label ends on ${end[row]}, looks at bar ${bar}`)
  }
}

/** What may be learnt from beside these test stretches: every usable row held against each of them. */
function trainingNaively(scene: Scene, fold: Fold, side: 'before' | 'after'): number[] {
  const { end } = scene.labels
  return usableOf(scene).filter((row) =>
    stretchesOf(fold).every((rows) => {
      const first = rows[0]!
      const seen = Math.max(...rows.map((one) => end[one]!))
      if (rows.includes(row) || (row < seen && end[row]! > first)) return false
      if (row > first) return side === 'before' || areApart(scene, seen, row)
      return side === 'after' || areApart(scene, end[row]!, first)
    }),
  )
}

/** The folds, or `null` where the data do not do for them, which must be said and not be a fold without training. */
function foldsOf(splitter: Splitter, { matrix, labels }: Scene): Fold[] | null {
  try {
    return [...splitter.split(matrix, labels)]
  } catch (error) {
    if (!(error instanceof RangeError)) throw error
    expect(error.message).toMatch(/too few for|has no rows left to learn from/)
    return null
  }
}

/** Runs a property and demands that a good part of its scenes could be split. */
function check(arbitrary: fc.Arbitrary<[Scene, Splitter]>, property: (scene: Scene, folds: Fold[]) => void): void {
  let [done, all] = [0, 0]
  fc.assert(
    fc.property(arbitrary, ([scene, splitter]) => {
      all++
      const folds = foldsOf(splitter, scene)
      if (folds === null) return
      done++
      for (const fold of folds) {
        expect(fold.train.rows.length).toBeGreaterThan(0)
        expect(fold.test.length).toBeGreaterThan(0)
        expectApart(scene, fold)
      }
      property(scene, folds)
    }),
    { numRuns: 400 },
  )
  expect(done / all).toBeGreaterThan(0.35)
}

const count = (rows: Iterable<number>) => {
  const times = new Map<number, number>()
  for (const row of rows) times.set(row, (times.get(row) ?? 0) + 1)
  return times
}

test('purged k-fold: every usable row is tested once, and all that may be is learnt from', () => {
  const arbitrary = anyScene.chain((scene) =>
    fc
      .integer({ min: 2, max: 8 })
      .map((folds): [Scene, Splitter] => [scene, purgedKFold({ folds, embargo: scene.embargo })]),
  )
  check(arbitrary, (scene, folds) => {
    expect(folds.flatMap(({ test }) => [...test])).toEqual(usableOf(scene))
    for (const fold of folds) {
      expect([...fold.train.rows]).toEqual(trainingNaively(scene, fold, 'after'))
      expect(fold.train.rows.length + fold.test.length + fold.purged + fold.embargoed).toBe(usableOf(scene).length)
    }
    // the stretches join: every row from the first usable one on is foretold by one fold
    const ranges = folds.map((fold) => fold.ranges[0]!)
    expect(ranges.slice(1).map(([from]) => from)).toEqual(ranges.slice(0, -1).map(([, to]) => to))
    expect([ranges[0]![0], ranges.at(-1)![1]]).toEqual([usableOf(scene)[0], scene.matrix.rows])
  })
})

test('combinatorial purged: every usable row is tested C(groups − 1, testGroups − 1) times', () => {
  const arbitrary = anyScene.chain((scene) =>
    fc
      .constantFrom([3, 1, 1], [4, 2, 3], [5, 2, 4], [5, 3, 6], [6, 2, 5])
      .map(([groups, testGroups, times]): [Scene, Splitter] => [
        { ...scene, times } as Scene,
        combinatorialPurged({ groups: groups!, testGroups: testGroups!, embargo: scene.embargo }),
      ]),
  )
  check(arbitrary, (scene, folds) => {
    const tested = count(folds.flatMap(({ test }) => [...test]))
    const { times } = scene as Scene & { times: number }
    expect([...tested.keys()].sort((a, b) => a - b)).toEqual(usableOf(scene))
    expect(new Set(tested.values())).toEqual(new Set([times]))
    for (const fold of folds) expect([...fold.train.rows]).toEqual(trainingNaively(scene, fold, 'after'))
  })
})

test('walk-forward: the tests are what comes after the first training part, each later than what is learnt from', () => {
  const arbitrary = anyScene.chain((scene) =>
    fc
      .record({
        folds: fc.integer({ min: 1, max: 6 }),
        trainBars: fc.option(fc.integer({ min: 1, max: 40 }), { nil: undefined }),
        mode: fc.constantFrom('expanding' as const, 'rolling' as const),
        testBars: fc.option(fc.integer({ min: 1, max: 8 }), { nil: undefined }),
      })
      .map(({ folds, trainBars, mode, testBars }): [Scene, Splitter] => [
        { ...scene, mode, trainBars } as Scene,
        walkForward({
          folds,
          mode,
          embargo: scene.embargo,
          ...(mode === 'rolling' && trainBars !== undefined ? { trainBars } : {}),
          ...(testBars === undefined ? {} : { testBars }),
        }),
      ]),
  )
  check(arbitrary, (scene, folds) => {
    const usable = usableOf(scene)
    const { mode, trainBars } = scene as Scene & { mode: 'expanding' | 'rolling'; trainBars: number | undefined }
    const tested = folds.flatMap(({ test }) => [...test])
    expect(tested).toEqual(usable.slice(usable.length - tested.length))
    expect(new Set(folds.map(({ test }) => test.length)).size).toBe(1)
    let most = mode === 'rolling' ? trainBars : Number.POSITIVE_INFINITY
    for (const fold of folds) {
      const first = fold.test[0]!
      const allowed = trainingNaively(scene, fold, 'before').filter((row) => row < first)
      most ??= allowed.length
      expect([...fold.train.rows]).toEqual(allowed.slice(-most))
      // the last training label is known, and the embargo over, when the first test row closes
      for (const row of fold.train.rows) expect(areApart(scene, scene.labels.end[row]!, first)).toBe(true)
    }
  })
})

import { describe, expect, test } from 'vitest'
import type { FeatureMatrix, Labels } from '../../src/preprocess/matrix.ts'
import type { FoldBorders, Splitter } from '../../src/preprocess/split.ts'
import { combinatorialPurged, purgedKFold } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { endingOn, horizonOf, pairs, rowsOf } from './made-rows.ts'

const range = (from: number, to: number) => Array.from({ length: to - from }, (_, k) => from + k)
const foldsOf = (splitter: Splitter, matrix: FeatureMatrix, labels: Labels, options = {}) => [
  ...splitter.split(matrix, labels, options),
]

describe('walk-forward', () => {
  // 21 rows with labels that end 2 rows later: rows 0 … 18 have one; 4 parts of 4, and 3 that are left over go first
  const [matrix, labels] = [rowsOf(21), horizonOf(21, 2)]

  test('expanding: learns from labels that have ended by the close of the first test row', () => {
    // the first test begins on row 7: row 5 ends on 7 and is known then, row 6 ends on 8
    expect(pairs(walkForward({ folds: 3 }).split(matrix, labels))).toEqual([
      [range(0, 6), range(7, 11)],
      [range(0, 10), range(11, 15)],
      [range(0, 14), range(15, 19)],
    ])
    const [first] = foldsOf(walkForward({ folds: 3 }), matrix, labels)
    expect([first!.purged, first!.embargoed]).toEqual([1, 0])
  })

  test('an embargo of bars keeps further away', () => {
    const [first] = foldsOf(walkForward({ folds: 3, embargo: 3 }), matrix, labels)
    // labels must have ended by row 4
    expect([...first!.train.rows]).toEqual([0, 1, 2])
    expect([first!.purged, first!.embargoed]).toEqual([1, 3])
  })

  test('an embargo of time is the time that lies between, whatever is missing', () => {
    const hours = (embargo: string) =>
      foldsOf(walkForward({ folds: 3, embargo }), matrix, labels).map(({ train }) => train.rows.length)
    // bars of one hour: the same as 3 bars; half an hour more than 2 is no other than 3
    expect(hours('3h')).toEqual([3, 7, 11])
    expect(hours('150m')).toEqual([3, 7, 11])
    expect(hours('2h')).toEqual([4, 8, 12])
    // ten hours are missing between rows 5 and 6: what ended by row 5 is far enough from any test from row 7 on
    const openTime = matrix.openTime.map((time, row) => (row < 6 ? time : time + 10 * 3_600_000))
    const folds = foldsOf(walkForward({ folds: 3, embargo: '3h' }), { ...matrix, openTime }, labels)
    expect(folds.map(({ train }) => train.rows.length)).toEqual([4, 7, 11])
  })

  test('rolling: the newest rows, as many as the first fold has', () => {
    expect(pairs(walkForward({ folds: 3, mode: 'rolling' }).split(matrix, labels))).toEqual([
      [range(0, 6), range(7, 11)],
      [range(4, 10), range(11, 15)],
      [range(8, 14), range(15, 19)],
    ])
  })

  test('rolling with trainBars: the tests share what comes after so many', () => {
    // 19 rows, 10 to learn from: 3 tests of 3; the first begins on row 10, its training lacks the row that is purged
    expect(pairs(walkForward({ folds: 3, mode: 'rolling', trainBars: 10 }).split(matrix, labels))).toEqual([
      [range(0, 9), range(10, 13)],
      [range(2, 12), range(13, 16)],
      [range(5, 15), range(16, 19)],
    ])
  })

  test('predictions are out of sample from the first test row to the end of the data', () => {
    const ranges = foldsOf(walkForward({ folds: 3 }), matrix, labels).map((fold) => fold.ranges)
    expect(ranges).toEqual([[[7, 11]], [[11, 15]], [[15, 21]]])
  })

  test('borders are dates', () => {
    const hour = (h: number) => Date.UTC(2023, 0, 1, h)
    expect(walkForward({ folds: 3 }).borders(matrix, labels)).toEqual([
      { train: { first: hour(0), last: hour(6) }, test: [{ first: hour(7), last: hour(10) }] },
      { train: { first: hour(0), last: hour(10) }, test: [{ first: hour(11), last: hour(14) }] },
      { train: { first: hour(0), last: hour(14) }, test: [{ first: hour(15), last: hour(20) }] },
    ])
  })
})

describe('purged k-fold', () => {
  // labels that end 2 rows later; 12 of them: rows 0 … 11
  const [matrix, labels] = [rowsOf(14), horizonOf(14, 2)]

  test('learns from before and after, without labels that overlap the test and without the embargo after it', () => {
    // test 4 … 7 looks at bars 5 … 9: row 3 ends on 5, row 8 begins with 9, row 9 with 10
    expect(pairs(purgedKFold({ folds: 3 }).split(matrix, labels))[1]).toEqual([[0, 1, 2, 9, 10, 11], range(4, 8)])
    const [, second] = foldsOf(purgedKFold({ folds: 3, embargo: 2 }), matrix, labels)
    expect([...second!.train.rows]).toEqual([0, 1, 2, 11])
    expect([second!.purged, second!.embargoed]).toEqual([2, 2])
    expect(pairs(purgedKFold({ folds: 3, embargo: '2h' }).split(matrix, labels))[1]![0]).toEqual([0, 1, 2, 11])
    expect(pairs(purgedKFold({ folds: 3, embargo: '90m' }).split(matrix, labels))[1]![0]).toEqual([0, 1, 2, 11])
  })

  test('a long label before the test is purged however early it began', () => {
    const long = endingOn([9, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12])
    expect(pairs(purgedKFold({ folds: 3 }).split(rowsOf(12), long))[1]![0]).toEqual([1, 2, 3, 8, 9, 10, 11])
  })

  test('a long label of the test is kept away from', () => {
    // row 4 is tested and looks at bars up to 10
    const long = endingOn([1, 2, 3, 4, 10, 6, 7, 8, 9, 10, 11, 12])
    expect(pairs(purgedKFold({ folds: 3 }).split(rowsOf(12), long))[1]![0]).toEqual([0, 1, 2, 3, 10, 11])
  })
})

describe('combinatorial purged', () => {
  const [matrix, labels] = [rowsOf(13), horizonOf(13, 1)]

  test('every choice of groups, in order', () => {
    const groups = [range(0, 3), range(3, 6), range(6, 9), range(9, 12)]
    const tests = pairs(combinatorialPurged({ groups: 4, testGroups: 2 }).split(matrix, labels)).map(([, rows]) => rows)
    expect(tests).toEqual(
      [[0, 1], [0, 2], [0, 3], [1, 2], [1, 3], [2, 3]].map((pair) => pair.flatMap((k) => groups[k]!)), // biome-ignore format: pairs
    )
  })

  test('embargo after each tested group', () => {
    const folds = pairs(combinatorialPurged({ groups: 4, testGroups: 2, embargo: 1 }).split(matrix, labels))
    // groups 0 and 2 look at bars 1 … 3 and 7 … 9; rows 3 and 9 are a bar too near
    expect(folds[1]).toEqual([
      [4, 5, 10, 11],
      [0, 1, 2, 6, 7, 8],
    ])
    // groups 1 and 2 lie side by side
    expect(folds[3]![0]).toEqual([0, 1, 2, 10, 11])
  })
})

describe('rows that cannot be used', () => {
  const none = Number.NaN
  const x = [none, none, 1, 2, 3, none, 5, 6, 7, 8, 9, 10, 11]
  const matrix: FeatureMatrix = { ...rowsOf(13), columns: [Float64Array.from(x), new Float64Array(13)] }
  const labels = horizonOf(13, 1)

  test('lack a value or a label', () => {
    const folds = foldsOf(walkForward({ folds: 2 }), matrix, labels)
    // rows 2 3 4 6 7 8 9 10 11 in three parts of three
    expect(pairs(folds)).toEqual([
      [
        [2, 3, 4],
        [6, 7, 8],
      ],
      [
        [2, 3, 4, 6, 7, 8],
        [9, 10, 11],
      ],
    ])
    expect(folds.map(({ ranges }) => ranges)).toEqual([[[6, 9]], [[9, 13]]])
  })

  test('are kept where that is asked for, but from before the lookback never', () => {
    const [first] = foldsOf(walkForward({ folds: 1 }), matrix, labels, { missing: 'keep' })
    expect([[...first!.train.rows], [...first!.test]]).toEqual([
      [2, 3, 4, 5, 6],
      [7, 8, 9, 10, 11],
    ])
  })
})

describe('borders of another run', () => {
  const [matrix, labels] = [rowsOf(200), horizonOf(200, 5)]
  const splitters: readonly (readonly [string, Splitter])[] = [
    ['expanding', walkForward({ folds: 4, embargo: '4h' })],
    ['rolling', walkForward({ folds: 4, mode: 'rolling', trainBars: 30, embargo: 3 })],
    ['k-fold', purgedKFold({ folds: 5, embargo: 7 })],
    ['combinatorial', combinatorialPurged({ groups: 5, testGroups: 2, embargo: '3h' })],
  ]

  test.each(splitters)('%s: the same folds again, after a way through JSON', (_, splitter) => {
    const kept = JSON.parse(JSON.stringify(splitter.borders(matrix, labels))) as FoldBorders[]
    const [own, again] = [splitter.split(matrix, labels), splitter.split(matrix, labels, { borders: kept })]
    expect(pairs(again)).toEqual(pairs(own))
  })

  test.each(splitters.slice(0, 2))('%s: folds before a cut are the same without the rows after it', (_, splitter) => {
    const borders = splitter.borders(matrix, labels)
    const whole = pairs(splitter.split(matrix, labels))
    // row 130: the last labels that end before it are those of row 124
    const cut = 130
    const part = { ...rowsOf(cut) }
    const known = borders.filter(({ test }) => test[0]!.last < part.openTime[cut - 6]!)
    expect(known.length).toBeGreaterThan(0)
    expect(known.length).toBeLessThan(borders.length)
    const folds = pairs(splitter.split(part, horizonOf(cut, 5), { borders: known }))
    expect(folds).toEqual(whole.slice(0, known.length))
  })

  test('beyond the data are refused', () => {
    const splitter = walkForward({ folds: 4 })
    const borders = splitter.borders(matrix, labels)
    expect(() => splitter.split(rowsOf(130), horizonOf(130, 5), { borders })).toThrow(
      /walkForward: fold \d of 4, tested from 2023-01-0\d(T\d\d:00)? on, has no rows there: leave out folds that lie beyond the data/,
    )
  })
})

describe('bad settings and data that do not do', () => {
  const [matrix, labels] = [rowsOf(20), horizonOf(20, 3)]
  test.each([
    [() => walkForward({ folds: 0 }), 'walkForward folds 0: write a whole number, at least 1'],
    [() => walkForward({ folds: 2.5 }), 'walkForward folds 2.5'],
    [() => walkForward({ folds: 2, mode: 'sliding' as 'rolling' }), 'walkForward mode "sliding": write expanding or rolling'],
    [() => walkForward({ folds: 2, trainBars: 5 }), 'walkForward trainBars 5: only mode "rolling"'],
    [() => walkForward({ folds: 2, mode: 'rolling', trainBars: 0 }), 'walkForward trainBars 0'],
    [() => walkForward({ folds: 2, testBars: -1 }), 'walkForward testBars -1'],
    [() => walkForward({ folds: 2, embargo: '2 days' }), 'walkForward embargo "2 days": write a whole number of bars or a duration such as "12h" or "2d"'],
    [() => walkForward({ folds: 2, embargo: -1 }), 'walkForward embargo -1'],
    [() => purgedKFold({ folds: 1 }), 'purgedKFold folds 1: write a whole number, at least 2'],
    [() => purgedKFold({ folds: 3, embargo: 1.5 }), 'purgedKFold embargo 1.5'],
    [() => combinatorialPurged({ groups: 4, testGroups: 4 }), 'testGroups 4: leave at least one of the 4 groups'],
    [() => combinatorialPurged({ groups: 4, testGroups: 0 }), 'testGroups 0'],
    [() => combinatorialPurged({ groups: 16, testGroups: 8 }), '8 of 16 groups make 12870 folds'],
    [
      () => walkForward({ folds: 17 }).split(matrix, labels),
      "walkForward: 17 usable rows (of 20: 0 lack a feature's value, 3 a label) are too few for 17 folds: take fewer or smaller folds, a shorter lookback or horizon, or more bars",
    ],
    [() => walkForward({ folds: 3, testBars: 6 }).split(matrix, labels), 'too few for 3 folds of 6 rows'],
    [
      () => walkForward({ folds: 3, mode: 'rolling', trainBars: 15 }).split(matrix, labels),
      'too few for 3 folds after 15 to learn from',
    ],
    [() => purgedKFold({ folds: 18 }).split(matrix, labels), 'too few for 18 folds'],
    [() => combinatorialPurged({ groups: 18, testGroups: 1 }).split(matrix, labels), 'too few for 18 groups'],
    [
      () => walkForward({ folds: 3, embargo: '2d' }).split(matrix, labels),
      'walkForward: fold 1 of 3, tested from 2023-01-01T05:00 on, has no rows left to learn from (labels that overlap the test take 2, an embargo of 2d 3): take a shorter embargo or horizon, fewer folds or more bars',
    ],
    [
      () => purgedKFold({ folds: 2, embargo: 20 }).split(matrix, labels),
      'purgedKFold: fold 1 of 2, tested from 2023-01-01 on, has no rows left to learn from (labels that overlap the test take 2, an embargo of 20 bars 6)',
    ],
    [
      () => walkForward({ folds: 2 }).split(matrix, endingOn(new Array<number>(20).fill(-1))),
      "0 usable rows (of 20: 0 lack a feature's value, 20 a label)",
    ],
    [() => walkForward({ folds: 2 }).split(matrix, horizonOf(19, 3)), 'the matrix has 20 rows and the labels 19'],
  ] as const)('%s', (call, message) => {
    expect(call).toThrow(RangeError)
    expect(call).toThrow(message)
  }) // biome-ignore format: a case a line
})

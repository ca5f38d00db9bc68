import { describe, expect, test } from 'vitest'
import { purgedKFold } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { goldenJson, hasGolden } from '../indicators/recorded.ts'
import { endingOn, pairs, rowsOf } from './made-rows.ts'

interface GoldenCase {
  readonly kind: string
  readonly n?: number
  /** First and last bar of each label. */
  readonly t0?: readonly number[]
  readonly t1?: readonly number[]
  readonly params: {
    readonly n_splits: number
    readonly gap?: number
    readonly test_size?: number
    readonly max_train_size?: number
    readonly embargo_rows?: number
  }
  readonly splits: readonly (readonly [train: readonly number[], test: readonly number[]])[]
}

const cases = (kind: string) =>
  hasGolden
    ? goldenJson<{ cases: readonly GoldenCase[] }>('ml/splits.json').cases.filter((one) => one.kind.startsWith(kind))
    : []
const titled = (kind: string) => cases(kind).map((one, k) => [`${k + 1}: ${JSON.stringify(one.params)}`, one] as const)

/** A label that is known one row later is what scikit-learn, which knows of no labels that take time, has in mind. */
const nextRow = (n: number) => endingOn(Array.from({ length: n }, (_, row) => row + 1))

describe.skipIf(!hasGolden)('golden splits', () => {
  test('are all here', () => {
    expect(['TimeSeriesSplit', 'KFold', 'PurgedKFold'].map((kind) => cases(kind).length)).toEqual([5, 2, 5])
  })

  test.each(titled('TimeSeriesSplit'))('scikit-learn TimeSeriesSplit %s', (_, { n, params, splits }) => {
    const { n_splits, gap = 0, test_size, max_train_size } = params
    const splitter = walkForward({
      folds: n_splits,
      embargo: gap,
      ...(test_size === undefined ? {} : { testBars: test_size }),
      ...(max_train_size === undefined ? {} : { mode: 'rolling', trainBars: max_train_size }),
    })
    expect(pairs(splitter.split(rowsOf(n!), nextRow(n!)))).toEqual(splits)
  })

  test.each(titled('KFold'))('scikit-learn KFold %s', (_, { n, params, splits }) => {
    expect(pairs(purgedKFold({ folds: params.n_splits }).split(rowsOf(n!), nextRow(n!)))).toEqual(splits)
  })

  // The golden label of row i looks at bars i … t1, ours at i + 1 … end, so everything lies one row later. Its embargo
  // begins behind the last test row, ours behind the last bar that a test label looks at (López de Prado 2018, 7.4.2): of
  // so many rows after the last row there is left what its label does not cover.
  test.each(titled('PurgedKFold'))('purged k-fold by brute force %s', (_, { t0, t1, params, splits }) => {
    const covered = Math.max(...t1!.map((end, row) => end - t0![row]!))
    const splitter = purgedKFold({
      folds: params.n_splits,
      embargo: Math.max(0, params.embargo_rows! - covered),
    })
    expect(pairs(splitter.split(rowsOf(t0!.length), endingOn(t1!.map((end) => end + 1))))).toEqual(splits)
  })
})

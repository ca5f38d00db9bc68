import { describe, expect, test } from 'vitest'
import { logReturn, rsi, sma } from '../../src/indicators/index.ts'
import { defineModel, type ModelDefinition } from '../../src/models/define-model.ts'
import { ensemble } from '../../src/models/ensemble.ts'
import { fitFold } from '../../src/models/fit-fold.ts'
import { type FoldModel, foretell } from '../../src/models/foretell.ts'
import { foldsOf, groundOf } from '../../src/models/ground.ts'
import { LivePredictor } from '../../src/models/live-predictor.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { gru, lstm } from '../../src/models/recurrent/recurrent.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { impute } from '../../src/preprocess/impute.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import type { FeatureMatrix } from '../../src/preprocess/matrix.ts'
import { pipeline } from '../../src/preprocess/pipeline.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { standardScaler } from '../../src/preprocess/standard-scaler.ts'
import { madeBars } from './made-bars.ts'

type Options = Parameters<typeof defineModel<2 | 3>>[0]

const bars = madeBars({ rows: 420, gaps: [90, 260, 262, 330] })
const HOLES = [60, 61, 150, 300, 345]

const define = (given: Partial<Options> = {}): ModelDefinition =>
  defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1), rsi: rsi(6), mean: sma(20, logReturn(2)) }),
    label: direction({ horizon: 3 }) as Options['label'],
    model: logisticRegression(),
    split: walkForward({ folds: 1 }),
    ...given,
  })

/** A fold fitted on the first half, of features of which the second one is not known here and there. */
async function scene(definition: ModelDefinition): Promise<{ matrix: FeatureMatrix; fold: FoldModel }> {
  const { matrix: known, labels } = groundOf(definition, bars)
  const columns = known.columns.with(
    1,
    known.columns[1]!.map((value, row) => (HOLES.includes(row) ? Number.NaN : value)),
  )
  const matrix = { ...known, columns }
  const [fold] = foldsOf(definition, { bars, matrix, labels })
  return { matrix, fold: await fitFold(definition, fold!, {}) }
}

/** What a forecast over all of the bars says, whether it has learnt from them or not. */
function forecast(definition: ModelDefinition, matrix: FeatureMatrix, fold: FoldModel): Float64Array {
  const test = [{ first: 0, last: Number.MAX_SAFE_INTEGER }]
  return foretell(definition, matrix, [{ ...fold, borders: { ...fold.borders, test } }]).p
}

/** What a session says that is told of the bars from row `from` on. */
function session(definition: ModelDefinition, { columns, openTime, rows }: FeatureMatrix, fold: FoldModel, from = 0) {
  const live = new LivePredictor(definition, fold, '1h')
  const said: number[] = []
  for (let row = from; row < rows; row++)
    said.push(
      ...live.next(
        openTime[row]!,
        Float64Array.from(columns, (column) => column[row]!),
      ),
    )
  return Float64Array.from(said)
}

const imputing = pipeline([impute({ by: 'last' }), robustScaler()])

describe('a session says what a forecast over all bars says, bit for bit', () => {
  test.each<[string, Partial<Options>, leastSaid: number]>([
    ['logistic regression', {}, 390],
    [
      'of three classes',
      { label: direction({ horizon: 3, threshold: 0.002, classes: 3 }), scale: standardScaler() },
      390,
    ],
    ['with what is not known imputed by the last', { scale: imputing }, 395],
    ['boosted trees', { model: gbdt({ trees: 10, minRows: 5 }) }, 390],
    ['boosted trees that take missing values', { model: gbdt({ trees: 10, minRows: 5 }), missing: 'keep' }, 398],
    ['calibrated', { model: gbdt({ trees: 10, minRows: 5 }), calibrate: 'isotonic' }, 390],
    ['windows', { model: lstm({ units: 4, window: 24, epochs: 1 }) }, 150],
    ['windows, imputed', { model: gru({ units: 4, window: 24, epochs: 1 }), scale: imputing }, 280],
    [
      'windows, of which a bar with a hole is kept from',
      { model: lstm({ units: 4, window: 24, epochs: 1 }), missing: 'keep' },
      150,
    ],
    [
      'an ensemble of both',
      {
        model: ensemble(
          [lstm({ units: 4, window: 12, epochs: 1 }), gbdt({ trees: 5, minRows: 5 }), logisticRegression()],
          { vote: 'stacking' },
        ),
        split: walkForward({ folds: 1 }),
      },
      250,
    ],
  ])('%s', async (_, given, least) => {
    const definition = define(given)
    const { matrix, fold } = await scene(definition)
    const expected = forecast(definition, matrix, fold)
    const width = definition.label.classes === 2 ? 1 : 3
    expect(session(definition, matrix, fold)).toEqual(expected)
    expect(expected.filter((one) => one >= 0).length).toBeGreaterThan(least * width)
    expect(expected.filter(Number.isNaN).length).toBeGreaterThan(15 * width)
    // one that begins later: from its first whole window on
    const [from, window] = [170, definition.model.window ?? 1]
    const late = session(definition, matrix, fold, from)
    expect(late.subarray((window - 1) * width)).toEqual(expected.subarray((from + window - 1) * width))
    expect(late.subarray(0, (window - 1) * width).every(Number.isNaN)).toBe(true)
  })
})

test('what it said stays as it was when it is told of more', async () => {
  const definition = define()
  const { matrix, fold } = await scene(definition)
  const live = new LivePredictor(definition, fold, '1h')
  const told = (row: number) =>
    live.next(
      matrix.openTime[row]!,
      Float64Array.from(matrix.columns, (one) => one[row]!),
    )
  for (let row = 0; row < 100; row++) told(row)
  const said = told(100)
  const [before] = said
  expect(told(101)[0]).not.toBe(before)
  expect(said[0]).toBe(before)
})

test('another number of features is refused with the names of those it has learnt from', async () => {
  const definition = define()
  const { fold } = await scene(definition)
  const live = new LivePredictor(definition, fold, '1h')
  expect(() => live.next(0, new Float64Array(2))).toThrow(
    /^2 features, and the model has learnt from 3: r1, rsi, mean$/,
  )
  expect(() => live.next(0, new Float64Array(4))).toThrow(RangeError)
})

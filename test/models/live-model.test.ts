import { describe, expect, test } from 'vitest'
import { type Bars, firstRowAt, sliceBars } from '../../src/core/bar.ts'
import { atr, ema, logReturn, macd, rsi } from '../../src/indicators/index.ts'
import { defineModel, type ModelDefinition } from '../../src/models/define-model.ts'
import { fitFold } from '../../src/models/fit-fold.ts'
import { type FoldModel, forecastColumns, foretell } from '../../src/models/foretell.ts'
import { foldsOf, type Ground, groundOf } from '../../src/models/ground.ts'
import { LiveModel } from '../../src/models/live-model.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { gru } from '../../src/models/recurrent/recurrent.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { madeBars } from './made-bars.ts'

type Options = Parameters<typeof defineModel<2 | 3>>[0]

const made = madeBars({ rows: 900, gaps: [150, 700, 760] })
const round = (column: Float64Array) => column.map((value) => Math.round(value * 1e4) / 1e4)
const bars: Bars = {
  ...made,
  priceDecimals: 4,
  open: round(made.open),
  high: round(made.high),
  low: round(made.low),
  close: round(made.close),
}

const define = (given: Partial<Options> = {}): ModelDefinition =>
  defineModel({
    series: ['binance:BTCUSDT:1h'],
    // an ema never quite forgets where it began
    features: () => ({
      r1: logReturn(1),
      rsi: rsi(6),
      macd: macd(5, 12, 4),
      trend: ema(30),
      atr: atr(8).over('close'),
    }),
    also: { h4: { interval: '4h', features: () => ({ rsi: rsi(5), r1: logReturn(1) }) } },
    scale: robustScaler(),
    label: direction({ horizon: 3 }) as Options['label'],
    model: logisticRegression(),
    split: walkForward({ folds: 2 }),
    ...given,
  })

async function trained(definition: ModelDefinition): Promise<{ ground: Ground; folds: FoldModel[] }> {
  const ground = groundOf(definition, bars)
  const folds: FoldModel[] = []
  for (const fold of foldsOf(definition, ground)) folds.push(await fitFold(definition, fold, {}))
  return { ground, folds }
}

const barOf = (row: number) => ({
  openTime: bars.openTime[row]!,
  open: bars.open[row]!,
  high: bars.high[row]!,
  low: bars.low[row]!,
  close: bars.close[row]!,
  volume: bars.volume[row]!,
})

describe('in the test part of its newest fold a model says bar by bar what a backtest reads, bit for bit', () => {
  test.each<[string, Partial<Options>]>([
    ['logistic regression', {}],
    ['three classes', { label: direction({ horizon: 3, threshold: 0.002, classes: 3 }) }],
    ['boosted trees that take missing values', { model: gbdt({ trees: 10, minRows: 5 }), missing: 'keep' }],
    ['windows, which no gap lies in', { model: gru({ units: 4, window: 6, epochs: 1 }) }],
  ])('%s', async (_, given) => {
    const definition = define(given)
    const { ground, folds } = await trained(definition)
    const { classes } = definition.label
    const whole: Readonly<Record<string, Float64Array>> = forecastColumns(
      foretell(definition, ground.matrix, folds),
      classes,
    )
    const fold = folds.at(-1)!
    const first = firstRowAt(bars.openTime, fold.borders.test[0]!.first)
    // a session may begin anywhere in it
    for (const from of [first, first + 61]) {
      const live = new LiveModel({ definition, fold, history: sliceBars(bars, 0, from) })
      expect(live.outputs).toEqual(definition.outputs)
      let said = 0
      for (let row = from; row < bars.length; row++) {
        const values = live.next(barOf(row))
        for (const [k, output] of live.outputs.entries())
          if (!Object.is(values[k], whole[output]![row]))
            expect.fail(`row ${row}: ${values[k]}, not ${whole[output]![row]}`)
        if (!Number.isNaN(values[0]!)) said++
      }
      expect(said).toBeGreaterThan(200)
    }
  })

  test('only with all that was known in training before it', async () => {
    const definition = define()
    const { ground, folds } = await trained(definition)
    const fold = folds.at(-1)!
    const whole = forecastColumns(foretell(definition, ground.matrix, folds), 2)
    const first = firstRowAt(bars.openTime, fold.borders.test[0]!.first)
    const live = new LiveModel({ definition, fold, history: sliceBars(bars, first - 60, first) })
    let unlike = 0
    for (let row = first; row < first + 50; row++) if (live.next(barOf(row))[0] !== whole['p']![row]) unlike++
    expect(unlike).toBeGreaterThan(40)
  })
})

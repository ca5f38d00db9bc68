import { describe, expect, test } from 'vitest'
import { buy, close } from '../../src/core/order.ts'
import type { Predictions, Predictor } from '../../src/core/predictor.ts'
import type { EngineResult } from '../../src/core/run.ts'
import { defineStrategy, type Strategy } from '../../src/engine/index.ts'
import { logReturn, sma } from '../../src/indicators/index.ts'
import { defineModel } from '../../src/models/define-model.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import { simulate } from '../../src/runs/simulate.ts'
import { barsOf, HOUR, instrumentOf, type Row } from './scene.ts'

const none = Number.NaN

/** Closes 1, 2, 3, …; `null` is a missing bar. */
const rising = (count: number, missing: readonly number[] = []): Row[] =>
  Array.from({ length: count }, (_, k) => (missing.includes(k) ? null : [k + 1, k + 1, k + 1, k + 1]))

const MODEL: Predictor<'p'> = { isModel: true, outputs: ['p'] }
const THREE: Predictor<'p' | 'down' | 'timeOut' | 'up'> = { isModel: true, outputs: ['p', 'down', 'timeOut', 'up'] }

interface Slot {
  readonly rows: readonly Row[]
  readonly models?: Predictions
  readonly symbol?: string
}

function run(strategy: Strategy, slots: readonly Slot[], from = 0): EngineResult {
  return simulate({
    strategy,
    params: {},
    slots: slots.map(({ rows, models, symbol = 'BTCUSDT' }) => ({
      instrument: instrumentOf({}, symbol),
      bars: barsOf(rows, '1h', symbol),
      costs: { feeMaker: 0, feeTaker: 0, slippageBps: 0 },
      ...(models && { models }),
    })),
    from,
    cash: 1_000,
    limitTouch: false,
    closeAtEnd: false,
  }).result
}

const said = (...p: number[]): Predictions => ({ direction: { p: Float64Array.from(p) } })

/** What `models.direction.p` is at each call, with the hour at which the bar closed. */
function heard(slot: Slot, from = 0, indicators: Parameters<typeof defineStrategy>[0]['indicators'] = () => ({})) {
  const log: [at: number, p: number][] = []
  const strategy = defineStrategy({
    name: 'hears',
    models: { direction: MODEL },
    indicators,
    onBar: ({ at, models }) => void log.push([at / HOUR, models.direction.p]),
  })
  run(strategy, [slot], from)
  return log
}

describe('what a model says is read off its column', () => {
  test('at the row of the bar that closed, and no later one', () => {
    expect(heard({ rows: rising(4), models: said(0.1, 0.2, 0.3, 0.4) })).toEqual([
      [1, 0.1],
      [2, 0.2],
      [3, 0.3],
      [4, 0.4],
    ])
  })

  test('rows are bars, not hours: a missing one has none', () => {
    expect(heard({ rows: rising(5, [2]), models: said(0.1, 0.2, 0.4, 0.5) })).toEqual([
      [1, 0.1],
      [2, 0.2],
      [4, 0.4],
      [5, 0.5],
    ])
  })

  test('what it will say changes nothing of what has been read, to the end of the bars', () => {
    const p = Array.from({ length: 40 }, (_, row) => ((row * 7) % 11) / 11)
    const whole = heard({ rows: rising(40), models: said(...p) })
    for (const row of [0, 1, 17, 39]) {
      const other = heard({ rows: rising(40), models: said(...p.map((one, k) => (k > row ? none : one))) })
      expect(other.slice(0, row + 1)).toEqual(whole.slice(0, row + 1))
      expect(other.slice(row + 1).every(([, one]) => Number.isNaN(one))).toBe(true)
    }
  })

  test('an order decided by it fills on the next bar', () => {
    const strategy = defineStrategy({
      name: 'trades',
      models: { direction: MODEL },
      onBar({ models, position }) {
        if (position.qty === 0 && models.direction.p > 0.6) return buy({ qty: 1 })
        if (position.qty > 0 && models.direction.p < 0.4) return close()
      },
    })
    const { fills } = run(strategy, [{ rows: rising(8), models: said(0.5, 0.7, 0.7, none, 0.3, 0.7, none, none) }])
    // opens are 1, 2, 3, …: bought after row 1, sold after row 4, bought after row 5
    expect(fills.map(({ side, price, time }) => [side, price, time / HOUR])).toEqual([
      ['buy', 3, 2],
      ['sell', 6, 5],
      ['buy', 7, 6],
    ])
  })

  test('three classes have four numbers, several models a name each', () => {
    const log: number[][] = []
    const strategy = defineStrategy({
      name: 'several',
      models: { direction: MODEL, swing: THREE },
      onBar: ({ models: { direction, swing } }) =>
        void log.push([direction.p, swing.p, swing.down, swing.timeOut, swing.up]),
    })
    const column = (...values: number[]) => Float64Array.from(values)
    const swing = { p: column(0.6, 0.1), down: column(0.3, 0.2), timeOut: column(0.1, 0.7), up: column(0.6, 0.1) }
    run(strategy, [{ rows: rising(2), models: { ...said(0.4, 0.5), swing } }])
    expect(log).toEqual([
      [0.4, 0.6, 0.3, 0.1, 0.6],
      [0.5, 0.1, 0.2, 0.7, 0.1],
    ])
  })
})

describe('onBar', () => {
  test('runs from the first bar of which the model speaks; where it is silent later, comparisons are false', () => {
    const log = heard({ rows: rising(6), models: said(none, none, 0.3, none, 0.5, none) })
    expect(log.map(([at]) => at)).toEqual([3, 4, 5, 6])
    expect(log.map(([, p]) => p > 0.2 || p <= 0.2)).toEqual([true, false, true, false])
  })

  test('waits for the indicators too, whichever come last', () => {
    const late = (lookback: number, ...p: number[]) =>
      heard({ rows: rising(6), models: said(...p) }, 0, () => ({ mean: sma(lookback) })).map(([at]) => at)
    expect(late(4, none, 0.1, 0.2, 0.3, 0.4, 0.5)).toEqual([4, 5, 6])
    expect(late(2, none, none, none, 0.3, 0.4, 0.5)).toEqual([4, 5, 6])
    // the model has spoken before, and is silent when the indicators are ready
    expect(late(3, 0.1, 0.2, none, none, 0.4, 0.5)).toEqual([5, 6])
  })

  test('waits for every model', () => {
    const log: number[][] = []
    const strategy = defineStrategy({
      name: 'both',
      models: { one: MODEL, other: MODEL },
      onBar: ({ models: { one, other } }) => void log.push([one.p, other.p]),
    })
    const models = { one: said(none, 0.1, 0.2, 0.3)['direction']!, other: said(none, none, 0.5, 0.6)['direction']! }
    run(strategy, [{ rows: rising(4), models }])
    expect(log).toEqual([
      [0.2, 0.5],
      [0.3, 0.6],
    ])
  })

  test('within a range that begins later is read at the rows of the bars, those before it counted', () => {
    expect(heard({ rows: rising(5), models: said(0.1, 0.2, 0.3, 0.4, 0.5) }, 3 * HOUR)).toEqual([
      [4, 0.4],
      [5, 0.5],
    ])
    expect(heard({ rows: rising(5), models: said(0.1, 0.2, 0.3, none, 0.5) }, 3 * HOUR)).toEqual([[5, 0.5]])
  })

  test('is never called for a model that says nothing of any bar', () => {
    expect(heard({ rows: rising(3), models: said(none, none, none) })).toEqual([])
  })
})

test('onBars has models by symbol, and only those that have begun to speak', () => {
  const log: unknown[] = []
  const strategy = defineStrategy({
    name: 'ranks',
    models: { direction: MODEL },
    onBars: ({ at, symbols, models }) =>
      void log.push([at / HOUR, ...symbols.map((symbol) => `${symbol} ${models[symbol]!.direction.p}`)]),
  })
  run(strategy, [
    { rows: rising(4), models: said(0.1, 0.2, 0.3, 0.4) },
    { rows: rising(4, [0]), models: said(none, 0.7, 0.8), symbol: 'ETHUSDT' },
  ])
  expect(log).toEqual([
    [1, 'BTCUSDT 0.1'],
    [2, 'BTCUSDT 0.2'],
    [3, 'BTCUSDT 0.3', 'ETHUSDT 0.7'],
    [4, 'BTCUSDT 0.4', 'ETHUSDT 0.8'],
  ])
})

describe('what is wrong is an error', () => {
  type Loose = Readonly<Record<string, Readonly<Record<string, number>>>>
  const reading = (read: (models: Loose) => unknown) => () =>
    run(
      defineStrategy({
        name: 'slip',
        models: { direction: MODEL },
        onBar: ({ models }) => void read(models as unknown as Loose),
      }),
      [{ rows: rising(2), models: said(0.25, none) }],
    )

  test('a misspelt model or output, with what was meant and what there is', () => {
    expect(reading((models) => models['dirction'])).toThrow(
      /models\.dirction is not declared \(did you mean "direction"\?\); declared: direction/,
    )
    expect(reading((models) => models['direction']!['up'])).toThrow(
      /models\.direction\.up is not declared.*; declared: p/,
    )
    expect(reading((models) => models['direction']!['p'])).not.toThrow()
  })

  test('a strategy without models has none to read', () => {
    const strategy = defineStrategy({
      name: 'bare',
      onBar: ({ models }) => void (models as unknown as Loose)['direction'],
    })
    expect(() => run(strategy, [{ rows: rising(2) }])).toThrow(/models\.direction is not declared; declared: none/)
  })

  test('a throw of the strategy’s own is told of with what its models said', () => {
    const boom = reading(({ direction }) => {
      if (Number.isNaN(direction!['p'])) throw new Error('boom')
    })
    expect(boom).toThrow(/boom.*"models":\{"direction":\{"p":"NaN"\}\}/s)
    const bare = defineStrategy({
      name: 'bare',
      onBar() {
        throw new Error('boom')
      },
    })
    expect(() => run(bare, [{ rows: rising(2) }])).toThrow(/Inputs: \{"bar":/)
    expect(() => run(bare, [{ rows: rising(2) }])).not.toThrow(/"models"/)
  })

  test('what a strategy is handed cannot be changed', () => {
    expect(reading((models) => Object.assign(models, { direction: 1 }))).toThrow(/TypeError/)
    expect(reading((models) => Object.assign(models['direction']!, { p: 1 }))).toThrow(/TypeError/)
  })

  test('a model that is not foretold for every bar, before the first one', () => {
    let calls = 0
    const strategy = defineStrategy({ name: 'asks', models: { direction: MODEL }, onBar: () => void calls++ })
    expect(() => run(strategy, [{ rows: rising(3) }])).toThrow(
      /^strategy asks: models\.direction\.p has 0 values for the 3 bars of BTCUSDT$/,
    )
    expect(() => run(strategy, [{ rows: rising(3), models: said(0.1, 0.2) }])).toThrow(/has 2 values for the 3 bars/)
    expect(() => run(strategy, [{ rows: rising(3), models: { other: said(0, 0, 0)['direction']! } }])).toThrow(
      /has 0 values/,
    )
    const three = defineStrategy({ name: 'three', models: { direction: THREE }, onBar: () => void calls++ })
    expect(() => run(three, [{ rows: rising(3), models: said(0.1, 0.2, 0.3) }])).toThrow(
      /models\.direction\.down has 0 values/,
    )
    expect(calls).toBe(0)
  })

  test('models that are none, when the strategy is defined', () => {
    const define = (models: unknown) => () =>
      defineStrategy({ name: 'bad', models: models as never, onBar: () => undefined })
    expect(define({ direction: { p: 0.5 } })).toThrow(
      /^strategy bad: models\.direction is no model; write defineModel\(\{ … \}\)$/,
    )
    expect(define({ direction: null })).toThrow(/models\.direction is no model/)
    for (const [models, text] of [
      [null, 'null'],
      [7, '7'],
      [[MODEL], '\\[.*\\]'],
    ] as const)
      expect(define(models)).toThrow(
        new RegExp(`^strategy bad: models must be an object such as \\{ direction \\}, it is ${text}$`),
      )
    expect(() => defineStrategy({ name: 'bad', model: {}, onBar: () => undefined } as never)).toThrow(
      /"model" \(did you mean "models"\?\)/,
    )
  })
})

test('a definition is a model of a strategy, typed by its classes', () => {
  const one = { series: ['binance:BTCUSDT:1h'], features: () => ({ r1: logReturn(1) }), model: logisticRegression() }
  const two = defineModel({ ...one, label: direction({ horizon: 2 }) })
  const three = defineModel({ ...one, label: direction({ horizon: 2, classes: 3 }) })
  const strategy = defineStrategy({
    name: 'typed',
    models: { two, three },
    onBar({ models }) {
      const sum: number = models.three.down + models.three.timeOut + models.three.up
      // @ts-expect-error two classes have p alone
      const none: number | undefined = sum > 1 ? models.two.up : models.two.p
      return none === undefined ? [] : []
    },
  })
  expect(Object.keys(strategy.models)).toEqual(['two', 'three'])
  const p = Float64Array.of(0.1, 0.2)
  expect(() =>
    run(strategy, [{ rows: rising(2), models: { two: { p }, three: { p, down: p, timeOut: p, up: p } } }]),
  ).not.toThrow()
})

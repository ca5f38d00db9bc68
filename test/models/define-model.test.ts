import { describe, expect, test } from 'vitest'
import { atr, logReturn, macd, rsi, stdev } from '../../src/indicators/index.ts'
import { definitionHash } from '../../src/models/artifact.ts'
import { defineModel, definitionJson } from '../../src/models/define-model.ts'
import { ensemble } from '../../src/models/ensemble.ts'
import { isModelDefinition } from '../../src/models/is-model-definition.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { gru, lstm } from '../../src/models/recurrent/recurrent.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { classWeights } from '../../src/preprocess/class-weights.ts'
import { clip } from '../../src/preprocess/clip.ts'
import { impute } from '../../src/preprocess/impute.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import { tripleBarrier } from '../../src/preprocess/label-triple-barrier.ts'
import { pipeline } from '../../src/preprocess/pipeline.ts'
import { randomUnderSample } from '../../src/preprocess/rebalance.ts'
import { robustScaler } from '../../src/preprocess/robust-scaler.ts'
import { smote } from '../../src/preprocess/smote.ts'
import { purgedKFold } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { standardScaler } from '../../src/preprocess/standard-scaler.ts'

type Options = Parameters<typeof defineModel<2>>[0]

const WHOLE: Options = {
  series: ['binance:BTCUSDT:1h'],
  features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
  label: direction({ horizon: 12 }),
  model: gbdt(),
}

/** What is said of options that are wrong in some keys. */
function refusal(given: Readonly<Record<string, unknown>>): string {
  try {
    defineModel({ ...WHOLE, ...given } as Options)
    return 'nothing'
  } catch (error) {
    expect(error).toBeInstanceOf(TypeError)
    return (error as Error).message
  }
}

describe('what is refused', () => {
  test.each<[string, Readonly<Record<string, unknown>>, RegExp]>([
    [
      'a key it does not know',
      { modle: gbdt() },
      /^defineModel: "modle" is not known \(did you mean "model"\?\); known: series, features, .*seed$/,
    ],
    [
      'no series',
      { series: undefined },
      /^defineModel: series is missing: write a list such as \['binance:BTCUSDT:1h'\]$/,
    ],
    ['an empty list of series', { series: [] }, /^defineModel: series is \[\]: write a list/],
    [
      'a series that is no list',
      { series: 'binance:BTCUSDT:1h' },
      /^defineModel: series is "binance:BTCUSDT:1h": write a list/,
    ],
    [
      'a misspelt venue',
      { series: ['binanse:BTCUSDT:1h'] },
      /^defineModel: series: unknown venue "binanse" .*did you mean "binance"/,
    ],
    [
      'no interval',
      { series: ['binance:BTCUSDT:7h'] },
      /^defineModel: series: unknown interval "7h" in "binance:BTCUSDT:7h"/,
    ],
    ['a series that is none', { series: [7] }, /^defineModel: series: "7" is not a series/],
    [
      'a series twice',
      { series: ['binance:ETHUSDT:1h', 'binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'] },
      /^defineModel: series has binance:ETHUSDT:1h twice: leave one out$/,
    ],
    ['no label', { label: undefined }, /^defineModel: label is missing: write tripleBarrier\(\{.*direction\(\{/],
    [
      'a label that was not called',
      { label: direction },
      /^defineModel: label is a function, which is to be called: write tripleBarrier/,
    ],
    [
      'a scaler that was not called',
      { scale: robustScaler },
      /^defineModel: scale is a function, which is to be called: write robustScaler\(\)/,
    ],
    ['no scaler at all', { scale: null }, /^defineModel: scale is null: write robustScaler\(\) or pipeline/],
    [
      'a rebalancer by its name',
      { rebalance: 'smote' },
      /^defineModel: rebalance is "smote": write classWeights\(\), randomUnderSample\(\), smote\(\) or none\(\)$/,
    ],
    ['no model', { model: undefined }, /^defineModel: model is missing: write gbdt\(\)/],
    [
      'a model that is an object of its settings',
      { model: { trees: 9 } },
      /^defineModel: model is \{"trees":9\}: write gbdt\(\)/,
    ],
    [
      'a number of folds in place of a splitter',
      { split: 6 },
      /^defineModel: split is 6: write walkForward\(\{ folds: 6, embargo: '2d' \}\)$/,
    ],
    ['no features', { features: undefined }, /^defineModel: features is missing: write a function, \(\) => \(\{ rsi/],
    [
      'features that are no function',
      { features: { rsi: rsi(14) } },
      /^defineModel: features is \{"rsi":.*: write a function, \(\) => \(\{ rsi/,
    ],
    ['also that is no function', { also: 4 }, /^defineModel: also is 4: write \(\) => \(\{ h4/],
    [
      'features that return nothing for want of brackets',
      { features: () => undefined },
      /^defineModel: features are undefined: write .*with the round brackets$/,
    ],
    [
      'a feature that was not called',
      { features: () => ({ r1: logReturn(1), rsi }) },
      /^defineModel: features\.rsi is a function, which is to be called: write an indicator such as rsi\(14\)$/,
    ],
    [
      'a feature that is a number',
      { features: () => ({ rsi: 14 }) },
      /^defineModel: features\.rsi is 14: write an indicator/,
    ],
    [
      'not one feature',
      { features: () => ({}) },
      /^defineModel: features: there are no features: declare at least one/,
    ],
    [
      'two features of one name',
      { features: () => ({ 'macd.signal': rsi(14), macd: macd(12, 26, 9) }) },
      /^defineModel: features: two features are named "macd\.signal": rename/,
    ],
    ['also that returns nothing', { also: () => null }, /^defineModel: also is null: write \(\) => \(\{ h4/],
    [
      'an interval that is none',
      { also: () => ({ h4: { interval: '4hr', features: { rsi: rsi(14) } } }) },
      /^defineModel: also\.h4 has interval "4hr" \(did you mean "4h"\?\): write/,
    ],
    [
      'a higher interval without features',
      { also: () => ({ h4: { interval: '4h' } }) },
      /^defineModel: also\.h4\.features are undefined: write/,
    ],
    [
      'a higher feature that is none',
      { also: () => ({ h4: { interval: '4h', features: { rsi: true } } }) },
      /^defineModel: also\.h4\.features\.rsi is true: write an indicator/,
    ],
    [
      'weights that are none',
      { weights: 'uniqeness' },
      /^defineModel: weights is "uniqeness" \(did you mean "uniqueness"\?\): write 'equal' or 'uniqueness'$/,
    ],
    [
      'a calibration that is none',
      { calibrate: 'plat' },
      /^defineModel: calibrate is "plat" \(did you mean "platt"\?\): write 'none' or 'platt' or 'isotonic'$/,
    ],
    ['missing that is neither', { missing: true }, /^defineModel: missing is true: write 'drop' or 'keep'$/],
    [
      'half of the rows for validation',
      { validation: 0.5 },
      /^defineModel: validation is 0\.5: write a share above 0 and below 0\.5$/,
    ],
    ['no rows for validation', { validation: 0 }, /^defineModel: validation is 0: write a share/],
    ['a share in words', { validation: '0.2' }, /^defineModel: validation is "0\.2": write a share/],
    ['a share that is no number', { calibration: Number.NaN }, /^defineModel: calibration is NaN: write a share/],
    ['a negative share', { calibration: -0.1 }, /^defineModel: calibration is -0\.1: write a share/],
    ['a seed that is no number', { seed: Number.NaN }, /^defineModel: seed is NaN: write a whole number, at least 0$/],
    ['a broken seed', { seed: 1.5 }, /^defineModel: seed is 1\.5: write/],
    ['a negative seed', { seed: -1 }, /^defineModel: seed is -1: write/],
    ['a seed beyond what numbers count', { seed: 2 ** 53 }, /^defineModel: seed is 9007199254740992: write/],
    [
      'made-up rows for windows',
      { model: lstm({ window: 2 }), rebalance: smote() },
      /^defineModel: rebalance does not go with a model that reads windows of 2 bars: smote\(\) .*Take classWeights\(\) or randomUnderSample\(\)$/,
    ],
    [
      'made-up rows for an ensemble one of whose members reads windows',
      { model: ensemble([gbdt(), lstm({ window: 9 })]), rebalance: smote() },
      /windows of 9 bars: smote/,
    ],
  ])('%s', (_, given, message) => {
    expect(refusal(given)).toMatch(message)
  })

  test.each([undefined, null, 7])('options that are %s', (options) => {
    const define = defineModel as (given: unknown) => unknown
    expect(() => define(options)).toThrow(
      `defineModel: options are ${options}: write { series, features, label, model }`,
    )
  })

  test('made-up rows are for models that read single rows, windows of one among them; under-sampling is for all', () => {
    expect(refusal({ rebalance: smote() })).toBe('nothing')
    expect(refusal({ rebalance: smote(), model: lstm({ window: 1 }) })).toBe('nothing')
    expect(refusal({ rebalance: randomUnderSample(), model: lstm({ window: 4 }) })).toBe('nothing')
  })
})

describe('what is built in', () => {
  test('is what the docs say', () => {
    const model = defineModel(WHOLE)
    expect(model).toMatchObject({ validation: 0.15, calibration: 0.15, calibrate: 'none', weights: 'equal' })
    expect(model).toMatchObject({ missing: 'drop', seed: 0, kind: 'definition', isModel: true, outputs: ['p'] })
    expect([model.scale.kind, model.scale.settings]).toEqual([robustScaler().kind, robustScaler().settings])
    expect([model.rebalance.kind, model.also()]).toEqual(['none', {}])
    expect(model.split.settings).toEqual(walkForward({ folds: 6 }).settings)
    expect([model, model.series].map(Object.isFrozen)).toEqual([true, true])
  })

  test('three classes have a probability each, beside that of the class that is traded', () => {
    const three = defineModel({ ...WHOLE, label: direction({ horizon: 3, classes: 3 }) })
    expect(three.outputs).toEqual(['p', 'down', 'timeOut', 'up'])
  })

  test.each([
    ['a scaler alone', standardScaler(), 'drop'],
    ['a step that imputes', impute({ by: 'median' }), 'keep'],
    ['one in a pipeline', pipeline([impute({ by: 'last' }), robustScaler()]), 'keep'],
    [
      'one in a pipeline within another',
      pipeline([clip(), pipeline([standardScaler(), impute({ by: 'last' })])]),
      'keep',
    ],
    ['a pipeline without one', pipeline([clip(), pipeline([standardScaler()])]), 'drop'],
  ])('rows that lack a value, with %s', (_, scale, missing) => {
    expect(defineModel({ ...WHOLE, scale }).missing).toBe(missing)
    expect(defineModel({ ...WHOLE, scale, missing: 'drop' }).missing).toBe('drop')
    expect(defineModel({ ...WHOLE, scale, missing: 'keep' }).missing).toBe('keep')
  })

  test('what is a definition', () => {
    expect(isModelDefinition(defineModel(WHOLE))).toBe(true)
    for (const other of [undefined, null, 7, {}, { isModel: true }, { kind: 'definition' }])
      expect(isModelDefinition(other)).toBe(false)
  })
})

describe('definitionJson', () => {
  const json = (given: Partial<Options> | Readonly<Record<string, unknown>> = {}) =>
    definitionJson(defineModel({ ...WHOLE, ...given } as Options))
  const text = (given: Readonly<Record<string, unknown>> = {}) => JSON.stringify(json(given))

  test('is plain data that says all by name', () => {
    const whole = json({
      features: () => ({ r1: logReturn(1), macd: macd(12, 26, 9).histogram, atr: atr(14).over('close') }),
      also: () => ({ h4: { interval: '4h', features: { rsi: rsi(7) } } }),
      label: tripleBarrier({ up: 2, down: 1, horizon: 24, scale: atr(14), classes: 3 }),
      scale: pipeline([impute({ by: 'median' }), robustScaler()]),
      rebalance: classWeights(),
      model: ensemble([lstm({ units: 4, window: 8 }), gbdt({ trees: 7 })], { vote: 'loss' }),
      calibrate: 'platt',
      seed: 3,
    })
    expect(JSON.parse(JSON.stringify(whole))).toEqual(whole)
    expect(Object.keys(whole['features'] as object)).toEqual(['r1', 'macd', 'atr'])
    expect(whole['features']).toEqual({
      r1: logReturn(1).key,
      macd: macd(12, 26, 9).histogram.key,
      atr: atr(14).over('close').key,
    })
    expect(whole['also']).toEqual({ h4: { interval: '4h', features: { rsi: rsi(7).key } } })
    expect(whole['label']).toMatchObject({ kind: 'tripleBarrier', settings: { up: 2, scale: atr(14).key } })
    expect(whole['scale']).toMatchObject({ kind: 'pipeline', settings: { steps: [{ kind: 'impute' }, {}] } })
    expect(whole['model']).toMatchObject({
      kind: 'ensemble',
      settings: { vote: 'loss', members: [{ kind: 'lstm', settings: { units: 4 } }, { kind: 'gbdt' }] },
    })
    expect(whole).toMatchObject({ series: WHOLE.series, weights: 'equal', seed: 3, missing: 'keep' })
    expect(whole).toMatchObject({ validation: 0.15, calibrate: 'platt', calibration: 0.15 })
  })

  /** Definitions of which no two learn the same. */
  const different: readonly Readonly<Record<string, unknown>>[] = [
    {},
    { series: ['binance:ETHUSDT:1h'] },
    { series: ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h'] },
    { features: () => ({ rsi: rsi(14), r1: logReturn(1) }) },
    { features: () => ({ r1: logReturn(2), rsi: rsi(14) }) },
    { features: () => ({ r2: logReturn(1), rsi: rsi(14) }) },
    { features: () => ({ r1: logReturn(1), rsi: rsi(14, 'high') }) },
    { also: () => ({ h4: { interval: '4h', features: { rsi: rsi(7) } } }) },
    { also: () => ({ h4: { interval: '6h', features: { rsi: rsi(7) } } }) },
    { also: () => ({ h4: { interval: '4h', features: { rsi: rsi(8) } } }) },
    { also: () => ({ x: { interval: '4h', features: { rsi: rsi(7) } } }) },
    { label: direction({ horizon: 13 }) },
    { label: direction({ horizon: 12, threshold: 0.001 }) },
    { label: direction({ horizon: 12, classes: 3 }) },
    { label: tripleBarrier({ up: 2, down: 2, horizon: 12, scale: atr(14) }) },
    { label: tripleBarrier({ up: 2, down: 2, horizon: 12, scale: atr(15) }) },
    { label: tripleBarrier({ up: 2, down: 2, horizon: 12, scale: 0.01 }) },
    { label: tripleBarrier({ up: 2, down: 2, horizon: 12, scale: stdev(14), unit: 'fraction' }) },
    { label: tripleBarrier({ up: 2, down: 2, horizon: 12, scale: stdev(14) }) },
    { scale: standardScaler() },
    { scale: pipeline([robustScaler()]) },
    { scale: pipeline([clip({ scales: 9 }), robustScaler()]) },
    { scale: pipeline([clip({ scales: 8 }), robustScaler()]) },
    { rebalance: classWeights() },
    { rebalance: classWeights({ weights: [1, 2] }) },
    { rebalance: smote({ neighbours: 4 }) },
    { weights: 'uniqueness' },
    { model: gbdt({ trees: 99 }) },
    { model: logisticRegression() },
    { model: ensemble([gbdt(), logisticRegression()]) },
    { model: ensemble([logisticRegression(), gbdt()]) },
    { model: ensemble([gbdt(), logisticRegression()], { vote: 'loss' }) },
    { model: ensemble([gbdt({ trees: 3 }), logisticRegression()]) },
    { model: lstm() },
    { model: gru() },
    { split: walkForward({ folds: 5 }) },
    { split: walkForward({ folds: 6, embargo: '1d' }) },
    { split: purgedKFold({ folds: 6 }) },
    { validation: 0.2 },
    { calibrate: 'platt' },
    { calibrate: 'isotonic' },
    { calibrate: 'isotonic', calibration: 0.2 },
    { missing: 'keep' },
    { seed: 1 },
  ]

  test('changes with every setting that matters, and with the order of the features', () => {
    const texts = different.map(text)
    const twice = texts.flatMap((one, k) => (texts.indexOf(one) < k ? [[texts.indexOf(one), k]] : []))
    expect(twice).toEqual([])
    expect(new Set(different.map((given) => definitionHash(json(given)))).size).toBe(different.length)
  })

  test('and only then: what is written out as it is built in, in any order, or cannot matter, is the same', () => {
    for (const same of [
      { scale: robustScaler(), split: walkForward({ folds: 6, embargo: 0 }), seed: 0, missing: 'drop' },
      { validation: 0.15, calibrate: 'none', weights: 'equal', also: () => ({}) },
      { features: () => ({ r1: logReturn(), rsi: rsi(14, 'close') }), label: direction({ threshold: 0, horizon: 12 }) },
      { model: gbdt({ patience: 20, trees: 100 }) },
      // nothing is calibrated, so no share of the rows is taken for it
      { calibration: 0.3 },
    ])
      expect(text(same)).toBe(text())
    const [one, other] = [lstm({ units: 8, window: 6 }), lstm({ window: 6, units: 8 })]
    expect(text({ model: one })).toBe(text({ model: other }))
    // higher intervals as a function or not, all of them or each
    const h4 = { interval: '4h', features: { rsi: rsi(7) } } as const
    const written = [
      { h4 },
      () => ({ h4: { ...h4, features: () => h4.features } }),
      { h4: { ...h4, features: () => h4.features } },
    ]
    for (const also of written) expect(text({ also })).toBe(text({ also: () => ({ h4 }) }))
    // a logistic regression does not look at validation rows
    const plain = { model: logisticRegression() }
    expect(text({ ...plain, validation: 0.3 })).toBe(text(plain))
  })
})

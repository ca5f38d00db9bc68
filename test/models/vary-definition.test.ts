import { describe, expect, test } from 'vitest'
import { atr, logReturn, rsi } from '../../src/indicators/index.ts'
import { defineModel, definitionJson } from '../../src/models/define-model.ts'
import { cnn1d, ensemble, gbdt, gru, logisticRegression, lstm, mlp, randomForest } from '../../src/models/index.ts'
import { OWN_PARTS, type OwnPart, type Part } from '../../src/models/own-parts.ts'
import { searchable, varied } from '../../src/models/vary-definition.ts'
import { winsorize } from '../../src/preprocess/clip.ts'
import {
  classWeights,
  clip,
  combinatorialPurged,
  direction,
  impute,
  minMaxScaler,
  none,
  pipeline,
  purgedKFold,
  randomOverSample,
  randomUnderSample,
  robustScaler,
  smote,
  standardScaler,
  tripleBarrier,
  walkForward,
} from '../../src/preprocess/index.ts'
import { madeBars } from './made-bars.ts'
import { spyClassifier } from './spy-classifier.ts'

type Options = Parameters<typeof defineModel>[0]

const define = (options: Partial<Options> = {}) =>
  defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1), rsi: rsi(14) }),
    label: tripleBarrier({ up: 2, down: 3, horizon: 24, scale: atr(14) }),
    model: gbdt({ trees: 30 }),
    ...options,
  } as Options)

/** One of every kind, its settings such that each may be changed by itself. */
const EVERY: Readonly<Record<keyof typeof OWN_PARTS, readonly Part[]>> = {
  label: [direction({ horizon: 5 }), tripleBarrier({ up: 1, down: 1, horizon: 5, scale: atr(14), unit: 'price' })],
  scale: [
    robustScaler(),
    standardScaler(),
    minMaxScaler(),
    clip(),
    winsorize(),
    impute({ by: 'constant', value: 1 }),
    pipeline([clip(), robustScaler()]),
  ],
  rebalance: [none(), classWeights({ weights: [1, 2] }), randomOverSample(), randomUnderSample(), smote()],
  model: [
    logisticRegression(),
    gbdt(),
    randomForest({ featureFraction: 0.5 }),
    lstm({ layers: 2 }),
    gru({ layers: 2 }),
    mlp({ units: [8, 4] }),
    cnn1d(),
    ensemble([gbdt(), lstm()], { vote: 'loss' }),
  ],
  split: [
    walkForward({ folds: 4, mode: 'rolling', trainBars: 100, testBars: 20 }),
    purgedKFold({ folds: 4 }),
    combinatorialPurged({ groups: 5, testGroups: 2 }),
  ],
}

const each = Object.entries(EVERY).flatMap(([name, parts]) => parts.map((part) => ({ name, kind: part.kind, part })))

describe('what can be searched', () => {
  test('paths have the present values, whole numbers where only such make sense, and the words there are', () => {
    const specs = searchable(
      define({
        model: ensemble([lstm({ units: 8 }), gbdt({ trees: 30 })]),
        scale: pipeline([clip({ scales: 6 }), robustScaler()]),
        split: walkForward({ folds: 4 }),
        validation: 0.2,
      }),
    )
    expect(specs).toMatchObject({
      'model.members.0.units': { kind: 'int', default: 8 },
      'model.members.0.learningRate': { kind: 'num', default: 0.001 },
      'model.members.1.trees': { kind: 'int', default: 30 },
      'model.members.1.rowFraction': { kind: 'num', default: 1 },
      'model.vote': { kind: 'choice', default: 'mean', options: ['mean', 'loss', 'stacking'] },
      'scale.steps.0.scales': { kind: 'num', default: 6 },
      'scale.steps.1.quantiles.1': { kind: 'num', default: 0.75 },
      'scale.steps.1.center': { kind: 'bool', default: true },
      'label.horizon': { kind: 'int', default: 24 },
      'label.up': { kind: 'num', default: 2 },
      'split.folds': { kind: 'int', default: 4 },
      'split.mode': { kind: 'choice', options: ['expanding', 'rolling'] },
      validation: { kind: 'num', default: 0.2 },
      calibrate: { kind: 'choice', default: 'none', options: ['none', 'platt', 'isotonic'] },
      seed: { kind: 'int', default: 0 },
    })
    expect(Object.keys(specs)).not.toContain('label.scale')
    expect(Object.keys(specs)).not.toContain('split.testBars')
  })

  test('every kind that is klinelab’s own is among those tried here', () => {
    for (const [name, kinds] of Object.entries(OWN_PARTS))
      expect(EVERY[name as keyof typeof OWN_PARTS].map(({ kind }) => kind).sort()).toEqual(
        Object.keys(kinds).filter((kind) => kind !== 'onnx').sort(), // biome-ignore format: one thought
      )
  })

  test.each(each)(
    '$name $kind: half of a whole number is refused, and taken where any number will do',
    ({ name, part }) => {
      const own = define({ [name]: part })
      const { make, within }: OwnPart = (OWN_PARTS[name as keyof typeof OWN_PARTS] as Record<string, OwnPart>)[
        part.kind
      ]!
      const inner = within === undefined ? [] : (part as never)[within]
      for (const [path, spec] of Object.entries(searchable(own))) {
        const [of, setting, ...rest] = path.split('.')
        if (of !== name || rest.length > 0 || (spec.kind !== 'int' && spec.kind !== 'num')) continue
        const { default: now } = spec
        // behind the check of the spec: what the constructor itself says of it
        const halves = () => make!({ ...part.settings, [setting!]: now + 0.5 } as never, inner, part as never)
        if (spec.kind === 'int') expect(halves, path).toThrow()
        else expect(() => varied(own, { [path]: now === 0 ? 0.25 : now / 2 }), path).not.toThrow()
      }
    },
  )
})

describe('a varied definition', () => {
  test.each(each)('$name $kind: made again with its own values it is the same', ({ name, part }) => {
    const own = define({ [name]: part })
    const specs = Object.entries(searchable(own)).filter(([path]) => path.startsWith(`${name}.`))
    const same = Object.fromEntries(specs.map(([path, spec]) => [path, spec.default]))
    const again = varied(own, same)
    expect(definitionJson(again)).toEqual(definitionJson(own))
    if (specs.length > 0) expect(again[name as 'model']).not.toBe(part)
  })

  test('has what was asked for, and everything else as it was', () => {
    const own = define({ rebalance: classWeights(), seed: 3 })
    const made = varied(own, { 'model.trees': 50, 'label.horizon': 12, validation: 0.25, calibrate: 'platt' })
    const json = definitionJson(own) as Record<string, Record<string, object>>
    expect(definitionJson(made)).toEqual({
      ...json,
      model: { kind: 'gbdt', settings: { ...json['model']!['settings'], trees: 50 } },
      label: { kind: 'tripleBarrier', settings: { ...json['label']!['settings'], horizon: 12 } },
      validation: 0.25,
      calibrate: 'platt',
      calibration: 0.15,
    })
    expect(made.rebalance).toBe(own.rebalance)
    expect(made.split).toBe(own.split)
  })

  test('labels by the same indicator as before', () => {
    const bars = madeBars({ rows: 200 })
    const written = tripleBarrier({ up: 2, down: 3, horizon: 6, scale: atr(14) })
    expect(varied(define(), { 'label.horizon': 6 }).label.label(bars)).toEqual(written.label(bars))
  })

  test('barriers by a fraction of the price may be others', () => {
    const own = define({ label: tripleBarrier({ up: 2, down: 3, horizon: 24, scale: 0.01 }) })
    const written = tripleBarrier({ up: 2, down: 3, horizon: 24, scale: 0.02 })
    const bars = madeBars({ rows: 200 })
    expect(varied(own, { 'label.scale': 0.02 }).label.label(bars)).toEqual(written.label(bars))
  })

  test('members and steps are changed where they lie', () => {
    const inner = ensemble([gbdt(), logisticRegression()], { vote: 'stacking' })
    const own = define({ model: ensemble([lstm(), inner]), scale: pipeline([clip(), minMaxScaler()]) })
    const made = varied(own, {
      'model.members.1.members.0.trees': 7,
      'model.members.0.window': 12,
      'scale.steps.1.range.1': 4,
    })
    const wanted = ensemble([
      lstm({ window: 12 }),
      ensemble([gbdt({ trees: 7 }), logisticRegression()], { vote: 'stacking' }),
    ])
    expect(made.model.settings).toEqual(wanted.settings)
    expect(made.model.window).toBe(12)
    expect(made.scale.settings).toEqual(pipeline([clip(), minMaxScaler({ range: [0, 4] })]).settings)
  })

  test('parts that are not klinelab’s own stay, and the others can be changed', () => {
    const spy = spyClassifier()
    const made = varied(define({ model: spy }), { 'label.horizon': 6 })
    expect(made.model).toBe(spy)
    expect(made.label.horizon).toBe(6)
    const { model } = varied(define({ model: ensemble([gbdt(), spy]) }), { 'model.members.0.trees': 3 })
    expect((model as ReturnType<typeof ensemble>).members[1]).toBe(spy)
  })
})

describe('refused', () => {
  const refusal = (work: () => unknown) => {
    try {
      work()
    } catch (error) {
      expect(error).toBeInstanceOf(RangeError)
      return (error as Error).message
    }
    throw new Error('nothing was refused')
  }

  test.each([
    ['model.tree', /"model.tree" cannot be searched \(did you mean "model.trees"\?\)/],
    ['label.scale', /"label.scale".*it is "atr\(14, high, low, close\)".*only numbers, true or false and words/],
    ['split.testBars', /it is null, and only numbers/],
    ['features', /export several models with other features/],
    ['model', /name a setting of it, or export several models for other kinds of model/],
    ['model.toString', /there are label\.up/],
  ])('%s', (path, message) => {
    expect(refusal(() => varied(define(), { [path]: 1 }))).toMatch(message)
  })

  test.each([
    [{ 'model.trees': 0 }, 'model.trees=0: gbdt: trees is 0: write a whole number of at least 1'],
    [{ 'model.trees': 2.5 }, 'parameter model.trees is 2.5: write a whole number'],
    [{ 'model.trees': 'many' }, 'parameter model.trees is "many": write a number'],
    [{ 'label.up': -1 }, 'label.up=-1: tripleBarrier up -1: write a number above 0'],
    [{ 'split.folds': 0 }, 'split.folds=0: walkForward folds 0: write a whole number, at least 1'],
    [
      { 'split.mode': 'rollin' },
      'parameter split.mode is "rollin" (did you mean "rolling"?): one of expanding, rolling',
    ],
    [{ validation: 0.5 }, 'validation=0.5: defineModel: validation is 0.5: write a share above 0 and below 0.5'],
    [{ calibrate: 'plat' }, 'parameter calibrate is "plat" (did you mean "platt"?): one of none, platt, isotonic'],
  ] as const)('%j', (params, message) => {
    expect(refusal(() => varied(define(), params))).toBe(message)
  })

  test('what only goes wrong together names all of it', () => {
    expect(refusal(() => varied(define({ model: cnn1d() }), { 'model.window': 4, 'model.kernel': 6 }))).toBe(
      'model.window=4, model.kernel=6: cnn1d: kernel is 6: write a whole number from 1 to 4',
    )
  })

  test('what goes wrong between two parts is refused by the definition', () => {
    const own = define({ rebalance: smote(), model: cnn1d({ window: 1, kernel: 1 }) })
    expect(refusal(() => varied(own, { 'model.window': 8 }))).toMatch(
      /^model.window=8: defineModel: rebalance does not go with a model that reads windows of 8 bars/,
    )
  })

  test('a classifier of one’s own', () => {
    expect(refusal(() => varied(define({ model: spyClassifier() }), { 'model.steps': 2 }))).toMatch(
      /model is "spy", which is not klinelab's own, so that it cannot be made anew/,
    )
    const member = define({ model: ensemble([gbdt(), spyClassifier()]) })
    expect(refusal(() => varied(member, { 'model.members.1.steps': 2 }))).toMatch(/model\.members\.1 is "spy"/)
  })

  test('a classifier that wraps one of klinelab’s and goes by its kind', () => {
    const wrapped = { ...gbdt(), fit: () => spyClassifier().fit(null as never, null as never) }
    expect(refusal(() => varied(define({ model: wrapped }), { 'model.trees': 5 }))).toMatch(
      /^model.trees=5: it calls itself gbdt and has code of its own/,
    )
  })
})

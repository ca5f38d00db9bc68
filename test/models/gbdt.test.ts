import { describe, expect, test } from 'vitest'
import { lossesOf } from '../../src/metrics/classification-loss.ts'
import type { FitOptions, TrainingSet } from '../../src/models/classifier.ts'
import { Gbdt, gbdt } from '../../src/models/trees/gbdt.ts'
import { testClassifier } from '../contracts/test-classifier.ts'
import { farthest, madeTraining, repeated, trainingOf, upTo } from './made-training.ts'
import { plainBoosting } from './plain-boosting.ts'

testClassifier({
  name: 'gbdt',
  variants: [
    gbdt({ trees: 20 }),
    gbdt({ trees: 30, maxLeaves: 5, maxBins: 16, rowFraction: 0.6, featureFraction: 0.5, l2: 1, patience: 5 }),
  ],
  fromJson: Gbdt.fromJson,
  takesMissing: true,
  fields: [
    'classes',
    'names',
    'base',
    'trees.outputs',
    'trees.roots',
    'trees.feature',
    'trees.threshold',
    'trees.left',
  ],
})

const learn = (data: TrainingSet, settings: Parameters<typeof gbdt>[0] = {}, options: Partial<FitOptions> = {}) =>
  gbdt(settings).fit(data, { seed: 1, ...options }) as Gbdt

const lossOn = (fitted: Gbdt, data: TrainingSet, rows: Int32Array) =>
  lossesOf({
    classes: data.classes,
    y: Int8Array.from(rows, (row) => data.y[row]!),
    p: fitted.predictProba(data.columns, rows),
  }).mean(null, rows.length).logLoss

describe('as the definition has it', () => {
  const base = { trees: 3, learningRate: 0.3, maxLeaves: 4, minRows: 3, minHessian: 0.1, l2: 0.5 }
  test.each([
    { classes: 2, missing: 0, settings: base },
    { classes: 2, missing: 0.3, settings: base },
    { classes: 2, missing: 0.3, settings: { ...base, maxLeaves: 8, minRows: 1, minHessian: 1e-3, l2: 0 } },
    { classes: 2, missing: 0, settings: { ...base, minRows: 20 } },
    { classes: 2, missing: 0, settings: { ...base, minHessian: 6 } },
    { classes: 3, missing: 0.2, settings: base },
    { classes: 3, missing: 0, settings: { ...base, maxLeaves: 7, trees: 2 } },
  ] as const)(
    'every split tried on the rows: $classes classes, $missing missing, $settings',
    ({ classes, missing, settings }) => {
      for (const seed of [1, 2, 3]) {
        const made = madeTraining({ rows: 90, features: 3, classes, missing, seed })
        // weights that no two rows share, so that no two splits gain the same
        const data = { ...made, weights: Float64Array.from(made.y, (_, row) => 1 + Math.sqrt(row) / 7) }
        const expected = plainBoosting(data, settings).flat()
        const found = learn(data, settings).predictProba(data.columns, data.rows)
        // gradients are kept as float32
        expect(farthest(found, expected)).toBeLessThan(1e-5)
      }
    },
  )

  test('one split, by hand', () => {
    // at the start p = ½, so that g = ½ − y and h = ¼ for every row
    const data = trainingOf([[1, 2, 3, 10, 11, 12]], [0, 0, 1, 1, 1, 0])
    const fitted = learn(data, { trees: 1, maxLeaves: 2, minRows: 3, learningRate: 0.1 })
    // only 3 | 3 is allowed: left g = ½ + ½ − ½, h = ¾; a step of −0.1 · 0.5 ÷ 0.75, and the opposite on the right
    const low = 1 / (1 + Math.exp((0.1 * 0.5) / 0.75))
    expect(
      farthest(fitted.predictProba(data.columns, data.rows), [low, low, low, 1 - low, 1 - low, 1 - low]),
    ).toBeLessThan(1e-7)
    // the edge is halfway between 3 and 10
    const near = [Float64Array.of(6.5, 6.500001, -1e9, 1e9)]
    expect(farthest(fitted.predictProba(near, upTo(4)), [low, 1 - low, low, 1 - low])).toBeLessThan(1e-7)
  })

  test('a weight is as many rows', () => {
    for (const classes of [2, 3] as const)
      for (const seed of [1, 2, 3]) {
        const data = madeTraining({ rows: 200, classes, missing: 0.1, seed })
        const times = Array.from({ length: 200 }, (_, row) => (row * row) % 4)
        // rows that a leaf must have are counted, whatever they weigh
        const settings = { trees: 3, maxLeaves: 4, minRows: 1, minHessian: 1 }
        const weighted = learn({ ...data, weights: Float64Array.from(times) }, settings)
        const counted = learn(repeated(data, times), settings)
        const p = weighted.predictProba(data.columns, data.rows)
        expect(farthest(p, counted.predictProba(data.columns, data.rows))).toBeLessThan(1e-5)
      }
  })

  test('only the order of values matters', () => {
    const data = madeTraining({ rows: 300, missing: 0.1 })
    const bent = {
      ...data,
      columns: data.columns.map((column, f) => column.map((x) => (f % 2 ? x ** 3 : Math.exp(x)))),
    }
    const [one, other] = [learn(data), learn(bent)]
    expect(one.predictProba(data.columns, data.rows)).toEqual(other.predictProba(bent.columns, data.rows))
  })
})

describe('missing values', () => {
  const value = Float64Array.from({ length: 400 }, (_, row) => (row % 4 === 0 ? Number.NaN : (row % 40) / 40))
  const ask = (fitted: Gbdt, ...values: number[]) =>
    [...fitted.predictProba([Float64Array.from(values)], upTo(values.length))] as number[]

  test('go where rows like them went, to the left or to the right', () => {
    // with high values class 1 comes in 9 of 10 rows, with low ones in 1 of 10
    for (const like of ['high', 'low'] as const) {
      const y = Array.from(value, (one, row) => {
        const isHigh = Number.isNaN(one) ? like === 'high' : one > 0.5
        return (row % 10 === 3) === isHigh ? 0 : 1
      })
      const fitted = learn(trainingOf([value], y), { maxLeaves: 2, trees: 1 })
      const [low, high, missing] = ask(fitted, 0.1, 0.9, Number.NaN) as [number, number, number]
      expect(low).toBeLessThan(high)
      expect(missing).toBe(like === 'high' ? high : low)
    }
  })

  test('are a question of their own: all that are there against those that are not', () => {
    const data = trainingOf(
      [value],
      Array.from(value, (one) => (Number.isNaN(one) ? 1 : 0)),
    )
    const fitted = learn(data, { maxLeaves: 2, trees: 50 })
    const [low, high, infinite, missing] = ask(fitted, 0, 1, Infinity, Number.NaN) as [number, number, number, number]
    expect([low, high]).toEqual([infinite, infinite])
    expect(missing).toBeGreaterThan(0.9)
    expect(low).toBeLessThan(0.1)
    // JSON has no Infinity, which is what the threshold is
    expect(ask(Gbdt.fromJson(JSON.parse(JSON.stringify(fitted))), 0, Number.NaN)).toEqual([low, missing])
  })

  test('that training has never seen go with most of the rows', () => {
    // 30 of 100 are above 69, and of class 1
    const data = trainingOf(
      [Array.from({ length: 100 }, (_, k) => k)],
      Array.from({ length: 100 }, (_, k) => (k < 70 ? 0 : 1)),
    )
    const fitted = learn(data, { maxLeaves: 2, trees: 1 })
    const [most, least, missing] = ask(fitted, 0, 99, Number.NaN)
    expect(missing).toBe(most)
    const turned = learn({ ...data, columns: [data.columns[0]!.map((x) => -x)] }, { maxLeaves: 2, trees: 1 })
    expect(ask(turned, Number.NaN)).toEqual(ask(turned, 0))
    expect(least).toBeGreaterThan(most!)
  })
})

describe('early stopping', () => {
  const data = { ...madeTraining({ rows: 900, seed: 4 }), rows: upTo(600) }
  const validation = upTo(900, 600)

  test.each([2, 3] as const)('keeps the trees up to the lowest loss on the validation rows: %i classes', (classes) => {
    const own = { ...madeTraining({ rows: 900, classes, seed: 4, missing: 0.2 }), rows: upTo(600) }
    const losses: number[] = []
    const settings = { trees: 400, learningRate: 0.2, patience: 15 }
    const fitted = learn(own, settings, {
      validation,
      onProgress: ({ done, total, validationLoss }) => {
        expect([done, total]).toEqual([losses.length + 1, 400])
        losses.push(validationLoss!)
        return true
      },
    })
    const best = losses.indexOf(Math.min(...losses)) + 1
    expect(losses.length).toBe(best + 15)
    expect(fitted.rounds).toBe(best)
    expect(lossOn(fitted, own, validation)).toBeCloseTo(losses[best - 1]!, 12)
    // the validation rows have no other influence
    const short = learn(own, { ...settings, trees: best })
    expect(short.predictProba(own.columns, validation)).toEqual(fitted.predictProba(own.columns, validation))
  })

  test('judges rows by what their class weighs in training, though they have no weight themselves', () => {
    const weights = Float64Array.from(data.y, (one, row) => (row < 600 ? (one === 1 ? 5 : 1) : 0))
    const told: number[] = []
    learn(
      { ...data, weights },
      { trees: 1 },
      { validation, onProgress: ({ validationLoss }) => told.push(validationLoss!) > 0 },
    )
    const fitted = learn({ ...data, weights }, { trees: 1 })
    const y = data.y.subarray(600)
    const own = Float64Array.from(y, (one) => (one === 1 ? 5 : 1))
    const losses = lossesOf({ classes: 2, y, p: fitted.predictProba(data.columns, validation) })
    expect(told[0]).toBeCloseTo(
      losses.mean(
        own,
        own.reduce((a, b) => a + b),
      ).logLoss,
      12,
    )
  })

  test('no tree is kept where none is better than the share of the classes', () => {
    const turned = { ...data, y: data.y.map((one, row) => (row < 600 ? one : 1 - one)) }
    const fitted = learn(turned, {}, { validation })
    expect(fitted.rounds).toBe(0)
    const ones = data.y.subarray(0, 600).reduce((sum, one) => sum + one, 0)
    expect(fitted.predictProba(data.columns, Int32Array.of(3))[0]).toBeCloseTo(ones / 600, 12)
    expect([...fitted.importance]).toEqual([0, 0, 0, 0])
  })

  test('whoever watches may end the training', () => {
    expect(learn(data, {}, { onProgress: ({ done }) => done < 3 }).rounds).toBe(3)
    const losses: number[] = []
    learn(data, { trees: 10 }, { onProgress: ({ loss }) => losses.push(loss) > 0 })
    expect(losses.at(-1)).toBeCloseTo(lossOn(learn(data, { trees: 10 }), data, data.rows), 12)
  })
})

describe('chance', () => {
  test('each seed draws its own rows and features', () => {
    const data = madeTraining({ rows: 400 })
    for (const drawn of [{ rowFraction: 0.5 }, { featureFraction: 0.5 }]) {
      const texts = [1, 2].map((seed) => JSON.stringify(learn(data, { trees: 10, ...drawn }, { seed })))
      expect(texts[0]).not.toBe(texts[1])
    }
    const all = [1, 2].map((seed) => JSON.stringify(learn(data, { trees: 10 }, { seed })))
    expect(all[0]).toBe(all[1])
  })

  test('a tree on half of the rows still moves the others', () => {
    const data = madeTraining({ rows: 400, seed: 6, missing: 0.2 })
    const told: number[] = []
    const settings = { trees: 12, rowFraction: 0.5 }
    learn(data, settings, { onProgress: ({ loss }) => told.push(loss) > 0 })
    expect(told.at(-1)).toBeCloseTo(lossOn(learn(data, settings), data, data.rows), 10)
  })
})

test('importance: each feature has its part of the gains, and what tells nothing next to none', () => {
  const data = madeTraining({ rows: 3_000, features: 4, seed: 8 })
  const fitted = learn(data, { trees: 30, maxLeaves: 8 })
  const { trees } = JSON.parse(JSON.stringify(fitted)) as { trees: { feature: number[]; gain: number[] } }
  const gains = [0, 1, 2, 3].map((f) =>
    trees.gain.reduce((sum, gain, k) => sum + (trees.feature[k] === f ? gain : 0), 0),
  )
  const total = gains.reduce((sum, gain) => sum + gain, 0)
  for (const f of [0, 1, 2, 3]) expect(fitted.importance[f]).toBeCloseTo(gains[f]! / total, 12)
  expect(fitted.importance[0]).toBeGreaterThan(0.5)
  expect(fitted.importance[2]! + fitted.importance[3]!).toBeLessThan(0.1)
})

test('data that no split tells anything about: the share of the classes', () => {
  const data = trainingOf(
    [new Float64Array(100).fill(3), new Float64Array(100).fill(Number.NaN)],
    upTo(100).map((k) => (k % 4 ? 0 : 1)),
  )
  const fitted = learn(data)
  expect(fitted.rounds).toBe(0)
  expect(fitted.predictProba(data.columns, data.rows)[0]).toBeCloseTo(0.25, 12)
  expect(Gbdt.fromJson(JSON.parse(JSON.stringify(fitted))).predictProba(data.columns, Int32Array.of(0))[0]).toBeCloseTo(
    0.25,
    12,
  )
})

test('rows that can be told apart without fail stay finite', () => {
  const data = trainingOf(
    [Array.from({ length: 200 }, (_, k) => k)],
    Array.from({ length: 200 }, (_, k) => (k < 100 ? 0 : 1)),
  )
  const p = learn(data, { trees: 1_000 }).predictProba(data.columns, data.rows)
  expect(p.every(Number.isFinite)).toBe(true)
  expect(Math.max(...p.subarray(0, 100))).toBeLessThan(1e-3)
  expect(Math.min(...p.subarray(100))).toBeGreaterThan(1 - 1e-3)
})

test('a child before its parent, which a walk would never leave, is refused', () => {
  const json = JSON.parse(JSON.stringify(learn(madeTraining({ rows: 200 }), { trees: 2 })))
  json.trees.left[0] = 0
  expect(() => Gbdt.fromJson(json)).toThrow(/left.*children behind their parents/)
})

test('settings that make no sense are refused by name', () => {
  const refused: readonly (readonly [Parameters<typeof gbdt>[0], RegExp])[] = [
    [{ trees: 0 }, /trees is 0/],
    [{ maxLeaves: 1 }, /maxLeaves is 1: write a whole number of at least 2/],
    [{ maxBins: 256 }, /maxBins is 256: write a whole number from 2 to 255/],
    [{ learningRate: 0 }, /learningRate is 0/],
    [{ l2: -1 }, /l2 is -1/],
    [{ minHessian: 0 }, /minHessian is 0/],
    [{ rowFraction: 1.5 }, /rowFraction is 1.5/],
    [{ featureFraction: 0 }, /featureFraction is 0/],
    [{ patience: 2.5 }, /patience is 2.5/],
    [{ minRows: 0 }, /minRows is 0/],
    [{ leaves: 3 } as object, /unknown setting "leaves"/],
  ]
  for (const [settings, message] of refused) expect(() => gbdt(settings)).toThrow(message)
})

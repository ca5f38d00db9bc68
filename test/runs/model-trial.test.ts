import fc from 'fast-check'
import { describe, expect, test } from 'vitest'
import { type Bars, sliceBars } from '../../src/core/bar.ts'
import { seededRandom } from '../../src/core/random.ts'
import type { Params } from '../../src/core/search.ts'
import { logReturn, rsi, stdev } from '../../src/indicators/index.ts'
import type { Classifier, FittedClassifier } from '../../src/models/classifier.ts'
import { defineModel } from '../../src/models/define-model.ts'
import { gbdt, logisticRegression } from '../../src/models/index.ts'
import { direction, featureMatrix, type LabelRule, pipeline, walkForward } from '../../src/preprocess/index.ts'
import { modelSearchRemarks } from '../../src/runs/model-search-remarks.ts'
import { type ModelSearch, modelTrials } from '../../src/runs/model-trial.ts'
import { madeBars, withOtherFuture } from '../models/made-bars.ts'
import { spyClassifier } from '../models/spy-classifier.ts'
import '../seed.ts'

type Options = Parameters<typeof defineModel>[0]

const features = () => ({ r1: logReturn(1), rsi: rsi(14), noise: stdev(12, logReturn(1)) })

const define = (options: Partial<Options> = {}) =>
  defineModel({
    series: ['binance:BTCUSDT:1h'],
    features,
    label: direction({ horizon: 3 }),
    model: logisticRegression(),
    split: walkForward({ folds: 3 }),
    ...options,
  } as Options)

/** Hourly bars without a gap: of 800 the last quarter is from row 600 on. */
const BARS = madeBars({ rows: 800, seed: 5 })
const CUT = 600

const search = (options: Partial<Options> = {}, given: Partial<ModelSearch> = {}) =>
  modelTrials({ model: { name: 'direction', definition: define(options) }, bars: [BARS], ...given })

const bytes = (value: unknown) => JSON.stringify(value)

/** Log loss of a logistic regression that was fitted on some rows of scaled features, and said of others. */
function naiveLogLoss(
  bars: Bars,
  folds: readonly { train: Int32Array; test: Int32Array }[],
  C: number,
  horizon: number,
) {
  const matrix = featureMatrix(bars, features())
  const losses = folds.flatMap(({ train, test }) => {
    const y = Int8Array.from({ length: bars.length }, (_, row) =>
      row + horizon < bars.length ? Number(bars.close[row + horizon]! > bars.open[row + 1]!) : -1,
    )
    const scaled = matrix.columns.map((column) => {
      const sorted = [...train].map((row) => column[row]!).sort((a, b) => a - b)
      const quantile = (q: number) => {
        const at = q * (sorted.length - 1)
        const low = sorted[Math.floor(at)]!
        return low + (at % 1) * (sorted[Math.ceil(at)]! - low)
      }
      return column.map((value) => (value - quantile(0.5)) / (quantile(0.75) - quantile(0.25)))
    })
    const set = { names: matrix.names, columns: scaled, rows: train, y, classes: 2 as const, weights: null }
    const fitted = logisticRegression({ C }).fit(set, { seed: 0 }) as FittedClassifier
    const p = fitted.predictProba(scaled, test)
    return [...test].map((row, k) => -Math.log(y[row] === 1 ? p[k]! : 1 - p[k]!))
  })
  return { rows: losses.length, logLoss: losses.reduce((sum, loss) => sum + loss, 0) / losses.length }
}

const rowsFrom = (from: number, to: number) => Int32Array.from({ length: to - from }, (_, k) => from + k)

describe('a trial', () => {
  test.each([3, 7])('is what a plain script makes of the development bars, of labels %i bars long', async (horizon) => {
    const params = { 'model.C': 0.05, 'label.horizon': horizon }
    const { objective, metrics, status } = await search().run({ number: 4, params })
    // the first value of all features is that of rsi, on row 14; the last labels are open
    const first = 14
    const usable = CUT - horizon - first
    const size = Math.floor(usable / 4)
    const folds = [0, 1, 2].map((k) => {
      const start = first + usable - (3 - k) * size
      // a label of row r is known at the close of r + horizon, which must not lie behind the first row of the test
      return { train: rowsFrom(first, start - horizon + 1), test: rowsFrom(start, start + size) }
    })
    const naive = naiveLogLoss(sliceBars(BARS, 0, CUT), folds, 0.05, horizon)
    expect(status).toBe('done')
    expect(metrics['rows']).toBe(naive.rows)
    expect(objective).toBeCloseTo(naive.logLoss, 12)
    expect(objective).toBe(metrics['logLoss'])
  })

  test('says nothing of daily returns, and keeps its number', async () => {
    expect(await search().run({ number: 17, params: {} })).toMatchObject({ number: 17, returns: null, reason: null })
  })

  test('has what was asked for as its objective', async () => {
    const { objective, metrics } = await search({}, { objective: 'auc' }).run({ number: 1, params: {} })
    expect(objective).toBe(metrics['auc'])
    expect(objective).not.toBe(metrics['logLoss'])
  })

  test('that cannot be is an outcome with its reason', async () => {
    const reasonOf = async (params: Params, options: Partial<Options> = {}) => {
      const outcome = await search(options).run({ number: 2, params })
      expect(outcome).toMatchObject({ number: 2, status: 'failed', objective: null, metrics: {}, returns: null })
      return outcome.reason
    }
    expect(await reasonOf({ 'model.C': 0 })).toBe(
      'model.C=0: logisticRegression: C is 0: write a number above 0, or penalty: "none"',
    )
    expect(await reasonOf({ 'model.trees': 5 })).toMatch(/"model.trees" cannot be searched/)
    expect(await reasonOf({ 'label.horizon': 600 })).toMatch(/a horizon of 600 bars needs at least 601/)
    expect(await reasonOf({ 'split.folds': 590 })).toMatch(/too few for 590 folds/)
    const thrower: Classifier = { ...spyClassifier(), fit: () => { throw 'no reason at all' } } // biome-ignore format: one thought
    expect(await reasonOf({}, { model: thrower })).toBe('no reason at all')
  })

  test('without its objective says why', async () => {
    const mute: Classifier = {
      ...spyClassifier(),
      fit: (data, options) => ({
        ...(spyClassifier().fit(data, options) as FittedClassifier),
        predictProba: (_, rows) => new Float64Array(rows.length).fill(Number.NaN),
      }),
    }
    const outcome = await search({ model: mute }, { objective: 'auc' }).run({ number: 1, params: {} })
    expect(outcome).toMatchObject({ status: 'done', objective: null, reason: 'no auc: there are no rows' })
    expect(outcome.metrics['rows']).toBe(0)
  })
})

describe('what is held out', () => {
  const TRIALS: readonly Params[] = [
    {},
    { 'label.horizon': 24, 'model.trees': 4, 'split.folds': 2 },
    { 'label.horizon': 1, validation: 0.3, calibrate: 'platt', 'split.embargo': 5, 'scale.center': false },
  ]
  const quick = { model: gbdt({ trees: 6, maxLeaves: 4, patience: 2 }) }

  test('never changes a trial, whatever comes', async () => {
    const trials = search(quick)
    const known = await Promise.all(TRIALS.map((params, k) => trials.run({ number: k, params })))
    expect(known.every(({ status }) => status === 'done')).toBe(true)
    await fc.assert(
      fc.asyncProperty(fc.nat(1e6), fc.constantFrom(...TRIALS.keys()), async (seed, k) => {
        const bars = [withOtherFuture(BARS, CUT, seed)]
        const outcome = await search(quick, { bars }).run({ number: k, params: TRIALS[k]! })
        expect(bytes(outcome)).toBe(bytes(known[k]))
      }),
      { numRuns: 15 },
    )
    // bars that were known do
    const other = search(quick, { bars: [withOtherFuture(BARS, CUT - 20, 3)] })
    expect(bytes(await other.run({ number: 0, params: {} }))).not.toBe(bytes(known[0]))
  })

  test('is not in the memory that a classifier or a label of one’s own is handed', async () => {
    const spy = spyClassifier()
    const seen: number[] = []
    const inner = direction({ horizon: 3 })
    const label: LabelRule<2> = {
      ...inner,
      kind: 'own',
      label(bars) {
        for (const { buffer } of [bars.close, bars.high, bars.openTime]) seen.push(buffer.byteLength / 8)
        return inner.label(bars)
      },
    }
    const trials = search({ model: spy, label })
    await trials.run({ number: 1, params: {} })
    expect(seen).toEqual([CUT, CUT, CUT])
    await trials.judgeHeldOut({})
    expect(spy.taught).toHaveLength(3 + 1)
    for (const { data, options } of spy.taught) {
      expect(data.columns.map(({ buffer }) => buffer.byteLength / 8)).toEqual([CUT, CUT, CUT])
      expect(data.y.buffer.byteLength).toBe(CUT)
      expect([...data.y.subarray(CUT - 3)]).toEqual([-1, -1, -1])
      expect(Math.max(...data.rows)).toBeLessThan(CUT - 3)
      expect(options.workers).toBe(1)
    }
  })

  test('is judged by what was fitted on all that came before, as a plain script does', async () => {
    const trials = search()
    const { objective, metrics, learnt, purged } = await trials.judgeHeldOut({ 'model.C': 0.05 })
    const [first, horizon] = [14, 3]
    const fold = { train: rowsFrom(first, CUT - horizon), test: rowsFrom(CUT, BARS.length - horizon) }
    const naive = naiveLogLoss(BARS, [fold], 0.05, horizon)
    expect(metrics['rows']).toBe(naive.rows)
    expect(learnt).toBe(fold.train.length)
    expect(purged).toBe(horizon)
    expect(objective).toBeCloseTo(naive.logLoss, 12)
    expect(trials.heldOut).toEqual({ from: BARS.openTime[CUT], to: BARS.openTime[799]! + 3_600_000 })
  })

  test('begins the embargo after what is learnt, and a rolling splitter learns from as many rows as before', async () => {
    // the last label that is learnt from ends 20 rows before the first one that is judged
    const embargoed = search({ split: walkForward({ folds: 3, embargo: 20 }) })
    expect(await embargoed.judgeHeldOut({})).toMatchObject({ learnt: CUT - 20 - 3 - 14 + 1, purged: 20 + 2 })
    const split = walkForward({ folds: 3, mode: 'rolling', trainBars: 150 })
    expect(await search({ split }).judgeHeldOut({})).toMatchObject({ learnt: 150 })
  })

  test('of which nothing can be said has a reason', async () => {
    // 120 bars are held out, and a label takes 150
    const far = direction({ horizon: 150 })
    const label: LabelRule<2> = {
      ...far,
      kind: 'own',
      label(bars) {
        const labels = far.label(bars)
        return { ...labels, y: labels.y.map((one, row) => (one < 0 ? one : row % 2)) }
      },
    }
    const long = search({ label, split: walkForward({ folds: 1 }) }, { holdout: 0.15 })
    expect(await long.judgeHeldOut({})).toMatchObject({
      objective: null,
      metrics: {},
      reason: expect.stringMatching(/has no rows there/),
    })
    expect(await search().judgeHeldOut({ 'model.C': 0 })).toMatchObject({ reason: expect.stringMatching(/^model.C=0/) })
  })
})

describe('what is kept between trials', () => {
  /** Nothing moves for a while, so that nothing can be divided by how far it moves. */
  const still = (column: Float64Array) => column.map((value, row) => (row >= 300 && row < 340 ? 100 : value))
  const { open, high, low, close } = BARS
  const bars = [{ ...BARS, open: still(open), high: still(high), low: still(low), close: still(close) }]
  const own = {
    features: () => ({ ...features(), drift: logReturn(1).over(stdev(12, logReturn(1))) }),
    model: gbdt({ trees: 5, maxLeaves: 3 }),
  }
  const LIST: readonly Params[] = [
    ...Array.from({ length: 10 }, (_, k) => ({ 'label.horizon': k + 1 })),
    { 'label.horizon': 1, 'split.folds': 2 },
    { 'label.horizon': 1, 'model.learningRate': 0.01 },
    { missing: 'keep' },
  ]

  test('changes no byte, whatever ran before', async () => {
    const one = search(own, { bars })
    const there: string[] = []
    for (const [number, params] of LIST.entries()) there.push(bytes(await one.run({ number, params })))
    const back: string[] = []
    for (const [number, params] of [...LIST.entries()].reverse()) back.unshift(bytes(await one.run({ number, params })))
    const alone = await Promise.all(
      LIST.map((params, number) => search(own, { bars }).run({ number, params }).then(bytes)),
    )
    expect(there).toEqual(alone)
    expect(back).toEqual(alone)
    expect(new Set(alone.map((text) => text.replace(/"number":\d+/, ''))).size).toBe(LIST.length)
  })

  test('features are computed once, and nothing anew where label and folds stay', async () => {
    let asked = 0
    const counted = () => {
      asked++
      return features()
    }
    const trials = search({ features: counted })
    const asks = async (params: Params) => {
      const before = asked
      await trials.run({ number: 1, params })
      return asked - before
    }
    // a definition asks once whether its features are any
    expect(await asks({ 'model.C': 1 })).toBe(2)
    expect(await asks({ 'model.C': 2 })).toBe(1)
    expect(await asks({ 'label.horizon': 5 })).toBe(1)
  })

  test('a classifier that spoils what it is handed spoils its own trial only', async () => {
    const spoiler = (): Classifier => ({
      ...spyClassifier(),
      fit(data, options) {
        const fitted = spyClassifier().fit(data, options)
        data.y.fill(1)
        for (const column of data.columns) column.fill(7)
        return fitted
      },
    })
    const trials = search({ model: spoiler(), scale: pipeline([]) })
    const first = await trials.run({ number: 1, params: {} })
    expect(first.status).toBe('done')
    expect(bytes(await trials.run({ number: 1, params: {} }))).toBe(bytes(first))
  })
})

describe('several series', () => {
  const SERIES = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
  const other = madeBars({ rows: 800, seed: 8, series: SERIES[1]! })

  test('count alike: figures are their mean, rows are added up', async () => {
    const both = await search({ series: SERIES }, { bars: [BARS, other] }).run({
      number: 1,
      params: { 'model.C': 0.1 },
    })
    const alone = [
      await search().run({ number: 1, params: { 'model.C': 0.1 } }),
      await search({ series: [SERIES[1]!] }, { bars: [other] }).run({ number: 1, params: { 'model.C': 0.1 } }),
    ]
    const mean = (key: string) => (alone[0]!.metrics[key]! + alone[1]!.metrics[key]!) / 2
    expect(both.objective).toBeCloseTo(mean('logLoss'), 14)
    expect(both.metrics['auc']).toBeCloseTo(mean('auc'), 14)
    expect(both.metrics['rows']).toBe(2 * mean('rows'))
  })

  test('are cut at one instant, at the end of the time that they have in common', async () => {
    // the other begins 400 bars later and ends 200 before: 200 bars in common, the last 50 of them held out
    const short = sliceBars(other, 400, 600)
    const trials = search({ series: SERIES }, { bars: [BARS, short] })
    expect(trials.heldOut.from).toBe(BARS.openTime[550])
    const spy = spyClassifier()
    await search({ series: SERIES, model: spy }, { bars: [BARS, short] }).run({ number: 1, params: {} })
    expect(spy.taught.map(({ data }) => data.y.length)).toEqual([550, 550, 550, 150, 150, 150])
  })

  test('that cannot be searched together are refused', () => {
    const series = ['binance:BTCUSDT:1h', 'binance:ETHUSDT:1h']
    const refused =
      (bars: readonly Bars[], given: Partial<ModelSearch> = {}) =>
      () =>
        search({ series }, { bars, ...given })
    expect(refused([BARS])).toThrow(/model direction learns from .*ETHUSDT:1h, not from binance:BTCUSDT:1h$/)
    expect(refused([sliceBars(BARS, 0, 300), sliceBars(other, 300, 800)])).toThrow(/have no time in common/)
    expect(refused([BARS, sliceBars(other, 799, 800)])).toThrow(/ETHUSDT:1h: a holdout of 0.25 .* leaves no bar/)
    for (const holdout of [0, 1, Number.NaN, -0.1])
      expect(refused([BARS, other], { holdout })).toThrow(
        /--holdout .*: write the share of the time that no trial sees/,
      )
    expect(refused([BARS, other], { objective: 'logLos' })).toThrow(/did you mean "logLoss"/)
    expect(refused([BARS, other], { objective: 'upperShare' })).toThrow(/neither high nor low of it is better/)
  })
})

describe('the best of many', () => {
  /** Hourly bars of a price whose every step is a coin's. */
  function noise(rows: number, seed: number): Bars {
    const random = seededRandom(seed)
    const made = madeBars({ rows, seed })
    const close = Float64Array.from({ length: rows }, () => 0)
    let price = 100
    for (let row = 0; row < rows; row++) close[row] = price *= 1 + (random() < 0.5 ? -1 : 1) * 0.005
    const open = close.map((_, row) => (row === 0 ? 100 : close[row - 1]!))
    const high = open.map((value, row) => Math.max(value, close[row]!))
    const low = open.map((value, row) => Math.min(value, close[row]!))
    return { ...made, open, high, low, close }
  }

  test('of noise looks better on its folds than on what was held out', async () => {
    const gains: number[] = []
    const winners: number[] = []
    const others: number[] = []
    for (let seed = 1; seed <= 25; seed++) {
      const label = direction({ horizon: 1 })
      const trials = search(
        { label, model: gbdt({ trees: 3, maxLeaves: 3, minRows: 5 }) },
        { bars: [noise(400, seed)], objective: 'auc' },
      )
      let best: { readonly auc: number; readonly params: Params } = { auc: 0, params: {} }
      for (let k = 0; k < 12; k++) {
        const params = { seed: k, 'model.rowFraction': 0.4, 'model.learningRate': 0.1 * (1 + (k % 4)) }
        const { objective } = await trials.run({ number: k, params })
        others.push(objective!)
        if (objective! > best.auc) best = { auc: objective!, params }
      }
      const { objective } = await trials.judgeHeldOut(best.params)
      gains.push(best.auc - objective!)
      winners.push(objective!)
    }
    const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length
    const error = (values: readonly number[]) =>
      Math.sqrt(mean(values.map((value) => (value - mean(values)) ** 2)) / (values.length - 1))
    expect(mean(gains)).toBeGreaterThan(3 * error(gains))
    // nothing was foretold: all trials together, and the winners where nobody looked, are a coin
    expect(Math.abs(mean(others) - 0.5)).toBeLessThan(0.02)
    expect(Math.abs(mean(winners) - 0.5)).toBeLessThan(3 * error(winners))
  })
})

describe('remarks', () => {
  const own = define()

  test('say what makes trials unlike one another', () => {
    expect(modelSearchRemarks(own, 'logLoss', ['model.C', 'validation'])).toEqual([])
    expect(modelSearchRemarks(own, 'logLoss', ['label.horizon'])).toEqual([
      expect.stringMatching(/^Trials foretell different labels: their logLoss moves with how often each class comes/),
    ])
    expect(modelSearchRemarks(own, 'auc', ['label.horizon'])).toEqual([
      expect.stringMatching(/^Trials foretell different labels: the same auc is not as hard to reach/),
    ])
    expect(modelSearchRemarks(own, 'auc', ['split.folds', 'seed'])).toEqual([
      expect.stringMatching(/judged on different rows/),
      expect.stringMatching(/^The seed was searched/),
    ])
  })
})

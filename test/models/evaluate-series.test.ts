/** An evaluation against the same figures computed naively: every pair of rows, every threshold with a list of trades. */
import { describe, expect, test } from 'vitest'
import type { SeriesEvaluation } from '../../src/core/evaluation.ts'
import { logReturn } from '../../src/indicators/index.ts'
import { defineModel } from '../../src/models/define-model.ts'
import { fitFold } from '../../src/models/fit-fold.ts'
import { foldsOf, type Ground, groundOf } from '../../src/models/ground.ts'
import { logisticRegression } from '../../src/models/logistic-regression.ts'
import { direction } from '../../src/preprocess/label-direction.ts'
import type { Fold } from '../../src/preprocess/split.ts'
import { combinatorialPurged } from '../../src/preprocess/split-k-fold.ts'
import { walkForward } from '../../src/preprocess/split-walk-forward.ts'
import { COSTS, judge, type Options, ROWS, SWEEP, sceneOf } from './judged-scene.ts'
import { madeBars } from './made-bars.ts'

/** Share of pairs, one of the class and one of another, in which the former has the higher score; equal ones count half. */
function pairsAuc(y: readonly number[], scores: readonly number[], positive = 1): number {
  let [won, all] = [0, 0]
  for (const [i, one] of y.entries())
    if (one === positive)
      for (const [j, other] of y.entries())
        if (other !== positive) {
          all++
          won += scores[i]! > scores[j]! ? 1 : scores[i]! === scores[j]! ? 0.5 : 0
        }
  return won / all
}

/** By the trapezoid rule. */
const areaUnder = (x: readonly number[], y: readonly number[]) =>
  x.slice(1).reduce((sum, right, k) => sum + ((right - x[k]!) * (y[k]! + y[k + 1]!)) / 2, 0)

const at = (column: ArrayLike<number>, rows: readonly number[]) => rows.map((row) => column[row]!)
const testedRows = (folds: readonly Fold[]) => folds.flatMap(({ test }) => [...test])
const mean = (values: readonly number[]) => values.reduce((sum, value) => sum + value, 0) / values.length

/** Bought dearer, sold cheaper, a fee on both. */
function netNaively(gross: number): number {
  const [bought, sold] = [1 + COSTS.slippage, (1 + gross) * (1 - COSTS.slippage)]
  return (sold * (1 - COSTS.fee) - bought * (1 + COSTS.fee)) / bought
}

function expectMoney(
  { money }: SeriesEvaluation,
  { labels }: Ground,
  tested: readonly number[],
  p: Float64Array,
): void {
  expect(money.rows.length).toBeGreaterThan(20)
  expect(money.costs).toEqual(COSTS)
  for (const row of money.rows) {
    const every = tested.filter((one) => p[one]! >= row.threshold)
    const single: number[] = []
    for (const one of every) if (single.length === 0 || one >= labels.end[single.at(-1)!]!) single.push(one)
    for (const [own, trades] of [
      [row.every, every],
      [row.single, single],
    ] as const) {
      const nets = trades.map((one) => netNaively(labels.returns[one]!))
      expect(own.trades).toBe(trades.length)
      expect(own.gross).toBeCloseTo(mean(at(labels.returns, trades)), 12)
      expect(own.expectancy).toBeCloseTo(mean(nets), 12)
      expect(own.winRate).toBeCloseTo(mean(nets.map((net) => (net > 0 ? 1 : 0))), 12)
    }
  }
}

/** Deciles of the training part, half a row added to every bin; the values are all different. */
function psiNaively(train: readonly number[], test: readonly number[]): number {
  const sorted = [...train].sort((a, b) => a - b)
  const edges = [1, 2, 3, 4, 5, 6, 7, 8, 9].map((k) => sorted[Math.ceil((sorted.length * k) / 10) - 1]!)
  const count = (values: readonly number[], bin: number) =>
    values.filter((value) => edges.filter((edge) => value > edge).length === bin).length
  return edges.concat(0).reduce((sum, _, bin) => {
    const [was, is] = [train, test].map((values) => (count(values, bin) + 0.5) / (values.length + 5)) as [
      number,
      number,
    ]
    return sum + (is - was) * Math.log(is / was)
  }, 0)
}

describe('two classes', () => {
  const scene = sceneOf()
  const { evaluation, forecast } = judge(scene)
  const { ground, folds } = scene
  const { labels, matrix, bars } = ground
  const tested = testedRows(folds)
  const y = at(labels.y, tested)
  const p = at(matrix.columns[0]!, tested)

  test('figures of each fold and of all test rows together', () => {
    const { metrics } = evaluation.pooled
    expect(metrics['rows']).toBe(tested.length)
    expect(metrics['auc']).toBeCloseTo(pairsAuc(y, p), 12)
    expect(metrics['accuracy']).toBeCloseTo(mean(y.map((one, k) => (one === (p[k]! >= 0.55 ? 1 : 0) ? 1 : 0))), 12)
    expect(metrics['logLoss']).toBeCloseTo(mean(y.map((one, k) => -Math.log(one === 1 ? p[k]! : 1 - p[k]!))), 12)
    for (const [k, fold] of folds.entries()) {
      const rows = [...fold.test]
      expect(evaluation.folds[k]!.metrics['auc']).toBeCloseTo(
        pairsAuc(at(labels.y, rows), at(matrix.columns[0]!, rows)),
        12,
      )
      expect(evaluation.folds[k]).toMatchObject({
        fold: k + 1,
        train: fold.borders.train,
        test: fold.borders.test,
        rows: { learnt: 10 + k, validation: 1, calibration: 2, purged: 3, embargoed: 4, test: rows.length },
        balance: [5, 6],
        losses: [{ model: 'two' }],
      })
      expect(evaluation.folds[k]!.losses.length).toBe(1)
    }
    const { confusion } = evaluation.pooled
    const cell = (came: number, said: number) =>
      y.filter((one, k) => one === came && (p[k]! >= 0.55 ? 1 : 0) === said).length
    expect(confusion).toEqual([
      [cell(0, 0), cell(0, 1)],
      [cell(1, 0), cell(1, 1)],
    ])
    expect(evaluation.pooled.perClass.map(({ support }) => support)).toEqual(
      [0, 1].map((one) => y.filter((came) => came === one).length),
    )
  })

  test('baselines: the last bar’s sign, and the classes’ shares in each fold’s training part', () => {
    const { majority, previousSign } = evaluation.pooled.baselines
    const last = tested.map((row) => (bars.close[row]! > bars.close[row - 1]! ? 1 : 0))
    expect(previousSign.metrics['accuracy']).toBeCloseTo(mean(y.map((one, k) => (one === last[k] ? 1 : 0))), 12)
    expect(previousSign.metrics['auc']).toBeCloseTo(pairsAuc(y, last), 12)
    const losses = folds.flatMap(({ train, test }) => {
      const share = mean(at(labels.y, [...train.rows]))
      return at(labels.y, [...test]).map((one) => -Math.log(one === 1 ? share : 1 - share))
    })
    expect(majority.metrics['logLoss']).toBeCloseTo(mean(losses), 12)
    expect(evaluation.pooled.intervals['auc']!.low).toBeLessThan(evaluation.pooled.metrics['auc']!)
    expect(evaluation.pooled.blocks!.resamples).toBe(60)
    // labels of four bars each: (rows × 4² ÷ 6)^(1/3)
    expect(evaluation.pooled.blocks!.blockLength).toBe(Math.ceil(Math.cbrt((tested.length * 16) / 6)))
  })

  test('in money, one trade at a time', () => {
    expectMoney(evaluation, ground, tested, matrix.columns[0]!)
    const best = evaluation.money.rows
      .filter(({ single }) => single.trades >= 30)
      .sort((a, b) => b.single.total - a.single.total)[0]
    expect(evaluation.money.best).toEqual(best ?? null)
  })

  test('features: what they rely on, and how far they moved', () => {
    const [used, unused] = evaluation.features as [
      SeriesEvaluation['features'][number],
      SeriesEvaluation['features'][number],
    ]
    expect([used.name, unused.name]).toEqual(['p0', 'unused'])
    expect(unused.importance).toEqual({ mean: 0, folds: [0, 0, 0] })
    expect(evaluation.importanceBy).toBe('auc')
    const { mean: over, folds: each } = used.importance!
    expect(over).toBeCloseTo(mean(each as number[]), 12)
    // shuffled, its AUC is that of a coin
    for (const [k, fold] of folds.entries()) {
      const auc = pairsAuc(at(labels.y, [...fold.test]), at(matrix.columns[0]!, [...fold.test]))
      expect(Math.abs(each[k]! - (auc - 0.5))).toBeLessThan(0.12)
    }
    for (const [f, { drift }] of evaluation.features.entries())
      for (const [k, { train, test }] of folds.entries())
        expect(drift[k]).toBeCloseTo(
          psiNaively(at(matrix.columns[f]!, [...train.rows]), at(matrix.columns[f]!, [...test])),
          10,
        )
  })

  test('curves, and what was said against what came', () => {
    const { roc, precisionRecall, calibration } = evaluation.curves
    expect(roc.map((curve) => curve.class)).toEqual([1])
    // a point of the curve for each threshold that is not on a line: the area below it is the AUC
    const { x, y: height } = roc[0]!
    expect(areaUnder(x, height)).toBeCloseTo(pairsAuc(y, p), 3)
    expect(precisionRecall[0]!.x.length).toBe(precisionRecall[0]!.y.length)
    expect(calibration.reduce((sum, { weight }) => sum + weight, 0)).toBe(tested.length)
    for (const bin of calibration) {
      const inside = tested.filter((_, k) => p[k]! >= bin.low && p[k]! <= bin.high)
      expect(bin.observed).toBeCloseTo(mean(at(labels.y, inside)), 12)
      expect(bin.predicted).toBeCloseTo(mean(at(matrix.columns[0]!, inside)), 12)
    }
  })

  test('rows are counted, and what was said is handed on', () => {
    const { used, dropped, bars: all } = evaluation
    expect([all, dropped.label, dropped.window]).toEqual([ROWS, 4, 0])
    expect(used + Object.values(dropped).reduce((sum, count) => sum + count, 0)).toBe(ROWS)
    expect(evaluation.series).toBe('binance:BTCUSDT:1h')
    expect([...forecast.fold].filter((fold) => fold > 0).length).toBe(tested.length + 4)
    expect(evaluation.verdicts.length).toBeGreaterThan(1)
  })

  test('labels that look further ahead are resampled in longer blocks', () => {
    const { blocks } = judge(sceneOf({ label: direction({ horizon: 30, threshold: 0.002 }) as Options['label'] }))
      .evaluation.pooled
    expect(blocks!.blockLength).toBeGreaterThanOrEqual(30)
    expect(evaluation.pooled.blocks!.blockLength).toBeLessThan(30)
  })

  test('the same again has the same bytes; another seed draws other intervals', () => {
    expect(JSON.stringify(judge(sceneOf()).evaluation)).toBe(JSON.stringify(evaluation))
    const other = judge(sceneOf({ seed: 4 })).evaluation
    expect(other.pooled.metrics).toEqual(evaluation.pooled.metrics)
    expect(other.pooled.intervals).not.toEqual(evaluation.pooled.intervals)
  })

  test('another threshold changes what is said and not how it ranks', () => {
    const { metrics } = judge(scene, { ...SWEEP, threshold: 0.4 }).evaluation.pooled
    expect(metrics['auc']).toBe(evaluation.pooled.metrics['auc'])
    expect(metrics['accuracy']).toBeCloseTo(mean(y.map((one, k) => (one === (p[k]! >= 0.4 ? 1 : 0) ? 1 : 0))), 12)
  })
})

describe('three classes', () => {
  const scene = sceneOf({ classes: 3 })
  const { evaluation } = judge(scene)
  const { ground, folds } = scene
  const { labels, matrix } = ground
  const tested = testedRows(folds)
  const y = at(labels.y, tested)
  const aucs = [0, 1, 2].map((one) => pairsAuc(y, at(matrix.columns[one]!, tested), one))

  test('each class against the rest', () => {
    for (const [one, auc] of aucs.entries()) expect(evaluation.pooled.perClass[one]!.auc).toBeCloseTo(auc, 12)
    expect(evaluation.pooled.metrics['auc']).toBeCloseTo(mean(aucs), 12)
    expect(evaluation.curves.roc.map((curve) => curve.class)).toEqual([0, 1, 2])
    expect(evaluation.curves.precisionRecall.map((curve) => curve.class)).toEqual([0, 1, 2])
    for (const [one, { x, y: height }] of evaluation.curves.roc.entries())
      expect(areaUnder(x, height)).toBeCloseTo(aucs[one]!, 3)
    for (const [one, { x, y: height }] of evaluation.curves.precisionRecall.entries())
      expect(Math.abs(areaUnder(x, height))).toBeCloseTo(evaluation.pooled.perClass[one]!.prAuc!, 1)
  })

  test('money by the last class, importance by the mean of all', () => {
    expectMoney(evaluation, ground, tested, matrix.columns[2]!)
    expect(evaluation.features.map(({ name }) => name)).toEqual(['p0', 'p1', 'p2', 'unused'])
    expect(evaluation.features[3]!.importance).toEqual({ mean: 0, folds: [0, 0, 0] })
    for (const { importance } of evaluation.features.slice(0, 3)) {
      expect(importance!.mean).toBeGreaterThan(0.03)
      expect(importance!.mean).toBeLessThan(mean(aucs) / 3)
    }
  })

  test('what was said against what came is of the likeliest class', () => {
    const said = tested.map((row) => {
      const all = [0, 1, 2].map((one) => matrix.columns[one]![row]!)
      const top = Math.max(...all)
      return { p: top, isRight: all.indexOf(top) === labels.y[row] }
    })
    const { calibration } = evaluation.curves
    expect(calibration.reduce((sum, { weight }) => sum + weight, 0)).toBe(tested.length)
    for (const bin of calibration) {
      const inside = said.filter(({ p }) => p >= bin.low && p <= bin.high)
      expect(bin.observed).toBeCloseTo(mean(inside.map(({ isRight }) => (isRight ? 1 : 0))), 12)
      expect(bin.predicted).toBeCloseTo(mean(inside.map(({ p }) => p)), 12)
    }
  })

  test('an edge is gone where the traded class is ranked well, whatever the others are', () => {
    // costs that nothing outlives; the last class is known, the others are not told apart
    const dear = { ...SWEEP, costs: { fee: 0.2, slippage: 0 } }
    expect(judge(scene, dear).evaluation.money.isEdgeGone).toBe(true)
    const turned = sceneOf({ classes: 3 })
    const [down, still, up, unused] = turned.ground.matrix.columns as [
      Float64Array,
      Float64Array,
      Float64Array,
      Float64Array,
    ]
    // what is said of the last class falls where it comes
    const low = up.map((value) => 0.4 - value / 2)
    const rest = (column: Float64Array) =>
      column.map((value, row) => (value / (down[row]! + still[row]!)) * (1 - low[row]!))
    const columns = [rest(down), rest(still), low, unused]
    const bad = { ...turned, ground: { ...turned.ground, matrix: { ...turned.ground.matrix, columns } } }
    const { money, pooled } = judge(bad, dear).evaluation
    expect(pooled.perClass[2]!.auc).toBeLessThan(0.5)
    expect(money.isEdgeGone).toBe(false)
  })
})

describe('folds of which little can be said', () => {
  test('none of whose rows has a whole window', () => {
    const plain = sceneOf({ window: 6 })
    const [from, to] = plain.folds[1]!.ranges[0]!
    const gaps = Array.from({ length: to - from }, (_, k) => from + k).filter((row) => row % 5 === 0)
    const scene = sceneOf({ window: 6, gaps: [from, ...gaps, to] })
    const { evaluation } = judge(scene)
    const second = evaluation.folds[1]!
    expect(second).toMatchObject({ metrics: {}, intervals: {}, rows: { test: 0 } })
    expect(second.notes).toEqual({
      rows: `none of ${scene.folds[1]!.test.length} test rows has a label and a whole window`,
    })
    const lost = scene.folds.map(({ test }, k) => test.length - evaluation.folds[k]!.rows.test)
    expect(lost[1]).toBe(scene.folds[1]!.test.length)
    expect(evaluation.dropped.window).toBe(lost.reduce((sum, count) => sum + count, 0))
    expect(evaluation.used + 4 + evaluation.dropped.window).toBe(ROWS)
    // what stands by a fold stands by its own
    const { importance, drift } = evaluation.features[0]!
    expect(importance!.folds.map((one) => one === null)).toEqual([false, true, false])
    expect(importance!.mean).toBeCloseTo((importance!.folds[0]! + importance!.folds[2]!) / 2, 12)
    expect(drift.length).toBe(3)
    expect(evaluation.pooled.metrics['rows']).toBe(evaluation.folds[0]!.rows.test + evaluation.folds[2]!.rows.test)
    const { metrics } = evaluation.folds[2]!
    const rows = [...scene.folds[2]!.test].filter((row) => row >= scene.folds[2]!.ranges[0]![0] + 5)
    expect(metrics['auc']).toBeCloseTo(
      pairsAuc(at(scene.ground.labels.y, rows), at(scene.ground.matrix.columns[0]!, rows)),
      12,
    )
  })

  test('all of whose labels are of one class: null with the reason, never a half', () => {
    const plain = sceneOf()
    const rows = new Set(plain.folds[1]!.test)
    const scene = sceneOf({ came: (y) => y.map((one, row) => (rows.has(row) ? 1 : one)) })
    const { evaluation } = judge(scene)
    expect(evaluation.folds[1]!.metrics['auc']).toBeNull()
    expect(evaluation.folds[1]!.notes['auc']).toMatch(/class/)
    expect(evaluation.features[0]!.importance!.folds.map((one) => one === null)).toEqual([false, true, false])
    const tested = testedRows(scene.folds)
    expect(evaluation.pooled.metrics['auc']).toBeCloseTo(
      pairsAuc(at(scene.ground.labels.y, tested), at(scene.ground.matrix.columns[0]!, tested)),
      12,
    )
  })

  test('of three classes one that never came leaves its fold without an importance', () => {
    const plain = sceneOf({ classes: 3 })
    const rows = new Set(plain.folds[0]!.test)
    const scene = sceneOf({ classes: 3, came: (y) => y.map((one, row) => (rows.has(row) && one === 0 ? 1 : one)) })
    const { evaluation } = judge(scene)
    expect(evaluation.features[2]!.importance!.folds.map((one) => one === null)).toEqual([true, false, false])
  })

  test('all of them: there is no importance, and no AUC', () => {
    const plain = sceneOf()
    const rows = new Set(testedRows(plain.folds))
    const { evaluation } = judge(sceneOf({ came: (y) => y.map((one, row) => (rows.has(row) ? 0 : one)) }))
    expect(evaluation.importanceBy).toBeNull()
    expect(evaluation.features.map(({ importance }) => importance)).toEqual([null, null])
    expect(evaluation.pooled.metrics['auc']).toBeNull()
    expect(evaluation.curves.roc).toEqual([])
    expect(evaluation.verdicts[0]).toMatch(/^There is no AUC: /)
  })

  test('not one row of any fold is an error that says what to do', () => {
    expect(() => judge(sceneOf({ window: ROWS + 1 }))).toThrow(
      /^no fold has a test row with a label and a whole window: take more bars$/,
    )
  })

  test('of a training that was stopped only what was fitted is judged, and nothing is lost for want of a window', () => {
    const scene = sceneOf()
    const { evaluation } = judge({ ...scene, fitted: scene.fitted.slice(0, 2) })
    expect(evaluation.folds.map(({ fold }) => fold)).toEqual([1, 2])
    expect(evaluation.dropped.window).toBe(0)
    expect(evaluation.pooled.metrics['rows']).toBe(scene.folds[0]!.test.length + scene.folds[1]!.test.length)
  })
})

test('of folds that overlap every row is judged once, by the first that speaks', () => {
  const scene = sceneOf({ split: combinatorialPurged({ groups: 4, testGroups: 2 }) })
  const { evaluation } = judge(scene)
  const usable = new Set(testedRows(scene.folds))
  expect(evaluation.pooled.metrics['rows']).toBe(usable.size)
  expect(evaluation.dropped.window).toBe(0)
  expect(evaluation.used).toBe(usable.size)
  expect(evaluation.folds.map(({ rows }) => rows.test > 0)).toEqual([true, true, true, false, false, false])
  expectMoney(
    evaluation,
    scene.ground,
    [...usable].sort((a, b) => a - b),
    scene.ground.matrix.columns[0]!,
  )
})

test('what was fitted is judged on the rows after what it learnt from', async () => {
  const definition = defineModel({
    series: ['binance:BTCUSDT:1h'],
    features: () => ({ r1: logReturn(1), r5: logReturn(5) }),
    label: direction({ horizon: 2 }),
    model: logisticRegression(),
    split: walkForward({ folds: 2 }),
  })
  const ground = groundOf(definition, madeBars({ rows: 500 }))
  const folds = [...foldsOf(definition, ground)]
  const fitted = await Promise.all(folds.map((fold) => fitFold(definition, fold, {})))
  const { evaluation } = judge({ definition, ground, folds, fitted })
  const said = folds.flatMap(({ test }, k) => {
    const { transform, model } = fitted[k]!
    return [...model.predictProba(transform.transform(ground.matrix).columns, test)]
  })
  expect(evaluation.pooled.metrics['auc']).toBeCloseTo(pairsAuc(at(ground.labels.y, testedRows(folds)), said), 12)
  expect(evaluation.pooled.metrics['auc']).toBeGreaterThan(0.6)
})

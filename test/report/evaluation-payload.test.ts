import { describe, expect, test } from 'vitest'
import type { EvaluationResult } from '../../src/core/evaluation.ts'
import { blocksOf } from '../../src/report/evaluation-block.ts'
import { evaluationPayload } from '../../src/report/evaluation-payload.ts'
import { spreadOfP } from '../../src/report/evaluation-spread.ts'
import { PAGE_DATA } from '../../src/report/page-start.ts'
import { madeEvaluation } from './made-evaluation.ts'

type Payload = ReturnType<typeof evaluationPayload>
type Said = Payload['series'][number]['said'][number]

/** What the page reads of an evaluation, as a browser would: JSON in, times out. */
function pageOf(result: EvaluationResult) {
  const spreads = result.predictions.map((one) => spreadOfP(one, result.document.classes))
  const text = JSON.stringify(evaluationPayload(blocksOf(result), spreads))
  const run = new Function('document', `'use strict';${PAGE_DATA}; return { data, unpackTimes }`)
  const page = run({ getElementById: () => ({ textContent: text }) }) as {
    readonly data: Payload
    unpackTimes(times: Said['t']): number[]
  }
  return { one: page.data.series[0]!, times: page.unpackTimes }
}

describe('what the page of an evaluation draws', () => {
  const result = madeEvaluation({ rows: 9000, folds: 3 })
  const [predictions] = result.predictions
  const { bars, p, fold, y } = predictions!

  test('every point of p is what its fold said of that bar, and no highest or lowest is lost', () => {
    p[6007] = 0.9991
    p[6011] = 0.0002
    const { one, times } = pageOf(result)
    const rowAt = new Map(Array.from(bars.openTime, (time, row) => [time, row]))
    expect(one.said.map((line) => line.fold)).toEqual([1, 2, 3])
    for (const line of one.said) {
      for (const [k, time] of times(line.t).entries()) {
        const row = rowAt.get(time)!
        expect(fold[row]).toBe(line.fold)
        expect(line.v[k]).toBeCloseTo(p[row]!, 3)
      }
      const own = Array.from(p).filter((_, row) => fold[row] === line.fold)
      expect(Math.max(...line.v)).toBeCloseTo(Math.max(...own), 3)
      expect(Math.min(...line.v)).toBeCloseTo(Math.min(...own), 3)
    }
    expect(Math.max(...one.said[1]!.v)).toBeCloseTo(0.9991, 4)
    expect(one.said.reduce((sum, line) => sum + line.v.length, 0)).toBeLessThanOrEqual(2 * 1100 + 3 * 4)
  })

  test('bars of which no fold speaks part a line, a few that were left out do not', () => {
    const folds = new Uint16Array(fold.length)
    folds.fill(1, 1000, 2000)
    folds.fill(0, 1500, 1504)
    folds.fill(1, 4000, 5000)
    folds.fill(2, 5000, 6000)
    const said = Float64Array.from(folds, (of) => (of === 0 ? Number.NaN : 0.5))
    const { one } = pageOf({ ...result, predictions: [{ bars, fold: folds, p: said, y }] })
    expect(one.said.map((line) => [line.fold, line.from, line.to])).toEqual([
      [1, bars.openTime[1000], bars.openTime[1999]],
      [1, bars.openTime[4000], bars.openTime[4999]],
      [2, bars.openTime[5000], bars.openTime[5999]],
    ])
  })

  test('curves keep their ends, and no more points than can be seen', () => {
    const [roc] = pageOf(result).one.roc
    const [whole] = result.document.series[0]!.curves.roc
    expect(whole!.x.length).toBeGreaterThan(400)
    expect(roc!.x).toHaveLength(400)
    expect([roc!.x[0], roc!.y[0], roc!.x.at(-1), roc!.y.at(-1)]).toEqual([0, 0, 1, 1])
  })

  test('bins of p count every bar of a known class, and those on which it came', () => {
    const { bins, own, quartiles } = spreadOfP(predictions!, 2)!
    const known = Array.from(fold.keys()).filter((row) => fold[row]! > 0 && y[row]! >= 0)
    expect(bins.counts.reduce((a, b) => a + b)).toBe(known.length)
    for (const [k, n] of bins.counts.entries()) {
      const inBin = known.filter((row) => {
        const from = (bins.first + k) * bins.width
        return p[row]! >= from - 1e-12 && p[row]! < from + bins.width - 1e-12
      })
      expect([n, own[k]]).toEqual([inBin.length, inBin.filter((row) => y[row] === 1).length])
    }
    const below = (value: number) => known.filter((row) => p[row]! < value).length / known.length
    for (const [k, share] of [0.25, 0.5, 0.75].entries()) expect(below(quartiles[k]!)).toBeCloseTo(share, 2)
    expect(spreadOfP({ ...predictions!, fold: new Uint16Array(fold.length) }, 2)).toBeNull()
  })

  test('features that a chart shows are the most important and the most moved, in that order', () => {
    const features = Array.from({ length: 60 }, (_, k) => `f${k}`)
    const wide = madeEvaluation({ rows: 900, folds: 2, features })
    const { one } = pageOf(wide)
    const all = wide.document.series[0]!.features
    const mean = all.map((feature) => feature.importance!.mean).sort((a, b) => b - a)
    expect(one.importance).toHaveLength(40)
    for (const [k, { mean: shown }] of one.importance.entries()) expect(shown).toBeCloseTo(mean[k]!, 6)
    const most = all.map(({ drift }) => Math.max(...drift.map((value) => value!))).sort((a, b) => b - a)
    for (const [k, { folds }] of one.drift.entries())
      expect(Math.max(...folds.map((value) => value!))).toBeCloseTo(most[k]!, 4)
  })
})

import { describe, expect, test } from 'vitest'
import { classificationMetrics } from '../../src/metrics/classification.ts'
import type { Predictions } from '../../src/metrics/classification-input.ts'
import { CLASSIFICATION_METRICS } from '../../src/metrics/classification-table.ts'

const keys = CLASSIFICATION_METRICS.map(({ key }) => key)

describe('the table of classification figures', () => {
  test('names each figure once, with a label, a formula and a source', () => {
    expect(keys.filter((key, k) => keys.indexOf(key) !== k)).toEqual([])
    const labels = CLASSIFICATION_METRICS.map(({ label }) => label)
    expect(labels.filter((label, k) => labels.indexOf(label) !== k)).toEqual([])
    for (const { key, label, formula, source } of CLASSIFICATION_METRICS)
      expect([key, [label, formula, source].every((text) => text.length > 1)]).toEqual([key, true])
  })

  const two = (y: number[], p: number[]): Predictions => ({ classes: 2, y: Int8Array.from(y), p: Float64Array.from(p) })
  const cases: Readonly<Record<string, Predictions>> = {
    'two classes': two([0, 1, 1], [0.2, 0.4, 0.9]),
    'three classes': {
      classes: 3,
      y: Int8Array.of(0, 1, 2),
      p: Float64Array.of(0.5, 0.3, 0.2, 0, 1, 0, 0.3, 0.3, 0.4),
    },
    'one class': two([1, 1], [0.2, 0.4]),
    'no rows': two([], []),
    'classes without probabilities': { ...two([0, 1], [1, 0]), isHard: true },
  }
  test.each(Object.entries(cases))(
    '%s: exactly the figures of the table, each null one with its reason',
    (_, given) => {
      const { metrics, notes } = classificationMetrics(given)
      expect(Object.keys(metrics).sort()).toEqual([...keys].sort())
      expect(Object.keys(notes).sort()).toEqual(keys.filter((key) => metrics[key] === null).sort())
    },
  )

  test('a perfect model is at the better end of every figure, its contrary at the worse', () => {
    const y = [0, 1, 0, 1]
    const best = classificationMetrics(two(y, y)).metrics
    const worst = classificationMetrics(
      two(
        y,
        y.map((one) => 1 - one),
      ),
    ).metrics
    for (const { key, better } of CLASSIFICATION_METRICS) {
      const sign = Math.sign(best[key]! - worst[key]!)
      expect([key, sign]).toEqual([key, better === null ? 0 : better === 'higher' ? 1 : -1])
    }
  })

  test('shares are fractions', () => {
    const { metrics } = classificationMetrics(cases['three classes']!)
    for (const { key, unit } of CLASSIFICATION_METRICS)
      if (unit === 'fraction') expect([key, metrics[key]! >= 0 && metrics[key]! <= 1]).toEqual([key, true])
  })
})

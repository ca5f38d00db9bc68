import { describe, expect, test } from 'vitest'
import { lossesOf } from '../../src/metrics/classification-loss.ts'
import { rocAuc } from '../../src/metrics/roc.ts'
import type { FittedClassifier } from '../../src/models/classifier.ts'
import { permutationImportance } from '../../src/models/permutation-importance.ts'
import { gbdt } from '../../src/models/trees/gbdt.ts'
import { madeTraining, trainingOf, upTo } from './made-training.ts'

const logLoss = (y: Int8Array, p: Float64Array) => lossesOf({ classes: 2, y, p }).mean(null, y.length).logLoss
const made = { ...madeTraining({ rows: 1_500, seed: 3 }), rows: upTo(1_000) }
const fitted = gbdt({ trees: 30 }).fit(made, { seed: 1 }) as FittedClassifier
const rows = upTo(1_500, 1_000)

describe('permutation importance', () => {
  test.each([
    { name: 'log loss', score: logLoss, better: 'lower' },
    { name: 'AUC', score: (y: Int8Array, p: Float64Array) => rocAuc(y, p), better: 'higher' },
  ] as const)('$name: features that tell the class are missed, the others are not', ({ score, better }) => {
    const found = permutationImportance(fitted, made, rows, { score, better, seed: 1 })!
    expect(found.map(({ name }) => name)).toEqual(['a', 'b', 'c', 'd'])
    const [a, b, c, d] = found.map(({ worse }) => worse) as [number, number, number, number]
    expect(a).toBeGreaterThan(b)
    expect(b).toBeGreaterThan(4 * Math.max(Math.abs(c), Math.abs(d)))
    for (const { worse, each } of found) {
      expect(each.length).toBe(5)
      expect(worse).toBeCloseTo((each[0]! + each[1]! + each[2]! + each[3]! + each[4]!) / 5, 12)
    }
  })

  test('is what the score of shuffled values says, of the rows given only', () => {
    // three rows, of which one alone is of class 1: the shuffled probabilities must be some order of theirs
    const data = trainingOf(
      [
        [0.1, 0.2, 0.9, 0.5],
        [7, 7, 7, 7],
      ],
      [0, 0, 1, 1],
    )
    const seen: (readonly number[])[] = []
    const sayer: FittedClassifier = {
      kind: 'sayer',
      predictProba(columns, asked) {
        expect([...asked]).toEqual([0, 1, 2])
        expect(columns[0]![3]).toBe(0.5)
        return Float64Array.from(asked, (row) => columns[0]![row]!)
      },
      toJSON: () => null,
    }
    const score = (_: Int8Array, p: Float64Array) => {
      seen.push([...p])
      return p[2]!
    }
    const found = permutationImportance(sayer, data, upTo(3), { score, better: 'higher', seed: 2, repeats: 30 })!
    expect(found[1]).toEqual({ name: 'b', worse: 0, each: new Array(30).fill(0) })
    for (const [k, one] of found[0]!.each.entries()) {
      expect([...seen[k + 1]!].sort()).toEqual([0.1, 0.2, 0.9])
      expect(one).toBe(0.9 - seen[k + 1]![2]!)
    }
    // all six orders come up
    expect(new Set(seen.slice(1, 31).map(String)).size).toBe(6)
    expect([...data.columns[0]!]).toEqual([0.1, 0.2, 0.9, 0.5])
  })

  test('the same from the same seed, whatever the other features are', () => {
    const options = { score: logLoss, better: 'lower', seed: 5, repeats: 2 } as const
    const found = permutationImportance(fitted, made, rows, options)
    expect(permutationImportance(fitted, made, rows, options)).toEqual(found)
    expect(permutationImportance(fitted, made, rows, { ...options, seed: 6 })).not.toEqual(found)
  })

  test('where the score cannot be told there is none; a row that stands twice is refused', () => {
    const options = { score: (y: Int8Array, p: Float64Array) => rocAuc(y, p), better: 'higher', seed: 1 } as const
    const ones = rows.filter((row) => made.y[row] === 1)
    expect(permutationImportance(fitted, made, ones, options)).toBeNull()
    expect(() => permutationImportance(fitted, made, Int32Array.of(3, 4, 3), options)).toThrow(/stands twice/)
  })
})

import { describe, expect, test } from 'vitest'
import { classesSaid } from '../../src/metrics/classification-input.ts'
import { lossesOf } from '../../src/metrics/classification-loss.ts'
import type { FitOptions, TrainingSet } from '../../src/models/classifier.ts'
import { RandomForest, randomForest } from '../../src/models/trees/random-forest.ts'
import { testClassifier } from '../contracts/test-classifier.ts'
import { farthest, madeTraining, repeated, trainingOf, upTo } from './made-training.ts'

testClassifier({
  name: 'randomForest',
  variants: [
    randomForest({ trees: 12 }),
    randomForest({ trees: 5, maxLeaves: 6, maxBins: 16, bootstrap: false, featureFraction: 0.5, minRows: 5 }),
  ],
  fromJson: RandomForest.fromJson,
  takesMissing: true,
  fields: ['classes', 'names', 'outOfBag', 'trees.outputs', 'trees.missingLeft', 'trees.gain', 'trees.value'],
})

const learn = (
  data: TrainingSet,
  settings: Parameters<typeof randomForest>[0] = {},
  options: Partial<FitOptions> = {},
) => randomForest(settings).fit(data, { seed: 1, ...options }) as RandomForest

/** Shares of the classes among some rows, weighted. */
function sharesOf({ y, weights, classes }: TrainingSet, rows: readonly number[]): number[] {
  const sums = new Array<number>(classes).fill(0)
  for (const row of rows) sums[y[row]!]! += weights?.[row] ?? 1
  const total = sums.reduce((all, sum) => all + sum, 0)
  return sums.map((sum) => sum / total)
}

/** The two sides of the split after which the weighted Gini impurity, Σ weight · (1 − Σ share²), is least; each split is tried. */
function plainHalves(data: TrainingSet, minRows: number): (readonly number[])[] {
  const weight = (rows: readonly number[]) => rows.reduce((sum, row) => sum + (data.weights?.[row] ?? 1), 0)
  const impurity = (rows: readonly number[]) =>
    weight(rows) * (1 - sharesOf(data, rows).reduce((sum, share) => sum + share * share, 0))
  let best: { readonly left: number; readonly halves: (readonly number[])[] } | null = null
  for (const column of data.columns)
    for (const missingLeft of [false, true])
      for (const edge of column.filter((one) => !Number.isNaN(one))) {
        const goesLeft = (row: number) => (Number.isNaN(column[row]!) ? missingLeft : column[row]! <= edge)
        const halves = [[...data.rows].filter(goesLeft), [...data.rows].filter((row) => !goesLeft(row))]
        if (halves.some((half) => half.length < minRows)) continue
        const left = halves.reduce((sum, half) => sum + impurity(half), 0)
        if (left < (best?.left ?? Number.POSITIVE_INFINITY) - 1e-9) best = { left, halves }
      }
  return best!.halves
}

describe('one tree on all rows', () => {
  test.each([
    { classes: 2, missing: 0 },
    { classes: 2, missing: 0.3 },
    { classes: 3, missing: 0 },
    { classes: 3, missing: 0.3 },
  ] as const)(
    'is split where the Gini impurity is least, and says the shares: $classes classes, $missing missing',
    ({ classes, missing }) => {
      for (const seed of [1, 2, 3, 4, 5]) {
        const made = madeTraining({ rows: 100, features: 3, classes, missing, seed })
        const data = { ...made, weights: Float64Array.from(made.y, (_, row) => 1 + Math.sqrt(row) / 7) }
        const settings = { trees: 1, maxLeaves: 2, minRows: 4, bootstrap: false, featureFraction: 1 }
        const p = learn(data, settings).predictProba(data.columns, data.rows)
        const expected = new Array<readonly number[]>(100)
        for (const half of plainHalves(data, 4))
          for (const row of half) expected[row] = classes === 2 ? [sharesOf(data, half)[1]!] : sharesOf(data, half)
        expect(farthest(p, expected.flat())).toBeLessThan(1e-6)
      }
    },
  )

  test('that may have as many leaves as it wants knows every row of its own', () => {
    const data = madeTraining({ rows: 300, classes: 3 })
    const settings = { trees: 1, maxLeaves: 1_000, minRows: 1, bootstrap: false, featureFraction: 1 }
    const p = learn(data, settings).predictProba(data.columns, data.rows)
    for (const [row, one] of data.y.entries()) expect(p[3 * row + one]).toBeCloseTo(1, 9)
  })

  test('a weight is as many rows', () => {
    const data = madeTraining({ rows: 200, classes: 3, missing: 0.1 })
    const times = Array.from({ length: 200 }, (_, row) => (row * row) % 4)
    const settings = { trees: 1, maxLeaves: 5, minRows: 1, bootstrap: false, featureFraction: 1 }
    const weighted = learn({ ...data, weights: Float64Array.from(times) }, settings)
    const counted = learn(repeated(data, times), settings)
    const p = weighted.predictProba(data.columns, data.rows)
    expect(farthest(p, counted.predictProba(data.columns, data.rows))).toBeLessThan(1e-6)
  })
})

describe('many trees', () => {
  test('are averaged', () => {
    const data = madeTraining({ rows: 300, classes: 3 })
    const forest = learn(data, { trees: 3 })
    const json = JSON.parse(JSON.stringify(forest)) as { trees: { roots: number[]; outputs: number } }
    const alone = json.trees.roots.map((root) => {
      const one = RandomForest.fromJson({ ...json, trees: { ...json.trees, roots: [root] } })
      return one.predictProba(data.columns, data.rows)
    })
    const mean = alone[0]!.map((_, k) => (alone[0]![k]! + alone[1]![k]! + alone[2]![k]!) / 3)
    expect(farthest(forest.predictProba(data.columns, data.rows), mean)).toBeLessThan(1e-12)
    expect(farthest(alone[0]!, alone[1]!)).toBeGreaterThan(0.1)
  })

  test('draw about 63 % of the rows each, and are judged by the others', () => {
    const data = madeTraining({ rows: 5_000, seed: 2 })
    // one row is left out by one tree with (1 − 1/n)^n = 0.3679; 5 standard deviations of the count, which are less than √(n · 0.37 · 0.63)
    const { rows } = learn(data, { trees: 1 }).outOfBag!
    expect(Math.abs(rows - 5_000 * Math.exp(-1))).toBeLessThan(5 * Math.sqrt(5_000 * 0.37 * 0.63))
    expect(learn(data, { trees: 30 }).outOfBag!.rows).toBe(5_000)
    expect(learn(data, { trees: 2, bootstrap: false }).outOfBag).toBeNull()
  })

  test.each([2, 3] as const)(
    'the rows left out foretell the loss on rows that were never there: %i classes',
    (classes) => {
      const data = { ...madeTraining({ rows: 6_000, classes, seed: 3 }), rows: upTo(3_000) }
      // leaves of one row know all of their own rows
      const forest = learn(data, { trees: 60, minRows: 1, maxLeaves: 2_000 })
      const judge = (rows: Int32Array) => {
        const predictions = {
          classes,
          y: Int8Array.from(rows, (row) => data.y[row]!),
          p: forest.predictProba(data.columns, rows),
        }
        const said = classesSaid(predictions, 0.5)
        return {
          logLoss: lossesOf(predictions).mean(null, rows.length).logLoss,
          accuracy: said.filter((one, k) => one === predictions.y[k]).length / rows.length,
        }
      }
      const [own, other] = [judge(data.rows), judge(upTo(6_000, 3_000))]
      const { accuracy } = forest.outOfBag!
      // 4 standard deviations of the share of 3,000 rows
      expect(Math.abs(accuracy - other.accuracy)).toBeLessThan(4 * Math.sqrt(0.25 / 3_000))
      expect(own.accuracy - accuracy).toBeGreaterThan(0.1)
      expect(forest.outOfBag!.logLoss).toBeGreaterThan(2 * own.logLoss)
    },
  )

  test('each seed draws its own rows, and its own features where all rows are taken', () => {
    const data = madeTraining({ rows: 300 })
    for (const settings of [{ trees: 3 }, { trees: 3, bootstrap: false }]) {
      const texts = [1, 2].map((seed) => JSON.stringify(learn(data, settings, { seed })))
      expect(texts[0]).not.toBe(texts[1])
    }
    const all = { trees: 1, bootstrap: false, featureFraction: 1 }
    expect(JSON.stringify(learn(data, all, { seed: 1 }))).toBe(JSON.stringify(learn(data, all, { seed: 2 })))
    // a tree does not hang on how many come after it
    const [few, more] = [learn(data, { trees: 2 }), learn(data, { trees: 4 })].map(
      (forest) => (JSON.parse(JSON.stringify(forest)) as { trees: { threshold: unknown[] } }).trees.threshold,
    )
    expect(more!.slice(0, few!.length)).toEqual(few)
  })

  test('importance adds up to 1, and is with the features that tell the class', () => {
    const { importance } = learn(madeTraining({ rows: 2_000, seed: 5 }), { trees: 20, maxLeaves: 8 })
    expect(importance.reduce((sum, one) => sum + one, 0)).toBeCloseTo(1, 12)
    expect(importance[0]! + importance[1]!).toBeGreaterThan(0.85)
  })

  test('whoever watches may end the training, and is told the loss of the rows left out', () => {
    const data = madeTraining({ rows: 300 })
    const losses: number[] = []
    const forest = learn(data, { trees: 50 }, { onProgress: ({ done, loss }) => losses.push(loss) > 0 && done < 4 })
    expect(forest.trees).toBe(4)
    expect(losses.at(-1)).toBe(forest.outOfBag!.logLoss)
    const plain: number[] = []
    const settings = { trees: 2, bootstrap: false }
    const bare = learn(data, settings, { onProgress: ({ loss }) => plain.push(loss) > 0 })
    const p = bare.predictProba(data.columns, data.rows)
    expect(plain.at(-1)).toBeCloseTo(lossesOf({ classes: 2, y: data.y, p }).mean(null, 300).logLoss, 12)
  })
})

test('settings that make no sense are refused by name', () => {
  expect(() => randomForest({ trees: 0 })).toThrow(/trees is 0/)
  expect(() => randomForest({ maxBins: 1 })).toThrow(/maxBins is 1/)
  expect(() => randomForest({ bootstrap: 1 as unknown as boolean })).toThrow(/bootstrap is 1/)
  expect(() => randomForest({ featureFraction: 2 })).toThrow(/featureFraction is 2/)
  expect(() => randomForest({ depth: 2 } as object)).toThrow(/unknown setting "depth"/)
  expect(() => learn(trainingOf([[1, 2]], [0, 0]))).toThrow(/class 1/)
})

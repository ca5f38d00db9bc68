import { describe, expect, test } from 'vitest'
import type { Classifier, FittedClassifier, TrainingSet } from '../../src/models/classifier.ts'
import { madeTraining, upTo } from '../models/made-training.ts'

/** What the contract must be told of a classifier. */
export interface ClassifierCase {
  readonly name: string
  /** Settings that differ; fitted on a few hundred rows. */
  readonly variants: readonly Classifier[]
  readonly fromJson: (json: unknown) => FittedClassifier
  /** Whether rows with missing values may be learnt from. */
  readonly takesMissing: boolean
  /** Fields of the JSON, each of which damaged must be refused by name. */
  readonly fields: readonly string[]
}

const ROWS = 400
const TEST = upTo(300, 200)

/** What every classifier owes; run by each of them. */
export function testClassifier(it: ClassifierCase): void {
  const cases = it.variants.flatMap((classifier) =>
    ([2, 3] as const).map((classes) => ({
      name: `${JSON.stringify(classifier.settings)}, ${classes} classes`,
      classifier,
      data: madeTraining({ rows: ROWS, classes, missing: it.takesMissing ? 0.1 : 0 }),
    })),
  )
  const learn = async (classifier: Classifier, data: TrainingSet, seed = 7) =>
    classifier.fit(data, { seed, validation: upTo(ROWS, 300) })

  describe(`${it.name}: what every classifier owes`, () => {
    test.each(cases)('$name: probabilities, of three classes adding up to 1', async ({ classifier, data }) => {
      const p = (await learn(classifier, data)).predictProba(data.columns, TEST)
      expect(p.length).toBe(TEST.length * (data.classes === 2 ? 1 : 3))
      expect(p.every((one) => one >= 0 && one <= 1)).toBe(true)
      expect(new Set(p).size).toBeGreaterThan(2)
      if (data.classes === 3)
        for (let at = 0; at < p.length; at += 3) expect(p[at]! + p[at + 1]! + p[at + 2]!).toBeCloseTo(1, 12)
    })

    test.each(cases)(
      '$name: the same bytes from the same seed; the data stay as they are',
      async ({ classifier, data }) => {
        const before = JSON.stringify([data, [...data.rows], data.columns.map((column) => [...column])])
        const [one, other] = [await learn(classifier, data), await learn(classifier, data)]
        expect(JSON.stringify(one)).toBe(JSON.stringify(other))
        expect(JSON.stringify([data, [...data.rows], data.columns.map((column) => [...column])])).toBe(before)
      },
    )

    test.each(cases)('$name: made again from its JSON, the same bits', async ({ classifier, data }) => {
      const fitted = await learn(classifier, data)
      const text = JSON.stringify(fitted)
      const again = it.fromJson(JSON.parse(text))
      expect(again.kind).toBe(fitted.kind)
      expect(JSON.stringify(again)).toBe(text)
      expect(again.predictProba(data.columns, TEST)).toEqual(fitted.predictProba(data.columns, TEST))
    })

    test.each(cases)('$name: a row is foretold alike alone and among others', async ({ classifier, data }) => {
      const fitted = await learn(classifier, data)
      const all = fitted.predictProba(data.columns, TEST)
      const width = all.length / TEST.length
      for (const k of [0, 37, 99])
        expect(fitted.predictProba(data.columns, TEST.subarray(k, k + 1))).toEqual(
          all.subarray(k * width, k * width + width),
        )
    })

    test.each(cases)('$name: rows that are not given do not count', async ({ classifier, data }) => {
      const own = { ...data, rows: upTo(300) }
      const other = {
        ...own,
        y: data.y.map((one, row) => (row < 300 ? one : -1)),
        columns: data.columns.map((column) => column.map((value, row) => (row < 300 ? value : 1e9))),
      }
      expect(JSON.stringify(await classifier.fit(own, { seed: 7 }))).toBe(
        JSON.stringify(await classifier.fit(other, { seed: 7 })),
      )
    })

    const [{ classifier, data }] = cases as [(typeof cases)[number]]
    const refusal = async (given: Partial<TrainingSet>) => {
      try {
        await classifier.fit({ ...data, ...given }, { seed: 7 })
        return 'nothing'
      } catch (error) {
        expect(error).toBeInstanceOf(RangeError)
        return (error as Error).message
      }
    }

    test('one class only, or none of it that weighs anything, is refused with the counts', async () => {
      expect(await refusal({ y: data.y.map(() => 0) })).toMatch(/none of the 400 training rows is of class 1.*400, 0/)
      const weights = Float64Array.from(data.y)
      expect(await refusal({ weights })).toMatch(/of class 0 .*weigh 0/)
      expect(await refusal({ rows: new Int32Array(0) })).toMatch(/none of the 0 training rows/)
      expect(await refusal({ y: data.y.map((one) => one), classes: 3 })).toMatch(/class 2/)
    })

    test('a row without a class, a weight that is none and columns that do not fit are refused by name', async () => {
      expect(await refusal({ y: data.y.map((one, row) => (row === 5 ? -1 : one)) })).toMatch(/row 5 is of class -1/)
      const weights = new Float64Array(ROWS).fill(1)
      weights[9] = Number.NaN
      expect(await refusal({ weights })).toMatch(/training row 9 is NaN/)
      weights[9] = -1
      expect(await refusal({ weights })).toMatch(/training row 9 is -1/)
      expect(await refusal({ names: ['a'] })).toMatch(/4 columns for 1 features/)
      expect(await refusal({ columns: [...data.columns.slice(1), new Float64Array(3)] })).toMatch(/"d" has 3 rows/)
      const infinite = data.columns.with(
        2,
        data.columns[2]!.map((value, row) => (row === 8 ? Infinity : value)),
      )
      expect(await refusal({ columns: infinite })).toMatch(/"c" is Infinity in training row 8/)
      const fitted = await learn(classifier, data)
      expect(() => fitted.predictProba(data.columns.slice(1), TEST)).toThrow(/3 columns.*a, b, c, d/)
    })

    test('a damaged JSON is refused with the name of the field', async () => {
      const json = JSON.parse(JSON.stringify(await learn(classifier, data))) as Record<string, unknown>
      expect(() => it.fromJson(null)).toThrow(/not a fitted model/)
      expect(() => it.fromJson({ ...json, kind: 'other' })).toThrow(/kind is "other"/)
      for (const path of it.fields) {
        const damaged = structuredClone(json)
        const names = path.split('.')
        const inside = names.slice(0, -1).reduce((at, name) => at[name] as Record<string, unknown>, damaged)
        expect(inside).toHaveProperty([names.at(-1)!])
        inside[names.at(-1)!] = 'damaged'
        expect(() => it.fromJson(damaged)).toThrow(new RegExp(`${names.at(-1)!}.*damaged`))
      }
    })
  })
}

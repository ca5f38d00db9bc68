import { describe, expect, test } from 'vitest'
import { lossesOf } from '../../src/metrics/classification-loss.ts'
import type { FittedClassifier } from '../../src/models/classifier.ts'
import { Ensemble, ensemble } from '../../src/models/ensemble.ts'
import { LogisticRegression, logisticRegression } from '../../src/models/logistic-regression.ts'
import { Gbdt, gbdt } from '../../src/models/trees/gbdt.ts'
import { testClassifier } from '../contracts/test-classifier.ts'
import { farthest, madeTraining, trainingOf, upTo } from './made-training.ts'

const readMember = (json: unknown): FittedClassifier =>
  (json as { kind: string }).kind === 'gbdt' ? Gbdt.fromJson(json) : LogisticRegression.fromJson(json)

const members = [logisticRegression(), gbdt({ trees: 10 })]

testClassifier({
  name: 'ensemble',
  variants: [ensemble(members), ensemble([...members, gbdt({ trees: 3, rowFraction: 0.5 })])],
  fromJson: (json) => Ensemble.fromJson(json, readMember),
  takesMissing: false,
  fields: ['classes', 'members', 'vote'],
})

/** A member that says what stands in one column. */
const sayer = (f: number): FittedClassifier => ({
  kind: 'sayer',
  predictProba: (columns, rows) => Float64Array.from(rows, (row) => columns[f]![row]!),
  toJSON: () => ({ f }),
})

// what two members say of four rows, and what came
const data = trainingOf(
  [
    [0.9, 0.2, 0.6, 0.3],
    [0.5, 0.1, 0.8, 0.7],
  ],
  [1, 0, 1, 0],
)

test('mean: all members alike', () => {
  const joined = ensemble(members).join([sayer(0), sayer(1)], data)
  expect(farthest(joined.predictProba(data.columns, data.rows), [0.7, 0.15, 0.7, 0.5])).toBeLessThan(1e-15)
})

describe('loss', () => {
  const byLoss = ensemble(members, { vote: 'loss' })
  // mean log loss by hand; saying ½ of two rows each costs ln 2
  const losses = [
    -(Math.log(0.9) + Math.log(0.8) + Math.log(0.6) + Math.log(0.7)) / 4,
    -(Math.log(0.5) + Math.log(0.9) + Math.log(0.8) + Math.log(0.3)) / 4,
  ] as const
  const skills = losses.map((loss) => Math.LN2 - loss) as [number, number]

  test('each by how much lower its loss is than that of the classes shares', () => {
    const { vote } = byLoss.join([sayer(0), sayer(1)], data, { validation: data.rows })
    const sum = skills[0] + skills[1]
    expect(farthest(vote as number[], [skills[0] / sum, skills[1] / sum])).toBeLessThan(1e-12)
  })

  test('a member that is worse than that has no say; where all are, they are alike', () => {
    const turned = { ...data, columns: [data.columns[0]!, data.columns[0]!.map((one) => 1 - one)] }
    expect(byLoss.join([sayer(0), sayer(1)], turned, { validation: data.rows }).vote).toEqual([1, 0])
    expect(byLoss.join([sayer(1), sayer(1)], turned, { validation: data.rows }).vote).toEqual([0.5, 0.5])
  })

  test('is refused without validation rows', async () => {
    expect(() => byLoss.join([sayer(0)], data)).toThrow(/validation rows/)
    await expect(byLoss.fit(data, { seed: 1 })).rejects.toThrow(/validation rows/)
  })

  test('fits its members on the training rows, and weighs them on the others', async () => {
    const made = { ...madeTraining({ rows: 500 }), rows: upTo(350) }
    const validation = upTo(500, 350)
    const fitted = (await byLoss.fit(made, { seed: 3, validation })) as Ensemble
    const alone = members.map((member, m) => member.fit(made, { seed: 3 + m, validation }) as FittedClassifier)
    expect(JSON.stringify(fitted.members)).toBe(JSON.stringify(alone))
    const y = made.y.subarray(350)
    const gained = alone.map((one) => {
      const p = one.predictProba(made.columns, validation)
      const ones = y.reduce((sum, own) => sum + own, 0) / 150
      const base = -ones * Math.log(ones) - (1 - ones) * Math.log(1 - ones)
      return base - lossesOf({ classes: 2, y, p }).mean(null, 150).logLoss
    })
    expect(Math.min(...gained)).toBeGreaterThan(0)
    expect((fitted.vote as number[])[0]).toBeCloseTo(gained[0]! / (gained[0]! + gained[1]!), 9)
  })
})

describe('stacking', () => {
  const stacking = ensemble(members, { vote: 'stacking' })
  const made = madeTraining({ rows: 600, seed: 2 })
  const p = made.columns[0]!.map((x) => 1 / (1 + Math.exp(-x)))
  const noise = made.columns[3]!.map((x) => 1 / (1 + Math.exp(-x)))
  const columns = [p, noise, ...made.columns.slice(2)]

  test('is a logistic regression of the logits of what members said out of fold', () => {
    const rows = upTo(600).filter((row) => row % 3 > 0)
    const own = { ...made, columns, rows }
    const outOfFold = [p, noise].map((said) => Float64Array.from(rows, (row) => said[row]!))
    const joined = stacking.join([sayer(0), sayer(1)], own, { outOfFold })
    const logits = [made.columns[0]!, made.columns[3]!]
    const direct = logisticRegression().fit({ ...made, names: ['a', 'b'], columns: logits, rows }, { seed: 1 })
    const expected = (direct as LogisticRegression).predictProba(logits, made.rows)
    expect(farthest(joined.predictProba(columns, made.rows), expected)).toBeLessThan(1e-9)
    const [useful, useless] = (joined.vote as LogisticRegression).coefficients[0]!
    expect(useful).toBeGreaterThan(5 * Math.abs(useless!))
  })

  test('three classes: ratios to class 0, which tell the truth when the members do', () => {
    const three = { ...madeTraining({ rows: 900, classes: 3, seed: 3 }), weights: null }
    const said = Float64Array.from({ length: 2_700 }, (_, k) => {
      const [a, b] = [three.columns[0]![Math.floor(k / 3)]!, three.columns[1]![Math.floor(k / 3)]!]
      const powers = [1, Math.exp(a * a - 1), Math.exp(1.5 * a + Math.sin(2 * b))]
      return powers[k % 3]! / (powers[0]! + powers[1]! + powers[2]!)
    })
    const truth: FittedClassifier = {
      kind: 'truth',
      predictProba: (_, rows) =>
        Float64Array.from({ length: 3 * rows.length }, (_, k) => said[3 * rows[Math.floor(k / 3)]! + (k % 3)]!),
      toJSON: () => null,
    }
    const stacked = ensemble([gbdt()], { vote: 'stacking' }).join([truth], three, { outOfFold: [said] })
    const out = stacked.predictProba(three.columns, three.rows)
    for (let at = 0; at < out.length; at += 3) expect(out[at]! + out[at + 1]! + out[at + 2]!).toBeCloseTo(1, 12)
    const loss = (own: Float64Array) => lossesOf({ classes: 3, y: three.y, p: own }).mean(null, 900).logLoss
    expect(loss(out)).toBeLessThan(loss(said))
    expect(loss(out)).toBeGreaterThan(loss(said) - 0.01)
  })

  test('made again from its JSON, the same bits', async () => {
    const fitted = await Promise.all(members.map((member) => member.fit(made, { seed: 1 })))
    const outOfFold = fitted.map((member) => member.predictProba(made.columns, made.rows))
    const joined = stacking.join(fitted, made, { outOfFold })
    const again = Ensemble.fromJson(JSON.parse(JSON.stringify(joined)), readMember)
    expect(again.predictProba(made.columns, made.rows)).toEqual(joined.predictProba(made.columns, made.rows))
  })

  test('is refused without probabilities out of fold, or with those of other rows', async () => {
    await expect(stacking.fit(made, { seed: 1 })).rejects.toThrow(/out of fold/)
    expect(() => stacking.join([sayer(0)], made)).toThrow(/out of fold of each/)
    expect(() => stacking.join([sayer(0)], made, { outOfFold: [p.subarray(1)] })).toThrow(/599 probabilities.*600/)
    expect(() => stacking.join([sayer(0)], made, { outOfFold: [p.with(4, 1.5)] })).toThrow(/says 1.5 of row 4/)
  })
})

test('where a member is asked to stop, the ensemble is of those before it and itself', async () => {
  let steps = 0
  const three = ensemble([gbdt({ trees: 5 }), gbdt({ trees: 5 }), gbdt({ trees: 5 })])
  const fitted = (await three.fit(madeTraining({ rows: 200 }), { seed: 1, onProgress: () => ++steps < 7 })) as Ensemble
  expect(fitted.members.map((member) => (member as Gbdt).rounds)).toEqual([5, 2])
  expect(fitted.vote).toEqual([0.5, 0.5])
})

test('no members and votes that are none are refused', () => {
  expect(() => ensemble([])).toThrow(/list of classifiers/)
  expect(() => ensemble(members, { vote: 'median' as 'mean' })).toThrow(/vote is "median"/)
  expect(() => ensemble(members).join([], data)).toThrow(/no fitted member/)
})

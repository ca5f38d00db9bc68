import { expect, test } from 'vitest'
import { logReturn } from '../../src/indicators/index.ts'
import { defineModel } from '../../src/models/define-model.ts'
import { foreignCode } from '../../src/models/foreign-code.ts'
import { ensemble, gbdt } from '../../src/models/index.ts'
import { direction, pipeline, robustScaler, type Transformer } from '../../src/preprocess/index.ts'
import { spyClassifier } from './spy-classifier.ts'

type Options = Parameters<typeof defineModel>[0]

const codeOf = (options: Partial<Options>) =>
  foreignCode(
    defineModel({
      series: ['binance:BTCUSDT:1h'],
      features: () => ({ r1: logReturn(1) }),
      label: direction({ horizon: 3 }),
      model: gbdt(),
      ...options,
    } as Options),
  )

const step = (mark: (train: unknown) => never): Transformer => ({ kind: 'mine', settings: {}, fit: mark })

test('klinelab’s own parts have none, however deep they lie', () => {
  expect(codeOf({ scale: pipeline([robustScaler()]), model: ensemble([gbdt(), ensemble([gbdt()])]) })).toBe(null)
})

test('a step of one’s own is told apart by its text, within a pipeline too', () => {
  const one = () => {
    throw new Error('one')
  }
  const other = () => {
    throw new Error('other')
  }
  const within = codeOf({ scale: pipeline([robustScaler(), pipeline([step(one)])]) })
  expect(within).toBe(`mine ${one}`)
  expect(codeOf({ scale: pipeline([step(other)]) })).toBe(`mine ${other}`)
})

test('a classifier of one’s own may have settings of any name', () => {
  const own = { ...spyClassifier(), settings: { steps: 3, members: 2 } }
  expect(codeOf({ model: own })).toMatch(/^spy fit\(/)
  expect(codeOf({ model: ensemble([gbdt(), own]) })).toMatch(/^spy fit\(/)
})

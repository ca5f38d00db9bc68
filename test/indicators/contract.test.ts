import { describe, expect, test } from 'vitest'
import type { Indicator } from '../../src/core/indicator.ts'
import * as ta from '../../src/indicators/index.ts'
import { testIndicator } from '../contracts/test-indicator.ts'
import { CASES, WAYS } from './cases.ts'

describe('the contract of indicators', () => {
  test('is run by every exported one', () => {
    const exported = Object.keys(ta).filter(
      (name) =>
        !['batchColumns', 'computeColumns', 'GrowingIndicators', 'RingColumns', 'streamIndicators'].includes(name),
    )
    expect(CASES.map(({ name }) => name).sort()).toEqual(exported.sort())
  })

  test('no two have one key, whatever their names, periods and sources', () => {
    const keys = [...CASES, ...WAYS].flatMap(({ variants }) => variants.map((indicator: Indicator) => indicator.key))
    expect(keys.filter((key, k) => keys.indexOf(key) !== k)).toEqual([])
  })
})

test('a stream refuses names and outputs that were not declared', () => {
  const stream = ta.streamIndicators({ fast: ta.sma(2), macd: ta.macd() }, 2)
  expect(stream.value('fast')).toBeNaN()
  expect(stream.value('macd', 'signal')).toBeNaN()
  expect(() => stream.value('macd')).toThrow('macd.value is not declared')
  expect(() => stream.value('fsat' as 'fast')).toThrow('fsat.value is not declared; declared: fast, macd')
})

for (const it of [...CASES, ...WAYS]) testIndicator(it)

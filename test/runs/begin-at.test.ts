import { expect, test } from 'vitest'
import { beginAt, beginSessionAt, type StrategyModels } from '../../src/runs/strategy-models.ts'

const [OUT_OF_SAMPLE, NEWEST] = [Date.UTC(2024, 2, 1), Date.UTC(2025, 5, 1)]
const models = {
  ...{ from: OUT_OF_SAMPLE, newestFrom: NEWEST },
  used: [{ name: 'up' }, { name: 'calm' }],
} as unknown as StrategyModels

test('a backtest begins after what the first fold has learnt from; to look before that is said last, with what it costs', () => {
  expect(beginAt(models, {}, false)).toBe(OUT_OF_SAMPLE)
  expect(beginAt(models, { from: NEWEST }, false)).toBe(NEWEST)
  expect(() => beginAt(models, { from: OUT_OF_SAMPLE - 1 }, false)).toThrow(
    /the models \(up, calm\) have learnt from bars before 2024-03-01, .*begin after them: --from 2024-03-01\. Only to look at what nobody could have earned there is --allow-in-sample, and the report says so in red$/,
  )
  expect(beginAt(models, { from: 5 }, true)).toBe(5)
})

test('a session begins after what the newest fold has learnt from, and is not told of a flag that it has not got', () => {
  expect(beginSessionAt(models, {})).toBe(NEWEST)
  expect(beginSessionAt(models, { from: NEWEST + 1, to: NEWEST + 2 })).toBe(NEWEST + 1)
  // out of sample for a backtest is not so for the fold that a session asks
  for (const [range, words] of [
    [{ from: OUT_OF_SAMPLE }, 'a session there would know what comes. Begin after them: --from 2025-06-01'],
    [{ to: NEWEST }, 'nothing is left to replay; end later'],
  ] as const) {
    const ask = () => beginSessionAt(models, range)
    expect(ask).toThrow(
      `a session asks the newest fold of its models (up, calm), which has learnt from bars before 2025-06-01: those are in sample, and ${words}`,
    )
    expect(ask).not.toThrow('allow-in-sample')
  }
})

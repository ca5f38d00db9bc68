import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EngineResult } from '../../src/core/run.ts'
import { playAlone } from './run.ts'
import { scenario } from './scenario.ts'

function expectSame(a: EngineResult, b: EngineResult): void {
  expect(a.events).toEqual(b.events)
  expect(a.trades).toEqual(b.trades)
  expect(a.openTrades).toEqual(b.openTrades)
  for (const column of ['time', 'equity', 'cash', 'exposure'] as const)
    expect(a.equity[column]).toEqual(b.equity[column])
}

test('instants told all at once come to what they come to one at a time, and quiet bars to what all others come to', () => {
  let fills = 0
  fc.assert(
    fc.property(fc.boolean().chain(scenario), fc.boolean(), fc.nat(4), (of, everyHour, startRow) => {
      const each = playAlone(of, 'one by one', everyHour, startRow)
      fills += each.fills.length
      for (const how of ['closes', 'opens', 'never quiet'] as const)
        expectSame(playAlone(of, how, everyHour, startRow), each)
    }),
    { numRuns: 200 },
  )
  expect(fills).toBeGreaterThan(100)
})

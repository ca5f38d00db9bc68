import fc from 'fast-check'
import { expect, test } from 'vitest'
import { playAlone } from './run.ts'
import { scenario } from './scenario.ts'

test('instants told all at once come to what they come to one at a time', () => {
  let fills = 0
  fc.assert(
    fc.property(fc.boolean().chain(scenario), (of) => {
      const [once, each] = [playAlone(of, true), playAlone(of, false)]
      fills += once.fills.length
      expect(once.events).toEqual(each.events)
      expect(once.trades).toEqual(each.trades)
      expect(once.openTrades).toEqual(each.openTrades)
      for (const column of ['time', 'equity', 'cash', 'exposure'] as const)
        expect(once.equity[column]).toEqual(each.equity[column])
    }),
    { numRuns: 400 },
  )
  expect(fills).toBeGreaterThan(100)
})

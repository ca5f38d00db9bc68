import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { EngineResult } from '../../src/core/run.ts'
import { play, type Way } from './run.ts'
import { hindered, scenario } from './scenario.ts'

function expectSame(a: EngineResult, b: EngineResult): void {
  expect(a.events).toEqual(b.events)
  expect(a.trades).toEqual(b.trades)
  expect(a.openTrades).toEqual(b.openTrades)
  for (const column of ['time', 'equity', 'cash', 'exposure'] as const)
    expect(a.equity[column]).toEqual(b.equity[column])
}

test.each<Way>(['fill by fill', 'asked'])('a bar gone through %s comes to what one call makes of it', (way) => {
  let fills = 0
  fc.assert(
    fc.property(
      fc.boolean().chain((isChanging) => (isChanging ? hindered() : scenario(true))),
      (of) => {
        const whole = play(of)
        fills += whole.fills.length
        expectSame(play(of, {}, undefined, null, way), whole)
      },
    ),
    { numRuns: 150 },
  )
  expect(fills).toBeGreaterThan(100)
})

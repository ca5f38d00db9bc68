import fc from 'fast-check'
import { expect, test } from 'vitest'
import type { RunEvent } from '../../src/core/event.ts'
import type { EngineResult } from '../../src/core/run.ts'
import { resolveRisk } from '../../src/engine/index.ts'
import { limitsOf } from './limits.ts'
import { play } from './run.ts'
import { instantsOf, type Scenario, scenario } from './scenario.ts'

/** What happened while there were bars: at the end of any data orders expire and, if asked, positions are closed. */
function lived(result: EngineResult): RunEvent[] {
  const end = result.events.findIndex((event) => event.type === 'cancelled' && event.reason === 'end')
  return end === -1 ? [...result.events] : result.events.slice(0, end)
}

const cut = fc
  .boolean()
  .chain(scenario)
  .chain((of) =>
    fc.record({
      of: fc.constant(of),
      hours: fc.integer({ min: 1, max: of.markets[0]!.rows.length }),
      limits: limitsOf(of.cash),
    }),
  )

test.each(['free', 'within limits of risk'])('cutting off the future never changes the past, %s', (how) => {
  let compared = 0
  fc.assert(
    fc.property(cut, ({ of, hours, limits }) => {
      const risk = how === 'free' ? null : resolveRisk([{ source: 'test', limits }])
      const open: Scenario = { ...of, closeAtEnd: false }
      // a market whose first bar lies beyond the cut would be no market at all
      fc.pre(of.markets.every(({ rows }) => rows.slice(0, hours).some((row) => row !== null)))
      const whole = play(open, {}, undefined, risk)
      const part = play(open, {}, hours, risk)
      const past = lived(part)
      compared += past.length
      expect(lived(whole).slice(0, past.length)).toEqual(past)
      // and nothing that the whole run tells of those hours is missing
      const last = instantsOf(open, hours).at(-1)!
      for (const event of lived(whole).slice(past.length)) expect(event.at).toBeGreaterThanOrEqual(last)
      expect(whole.fills.slice(0, part.fills.length)).toEqual(part.fills)
      expect(whole.trades.slice(0, part.trades.length)).toEqual(part.trades)
      const { length } = part.equity
      for (const column of ['time', 'equity', 'cash', 'exposure'] as const)
        expect([...whole.equity[column].subarray(0, length)]).toEqual([...part.equity[column]])
    }),
    { numRuns: 150 },
  )
  expect(compared).toBeGreaterThan(200)
})

test('same inputs, same bytes', () => {
  const bytes = (result: EngineResult) =>
    JSON.stringify([
      result,
      ...(['time', 'equity', 'cash', 'exposure'] as const).map((name) => [...result.equity[name]]),
    ])
  fc.assert(
    fc.property(scenario(), (of) => {
      expect(bytes(play(of))).toBe(bytes(play(structuredClone(of))))
    }),
    { numRuns: 80 },
  )
})

import fc from 'fast-check'
import { expect, test } from 'vitest'
import { play } from './run.ts'
import { scenario } from './scenario.ts'

test('closed trades and what is open come to what was earned, however it was bought and sold', () => {
  let [open, parts] = [0, 0]
  fc.assert(
    fc.property(scenario(), (of) => {
      // fees in the base asset leave less than a step behind, which no trade is about
      fc.pre(of.kind === 'perpetual' || of.feeAsset === 'quote')
      const { trades, openTrades, endEquity, fills } = play(of)
      const told = [...trades, ...openTrades].reduce((sum, { pnl }) => sum + pnl, 0)
      expect(Math.abs(told - (endEquity - of.cash))).toBeLessThan(1e-9 * of.cash + 1e-6)
      open += openTrades.length
      parts += fills.length - 2 * trades.length - openTrades.length
    }),
    { numRuns: 200 },
  )
  expect(open).toBeGreaterThan(20)
  // of more than two fills each
  expect(parts).toBeGreaterThan(100)
})

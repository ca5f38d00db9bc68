import fc from 'fast-check'
import type { RiskLimits } from '../../src/core/risk.ts'

/** Shares of the starting cash, so that limits bite whatever it is. */
const shares = fc.record({
  maxPosition: fc.constantFrom(undefined, 0.05, 0.3, 1),
  maxGross: fc.constantFrom(undefined, 0.1, 0.3, 1, 1.5),
  maxNet: fc.constantFrom(undefined, 0.1, 1),
  maxLeverage: fc.constantFrom(undefined, 0.1, 0.5, 2),
  maxDrawdown: fc.constantFrom(undefined, 0.02, 0.1),
  maxDailyLoss: fc.constantFrom(undefined, 0.01),
  coolDown: fc.constantFrom(undefined, '3h'),
  hours: fc.constantFrom(undefined, '02:00-09:00', '20:00-05:00'),
})

/** Limits that an account of `cash` runs into. */
export function limitsOf(cash: number): fc.Arbitrary<RiskLimits> {
  return shares.map(({ maxPosition: ofOne, maxGross, maxNet: ofNet, ...others }) => {
    // one that is above the limit of all would contradict it
    const within = (share: number | undefined) => (share === undefined ? share : Math.min(share, maxGross ?? share))
    const [maxPosition, maxNet] = [within(ofOne), within(ofNet)]
    const amounts = Object.entries({ maxPosition, maxGross, maxNet }).map(([rule, share]) => [
      rule,
      share === undefined ? undefined : share * cash,
    ])
    const all = [...amounts, ...Object.entries(others)]
    return Object.fromEntries(all.filter(([, value]) => value !== undefined)) as RiskLimits
  })
}

import type { Instrument } from '../core/instrument.ts'
import { FEE_TIERS } from './fee-tiers.ts'
import type { Settings } from './settings.ts'

type Fees = ReturnType<Settings['costsOf']>

/**
 * What trading a market costs: as its venue's schedule has it, or, at the base tier, what the market itself is dearer by. KuCoin has
 * classes of coins whose fees are two and three times those of its schedule. Only dearer: a promotion does not last.
 */
export function costsOfMarket({ venue, fees }: Instrument, settings: Settings): Fees {
  const costs = settings.costsOf(venue)
  const { feeTier, feeDiscount } = settings.feeTermsOf(venue)
  if (fees === undefined || settings.noCosts || feeDiscount !== 0 || feeTier !== FEE_TIERS[venue][0].name) return costs
  return {
    ...costs,
    feeMaker: Math.max(costs.feeMaker, Number(fees.maker)),
    feeTaker: Math.max(costs.feeTaker, Number(fees.taker)),
  }
}

import { VENUES, type Venue } from '../core/series.ts'
import { FEE_TIERS } from './fee-tiers.ts'

interface VenueCosts {
  readonly feeMaker: number
  readonly feeTaker: number
  readonly slippageBps: number
}

const SLIPPAGE_BPS = 2

/**
 * What trading costs where nothing else is said: the base tier of each venue's public fee schedule, no discounts, and
 * two basis points of slippage on market and stop fills. Never zero; `--no-costs` has to be asked for.
 */
export const VENUE_COSTS = Object.fromEntries(
  VENUES.map((venue): [Venue, VenueCosts] => {
    const [{ maker, taker }] = FEE_TIERS[venue]
    return [venue, { feeMaker: maker, feeTaker: taker, slippageBps: SLIPPAGE_BPS }]
  }),
) as Readonly<Record<Venue, VenueCosts>>

import type { Venue } from '../core/series.ts'

export interface VenueCosts {
  readonly feeMaker: number
  readonly feeTaker: number
  readonly slippageBps: number
  readonly source: string
}

/**
 * What trading costs where nothing else is said: the base tier of each venue's public fee schedule, no discounts, and
 * two basis points of slippage on market and stop fills. Never zero; `--no-costs` has to be asked for.
 */
export const VENUE_COSTS: Readonly<Record<Venue, VenueCosts>> = {
  binance: { feeMaker: 0.001, feeTaker: 0.001, slippageBps: 2, source: 'Binance spot, regular user, no BNB discount' },
  'binance-usdm': { feeMaker: 0.0002, feeTaker: 0.0005, slippageBps: 2, source: 'Binance USDS-M, regular user' },
  coinbase: { feeMaker: 0.006, feeTaker: 0.012, slippageBps: 2, source: 'Coinbase Advanced, lowest volume tier' },
  kraken: { feeMaker: 0.0025, feeTaker: 0.004, slippageBps: 2, source: 'Kraken Pro, lowest volume tier' },
  kucoin: { feeMaker: 0.001, feeTaker: 0.001, slippageBps: 2, source: 'KuCoin spot, level 0, class A' },
}

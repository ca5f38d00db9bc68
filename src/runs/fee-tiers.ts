import type { Venue } from '../core/series.ts'

/** A step of a venue's fee schedule; rates are fractions, below 0 where the exchange pays its makers. */
export interface FeeTier {
  readonly name: string
  readonly maker: number
  readonly taker: number
}

/** Steps from the dearest, which is where an account begins, to the cheapest. */
type Schedule = readonly [FeeTier, ...FeeTier[]]

type Rates = readonly (readonly [name: string, makerPercent: number, takerPercent: number])[]

/** Read as percent, as exchanges publish them; 0.02 % is 0.0002 and not 0.0002000…01. */
function schedule(rates: Rates): Schedule {
  const fraction = (percent: number) => Number((percent / 100).toFixed(12))
  const tiers = rates.map(([name, maker, taker]) => ({ name, maker: fraction(maker), taker: fraction(taker) }))
  return tiers as [FeeTier, ...FeeTier[]]
}

/**
 * The venues' public fee schedules, without discounts. Exchanges change them: each is dated, and rates of one's own go
 * before it.
 */
export const FEE_TIERS: Readonly<Record<Venue, Schedule>> = {
  // binance.com/en/fee/schedule, spot, as of 2026-07; paid in BNB 25 % less
  binance: schedule([
    ['VIP0', 0.1, 0.1],
    ['VIP1', 0.09, 0.1],
    ['VIP2', 0.08, 0.1],
    ['VIP3', 0.04, 0.06],
    ['VIP4', 0.04, 0.052],
    ['VIP5', 0.025, 0.031],
    ['VIP6', 0.02, 0.029],
    ['VIP7', 0.019, 0.028],
    ['VIP8', 0.016, 0.025],
    ['VIP9', 0.011, 0.023],
  ]),
  // binance.com/en/fee/futureFee, USDT contracts, as of 2026; paid in BNB 10 % less
  'binance-usdm': schedule([
    ['VIP0', 0.02, 0.05],
    ['VIP1', 0.016, 0.04],
    ['VIP2', 0.014, 0.035],
    ['VIP3', 0.012, 0.032],
    ['VIP4', 0.01, 0.03],
    ['VIP5', 0.008, 0.027],
    ['VIP6', 0.006, 0.025],
    ['VIP7', 0.004, 0.022],
    ['VIP8', 0.002, 0.02],
    ['VIP9', 0, 0.017],
  ]),
  // Coinbase Advanced below 1,000 dollars in 30 days, as of 2026-05; the steps above it are shown to account holders only
  coinbase: schedule([['Intro1', 0.6, 1.2]]),
  // kraken.com/features/fee-schedule, spot, named after the dollars traded in 30 days, as of 2026-05
  kraken: schedule([
    ['0', 0.25, 0.4],
    ['10K', 0.2, 0.35],
    ['50K', 0.14, 0.24],
    ['100K', 0.12, 0.22],
    ['500K', 0.08, 0.18],
    ['10M', 0, 0.1],
  ]),
  // kucoin.com/vip/privilege/fee, spot, class A, as ccxt 4 carries it; paid in KCS 20 % less
  kucoin: schedule([
    ['LV0', 0.1, 0.1],
    ['LV1', 0.09, 0.1],
    ['LV2', 0.07, 0.09],
    ['LV3', 0.05, 0.08],
    ['LV4', 0.03, 0.07],
    ['LV5', 0, 0.07],
    ['LV6', 0, 0.06],
    ['LV7', 0, 0.05],
    ['LV8', -0.005, 0.045],
    ['LV9', -0.005, 0.04],
    ['LV10', -0.005, 0.035],
    ['LV11', -0.005, 0.03],
    ['LV12', -0.005, 0.025],
  ]),
}

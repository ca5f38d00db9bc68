import { fromUnits, POW10 } from '../core/decimal.ts'
import type { Instrument } from '../core/instrument.ts'
import { type Ledger, notionalUnits, type Rate, rateOf } from '../core/money.ts'
import type { Scales } from './rules.ts'

/** Fees and slippage of one instrument, as exact fractions. */
export interface Costs {
  /** Below 0 where the exchange pays its makers. */
  readonly maker: Rate
  readonly taker: Rate
  /** The dearer of the two: a limit fills as taker at the open or as maker inside the bar, and either must be payable. */
  readonly dearest: Rate
  readonly slippage: Rate
  /** `received`: a spot buy pays its fee in the base asset, as exchanges do without a discount token. */
  readonly feeAsset: 'quote' | 'received'
}

export interface CostOptions {
  readonly feeMaker: number
  readonly feeTaker: number
  readonly slippageBps: number
  readonly feeAsset?: 'quote' | 'received'
}

const FREE: Rate = rateOf(0, 'fee')

/** What a purchase may take of the quote asset beside its notional: nothing where its fee is taken of what is received (fills.md 17). */
export function feeInQuote({ dearest, feeAsset }: Costs, kind: Instrument['kind']): Rate {
  return feeAsset === 'received' && kind === 'spot' ? FREE : dearest
}

/** @throws RangeError where a rate is not a fraction below 1; only a maker's may be below 0 */
export function costsOf(options: CostOptions): Costs {
  const slippage = Number((options.slippageBps / 10_000).toFixed(12))
  const [maker, taker] = [rateOf(options.feeMaker, 'feeMaker', 'rebate'), rateOf(options.feeTaker, 'feeTaker')]
  return {
    maker,
    taker,
    dearest: options.feeMaker > options.feeTaker ? maker : taker,
    slippage: rateOf(slippage, 'slippageBps ÷ 10000'),
    feeAsset: options.feeAsset ?? 'quote',
  }
}

/** Near 2^53, with room for the rounding of an estimate. */
const MOST_UNITS = Number.MAX_SAFE_INTEGER - 64

/** Whether an estimate of ledger units leaves room for the exact number. */
export function isCounted(estimate: number): boolean {
  return estimate <= MOST_UNITS
}

/**
 * What buying `qty` at `price` takes out of the account in ledger units: notional and fee, each rounded up. Infinity
 * where no ledger could hold it: such an order is too dear for anybody, which is a refusal and no error.
 */
export function buyingCost(ledger: Ledger, scales: Scales, price: number, qty: number, fee: Rate): number {
  const { priceDecimals, qtyDecimals } = scales
  const estimate = fromUnits(price, priceDecimals) * fromUnits(qty, qtyDecimals) * POW10[ledger.decimals]!
  if (!isCounted(estimate)) return Number.POSITIVE_INFINITY
  return (
    notionalUnits(ledger, price, priceDecimals, qty, qtyDecimals, 'up') +
    notionalUnits(ledger, price, priceDecimals, qty, qtyDecimals, 'up', fee)
  )
}

import type { Fill } from '../core/fill.ts'
import type { Figures } from './figures.ts'
import type { PerformanceInput } from './performance-input.ts'
import { largest, mean, smallest } from './statistics.ts'

/** The figures of the group Orders: what was executed. */
export function orderFigures(figures: Figures, { fills }: PerformanceInput): void {
  const buys = fills.filter((fill) => fill.side === 'buy')
  const sales = fills.filter((fill) => fill.side === 'sell')
  // a bitcoin and a dogecoin have no sum: sizes and prices are of one asset or of none
  const isOneAsset = fills.every((fill) => fill.symbol === fills[0]!.symbol)
  const of = (
    key: string,
    from: readonly number[],
    figure: (values: readonly number[]) => number,
    none: string,
    isPerAsset = false,
  ): void => {
    if (from.length === 0) figures.set(key, null, none)
    else if (isPerAsset && !isOneAsset) figures.set(key, null, 'fills of several assets cannot be added up')
    else figures.set(key, figure(from))
  }
  const [noFill, noBuy, noSale] = ['no order was filled', 'nothing was bought', 'nothing was sold']
  const [sizes, fees] = [fills.map(qtyOf), fills.map(feeOf)]
  figures.set('orders', fills.length)
  figures.set('buyOrders', buys.length)
  figures.set('sellOrders', sales.length)
  of('minOrderSize', sizes, smallest, noFill, true)
  of('maxOrderSize', sizes, largest, noFill, true)
  of('avgOrderSize', sizes, mean, noFill, true)
  of('avgBuySize', buys.map(qtyOf), mean, noBuy, true)
  of('avgSellSize', sales.map(qtyOf), mean, noSale, true)
  of('avgBuyPrice', buys.map(priceOf), mean, noBuy, true)
  of('avgSellPrice', sales.map(priceOf), mean, noSale, true)
  of('minFee', fees, smallest, noFill)
  of('maxFee', fees, largest, noFill)
  of('avgFee', fees, mean, noFill)
  of('avgBuyFee', buys.map(feeOf), mean, noBuy)
  of('avgSellFee', sales.map(feeOf), mean, noSale)
}

const qtyOf = ({ qty }: Fill) => qty
const priceOf = ({ price }: Fill) => price
const feeOf = ({ fee }: Fill) => fee

import { averageText, type ExchangeOrder, priceText, qtyText } from './exchange-order.ts'
import { causeOf } from './system-order.ts'

/** A liquidation as the market streams tell it, field by field as Binance names them. */
export interface ForceOrder {
  readonly s: string
  readonly S: 'BUY' | 'SELL'
  readonly o: 'LIMIT'
  readonly f: 'IOC'
  readonly q: string
  readonly p: string
  readonly ap: string
  readonly X: string
  readonly l: string
  readonly z: string
  readonly T: number
}

/**
 * What the public hears of an order that was just filled: `null` of all but liquidations, as auto-deleveraging and settlements have
 * no stream. @param filled whole units of its newest fill
 */
export function forceOrderOf(order: ExchangeOrder, filled: bigint): ForceOrder | null {
  if (order.type !== 'LIQUIDATION' || causeOf(order.engineId) !== 'liquidation') return null
  const { scale } = order
  return {
    ...{ s: order.symbol, S: order.side, o: 'LIMIT', f: 'IOC', q: qtyText(order.qty, scale) },
    ...{ p: priceText(order.price, scale), ap: averageText(order), X: order.status },
    ...{ l: qtyText(filled, scale), z: qtyText(order.executed, scale), T: order.updateTime },
  }
}

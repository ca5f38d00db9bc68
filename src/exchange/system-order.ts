import type { Fill } from '../core/fill.ts'
import { unitsOf } from './amounts.ts'
import { type ExchangeOrder, newOrder, type Scale } from './exchange-order.ts'
import { SYSTEM_CLOSES, type SystemClose } from './fault-kinds.ts'

interface Draft {
  readonly id: number
  readonly scale: Scale
  readonly time: number
}

/** Why the exchange has made an order, by the id that the engine has of it; its own liquidations have plain ones. */
export function causeOf(engineId: string): SystemClose {
  return SYSTEM_CLOSES.find((cause) => engineId.startsWith(`${cause}-`)) ?? 'liquidation'
}

/** An order that the exchange makes itself, by one fill of it: its client id says why, as Binance's user stream has it. */
export function systemOrder(fill: Fill, { id, scale, time }: Draft): ExchangeOrder {
  const cause = causeOf(fill.order)
  const clientId = {
    liquidation: `autoclose-${time}${id % 1000}`,
    adl: 'adl_autoclose',
    settlement: `settlement_autoclose-${time}${id % 1000}`,
  }[cause]
  return newOrder({
    id, engineId: fill.order, symbol: fill.symbol, scale, clientId, time, stp: 'NONE',
    side: fill.side === 'buy' ? 'BUY' : 'SELL', type: cause === 'settlement' ? 'MARKET' : 'LIQUIDATION',
    tif: cause === 'liquidation' ? 'IOC' : 'GTC', price: cause === 'settlement' ? 0n : unitsOf(fill.price, scale.price),
    qty: unitsOf(fill.qty, scale.qty), isSystem: true,
  }) // biome-ignore format: short keys on one line
}

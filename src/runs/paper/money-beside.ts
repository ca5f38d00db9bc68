import type { Fill } from '../../core/fill.ts'
import { AverageCost } from './average-cost.ts'
import type { ForeignTrade } from './foreign-trade.ts'

/** One of the session's own fills. */
export interface OwnFill extends Pick<Fill, 'symbol' | 'side' | 'qty' | 'price' | 'time'> {
  /** The exchange's id of the trade, as a number; NaN where it is not known. */
  readonly tradeId: number
}

/** A trade of somebody else, with the number of the session's own fills that were known before it. */
export type OtherTrade = ForeignTrade & { readonly after: number }

/** As a place in the exchange's order: ids of a symbol's trades rise. */
interface Placed {
  readonly side: 'buy' | 'sell'
  readonly qty: number
  readonly price: number
  readonly tradeId: number
  readonly at: number
  readonly place: number
}

/**
 * What a wallet holds beyond the session's books, as far as trades explain it, in the quote asset: what trades of others have added, and on
 * margin what the order of trades makes of it. The exchange realises at the average price of what is held there, in its own order: a
 * trade of somebody else moves that price, and a fill that was heard of late is in the books behind those that came after it.
 * @param trades those of others
 * @param fills the session's own, in the order in which its books have them; on spot none are needed, as nothing is realised there
 */
export function moneyBeside(trades: readonly OtherTrade[], fills: readonly OwnFill[], isSpot: boolean): number {
  let money = 0
  for (const { fee, feeAsset, feeIn } of trades) if (feeAsset !== 'base' && feeIn === undefined) money -= Number(fee)
  if (isSpot)
    for (const { side, qty, price } of trades) money -= (side === 'buy' ? 1 : -1) * Number(qty) * Number(price)
  else
    for (const of of new Set([...trades, ...fills].map(({ symbol }) => symbol))) {
      const own = fills
        .map(({ time, ...fill }, k) => ({ ...fill, at: time, place: k }))
        .filter(({ symbol }) => symbol === of)
      const others = trades
        .filter(({ symbol }) => symbol === of)
        .map(({ side, qty, price, at, after, tradeId }) => {
          return { side, qty: Number(qty), price: Number(price), at, place: after - 0.5, tradeId: idOf(tradeId) }
        })
      const there = [...own, ...others].sort(byExchange)
      // nothing to reckon where both have the same in the same order, and nothing for doubles to round
      if (there.some((one, k) => one !== own[k])) money += realisedOf(there) - realisedOf(own)
    }
  return money
}

/** An exchange's id of a trade as a number; NaN where it is none. */
export function idOf(tradeId: string): number {
  return /^\d+$/.test(tradeId) ? Number(tradeId) : Number.NaN
}

function byExchange(a: Placed, b: Placed): number {
  const byId = a.tradeId - b.tradeId
  return Number.isNaN(byId) ? a.at - b.at || a.place - b.place : byId
}

function realisedOf(trades: readonly Pick<Placed, 'side' | 'qty' | 'price'>[]): number {
  const position = new AverageCost()
  return trades.reduce((made, { side, qty, price }) => made + position.take(side, qty, price), 0)
}

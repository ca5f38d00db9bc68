import type { Fill } from '../../core/fill.ts'
import type { ForeignTrade } from './foreign-trade.ts'

/**
 * What trades of others have added to a wallet, in the quote asset. On margin a trade of somebody else moves the average price of what both
 * hold, so that what later fills of the session realise there is not what they realise here.
 * @param trades with the number of the session's own fills that were known before each, which tells those of one millisecond apart
 * @param fills the session's own, oldest first; on spot none are needed
 */
export function foreignMoney(
  trades: readonly (ForeignTrade & { readonly after: number })[],
  fills: readonly Pick<Fill, 'symbol' | 'side' | 'qty' | 'price' | 'time'>[],
  isSpot: boolean,
): number {
  let money = 0
  for (const { fee, feeAsset, feeIn } of trades) if (feeAsset !== 'base' && feeIn === undefined) money -= Number(fee)
  if (isSpot)
    for (const { side, qty, price } of trades) money -= (side === 'buy' ? 1 : -1) * Number(qty) * Number(price)
  else
    for (const of of new Set(trades.map(({ symbol }) => symbol))) {
      const own = fills
        .map(({ symbol, side, qty, price, time }, k) => ({ symbol, side, qty, price, at: time, place: k }))
        .filter(({ symbol }) => symbol === of)
      const others = trades
        .filter(({ symbol }) => symbol === of)
        .map(({ side, qty, price, at, after }) => ({
          side,
          qty: Number(qty),
          price: Number(price),
          at,
          place: after - 0.5,
        }))
      money += realisedOf([...own, ...others].sort((a, b) => a.at - b.at || a.place - b.place)) - realisedOf(own)
    }
  return money
}

/** At the average price of a position on margin, before fees. */
function realisedOf(trades: readonly Pick<Fill, 'side' | 'qty' | 'price'>[]): number {
  let [held, entry, made] = [0, 0, 0]
  for (const { side, qty, price } of trades) {
    const signed = side === 'buy' ? qty : -qty
    if (held * signed >= 0) entry = (entry * Math.abs(held) + price * qty) / (Math.abs(held) + qty)
    else {
      made += Math.sign(held) * Math.min(Math.abs(held), qty) * (price - entry)
      if (qty > Math.abs(held)) entry = price
    }
    held += signed
    // what is left of a position that has been closed is a double's rounding
    if (Math.abs(held) < 1e-12) held = 0
  }
  return made
}

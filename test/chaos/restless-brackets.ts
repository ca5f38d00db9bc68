/**
 * Trades at most bars, both ways, and nearly always with a bracket: what a chaos run needs, and no idea of how to earn anything. What it
 * does hangs on the bar and on what is held only, so that a journal that is read again comes to the same.
 */
import { amend, buy, cancel, close, defineStrategy, num, sell } from 'klinelab'

/** Of the open time of a bar, spread: 0 to 1. */
function chance(openTime: number, salt: number): number {
  let x = (Math.floor(openTime / 60_000) ^ Math.imul(salt, 0x9e3779b1)) >>> 0
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return ((x ^ (x >>> 16)) >>> 0) / 2 ** 32
}

export default defineStrategy({
  name: 'restless-brackets',
  params: { qty: num(0.05, { min: 0.001, max: 10 }), away: num(0.004, { min: 0.0001, max: 0.2 }) },
  onBar({ bar, position, orders, params: { qty, away } }) {
    const pick = Math.floor(chance(bar.openTime, 1) * 10)
    const isLong = chance(bar.openTime, 2) < 0.5
    const near = bar.close * away
    const order = isLong ? buy : sell
    const legs = { stopLoss: { distance: near }, takeProfit: { distance: near * 1.5 } }
    const resting = orders.find(({ role, type }) => role === 'order' && type === 'limit')
    if (resting !== undefined)
      return pick < 4
        ? cancel(resting.id)
        : amend(resting.id, { limit: bar.close + (resting.side === 'buy' ? -near : near) / 2 })
    if (position.qty !== 0) {
      const stop = orders.find(({ role }) => role === 'stop')
      // the stop follows, never beyond the price
      if (stop?.trigger != null && pick < 4) return amend(stop.id, { stop: bar.close - Math.sign(position.qty) * near })
      return pick === 9 ? close() : undefined
    }
    if (orders.length > 0) return undefined
    if (pick < 5) return order({ qty, ...legs })
    if (pick < 8) return order({ qty, limit: bar.close + (isLong ? -near : near) / 4, ...legs })
    return order({ qty, stop: bar.close + (isLong ? near : -near) / 4, stopLoss: { distance: near } })
  },
})

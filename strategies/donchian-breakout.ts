/**
 * Waits for a breakout with a stop order at the highest high of the last bars, moved as the channel moves, and then
 * follows the price with a trailing stop some average ranges away. The size risks a fixed part of the equity: what is lost
 * if the price goes back by that distance at once.
 *
 * What it is: a model of stop orders, amendments, trailing stops and sizing by risk. What it is not: the Turtles' whole
 * system; one market, one entry, no pyramiding, and a breakout that fails costs the risk each time. A waiting order that
 * is moved keeps the size it was given first.
 */
import { amend, atr, buy, defineStrategy, donchian, int, num } from 'klinelab'

export default defineStrategy({
  name: 'donchian-breakout',
  params: {
    period: int(120, { min: 5, max: 1000 }),
    ranges: num(4, { min: 0.5, max: 20 }),
    risk: num(0.01, { min: 0.0001, max: 0.2 }),
  },
  indicators: (p) => ({ channel: donchian(p.period), atr: atr(24) }),
  onBar({ bar, ind, position, orders, params }) {
    const level = ind.channel.upper
    if (position.qty > 0 || bar.close >= level) return
    const waiting = orders.find((order) => order.tag === 'breakout')
    if (waiting) return level === waiting.trigger ? undefined : amend(waiting.id, { stop: level })
    const distance = params.ranges * ind.atr
    return buy({ risk: params.risk, stop: level, stopLoss: { distance }, trailingStop: { distance }, tag: 'breakout' })
  },
})

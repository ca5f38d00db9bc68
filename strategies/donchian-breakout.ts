/**
 * Waits for a breakout with a stop order just above the highest high of the last bars, moved as the channel moves, and
 * then follows the price with a trailing stop some average ranges away. The size risks a fixed part of the equity.
 *
 * What it is: a model of stop orders, amendments, trailing stops and sizing by risk. What it is not: the Turtles' whole
 * system; one market, one entry, no pyramiding, and a breakout that fails costs the risk each time.
 */
import { amend, atr, buy, cancelAll, defineStrategy, donchian, int, num } from 'klinelab'

export default defineStrategy({
  name: 'donchian-breakout',
  params: { period: int(120, { min: 5, max: 1000 }), ranges: num(4, { min: 0.5, max: 20 }), risk: num(0.01, { min: 0.0001, max: 0.2 }) },
  indicators: (p) => ({ channel: donchian(p.period), atr: atr(24) }),
  onBar({ bar, ind, position, orders, params }) {
    const waiting = orders.find((order) => order.tag === 'breakout')
    if (position.qty > 0) return waiting && cancelAll()
    const level = ind.channel.upper
    if (bar.close >= level) return
    if (waiting) return Math.abs(level - (waiting.trigger ?? 0)) > bar.close * 1e-4 ? amend(waiting.id, { stop: level }) : undefined
    const distance = params.ranges * ind.atr
    return buy({ risk: params.risk, stop: level, stopLoss: { distance }, trailingStop: { distance }, tag: 'breakout' })
  },
})

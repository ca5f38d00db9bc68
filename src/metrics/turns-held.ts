import type { Fill } from '../core/fill.ts'
import type { Trade } from '../core/trade.ts'

/**
 * Of each trade how many times over what it held on the mean of its time it was entered: 1 where it was entered at once and
 * left at once. One that is scaled in and out enters far more than it ever holds, and pays for all of it.
 */
export function turnsHeld(trades: readonly Trade[], fills: readonly Fill[]): Float64Array {
  const bySymbol = Map.groupBy(fills, ({ symbol }) => symbol)
  // trades of one symbol come one after the other, and so do its fills
  const next = new Map<string, number>()
  return Float64Array.from(trades, (trade) => {
    const own = bySymbol.get(trade.symbol) ?? []
    let first = next.get(trade.symbol) ?? 0
    while (first < own.length && own[first]!.time < trade.entryTime) first++
    let end = first
    while (end < own.length && own[end]!.time < trade.exitTime) end++
    next.set(trade.symbol, end)
    return end - first > 1 ? turnsOf(trade, own.slice(first, end)) : 1
  })
}

function turnsOf({ entryPrice, exitTime, entryTime, pnl, return: gain, qty }: Trade, fills: readonly Fill[]): number {
  const entered = gain === 0 ? qty : pnl / gain / entryPrice
  const held = fills.reduce((sum, { position, time }, k) => {
    return sum + Math.abs(position) * ((fills[k + 1]?.time ?? exitTime) - time)
  }, 0)
  return entered / (held / (exitTime - entryTime))
}

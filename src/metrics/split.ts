import type { RunDocument, SplitRow } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'

function splitRow(trades: readonly Trade[]): SplitRow {
  const wins = trades.filter((trade) => trade.pnl > 0).length
  return {
    trades: trades.length,
    winRate: trades.length === 0 ? null : wins / trades.length,
    netProfit: trades.reduce((sum, trade) => sum + trade.pnl, 0),
  }
}

/** Closed trades by side, by entry tag and by symbol; each way, the profits add up to the whole. */
export function splitTrades(trades: readonly Trade[]): RunDocument['split'] {
  const by = (key: (trade: Trade) => string) => {
    const groups = new Map<string, Trade[]>()
    for (const trade of trades) {
      const group = groups.get(key(trade))
      if (group === undefined) groups.set(key(trade), [trade])
      else group.push(trade)
    }
    return Object.fromEntries(
      [...groups].sort(([a], [b]) => (a < b ? -1 : 1)).map(([name, group]) => [name, splitRow(group)]),
    )
  }
  return {
    long: splitRow(trades.filter((trade) => trade.side === 'long')),
    short: splitRow(trades.filter((trade) => trade.side === 'short')),
    byTag: by((trade) => trade.entryTag),
    bySymbol: by((trade) => trade.symbol),
  }
}

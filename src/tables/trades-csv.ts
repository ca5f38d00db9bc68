import type { Trade } from '../core/trade.ts'
import { csvCell, parseCsv, textOf } from './csv.ts'

const COLUMNS = [
  'symbol', 'side', 'qty', 'entryTime', 'entryPrice', 'exitTime', 'exitPrice', 'fees', 'funding', 'pnl', 'return', 'bars',
  'mae', 'mfe', 'entryTag', 'exitTag',
] as const // biome-ignore format: the contract's order

/** `trades.csv`: one closed round trip a line, in the order in which they closed. */
export function tradesCsv(trades: readonly Trade[]): string {
  const lines = trades.map((trade) => COLUMNS.map((key) => csvCell(trade[key])).join(','))
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`
}

export function parseTradesCsv(text: string): Trade[] {
  const [header, ...rows] = parseCsv(text)
  return rows.map((cells, k) => {
    const values = Object.fromEntries(
      header!.map((key, c) => {
        const isText = key === 'symbol' || key === 'side' || key.endsWith('Tag')
        return [key, isText ? textOf(cells[c]!) : Number(cells[c])]
      }),
    )
    return { n: k + 1, ...values } as unknown as Trade
  })
}

import type { Trade } from '../core/trade.ts'
import { parseRecords, type RecordShape, recordsCsv } from './records.ts'

// biome-ignore format: the contract's order
export const TRADES = {
  columns: [
    'symbol', 'side', 'qty', 'entryTime', 'entryPrice', 'exitTime', 'exitPrice', 'fees', 'funding', 'pnl', 'return', 'bars',
    'mae', 'mfe', 'entryTag', 'exitTag',
  ],
  texts: ['symbol', 'side', 'entryTag', 'exitTag'],
  nullable: [],
} as const satisfies RecordShape

/** `trades.csv`: one closed round trip a line, in the order in which they closed. */
export function tradesCsv(trades: readonly Trade[]): string {
  return recordsCsv(trades, TRADES)
}

/** @throws RangeError that names the record and the column at fault */
export function parseTradesCsv(text: string): Trade[] {
  return parseRecords(text, TRADES).map((values, k) => ({ n: k + 1, ...values }) as Trade)
}

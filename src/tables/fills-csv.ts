import type { Fill } from '../core/fill.ts'
import { parseRecords, type RecordShape, recordsCsv } from './records.ts'

// biome-ignore format: the file's order
export const FILLS = {
  columns: [
    'n', 'time', 'symbol', 'side', 'qty', 'price', 'reference', 'phase', 'liquidity', 'fee', 'feeAsset', 'slippage',
    'realised', 'position', 'order', 'role', 'tag',
  ],
  texts: ['symbol', 'side', 'phase', 'liquidity', 'feeAsset', 'order', 'role', 'tag'],
  nullable: ['tag'],
} as const satisfies RecordShape

/** `fills.csv`: one execution a line; its sha256 is the run's `tradeHash`. */
export function fillsCsv(fills: readonly Fill[]): string {
  return recordsCsv(fills, FILLS)
}

/** @throws RangeError that names the record and the column at fault */
export function parseFillsCsv(text: string): Fill[] {
  return parseRecords(text, FILLS) as unknown as Fill[]
}

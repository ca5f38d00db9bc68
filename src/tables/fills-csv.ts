import type { Fill } from '../core/fill.ts'
import { csvCell, parseCsv, textOf } from './csv.ts'

const COLUMNS = [
  'n', 'time', 'symbol', 'side', 'qty', 'price', 'reference', 'phase', 'liquidity', 'fee', 'feeAsset', 'slippage', 'realised',
  'position', 'order', 'role', 'tag',
] as const // biome-ignore format: the file's order

const TEXTS = new Set<string>(['symbol', 'side', 'phase', 'liquidity', 'feeAsset', 'order', 'role', 'tag'])

/** `fills.csv`: one execution a line; its sha256 is the run's `tradeHash`. */
export function fillsCsv(fills: readonly Fill[]): string {
  const lines = fills.map((fill) => COLUMNS.map((key) => csvCell(fill[key])).join(','))
  return `${[COLUMNS.join(','), ...lines].join('\n')}\n`
}

export function parseFillsCsv(text: string): Fill[] {
  const [header, ...rows] = parseCsv(text)
  return rows.map((cells) => {
    const values = header!.map((key, c) => {
      const cell = cells[c]!
      if (key === 'tag' && cell === '') return [key, null]
      return [key, TEXTS.has(key) ? textOf(cell) : Number(cell)]
    })
    return Object.fromEntries(values) as unknown as Fill
  })
}

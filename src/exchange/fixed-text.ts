/** A price or quantity as Binance writes it: so many decimals, never a power of ten. */
export function fixedText(value: number, decimals: number): string {
  return value.toFixed(decimals)
}

/** Decimals that a text has as it is written: `0.10` has two. */
export function writtenDecimals(text: string): number {
  const point = text.indexOf('.')
  return point < 0 ? 0 : text.length - point - 1
}

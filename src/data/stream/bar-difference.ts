import { parseDecimal } from '../../core/decimal.ts'
import type { BarText } from '../venues/venue.ts'

const FIELDS = ['open', 'high', 'low', 'close', 'volume', 'quoteVolume', 'takerBase', 'takerQuote'] as const

/** The first field in which two statements of one bar differ: as numbers (`1.50` is `1.5`), and where both say it. */
export function barDifference(
  was: BarText,
  is: BarText,
): { readonly field: string; readonly was: string; readonly is: string } | null {
  for (const field of FIELDS) {
    const [a, b] = [was[field], is[field]]
    if (a !== null && b !== null && a !== b && !isSame(a, b)) return { field, was: a, is: b }
  }
  if (was.trades !== null && is.trades !== null && was.trades !== is.trades)
    return { field: 'trades', was: String(was.trades), is: String(is.trades) }
  return null
}

function isSame(a: string, b: string): boolean {
  try {
    const [x, y] = [parseDecimal(a), parseDecimal(b)]
    return x.digits === y.digits && x.decimals === y.decimals
  } catch {
    return false
  }
}

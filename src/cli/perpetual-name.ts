import type { Venue } from '../core/series.ts'
import { didYouMean } from '../core/suggest.ts'

/** Venues that klinelab knows perpetuals of. */
const VENUES: readonly Venue[] = ['binance-usdm']

/** Reads `venue:SYMBOL` of a perpetual. @throws RangeError that quotes the text and says what is allowed */
export function perpetualName(text: string): { readonly venue: Venue; readonly symbol: string } {
  const [venue = '', symbol = '', ...more] = text.split(':')
  if (!(VENUES as readonly string[]).includes(venue) || !/^[A-Z0-9][A-Z0-9._-]*$/.test(symbol) || more.length > 0)
    throw new RangeError(
      `"${text}" is not allowed${didYouMean(venue, VENUES)}; write venue:SYMBOL of a perpetual, e.g. binance-usdm:BTCUSDT`,
    )
  return { venue: venue as Venue, symbol }
}

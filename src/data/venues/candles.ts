import { decimalText, listOf, oldestFirst, timeMs } from './answer-text.ts'
import { type BarText, VenueContentError } from './venue.ts'

/** A column of a venue's candles; `null`: one that klinelab does not read. */
type Column = 'time' | 'open' | 'high' | 'low' | 'close' | 'volume' | 'turnover' | 'count' | null

/**
 * Bars of venues that answer with lists of lists and say when a bar opens, but not when it closes; oldest first, whichever way they came.
 * @param what the list is called in errors
 * @throws VenueContentError that names candle and column
 */
export function candlesOf(list: unknown, what: string, columns: readonly Column[]): BarText[] {
  const at = (column: Column) => columns.indexOf(column)
  const [time, turnover, count] = [at('time'), at('turnover'), at('count')]
  const prices = { open: at('open'), high: at('high'), low: at('low'), close: at('close'), volume: at('volume') }
  const bars = listOf(list, what).map((row, k): BarText => {
    if (!Array.isArray(row) || row.length < columns.length)
      throw new VenueContentError(
        `candle ${k + 1} is ${JSON.stringify(row)?.slice(0, 80)}, not a list of ${columns.length}`,
      )
    const text = (column: number, name: string) => decimalText(row[column], `candle ${k + 1}, ${name}`)
    return {
      openTime: timeMs(row[time], `candle ${k + 1}, time`),
      closeTime: Number.NaN,
      open: text(prices.open, 'open'),
      high: text(prices.high, 'high'),
      low: text(prices.low, 'low'),
      close: text(prices.close, 'close'),
      volume: text(prices.volume, 'volume'),
      quoteVolume: turnover === -1 ? null : text(turnover, 'turnover'),
      trades: count === -1 ? null : Number(text(count, 'count')),
      takerBase: null,
      takerQuote: null,
    }
  })
  return oldestFirst(bars)
}

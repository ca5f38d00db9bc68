/** A candle that is still being made, or whole. Volumes in whole units, quote volumes in the quote asset. */
export interface Candle {
  readonly openTime: number
  open: number
  high: number
  low: number
  close: number
  units: number
  quote: number
  /** Of it bought by takers. */
  buyUnits: number
  buyQuote: number
  trades: number
  /** Ids of its trades; −1 where it has none. */
  firstId: number
  lastId: number
}

export function emptyCandle(openTime: number, price: number): Candle {
  return {
    openTime,
    ...{ open: price, high: price, low: price, close: price },
    ...{ units: 0, quote: 0, buyUnits: 0, buyQuote: 0, trades: 0, firstId: -1, lastId: -1 },
  }
}

/** A later candle joins a longer one. */
export function joinCandle(into: Candle, next: Candle): void {
  into.high = Math.max(into.high, next.high)
  into.low = Math.min(into.low, next.low)
  into.close = next.close
  into.units += next.units
  into.quote += next.quote
  into.buyUnits += next.buyUnits
  into.buyQuote += next.buyQuote
  into.trades += next.trades
  if (into.firstId === -1) into.firstId = next.firstId
  if (next.lastId !== -1) into.lastId = next.lastId
}

/** One round trip of an instrument from flat to flat. Amounts in the quote asset, times UTC ms, rates are fractions. */
export interface Trade {
  /** Running number within the run, from 1, in the order in which trades closed. */
  readonly n: number
  readonly symbol: string
  readonly side: 'long' | 'short'
  /** Most that was held, in the base asset. */
  readonly qty: number
  readonly entryTime: number
  /** Quantity-weighted over all entries. */
  readonly entryPrice: number
  readonly exitTime: number
  readonly exitPrice: number
  readonly fees: number
  readonly funding: number
  /** After fees and funding. */
  readonly pnl: number
  /** pnl ÷ notional of all entries. */
  readonly return: number
  /** Bars of the instrument from the entry's to the exit's, both counted from their opens. */
  readonly bars: number
  /** Maximum adverse / favourable excursion from the average entry price, as fractions ≤ 0 / ≥ 0. */
  readonly mae: number
  readonly mfe: number
  readonly entryTag: string
  /** The closing order's tag, or the cause: stop, target, trail, signal, liquidation, end. */
  readonly exitTag: string
}

/** A position still open when the data ends, marked at the last close. */
export interface OpenTrade extends Omit<Trade, 'exitTime' | 'exitPrice' | 'exitTag'> {
  readonly markTime: number
  readonly markPrice: number
}

import { type Bars, firstRowAt } from '../core/bar.ts'
import { decimalsOf, POW10 } from '../core/decimal.ts'
import type { Instrument } from '../core/instrument.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { FundingColumns, MarkColumns } from '../core/leverage.ts'
import { fixedText } from './fixed-text.ts'

/** A market of the exchange: its bars, those before the begin included, and what is stored beside them. */
export interface MarketSource {
  readonly instrument: Instrument
  readonly bars: Bars
  /** The first row that is played. */
  readonly startRow: number
  readonly marks: MarkColumns | null
  readonly funding: FundingColumns | null
  /** Decimals of its prices and quantities. */
  readonly precision: { readonly price: number; readonly quantity: number }
}

/** Where the bar at hand stands: not begun or over, its open is the present price, or its path is being played. */
export type Stage = 'closed' | 'open' | 'inside'

/**
 * Trades that a bar is shown as: open, the extremes, close, a quarter of its volume each. What bars do not say of trades is made of
 * these, so that candles, trades and counts agree with one another.
 */
export const TRADES_A_BAR = 4

/** One trade of a bar, as the exchange shows it. */
export interface ShownTrade {
  readonly id: number
  readonly price: number
  readonly qty: number
  readonly time: number
  readonly isBuyerMaker: boolean
}

/** The bar at the cursor as far as it has been played. */
export interface PartBar {
  readonly openTime: number
  open: number
  high: number
  low: number
  close: number
  /** Whole units of 10^-quantity decimals. */
  units: number
  quote: number
  buyUnits: number
  buyQuote: number
  trades: number
}

/** What is public of one symbol at this moment. */
export class SymbolMarket {
  readonly symbol: string
  readonly source: MarketSource
  readonly bars: Bars
  readonly #qtyScale: number
  stage: Stage = 'closed'
  /** The bar at hand, or the one that closed last; one below the first row before the first. */
  row: number
  /** Price of the last trade. */
  last: number
  mark: number
  part: PartBar
  /** Shown trades of the bar at hand. */
  trades: ShownTrade[] = []

  constructor(source: MarketSource) {
    this.symbol = source.instrument.symbol
    this.source = source
    this.bars = source.bars
    this.#qtyScale = POW10[source.precision.quantity]!
    this.row = source.startRow - 1
    this.last = this.row >= 0 ? this.bars.close[this.row]! : (this.bars.open[0] ?? 0)
    this.mark = this.row >= 0 ? this.#marks.close[this.row]! : (this.#marks.open[0] ?? 0)
    this.part = emptyPart(this.closedUntil, this.last)
  }

  get #marks(): MarkColumns {
    return this.source.marks ?? this.bars
  }

  get interval() {
    return this.bars.series.interval
  }

  /** Rows that have closed. */
  get closedRows(): number {
    return this.stage === 'closed' ? this.row + 1 : this.row
  }

  /** Close of the last closed bar, UTC ms; the open of the first where none has closed. */
  get closedUntil(): number {
    const row = this.closedRows - 1
    return row >= 0 ? closeTimeOf(this.bars.openTime[row]!, this.interval) : (this.bars.openTime[0] ?? 0)
  }

  price(value: number): string {
    return fixedText(value, this.source.precision.price)
  }

  qty(value: number): string {
    return fixedText(value, this.source.precision.quantity)
  }

  /** The bar at `row` begins: its open is the present price. */
  open(row: number): void {
    this.row = row
    this.stage = 'open'
    this.trades = []
    this.mark = this.#marks.open[row]!
    this.part = emptyPart(this.bars.openTime[row]!, this.bars.open[row]!)
    this.trade(this.bars.open[row]!, this.bars.openTime[row]!, true)
  }

  /** The price moves; with a share of the bar's volume where `isShown`. */
  trade(price: number, at: number, isShown: boolean): void {
    const { part } = this
    part.high = Math.max(part.high, price)
    part.low = Math.min(part.low, price)
    part.close = price
    this.last = price
    if (!isShown || this.bars.volume[this.row] === 0) return
    const units = this.#share(this.trades.length)
    const isBuyerMaker = this.trades.length % 2 === 1
    const qty = units / this.#qtyScale
    part.units += units
    part.quote += price * qty
    part.trades++
    if (!isBuyerMaker) {
      part.buyUnits += units
      part.buyQuote += price * qty
    }
    const id = this.row * TRADES_A_BAR + this.trades.length + 1
    this.trades.push({ id, price, qty, time: at, isBuyerMaker })
  }

  /** The bar is over. */
  close(at: number): void {
    const { row, bars } = this
    this.trade(bars.close[row]!, at, true)
    this.stage = 'closed'
    this.mark = this.#marks.close[row]!
  }

  /** The bar's extremes, the one that is worse for who holds `side` first; for nobody the low. */
  extremes(side: number): readonly [number, number] {
    const [high, low] = [this.bars.high[this.row]!, this.bars.low[this.row]!]
    return side < 0 ? [high, low] : [low, high]
  }

  /** A closed row as it was played, whatever was seen of it. */
  whole(row: number, low: 'first' | 'second' = 'first'): PartBar {
    const { open, high, close, volume, openTime } = this.bars
    const part = emptyPart(openTime[row]!, open[row]!)
    const extremes = [this.bars.low[row]!, high[row]!]
    const path = [open[row]!, ...(low === 'first' ? extremes : extremes.reverse()), close[row]!]
    if (volume[row] !== 0)
      for (const [k, price] of path.entries()) {
        const units = this.#share(k, row)
        part.units += units
        part.quote += (price * units) / this.#qtyScale
        part.trades++
        if (k % 2 === 1) continue
        part.buyUnits += units
        part.buyQuote += (price * units) / this.#qtyScale
      }
    part.high = high[row]!
    part.low = this.bars.low[row]!
    part.close = close[row]!
    return part
  }

  /** Trades of a closed row, spread over its time. */
  tradesOf(row: number): ShownTrade[] {
    if (row === this.row && this.trades.length > 0) return this.trades
    const { open, high, low, close, volume, openTime } = this.bars
    if (volume[row] === 0) return []
    const [from, to] = [openTime[row]!, closeTimeOf(openTime[row]!, this.interval) - 1]
    return [open[row]!, low[row]!, high[row]!, close[row]!].map((price, k) => ({
      id: row * TRADES_A_BAR + k + 1,
      price,
      qty: this.#share(k, row) / this.#qtyScale,
      time: from + Math.floor(((to - from) * k) / (TRADES_A_BAR - 1)),
      isBuyerMaker: k % 2 === 1,
    }))
  }

  qtyOf(units: number): string {
    return fixedText(units / this.#qtyScale, this.source.precision.quantity)
  }

  /** The next funding at or after `at` and the rate of the last one; a rate of 0 where none is stored. */
  funding(at: number): { readonly rate: number; readonly next: number } {
    const { funding } = this.source
    const eighth = 8 * 3_600_000
    const next = Math.floor(at / eighth) * eighth + eighth
    if (funding === null || funding.time.length === 0) return { rate: 0, next }
    const row = firstRowAt(funding.time, at + 1)
    return { rate: row > 0 ? funding.rate[row - 1]! : 0, next: funding.time[row] ?? next }
  }

  /** Units of a row's volume that its k-th shown trade has; the last takes what does not divide. */
  #share(k: number, row = this.row): number {
    const units = Math.round(this.bars.volume[row]! * this.#qtyScale)
    const quarter = Math.floor(units / TRADES_A_BAR)
    return k < TRADES_A_BAR - 1 ? quarter : units - quarter * (TRADES_A_BAR - 1)
  }
}

function emptyPart(openTime: number, price: number): PartBar {
  return {
    openTime,
    ...{ open: price, high: price, low: price, close: price },
    ...{ units: 0, quote: 0, buyUnits: 0, buyQuote: 0, trades: 0 },
  }
}

/** Decimals that quantities of a market are written with: those of its step, or of its volumes. */
export function quantityDecimals(bars: Bars, step: string | undefined): number {
  if (step !== undefined && Number(step) > 0) return decimalsOf(Number(step))
  return 8
}

import { type Bars, firstRowAt } from '../core/bar.ts'
import { exactUnits, fromUnits } from '../core/decimal.ts'
import type { Instrument } from '../core/instrument.ts'
import { closeTimeOf } from '../core/interval.ts'
import type { FundingColumns, MarkColumns } from '../core/leverage.ts'
import { type Candle, emptyCandle } from './candle.ts'
import { fixedText } from './fixed-text.ts'
import type { ForceOrder } from './force-order.ts'
import type { Precision } from './wire.ts'

/** A market of the exchange: its bars, those before the begin included, and what is stored beside them. */
export interface MarketSource {
  readonly instrument: Instrument
  readonly bars: Bars
  /** The first row that is played. */
  readonly startRow: number
  readonly marks: MarkColumns | null
  readonly funding: FundingColumns | null
  readonly precision: Precision
}

/** Where the bar at hand stands: not begun or over, its open is the present price, or its path is being played. */
export type Stage = 'closed' | 'open' | 'inside'

/** What is shown of a bar as trades, its volume with the last; the order of the extremes is that of the path. */
type Part = 'open' | 'low' | 'high' | 'close'

/**
 * Bars do not say what was traded in them, clients want to see it: four trades a bar, of which candles, counts and quote volumes are
 * made, so that all of them agree.
 */
const TRADES_A_BAR = 4

/** The row whose trade has an id: ids go on from row to row. */
export function rowOfTrade(id: number): number {
  return Math.floor((id - 1) / TRADES_A_BAR)
}

/** One trade of a bar, as the exchange shows it. */
export interface ShownTrade {
  readonly id: number
  readonly price: number
  /** Whole units of 10^-volumeDecimals. */
  readonly units: number
  readonly time: number
  readonly isBuyerMaker: boolean
}

const HOUR = 3_600_000
const EIGHT_HOURS = 8 * HOUR

/** What is public of one symbol at this moment. */
export class SymbolMarket {
  readonly symbol: string
  readonly source: MarketSource
  readonly bars: Bars
  /** Decimals that write every price and every volume of the bars without loss. */
  readonly priceDecimals: number
  readonly volumeDecimals: number
  stage: Stage = 'closed'
  /** The bar at hand, or the one that closed last; one below the first row before the first. */
  row: number
  /** Price of the last trade, and the mark price. */
  last: number
  mark: number
  /** The bar at hand as far as it has been played. */
  candle: Candle
  trades: ShownTrade[] = []
  /** The newest liquidation that nobody has been told of; `null`: none. */
  forced: ForceOrder | null = null
  readonly #marks: MarkColumns
  #ofMarks: SymbolMarket | null = null

  constructor(source: MarketSource) {
    const { instrument, bars, startRow, marks, precision } = source
    this.symbol = instrument.symbol
    this.source = source
    this.bars = bars
    this.#marks = marks ?? bars
    this.priceDecimals = Math.max(precision.price, bars.priceDecimals)
    this.volumeDecimals = Math.max(precision.quantity, volumeDecimalsOf(bars))
    this.row = startRow - 1
    this.last = this.row >= 0 ? bars.close[this.row]! : (bars.open[0] ?? 0)
    this.mark = this.row >= 0 ? this.#marks.close[this.row]! : (this.#marks.open[0] ?? 0)
    this.candle = this.row >= 0 ? this.whole(this.row) : emptyCandle(this.closedUntil, this.last)
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
    return fixedText(value, this.priceDecimals)
  }

  volume(units: number): string {
    return fixedText(fromUnits(units, this.volumeDecimals), this.volumeDecimals)
  }

  /** The bar at `row` begins: its open is the present price. */
  open(row: number): void {
    this.row = row
    this.stage = 'open'
    this.trades = []
    this.mark = this.#marks.open[row]!
    this.candle = emptyCandle(this.bars.openTime[row]!, this.bars.open[row]!)
    this.show('open', this.bars.openTime[row]!)
  }

  /** Orders were filled at `price`: the bar's path has come there. */
  move(price: number): void {
    const { candle } = this
    candle.high = Math.max(candle.high, price)
    candle.low = Math.min(candle.low, price)
    candle.close = price
    this.last = price
  }

  /** The path comes to a price of the bar, which is shown as a trade. */
  show(part: Part, at: number): void {
    const price = this.bars[part][this.row]!
    this.move(price)
    const trade = this.#trade(part, this.row, this.trades.length, at)
    if (trade === null) return
    this.trades.push(trade)
    enter(this.candle, trade, this.volumeDecimals)
  }

  /** The bar is over. */
  close(at: number): void {
    this.show('close', at - 1)
    this.stage = 'closed'
    this.mark = this.#marks.close[this.row]!
    this.candle = this.whole(this.row)
  }

  /** A closed row. */
  whole(row: number): Candle {
    const { open, high, low, close, openTime } = this.bars
    const candle = emptyCandle(openTime[row]!, open[row]!)
    candle.high = high[row]!
    candle.low = low[row]!
    candle.close = close[row]!
    for (const [k, part] of PATH.entries()) {
      const trade = this.#trade(part, row, k, 0)
      if (trade !== null) enter(candle, trade, this.volumeDecimals)
    }
    return candle
  }

  /** The extremes of the path, the one first that is worse for who holds `side`; for nobody the low. */
  extremes(side: number): readonly ['low' | 'high', 'low' | 'high'] {
    return side < 0 ? ['high', 'low'] : ['low', 'high']
  }

  /** Trades of a row that has begun: as they were shown, or spread over the time of an older one. */
  tradesOf(row: number): readonly ShownTrade[] {
    if (row === this.row && this.trades.length > 0) return this.trades
    const from = this.bars.openTime[row]!
    const length = closeTimeOf(from, this.interval) - 1 - from
    return PATH.flatMap((part, k) => {
      const trade = this.#trade(part, row, k, from + Math.floor((length * k) / (TRADES_A_BAR - 1)))
      return trade === null ? [] : [trade]
    })
  }

  /** The rate that funding was charged at last, and when it is charged next; 0 and the common schedule where none is stored. */
  funding(at: number): { readonly rate: number; readonly next: number } {
    const { funding } = this.source
    const next = (Math.floor(at / EIGHT_HOURS) + 1) * EIGHT_HOURS
    if (funding === null) return { rate: 0, next }
    const row = firstRowAt(funding.time, at + 1)
    return { rate: row > 0 ? funding.rate[row - 1]! : 0, next: funding.time[row] ?? next }
  }

  /** Hours between the last charge and the next, by the record; `null` where that says nothing of them. */
  fundingHours(at: number): number | null {
    const { funding } = this.source
    const next = funding === null ? 0 : Math.max(1, firstRowAt(funding.time, at + 1))
    const [from, to] = [funding?.time[next - 1], funding?.time[next]]
    return from === undefined || to === undefined ? null : Math.round((to - from) / HOUR)
  }

  /** The mark price as a market of its own, without trades. */
  ofMarks(): SymbolMarket {
    const { open, high, low, close } = this.#marks
    const length = this.bars.length
    if (this.#ofMarks === null || this.#ofMarks.bars.length !== length) {
      const bars = { ...this.bars, ...{ open, high, low, close, length, volume: new Float64Array(length) } }
      this.#ofMarks = new SymbolMarket({ ...this.source, bars, marks: null })
    }
    const view = this.#ofMarks
    view.row = this.row
    view.stage = this.stage
    view.last = this.mark
    view.candle =
      this.row >= 0 && this.stage === 'closed' ? view.whole(this.row) : emptyCandle(this.candle.openTime, this.mark)
    return view
  }

  #trade(part: Part, row: number, k: number, time: number): ShownTrade | null {
    const units = Math.round(this.bars.volume[row]! * 10 ** this.volumeDecimals)
    if (units === 0) return null
    // what of its volume were shown at its open would tell how much is to come
    const early = units >= TRADES_A_BAR ? 1 : 0
    return {
      id: row * TRADES_A_BAR + k + 1,
      price: this.bars[part][row]!,
      units: part === 'close' ? units - early * (TRADES_A_BAR - 1) : early,
      time,
      isBuyerMaker: part === 'low' || part === 'close',
    }
  }
}

const PATH: readonly Part[] = ['open', 'low', 'high', 'close']

/** A trade joins its candle; the prices are those of the path already. */
export function enter(candle: Candle, { id, price, units, isBuyerMaker }: ShownTrade, decimals: number): void {
  const quote = price * fromUnits(units, decimals)
  candle.units += units
  candle.quote += quote
  if (!isBuyerMaker) {
    candle.buyUnits += units
    candle.buyQuote += quote
  }
  candle.firstId = candle.firstId === -1 ? id : Math.min(candle.firstId, id)
  candle.lastId = Math.max(candle.lastId, id)
  candle.trades++
}

/** Fewest decimals, up to 8, that write every volume exactly. */
function volumeDecimalsOf({ volume, length }: Bars): number {
  let decimals = 0
  for (let row = 0; row < length && decimals < 8; row++)
    while (decimals < 8 && exactUnits(volume[row]!, decimals) === null) decimals++
  return decimals
}

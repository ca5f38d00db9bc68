import { type Decimal, parseDecimal, unitsText } from '../../core/decimal.ts'
import { closeTimeOf, type Interval, openTimeOf } from '../../core/interval.ts'
import type { BarText } from '../venues/venue.ts'

interface OpenCandle {
  readonly openTime: number
  readonly open: string
  high: string
  low: string
  close: string
  volume: Decimal
}

/**
 * Bars made of trades. A bar is closed by a later sign of the venue's clock, and only if every trade of it has been heard: the
 * connection was up from its first moment to its last, and no trade's number is missing. Any other is left to REST.
 */
export class TradeCandles {
  readonly #interval: Interval
  readonly #onBar: (bar: BarText, isClosed: boolean) => void
  #candle: OpenCandle | null = null
  /** Trades have been heard without a gap since then, by the venue's clock. */
  #wholeSince = Number.POSITIVE_INFINITY

  constructor(interval: Interval, onBar: (bar: BarText, isClosed: boolean) => void) {
    this.#interval = interval
    this.#onBar = onBar
  }

  /** A trade was missed, or all of them: what is open now will not be whole. */
  cut(): void {
    this.#wholeSince = Number.POSITIVE_INFINITY
    this.#candle = null
  }

  trade(at: number, price: string, size: string): void {
    this.time(at)
    const openTime = openTimeOf(at, this.#interval)
    const candle = this.#candle
    if (candle === null || candle.openTime !== openTime) {
      // one that is older than the open bar: its bar has been handed on
      if (candle !== null && openTime < candle.openTime) return
      this.#candle = { openTime, open: price, high: price, low: price, close: price, volume: parseDecimal(size) }
    } else {
      if (compare(price, candle.high) > 0) candle.high = price
      if (compare(price, candle.low) < 0) candle.low = price
      candle.close = price
      candle.volume = sum(candle.volume, parseDecimal(size))
    }
    this.#onBar(barOf(this.#candle!, this.#interval), false)
  }

  /** The venue's clock has come so far. */
  time(at: number): void {
    if (this.#wholeSince === Number.POSITIVE_INFINITY) this.#wholeSince = at
    const candle = this.#candle
    if (candle === null || at < closeTimeOf(candle.openTime, this.#interval)) return
    this.#candle = null
    if (candle.openTime >= this.#wholeSince) this.#onBar(barOf(candle, this.#interval), true)
  }
}

function barOf({ openTime, open, high, low, close, volume }: OpenCandle, interval: Interval): BarText {
  return {
    ...{
      openTime,
      closeTime: closeTimeOf(openTime, interval),
      open,
      high,
      low,
      close,
      volume: unitsText(volume.digits, volume.decimals),
    },
    ...{ quoteVolume: null, trades: null, takerBase: null, takerQuote: null },
  }
}

function sum(a: Decimal, b: Decimal): Decimal {
  const decimals = Math.max(a.decimals, b.decimals)
  return { digits: atScale(a, decimals) + atScale(b, decimals), decimals }
}

function compare(a: string, b: string): number {
  const [x, y] = [parseDecimal(a), parseDecimal(b)]
  const decimals = Math.max(x.decimals, y.decimals)
  const difference = atScale(x, decimals) - atScale(y, decimals)
  return difference > 0n ? 1 : difference < 0n ? -1 : 0
}

function atScale({ digits, decimals }: Decimal, scale: number): bigint {
  return digits * 10n ** BigInt(scale - decimals)
}

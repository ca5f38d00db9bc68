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

/** A trade may be told after a later one, or after a heartbeat of a later time: bars are kept open for so long, ms. */
const GRACE = 1000

/**
 * Bars made of trades. A bar is closed by a sign of the venue's clock from after its end, and only if every trade of it has been heard: the
 * connection was up from its first moment to its last, and no trade's number is missing. Any other is left to REST.
 */
export class TradeCandles {
  readonly #interval: Interval
  readonly #onBar: (bar: BarText, isClosed: boolean) => void
  readonly #onLate: (openTime: number) => void
  /** By open time; around a border there are two. */
  readonly #open = new Map<number, OpenCandle>()
  /** Bars that opened before it have been handed on, or never will be. */
  #closedUpTo = Number.NEGATIVE_INFINITY
  /** Trades have been heard without a gap since then, by the venue's clock. */
  #wholeSince = Number.POSITIVE_INFINITY

  /** @param onLate hears of a trade whose bar has been closed: that bar is not whole */
  constructor(
    interval: Interval,
    onBar: (bar: BarText, isClosed: boolean) => void,
    onLate: (openTime: number) => void,
  ) {
    this.#interval = interval
    this.#onBar = onBar
    this.#onLate = onLate
  }

  /** A trade was missed, or all of them: what is open now will not be whole. */
  cut(): void {
    this.#wholeSince = Number.POSITIVE_INFINITY
    this.#open.clear()
  }

  trade(at: number, price: string, size: string): void {
    this.time(at)
    const openTime = openTimeOf(at, this.#interval)
    // a bar of this trade alone would take the place of the one that has been handed on
    if (openTime < this.#closedUpTo) {
      this.#onLate(openTime)
      return
    }
    const known = this.#open.get(openTime)
    const candle = known ?? { openTime, open: price, high: price, low: price, close: price, volume: parseDecimal(size) }
    if (known === undefined) this.#open.set(openTime, candle)
    else {
      if (compare(price, candle.high) > 0) candle.high = price
      if (compare(price, candle.low) < 0) candle.low = price
      candle.close = price
      candle.volume = sum(candle.volume, parseDecimal(size))
    }
    this.#onBar(barOf(candle, this.#interval), false)
  }

  /** The venue's clock has come so far. */
  time(at: number): void {
    if (this.#wholeSince === Number.POSITIVE_INFINITY) this.#wholeSince = at
    this.#closedUpTo = Math.max(this.#closedUpTo, openTimeOf(at - GRACE, this.#interval))
    // oldest first, as they were opened: a border apart they cannot have come the other way round but within the grace
    for (const candle of [...this.#open.values()].sort((a, b) => a.openTime - b.openTime)) {
      if (candle.openTime >= this.#closedUpTo) return
      this.#open.delete(candle.openTime)
      if (candle.openTime >= this.#wholeSince) this.#onBar(barOf(candle, this.#interval), true)
    }
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

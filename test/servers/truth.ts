import { closeTimeOf, INTERVALS, type Interval, openTimeOf } from '../../src/core/interval.ts'
import { type Series, seriesName } from '../../src/core/series.ts'
import type { Stretch } from '../../src/data/collect/batch.ts'
import type { BarText } from '../../src/data/venues/venue.ts'
import { marketOf } from './markets.ts'

/** What really happened in a bar; prices and amounts are whole numbers of the last digit that the market has. */
export interface TruthBar {
  readonly openTime: number
  /** Exclusive. */
  readonly closeTime: number
  readonly open: number
  readonly high: number
  readonly low: number
  readonly close: number
  readonly volume: number
  readonly trades: number
  readonly takerVolume: number
}

export interface TruthOptions {
  readonly seed?: number
  /** Bars that no venue has: outages. */
  readonly holes?: readonly Stretch[]
  /** Bars of one interval that no venue has although there were trades in them: coarser bars hold those. */
  readonly lost?: readonly (Stretch & { readonly interval: Interval })[]
  /** Nobody trades. */
  readonly quiet?: readonly Stretch[]
  /** About one bar in so many has no trade: stated as flat, or left out, as the venue does; 0: none. */
  readonly quietEvery?: number
  /** All markets, UTC ms. */
  readonly listedAt?: number
  readonly delistedAt?: number
}

/** Listed when Binance opened. */
const LISTED_AT = Date.UTC(2017, 7, 17, 4)

/**
 * Every bar of every market of the test servers, reckoned from a seed: what is asked for years of minutes needs no memory, and what was
 * stored is held to this table bar by bar. A bar opens at the close of the one before it, unless that had no trade.
 */
export class Truth {
  readonly #seed: number
  readonly #holes: readonly Stretch[]
  readonly #lost: NonNullable<TruthOptions['lost']>
  readonly #quiet: readonly Stretch[]
  readonly #quietEvery: number
  readonly listedAt: number
  readonly #delistedAt: number
  readonly #revised = new Map<string, number>()
  #revision = 0

  constructor(options: TruthOptions = {}) {
    this.#seed = options.seed ?? 1
    this.#holes = options.holes ?? []
    this.#lost = options.lost ?? []
    this.#quiet = options.quiet ?? []
    this.#quietEvery = options.quietEvery ?? 0
    this.listedAt = options.listedAt ?? LISTED_AT
    this.#delistedAt = options.delistedAt ?? Number.POSITIVE_INFINITY
  }

  /** Counts up with every revision: what was made of the table before is old. */
  get revision(): number {
    return this.#revision
  }

  /** From now on the bar has traded once more, `ticks` above its high: a bar that a venue states otherwise later. */
  revise(series: Series, openTime: number, ticks = 1): void {
    this.#revised.set(`${seriesName(series)} ${openTime}`, ticks)
    this.#revision++
  }

  /** `null` where there was none. */
  bar(series: Series, openTime: number): TruthBar | null {
    if (openTime < this.listedAt || openTime >= this.#delistedAt) return null
    if (isIn(this.#holes, openTime)) return null
    if (
      this.#lost.length > 0 &&
      isIn(
        this.#lost.filter(({ interval }) => interval === series.interval),
        openTime,
      )
    )
      return null
    const market = marketOf(series)
    const isMark = series.symbol.endsWith('@mark')
    const salt = this.#seed ^ saltOf(series, market.venue)
    const closeTime = closeTimeOf(openTime, series.interval)
    const draw = mix(salt, openTime / 60_000, INTERVALS.indexOf(series.interval) + 1)
    const open = priceAt(market.around, salt, openTime)
    // who leaves quiet bars out is held to the sum of those that are there
    const sum = omitsEmpty(series) && series.interval !== '1m' ? this.#sum(series, openTime, closeTime) : null
    const isQuiet =
      sum === null ? (this.#quietEvery > 0 && draw % this.#quietEvery === 0) || isIn(this.#quiet, openTime) : sum === 0
    if (isQuiet && !isMark)
      return { openTime, closeTime, open, high: open, low: open, close: open, volume: 0, trades: 0, takerVolume: 0 }
    const close = priceAt(market.around, salt, closeTime)
    const reach = Math.max(1, Math.floor(market.around / 2000))
    const revised = this.#revised.get(`${seriesName(series)} ${openTime}`) ?? 0
    const high = Math.max(open, close) + (draw % reach) + revised
    const low = Math.max(1, Math.min(open, close) - ((draw >>> 8) % reach))
    const volume = sum === null ? volumeOf(draw) + revised : sum + revised
    const trades = 1 + ((draw >>> 5) % 4000)
    const takerVolume = Math.floor(volume * (((draw >>> 7) % 101) / 100))
    return isMark
      ? { openTime, closeTime, open, high, low, close, volume: 0, trades: 60, takerVolume: 0 }
      : { openTime, closeTime, open, high, low, close, volume, trades, takerVolume }
  }

  /** What was traded in the minutes of a bar. */
  #sum(series: Series, from: number, to: number): number {
    const minutes = { ...series, interval: '1m' as const }
    const salt = this.#seed ^ saltOf(minutes, series.venue)
    let sum = 0
    for (let at = from; at < to; at += 60_000) {
      const draw = mix(salt, at / 60_000, INTERVALS.indexOf('1m') + 1)
      if ((this.#quietEvery > 0 && draw % this.#quietEvery === 0) || isIn(this.#quiet, at) || isIn(this.#holes, at))
        continue
      sum += volumeOf(draw)
      if (this.#revised.size > 0) sum += this.#revised.get(`${seriesName(minutes)} ${at}`) ?? 0
    }
    return sum
  }

  /** The bar as it stood at `now`, before it had ended: a part of its trades. */
  unfinished(series: Series, openTime: number, now: number): TruthBar | null {
    const whole = this.bar(series, openTime)
    if (whole === null) return null
    const part = Math.max(0, Math.min(1, (now - openTime) / (whole.closeTime - openTime)))
    const close = Math.round(whole.open + (whole.close - whole.open) * part * 0.5)
    const volume = Math.floor(whole.volume * part * 0.9)
    return {
      ...whole,
      close,
      high: Math.max(whole.open, close),
      low: Math.min(whole.open, close),
      volume,
      trades: Math.floor(whole.trades * part * 0.9),
      takerVolume: Math.min(whole.takerVolume, volume),
    }
  }

  /** Bars with open times in [from, to) as the venue states them, oldest first; without those it leaves out. */
  texts(series: Series, from: number, to: number): readonly BarText[] {
    const texts: BarText[] = []
    for (let at = firstOpen(from, series); at < to; at = closeTimeOf(at, series.interval)) {
      const bar = this.bar(series, at)
      if (bar !== null && !isLeftOut(series, bar)) texts.push(barText(series, bar))
    }
    return texts
  }
}

/** The first bar of the grid that opens at `from` or later. */
export function firstOpen(from: number, series: Series): number {
  const before = openTimeOf(from, series.interval)
  return before === from ? from : closeTimeOf(before, series.interval)
}

function isIn(stretches: readonly Stretch[], time: number): boolean {
  return stretches.some(({ from, to }) => time >= from && time < to)
}

/** Now and then next to nothing: a number that many a language writes with an exponent. */
function volumeOf(draw: number): number {
  return draw % 97 === 0 ? (draw % 7) + 1 : ((draw >>> 3) % 9_999_991) + 1
}

function omitsEmpty({ venue }: Series): boolean {
  return venue === 'coinbase' || venue === 'kucoin'
}

/** Whether the venue publishes nothing for buckets without a trade. */
export function isLeftOut(series: Series, bar: TruthBar): boolean {
  return bar.trades === 0 && omitsEmpty(series)
}

/** What the venue of a series says of a bar; what it does not say is `null`. */
export function barText(series: Series, bar: TruthBar): BarText {
  const { priceDigits, volumeDigits } = marketOf(series)
  const digits = priceDigits + volumeDigits
  // what a mark price says of trades is to be ignored
  const isTold = !series.symbol.endsWith('@mark')
  const isBinance = isTold && (series.venue === 'binance' || series.venue === 'binance-usdm')
  const quote = decimal(BigInt(bar.close) * BigInt(bar.volume), digits)
  return {
    openTime: bar.openTime,
    closeTime: isBinance || !isTold ? bar.closeTime : Number.NaN,
    open: decimal(bar.open, priceDigits),
    high: decimal(bar.high, priceDigits),
    low: decimal(bar.low, priceDigits),
    close: decimal(bar.close, priceDigits),
    volume: decimal(bar.volume, volumeDigits),
    quoteVolume: isBinance || series.venue === 'kucoin' ? quote : null,
    trades: isBinance || series.venue === 'kraken' ? bar.trades : null,
    takerBase: isBinance ? decimal(bar.takerVolume, volumeDigits) : null,
    takerQuote: isBinance ? decimal(BigInt(bar.close) * BigInt(bar.takerVolume), digits) : null,
  }
}

/** A whole number of the last digit, as text with all its digits. */
export function decimal(units: number | bigint, digits: number): string {
  const text = String(units).padStart(digits + 1, '0')
  return digits === 0 ? text : `${text.slice(0, -digits)}.${text.slice(-digits)}`
}

const salts = new Map<string, number>()

function saltOf(series: Series, venue: string): number {
  const name = `${venue}:${series.symbol}`
  let salt = salts.get(name)
  if (salt === undefined) {
    salt = 0
    for (const letter of name) salt = (Math.imul(salt, 31) + letter.charCodeAt(0)) | 0
    salts.set(name, salt)
  }
  return salt
}

/** A slow swing over months, a faster one over hours, and noise of the instant: the same for every interval, so that bars agree. */
function priceAt(around: number, salt: number, time: number): number {
  const days = time / 86_400_000
  const swing = 1 + 0.2 * Math.sin(days / 37 + (salt & 7)) + 0.02 * Math.sin(days * 5)
  const noise = (mix(salt, time / 60_000, 0) % 2001) / 1_000_000 - 0.001
  return Math.max(2, Math.round(around * (swing + noise)))
}

/** 32 bits of all three. */
function mix(a: number, b: number, c: number): number {
  let z = Math.imul(a ^ 0x9e3779b9, 0x85ebca6b) ^ Math.imul(b | 0, 0xc2b2ae35) ^ Math.imul(c + 1, 0x27d4eb2f)
  z = Math.imul(z ^ (z >>> 15), 0x2c1b3c6d)
  z = Math.imul(z ^ (z >>> 12), 0x297a2d39)
  return (z ^ (z >>> 15)) >>> 0
}

import { DAY, type Interval, intervalMs } from '../../core/interval.ts'
import { parseSeries, type Series, seriesName, type Venue } from '../../core/series.ts'
import { type DataError, NotFoundError } from '../data-error.ts'
import { loadInstrument } from '../instruments.ts'
import type { Store } from '../store.ts'
import { jsonOf } from '../venues/answer-text.ts'
import type { Ask, Ticker, VenueHttp } from '../venues/venue.ts'
import { figuresAsOf, mixOfBars } from './as-of.ts'
import { type MarketFigures, type Measure, type Mix, measuresOf, type Ranked, rankMarkets } from './rank.ts'
import { chooseUniverse, type Excluded, isDollar, type Listed } from './universe.ts'

export interface ScanAsked {
  readonly venue: Venue
  readonly mix: Mix
  readonly top: number
  /** Built in: what most of the venue is quoted in. */
  readonly quote?: string
  /** Quote asset of 24 hours; built in: a million of quotes that are dollars, else any. */
  readonly minVolume?: number
  readonly exclude: readonly string[]
  /** Of the stored bars that momentum, or a ranking as of a date, is reckoned from. */
  readonly interval: Interval
  readonly lookback: number
}

/** A ranked market; `null` where a figure is not known. */
export interface ScanMarket {
  readonly rank: number
  readonly symbol: string
  readonly score: number
  readonly last: number
  readonly change: number | null
  readonly volume: number | null
  readonly volatility: number | null
  readonly spread: number | null
  readonly momentum: number | null
}

export interface Scan {
  readonly venue: Venue
  /** UTC ms; the venue's clock, or the date it was ranked as of. */
  readonly at: number
  readonly from: 'tickers' | 'bars'
  readonly mix: Mix
  readonly quote: string
  readonly minVolume: number
  /** All that were looked at. */
  readonly listed: number
  readonly excluded: readonly Excluded[]
  /** Markets that lack a figure the ranking needs. */
  readonly unknown: readonly string[]
  readonly ranked: number
  readonly markets: readonly ScanMarket[]
}

const QUOTES: Readonly<Record<Venue, string>> = {
  binance: 'USDT',
  'binance-usdm': 'USDT',
  coinbase: 'USD',
  kraken: 'USD',
  kucoin: 'USDT',
}

const LEAST_DOLLARS = 1_000_000

type Candidate = MarketFigures & Listed & { readonly last: number }

function settled({ venue, quote = QUOTES[venue], minVolume, exclude }: ScanAsked) {
  return { quote, minVolume: minVolume ?? (isDollar(quote) ? LEAST_DOLLARS : 0), exclude }
}

/** Ranks a venue's markets by the figures of its last 24 hours, and, for momentum, by stored bars. */
export async function scanTickers(asked: ScanAsked, http: VenueHttp, store: Store): Promise<Scan> {
  const { venue, mix, interval, lookback } = asked
  const { api } = http
  const { rules, at } = await http.get(api.rules.ask(''), ({ body, at }) => ({ rules: api.rules.read(body, at), at }))
  const byTicker = new Map((await tickersOf(http, [])).map((ticker) => [ticker.symbol, ticker]))
  const listed = rules.map(({ instrument, status, isTrading, isStable }): Candidate => {
    const { symbol, base, quote } = instrument
    const figures = figuresOf(symbol, byTicker.get(symbol))
    return { ...figures, base, quote, status, isTrading, ...(isStable !== undefined && { isStable }) }
  })
  const wanted = settled(asked)
  const universe = chooseUniverse(listed, wanted)
  let kept: readonly Candidate[] = universe.kept
  if (mix.spread !== undefined) kept = await withSpreads(http, kept)
  if (mix.momentum !== undefined) kept = await withMomentum(store, venue, kept, { interval, lookback, at })
  return scanOf(asked, { ...wanted, at, from: 'tickers', listed: listed.length }, kept, universe.excluded)
}

function figuresOf(symbol: string, ticker: Ticker | undefined) {
  const { last = Number.NaN, change = Number.NaN, quoteVolume: volume = Number.NaN } = ticker ?? {}
  const range = ticker === undefined ? Number.NaN : (ticker.high - ticker.low) / last
  return { symbol, last, change, volume, volatility: range, spread: spreadOf(ticker) }
}

/** Ask less bid as a fraction of the price between them. */
function spreadOf(ticker: Ticker | undefined): number {
  if (ticker === undefined || !(ticker.bid > 0) || !(ticker.ask > 0)) return Number.NaN
  return (2 * (ticker.ask - ticker.bid)) / (ticker.ask + ticker.bid)
}

async function tickersOf(http: VenueHttp, symbols: readonly string[]): Promise<readonly Ticker[]> {
  const { tickers } = http.api
  const ask = (one: Ask) =>
    http.get(one, ({ body }) => {
      jsonOf(body)
      return body
    })
  return tickers.read(await Promise.all(tickers.asks(symbols).map(ask)), symbols)
}

/** Venues that state quotes market by market are asked for those that are left, and for no others. */
async function withSpreads(http: VenueHttp, kept: readonly Candidate[]): Promise<readonly Candidate[]> {
  const without = kept.filter(({ spread }) => Number.isNaN(spread)).map(({ symbol }) => symbol)
  if (without.length === 0 || http.api.tickers.asks(without).length === http.api.tickers.asks([]).length) return kept
  const spreads = new Map((await tickersOf(http, without)).map((ticker) => [ticker.symbol, spreadOf(ticker)]))
  return kept.map((one) => (Number.isNaN(one.spread) ? { ...one, spread: spreads.get(one.symbol) ?? Number.NaN } : one))
}

interface Looking {
  readonly at: number
  readonly interval: Interval
  readonly lookback: number
}

async function withMomentum(
  store: Store,
  venue: Venue,
  kept: readonly Candidate[],
  looking: Looking,
): Promise<readonly Candidate[]> {
  const all: Candidate[] = []
  for (const one of kept) {
    const series = { venue, symbol: one.symbol, interval: looking.interval }
    // a store in a bucket knows of series that this machine has no folder of
    const isStored = (await store.manifest(series)) !== null
    const figures = isStored ? await storedFigures(store, series, looking) : null
    all.push({ ...one, momentum: figures?.momentum ?? Number.NaN })
  }
  return all
}

/** Figures by bars that are closed at an instant; those that come later are not even read. */
async function storedFigures(store: Store, series: Series, { at, lookback }: Looking) {
  // the last bar that is closed opened up to two intervals ago, and may be a day old
  const from = at - Math.max(DAY, 3 * intervalMs(series.interval))
  try {
    const bars = await store.load(series, { from, to: at, before: lookback + 1 })
    return figuresAsOf(bars, at, lookback)
  } catch (error) {
    if (error instanceof NotFoundError) return null
    throw error
  }
}

/**
 * Ranks the stored markets of a venue as they were at an instant: by bars that were closed by then, and nothing that came later.
 * @throws DataError where no series of the venue and interval is stored
 */
export async function scanStored(asked: ScanAsked, store: Store, at: number): Promise<Scan> {
  const { venue, interval, lookback } = asked
  mixOfBars(asked.mix)
  const all = (await store.list(() => undefined)).map(({ series }) => parseSeries(series))
  const stored = all.filter((series) => series.venue === venue && !series.symbol.endsWith('@mark'))
  const usable = stored.filter((series) => series.interval === interval)
  if (usable.length === 0) throw nothingStored(venue, interval, stored)
  const listed: Candidate[] = []
  for (const series of usable) {
    const [{ base, quote }, figures] = [
      await loadInstrument(store, series),
      await storedFigures(store, series, { at, interval, lookback }),
    ]
    const known = figures ?? { symbol: series.symbol, last: Number.NaN, volume: Number.NaN }
    listed.push({
      ...known,
      base,
      quote,
      status: figures === null ? 'no bars then' : 'traded',
      isTrading: figures !== null,
    })
  }
  const wanted = settled(asked)
  const { kept, excluded } = chooseUniverse(listed, wanted)
  return scanOf(asked, { ...wanted, at, from: 'bars', listed: listed.length }, kept, excluded)
}

function nothingStored(venue: Venue, interval: Interval, stored: readonly Series[]): DataError {
  const others = [...new Set(stored.map((series) => series.interval))]
  const finer = stored.find((series) => intervalMs(series.interval) < intervalMs(interval))
  const made =
    finer === undefined ? '' : `, or make them with: klinelab data resample ${seriesName(finer)} --to ${interval}`
  const way =
    others.length === 0
      ? `no series of ${venue} is; fetch some with: klinelab data get`
      : `stored are ${others.join(', ')}: say --interval ${others[0]}${made}`
  return new NotFoundError(`no ${interval} bars of ${venue} are stored to rank by; ${way}`)
}

type Terms = Pick<Scan, 'at' | 'from' | 'quote' | 'minVolume' | 'listed'>

function scanOf(asked: ScanAsked, terms: Terms, kept: readonly Candidate[], excluded: readonly Excluded[]): Scan {
  const { venue, mix, top } = asked
  const { at, from, quote, minVolume, listed } = terms
  const ranked = rankMarkets(kept, mix)
  const isRanked = new Set(ranked.map(({ symbol }) => symbol))
  const unknown = kept.map(({ symbol }) => symbol).filter((symbol) => !isRanked.has(symbol))
  const markets = ranked.slice(0, top).map(marketOf)
  return { venue, at, from, mix, quote, minVolume, listed, excluded, unknown, ranked: ranked.length, markets }
}

function marketOf(market: Ranked<Candidate>): ScanMarket {
  const { rank, symbol, score, last } = market
  const known = (measure: Measure) => {
    const value = market[measure]
    return value === undefined || !Number.isFinite(value) ? null : value
  }
  return {
    ...{ rank, symbol, score, last },
    ...{ change: known('change'), volume: known('volume'), volatility: known('volatility') },
    ...{ spread: known('spread'), momentum: known('momentum') },
  }
}

/** What a ranking was by, in words: `volume 0.5, change 0.5`. */
export function mixText(mix: Mix): string {
  const measures = measuresOf(mix)
  const isAlone = measures.length === 1 && mix[measures[0]!] === 1
  return isAlone ? measures[0]! : measures.map((measure) => `${measure} ${mix[measure]}`).join(', ')
}

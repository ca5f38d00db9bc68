import { closeTimeOf, intervalMs, openTimeOf } from '../../core/interval.ts'
import type { Series } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { MarketRules, VenueHttp } from '../venues/venue.ts'
import type { Stretch } from './batch.ts'
import { bucketsIn, type FetchOptions, fetchBars, firstOpen, later } from './fetch-bars.ts'

/** Asking for days first pays where a stretch takes more requests than this. */
const MANY_PAGES = 10

/**
 * The part of a long stretch in which the market has days with bars: years before its listing, or after its end, are not asked for
 * minute by minute. Days without bars at either end are asked for twice.
 */
export async function tradedPart(
  http: VenueHttp,
  series: Series,
  stretch: Stretch,
  options: FetchOptions,
): Promise<Stretch> {
  const { pageRows, intervals, horizon } = http.api.bars
  const isShort = bucketsIn(stretch, series.interval) <= MANY_PAGES * pageRows
  if (isShort || horizon !== null || !intervals.includes('1d') || intervalMs(series.interval) >= intervalMs('1d'))
    return stretch
  const days = { ...series, interval: '1d' as const }
  const from = openTimeOf(stretch.from, '1d')
  // the day that has not ended is none yet: what lies in it may well be there
  const to = Math.min(openTimeOf(stretch.to, '1d'), openTimeOf(options.clock(), '1d'))
  const found = await endsOf(http, days, { from, to }, options)
  const before = await endsOf(http, days, { from, to: found?.from ?? to }, options)
  const behind = await endsOf(http, days, { from: found?.to ?? to, to }, options)
  const first = before?.from ?? found?.from ?? to
  const last = behind?.to ?? found?.to ?? before?.to ?? to
  // a day more on either side: of the days of listing and of the end a venue may have minutes only
  const begins = later(first, -1, '1d')
  const ends = later(last, 1, '1d')
  return { from: Math.max(stretch.from, begins), to: ends >= to ? stretch.to : Math.min(stretch.to, ends) }
}

/** Open time of the first and close time of the last bar within a stretch. */
async function endsOf(
  http: VenueHttp,
  series: Series,
  stretch: Stretch,
  options: FetchOptions,
): Promise<Stretch | null> {
  let from: number | null = null
  let to = 0
  for await (const { bars } of fetchBars(http, series, stretch, options)) {
    if (bars.length === 0) continue
    from ??= bars[0]!.openTime
    to = closeTimeOf(bars.at(-1)!.openTime, series.interval)
  }
  return from === null ? null : { from, to }
}

/** Whether the venue has bars of the market before a time: a page of days is looked at, and the part of the day before it. */
export async function hasBarsBefore(
  http: VenueHttp,
  series: Series,
  time: number,
  options: FetchOptions,
): Promise<boolean> {
  const { intervals, pageRows } = http.api.bars
  const isFine = intervals.includes('1d') && intervalMs(series.interval) < intervalMs('1d')
  const coarse = { ...series, interval: isFine ? ('1d' as const) : series.interval }
  const to = openTimeOf(time, coarse.interval)
  const page = { from: Math.max(0, later(to, -pageRows, coarse.interval)), to }
  if ((await endsOf(http, coarse, page, options)) !== null) return true
  return isFine && (await endsOf(http, series, { from: to, to: time }, options)) !== null
}

/** Whether the venue has bars of the market from a time on: a page of days is looked at, and the part of the day behind it. */
async function hasBarsFrom(http: VenueHttp, series: Series, time: number, options: FetchOptions): Promise<boolean> {
  const { intervals, pageRows } = http.api.bars
  const ended = openTimeOf(options.clock(), series.interval)
  if (time >= ended) return false
  const isFine = intervals.includes('1d') && intervalMs(series.interval) < intervalMs('1d')
  const interval = isFine ? '1d' : series.interval
  const from = firstOpen(time, interval)
  const page = { from, to: Math.min(later(from, pageRows, interval), openTimeOf(options.clock(), interval)) }
  if ((await endsOf(http, { ...series, interval }, page, options)) !== null) return true
  return isFine && (await endsOf(http, series, { from: time, to: Math.min(from, ended) }, options)) !== null
}

/** A market of such a status does not come back; one that is halted may. */
const TERMINAL = /^(settling|close|delivering|delivered|delisted)$/i

/**
 * From when on a market exists no more, and how the venue says so; false where it may trade again, where the venue has bars
 * of it from `time` on, or nothing can be learnt.
 */
export async function endOf(
  http: VenueHttp,
  series: Series,
  time: number,
  options: FetchOptions,
): Promise<{ readonly at: number; readonly because: string } | false> {
  const { venue, symbol } = series
  let market: MarketRules | null
  try {
    market = await marketOf(http, symbol.replace(/@mark$/, ''))
  } catch {
    // the bars are there: that the rules are not is told by whoever gets the rules
    return false
  }
  const isOver = market?.delistedAt != null && market.delistedAt <= options.clock()
  if (market !== null && !isOver && !TERMINAL.test(market.status)) return false
  if (await hasBarsFrom(http, series, time, options)) return false
  if (market === null) return { at: Number.NEGATIVE_INFINITY, because: `${venue} lists it no more` }
  return isOver
    ? { at: market.delistedAt!, because: `${venue} says that it was delisted at ${timeName(market.delistedAt!)}` }
    : { at: Number.NEGATIVE_INFINITY, because: `${venue} says of it: ${market.status}` }
}

/** Answers that have come already, by what was asked: one may cover all markets. */
export type Listings = Map<string, Promise<readonly MarketRules[]>>

/** The market as the venue lists it now; `null` where it does not, or does not say. */
async function marketOf(http: VenueHttp, symbol: string): Promise<MarketRules | null> {
  return (await marketsOf(http, symbol)).find((market) => market.instrument.symbol === symbol) ?? null
}

/** What a venue lists; of some only the one that was asked for. */
export function marketsOf(
  http: VenueHttp,
  symbol: string,
  known: Listings = new Map(),
): Promise<readonly MarketRules[]> {
  const { rules } = http.api
  const ask = rules.ask(symbol)
  const key = `${ask.path}?${new URLSearchParams(ask.query)}`
  const answer = known.get(key) ?? http.get(ask, ({ body, at }) => rules.read(body, at))
  known.set(key, answer)
  answer.catch(() => known.delete(key))
  return answer
}

/**
 * Asks whether the venue has a market at all, before anything is stored of it: of a range that it does not hand out it would not be
 * asked for any bar.
 * @throws VenueError of the kind `symbol`, in the venue's own words
 */
export async function checkMarket(
  http: VenueHttp,
  series: Series,
  options: FetchOptions & { readonly known: Listings },
): Promise<void> {
  const { bars } = http.api
  const symbol = series.symbol.replace(/@mark$/, '')
  let listed: readonly MarketRules[]
  try {
    listed = await marketsOf(http, symbol, options.known)
  } catch {
    // what keeps the list back is told by whoever needs it
    return
  }
  if (listed.some(({ instrument }) => instrument.symbol === symbol)) return
  // it may have bars of what it lists no more, or under this name too
  const to = openTimeOf(options.clock(), series.interval)
  await http.get(bars.ask(series, later(to, -1, series.interval), to), ({ body }) => bars.read(body, series))
}

import type { Series } from '../../core/series.ts'
import { VenueError } from '../http/venue-error.ts'
import { storeMarket } from '../instruments.ts'
import { storeTiers } from '../tiers.ts'
import { jsonOf } from '../venues/answer-text.ts'
import type { MarketRules } from '../venues/venue.ts'
import type { Stretch } from './batch.ts'
import { type Listings, marketsOf } from './find-listing.ts'
import { getFunding } from './get-funding.ts'
import type { RulesJob } from './rules-job.ts'
import { signedAsk } from './signed-ask.ts'

/** What became of one market; each of it `absent` where the venue does not have it. */
export interface RulesGot {
  readonly symbol: string
  readonly rules: 'written' | 'same' | 'absent'
  /** How many rates were added; `null` where the market has no funding. */
  readonly funding: number | null
  /** `no-key`: left out, since none was given; `failed`: `tiersError` says why; `null` where the market has none. */
  readonly tiers: 'written' | 'same' | 'absent' | 'no-key' | 'failed' | null
  /** Why the tiers could not be had; the rest is stored. */
  readonly tiersError: string | null
  /** Since when and until when it is listed, and whether it trades, as the venue says now. */
  readonly market: Pick<MarketRules, 'listedAt' | 'delistedAt' | 'isTrading' | 'status'> | null
}

/** The series of mark prices that belongs to a perpetual's; `null` where there is none, or it is one itself. */
export function markSeriesOf(series: Series): Series | null {
  const hasMark = series.venue === 'binance-usdm' && !series.symbol.endsWith('@mark')
  return hasMark ? { ...series, symbol: `${series.symbol}@mark` } : null
}

/**
 * Fetches what a backtest needs of markets beside their bars: the rules as they are now, kept beside older ones where they differ,
 * and of perpetuals the funding of a stretch and the leverage tiers.
 * @throws VenueError where the venue gives no answer
 */
export async function getRules(
  job: RulesJob,
  markets: readonly { readonly symbol: string; readonly stretch: Stretch }[],
): Promise<readonly RulesGot[]> {
  const known: Listings = job.known ?? new Map()
  const stretches = new Map<string, Stretch>()
  for (const { symbol: named, stretch } of markets) {
    const symbol = named.replace(/@mark$/, '')
    const known = stretches.get(symbol) ?? stretch
    stretches.set(symbol, { from: Math.min(known.from, stretch.from), to: Math.max(known.to, stretch.to) })
  }
  const got: RulesGot[] = []
  for (const [symbol, stretch] of stretches) {
    const rules = await rulesOf(job, symbol, known)
    const isKept = rules === null ? 'absent' : await storeMarket(job.store, rules)
    const funding = await getFunding(job, symbol, rules, stretch)
    got.push({ symbol, rules: isKept, funding, ...(await getTiers(job, symbol)), market: rules })
  }
  return got
}

async function rulesOf({ http }: RulesJob, symbol: string, known: Listings): Promise<MarketRules | null> {
  try {
    return (await marketsOf(http, symbol, known)).find(({ instrument }) => instrument.symbol === symbol) ?? null
  } catch (error) {
    if (error instanceof VenueError && error.facts.kind === 'symbol') return null
    throw error
  }
}

/** Tiers are the last that is asked for, and the only thing that wants a key: without them the rest is of use. */
async function getTiers(job: RulesJob, symbol: string): Promise<Pick<RulesGot, 'tiers' | 'tiersError'>> {
  try {
    return { tiers: await fetchTiers(job, symbol), tiersError: null }
  } catch (error) {
    if (!(error instanceof VenueError)) throw error
    return { tiers: 'failed', tiersError: error.message }
  }
}

/** Binance USDS-M states its tiers to accounts only, though they are the same for all. */
async function fetchTiers({ store, http, key, clock: ours }: RulesJob, symbol: string): Promise<RulesGot['tiers']> {
  const { api } = http
  if (api.venue !== 'binance-usdm') return null
  if (key === undefined || key === null) return 'no-key'
  const [clock, heardAt] = await http.get(api.clock.ask, ({ body }) => [api.clock.read(body), ours()] as const)
  const ask = { path: '/fapi/v1/leverageBracket', query: { symbol }, weight: 1 }
  try {
    // it may wait for its turn, and be asked again, longer than a signature is good for
    const sign = () => signedAsk(ask, key, clock + ours() - heardAt)
    const json = await http.get({ ...ask, sign }, ({ body }) => jsonOf(body))
    const date = new Date(clock).toISOString().slice(0, 10)
    return (await storeTiers(store, symbol, json, clock, `${api.venue} leverageBracket ${date}`)) ?? 'absent'
  } catch (error) {
    if (error instanceof VenueError && error.facts.kind === 'symbol') return 'absent'
    throw error
  }
}

import { timeName } from '../../core/time.ts'
import { type FundingFile, fundingCsv, loadFunding, mergeFunding, missingTimes } from '../funding.ts'
import { VenueError } from '../http/venue-error.ts'
import { type FundingText, type MarketRules, VenueContentError } from '../venues/venue.ts'
import { fetchFundingArchive } from './archive.ts'
import type { Stretch } from './batch.ts'
import type { RulesJob } from './rules-job.ts'

/** The slowest schedule. */
const EIGHT_HOURS = 8 * 3_600_000
/** Charges are stamped some ms late. */
const LATE = 60_000

/**
 * Fetches the funding of a stretch that is not stored and joins it with what is.
 * @returns how many rates were added; `null` where the market has no funding
 */
export async function getFunding(
  job: RulesJob,
  symbol: string,
  rules: MarketRules | null,
  stretch: Stretch,
): Promise<number | null> {
  const { store, http, clock } = job
  const { venue, funding } = http.api
  if (funding === null) return null
  const from = Math.max(stretch.from, rules?.listedAt ?? stretch.from)
  const missing = { from: stored(job, symbol, from, stretch.to), to: Math.min(stretch.to, clock()) }
  if (missing.from >= missing.to) return 0
  const files = await fetchRates(job, symbol, missing)
  if (files.length === 0) return 0
  return (await mergeFunding(store, venue, symbol, files)).added
}

/** Up to where the rates from a time on are stored without a hole. */
function stored({ store, http }: RulesJob, symbol: string, from: number, to: number): number {
  const known = [...(loadFunding(store, http.api.venue, symbol, from, to)?.time ?? [])]
  const isWhole = known.length > 0 && known[0]! - from <= EIGHT_HOURS && missingTimes(known).length === 0
  return isWhole ? known.at(-1)! + LATE : from
}

/** From the venue, which states the mark price too; from the archive where the venue does not know the market any more. */
async function fetchRates(job: RulesJob, symbol: string, stretch: Stretch): Promise<FundingFile[]> {
  try {
    const rates = await pagesOf(job, symbol, stretch)
    const rows = rates.map(({ time, rate, mark }) => ({ time, rate, mark: mark ?? '' }))
    return rows.length === 0 ? [] : [{ name: `${job.http.api.venue} funding of ${symbol}`, csv: fundingCsv(rows) }]
  } catch (error) {
    if (!(error instanceof VenueError) || error.facts.kind !== 'symbol') throw error
    if (job.archive === undefined || job.archive === null) return []
    const files: FundingFile[] = []
    for await (const { name, csv } of fetchFundingArchive(symbol, stretch, { http: job.archive, now: job.clock() }))
      files.push({ name, csv })
    return files
  }
}

async function pagesOf({ http }: RulesJob, symbol: string, { from, to }: Stretch): Promise<FundingText[]> {
  const { pageRows, ask, read } = http.api.funding!
  const rates: FundingText[] = []
  for (let at = from; at < to; ) {
    const page = await http.get(ask(symbol, at, to), ({ body }) => {
      const found = read(body)
      const wrong = found.find(({ time }, k) => time < at || time >= to || (k > 0 && time <= found[k - 1]!.time))
      if (wrong === undefined) return found
      throw new VenueContentError(
        `funding of ${symbol}: the rate of ${timeName(wrong.time)} is out of order, or not what was asked for`,
      )
    })
    rates.push(...page)
    if (page.length < pageRows) break
    at = page.at(-1)!.time + 1
  }
  return rates
}

import { parseSeries } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { HOLE_CAUSES, type Hole, type HoleCause } from '../data/collect/batch.ts'
import type { GetResult } from '../data/collect/get.ts'
import type { SeriesGot, VenueRulesGot } from '../data/collect/get-options.ts'
import { type Hidden, hiddenText } from './embedded-text.ts'
import { plural } from './text.ts'

/**
 * What became of it, series by series, as `data import` says it.
 * @param options what comes with klinelab and these hide, and ms that it was allowed to take
 */
export function getText(
  { series, rules, isStopped }: GetResult,
  dir: string,
  { hidden = [], patience }: { readonly hidden?: readonly Hidden[]; readonly patience?: number } = {},
): string {
  const failed = series.filter(({ error }) => error !== null)
  return [
    ...series.flatMap((one) => seriesLines(one, dir, hidden)),
    ...rules.flatMap(rulesLines),
    ...(isStopped ? ['stopped; what is stored stays, and the same command goes on from there'] : []),
    ...(failed.length > 0 && !isStopped
      ? [
          `${failed.length} of ${plural(series.length, 'series', 'series')} failed; the same command tries again`,
          ...(patience !== undefined && failed.some(({ isImpatient }) => isImpatient)
            ? [`to wait longer: --patience (now ${patience / 1000} s)`]
            : []),
        ]
      : []),
  ].join('\n')
}

function seriesLines(one: SeriesGot, dir: string, hidden: readonly Hidden[]): string[] {
  const { series, added, made, revised, holes, stored, archive, waited, error, isStopped } = one
  const there =
    stored === null
      ? 'nothing is stored'
      : `${plural(stored.rows, 'bar')} stored, ${timeName(stored.from)} to ${timeName(stored.to)}, in ${dir}`
  const [first] = revised
  const notes = [
    error !== null && !isStopped && `FAILED: ${error}`,
    archive.error !== null && `the archive failed, and the venue was asked page by page instead: ${archive.error}`,
    first !== undefined &&
      `${plural(revised.length, 'bar')} revised by the venue, and stored as it says now; the first: ${timeName(first.openTime)}, ${first.field} ${first.was} is ${first.is}`,
    made > 0 && `${plural(made, 'bar')} made, flat at the last close; the report of a backtest counts them`,
    ...HOLE_CAUSES.map((cause) => holesLine(cause, holes, series)),
    ...hidden.filter((other) => other.series === series).map((other) => hiddenText(other)),
    waited > 0 && `waited ${(waited / 1000).toFixed(0)} s for the venue`,
  ]
  return [
    `${series}: ${plural(added, 'new bar')}; ${there}`,
    ...notes.filter((note) => note !== false).map((note) => `  ${note}`),
  ]
}

const WORDS: Readonly<Record<HoleCause, string>> = {
  outage: 'missing, while the venue was down',
  'no-trades': 'missing, in which nobody traded',
  'not-listed': 'before the market was listed',
  delisted: 'after the market was delisted',
  horizon: 'beyond what the venue hands out',
  unexplained: 'missing, and nobody knows why',
}

function holesLine(cause: HoleCause, holes: readonly Hole[], name: string): string | false {
  const some = holes.filter((hole) => hole.cause === cause)
  const [first] = some
  if (first === undefined) return false
  const bars = some.reduce((sum, hole) => sum + hole.bars, 0)
  const where = `${timeName(first.start)} to ${timeName(first.end)}`
  if (cause === 'horizon')
    return `${plural(bars, 'bar')} cannot be had from ${parseSeries(name).venue}, ${where}: ${first.because}. Older ones are in its CSV dump: klinelab data import PATH --as ${name}`
  const others = some.length > 1 ? `in ${plural(some.length, 'stretch', 'stretches')}, the first ${where}` : where
  return `${plural(bars, 'bar')} ${WORDS[cause]}: ${others} (${first.because})`
}

function rulesLines({ venue, markets, error }: VenueRulesGot): string[] {
  if (error !== null) return [`${venue}: rules could not be had: ${error}`]
  const failed = markets.filter(({ tiersError }) => tiersError !== null)
  const parts = rulesParts(markets)
  return [
    ...(parts.length > 0 ? [`${venue}: ${parts.join('; ')}`] : []),
    ...(failed.length > 0
      ? [
          `  leverage tiers of ${failed.map(({ symbol }) => symbol).join(', ')} could not be had, and nothing else is missing: ${failed[0]!.tiersError}`,
        ]
      : []),
  ]
}

function rulesParts(markets: VenueRulesGot['markets']): string[] {
  const written = markets.filter(({ rules }) => rules === 'written').map(({ symbol }) => symbol)
  const absent = markets.filter(({ rules }) => rules === 'absent').map(({ symbol }) => symbol)
  const rates = markets.reduce((sum, { funding }) => sum + (funding ?? 0), 0)
  return [
    ...(written.length > 0 ? [`new rules of ${written.join(', ')}`] : []),
    ...(written.length === 0 && markets.some(({ rules }) => rules === 'same') ? ['rules as they were'] : []),
    ...(absent.length > 0 ? [`no rules of ${absent.join(', ')}, which it does not list`] : []),
    ...(markets.some(({ funding }) => funding !== null) ? [plural(rates, 'new funding rate')] : []),
    ...(markets.some(({ tiers }) => tiers === 'written') ? ['new leverage tiers'] : []),
    ...(markets.some(({ tiers }) => tiers === 'no-key')
      ? ['leverage tiers left out, which it tells to accounts only: KLINELAB_BINANCE_KEY and KLINELAB_BINANCE_SECRET']
      : []),
  ]
}

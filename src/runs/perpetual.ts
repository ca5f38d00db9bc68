import { type Bars, firstRowAt } from '../core/bar.ts'
import type { Instrument } from '../core/instrument.ts'
import { closeTimeOf, INTERVALS, type Interval, intervalMs } from '../core/interval.ts'
import type { FundingColumns, LeverageTiers, MarginTerms, MarkColumns } from '../core/leverage.ts'
import { resampleBars } from '../core/resample.ts'
import { type Series, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { loadFunding, missingTimes } from '../data/funding.ts'
import { barsSha256 } from '../data/hash.ts'
import { isOnlyBehind, type Store } from '../data/store.ts'
import { loadTiers } from '../data/tiers.ts'
import type { Settings } from './settings.ts'
import { UsageError } from './usage-error.ts'

type PerpetualSettings = Pick<Settings, 'margin' | 'leverageOf' | 'funding'>

/** What a run on a perpetual needs besides its bars, and what its document says of it. */
export interface Perpetual {
  readonly terms: MarginTerms
  readonly marks: (MarkColumns & { readonly decimals: number }) | null
  readonly funding: FundingColumns | null
  readonly remarks: readonly string[]
  /** The series that marked it, and how many bars it has no mark for; `null`: the last price. */
  readonly marked: { readonly name: string; readonly filled: number } | null
  /** Rates of the range that are not stored; `null` where funding was switched off. */
  readonly missingRates: number | null
  /** Everything here that decides the run, for its identity; `null` where it has none. */
  readonly identity: Readonly<Record<'margin' | 'tiers' | 'marks' | 'funding', unknown>>
}

/**
 * Margin terms, mark prices and funding of a perpetual's bars.
 * @throws UsageError where tiers or funding of the range are not stored, and where the mark series does not overlap
 */
export async function perpetualOf(
  store: Store,
  bars: Bars,
  from: number,
  instrument: Instrument,
  settings: PerpetualSettings,
): Promise<Perpetual> {
  const { symbol, interval } = bars.series
  const to = closeTimeOf(bars.openTime[bars.length - 1]!, interval)
  const terms = termsOf(store, instrument, from, settings)
  const { tiers, liquidationFee } = terms
  const marked = await marksOf(store, bars, to)
  const funding = settings.funding === 'off' ? null : await fundingOf(store, bars, from, to)
  return {
    terms,
    marks: marked?.columns ?? null,
    funding: funding?.columns ?? null,
    marked: marked === null ? null : { name: marked.name, filled: marked.filled },
    missingRates: funding?.missing ?? null,
    remarks: [
      ...borrowedRemarks(store, bars.series, settings.funding === 'on'),
      ...tierRemarks(tiers, from),
      marked === null
        ? `${symbol}: no mark prices as fine as the bars are stored; unrealised profit and liquidation are judged by the last price`
        : `${symbol}: marked and liquidated by ${marked.name}${marked.filled > 0 ? `; ${marked.filled} bars without a mark use the last price` : ''}`,
      ...(settings.funding === 'off'
        ? [`${symbol}: funding was switched off: a perpetual held in truth pays or earns it`]
        : []),
      ...(funding?.remarks ?? []),
    ],
    identity: {
      margin: { liquidationFee, mode: settings.margin, leverage: settings.leverageOf(symbol) },
      tiers,
      // the decimals decide where a price lies between two units
      marks: marked === null ? null : { sha256: marked.sha256, decimals: marked.columns.decimals },
      funding:
        funding === null
          ? null
          : [[...funding.columns.time], [...funding.columns.rate], [...funding.columns.mark].map(String)],
    },
  }
}

/**
 * Margin terms of a perpetual as they stood at a time.
 * @throws UsageError where no tiers are stored
 */
export function termsOf(
  store: Store,
  instrument: Instrument,
  from: number,
  settings: Pick<PerpetualSettings, 'margin' | 'leverageOf'>,
): MarginTerms {
  const { venue, symbol } = instrument
  const tiers = loadTiers(store, venue, symbol, from)
  if (tiers === null)
    throw new UsageError(
      `${venue}:${symbol}: no leverage tiers are stored; save the exchange's leverageBracket answer and import it: klinelab data tiers leverageBracket.json --as-of DATE`,
    )
  const fee = instrument.snapshots.findLast(({ validFrom }) => validFrom <= from)?.liquidationFee
  const liquidationFee = Number(fee ?? instrument.snapshots[0]?.liquidationFee ?? LIQUIDATION_FEE)
  return { mode: settings.margin, leverage: settings.leverageOf(symbol), tiers, liquidationFee }
}

/** Bars of one's own, beside which the store has no funding or no tiers: those of the embedded data then serve. */
function borrowedRemarks(store: Store, series: Series, isFunded: boolean): string[] {
  const { venue, symbol } = series
  if (store.folder(series)?.startsWith(store.dir) !== true) return []
  const borrowed = [
    ...(isOnlyBehind(store, 'tiers', venue, symbol) ? ['leverage tiers'] : []),
    ...(isFunded && isOnlyBehind(store, 'funding', venue, `${symbol}.csv`) ? ['funding'] : []),
  ]
  return borrowed.length === 0
    ? []
    : [`${symbol}: the store has no ${borrowed.join(' and no ')} of its own; those that klinelab brings were used`]
}

/** Where the exchange info states none: Binance's fee for BTC and ETH perpetuals. */
const LIQUIDATION_FEE = '0.0125'

function tierRemarks({ symbol, source, asOf }: LeverageTiers, from: number): string[] {
  return asOf <= from
    ? []
    : [`${symbol}: leverage tiers before ${timeName(asOf).slice(0, 10)} are not known; those of ${source} are assumed`]
}

/** Mark prices row by row: their own series at the bars' interval or a finer one that fits into it. */
export async function marksOf(store: Store, bars: Bars, to: number) {
  const { venue, symbol, interval } = bars.series
  const length = intervalMs(interval)
  const fits = (one: Interval) => intervalMs(one) <= length && length % intervalMs(one) === 0
  for (const finer of INTERVALS.filter(fits).reverse()) {
    const series = { venue, symbol: `${symbol}@mark`, interval: finer }
    const manifest = await store.manifest(series)
    if (manifest === null) continue
    const from = bars.openTime[0]!
    if (manifest.from >= to || manifest.to <= from)
      throw new UsageError(
        `${seriesName(series)} does not overlap the bars of the run, ${timeName(from)} to ${timeName(to)}; import the marks of that time, or take the series out of the store`,
      )
    const loaded = await store.load(series, { from: Math.max(from, manifest.from), to })
    const marks = finer === interval ? loaded : resampleBars(loaded, interval)
    return { ...aligned(bars, marks), name: seriesName(series), sha256: barsSha256(marks) }
  }
  return null
}

/** Marks on the bars' rows; a bar without one keeps its own prices. */
function aligned(bars: Bars, marks: Bars) {
  const column = (name: 'open' | 'high' | 'low' | 'close') => Float64Array.from(bars[name])
  const columns = { open: column('open'), high: column('high'), low: column('low'), close: column('close') }
  let filled = 0
  let at = firstRowAt(marks.openTime, bars.openTime[0]!)
  for (let row = 0; row < bars.length; row++) {
    const time = bars.openTime[row]!
    while (at < marks.length && marks.openTime[at]! < time) at++
    if (marks.openTime[at] !== time) {
      filled++
      continue
    }
    for (const name of ['open', 'high', 'low', 'close'] as const) columns[name][row] = marks[name][at]!
  }
  return { columns: { ...columns, decimals: Math.max(bars.priceDecimals, marks.priceDecimals) }, filled }
}

async function fundingOf(store: Store, bars: Bars, from: number, to: number) {
  const { venue, symbol } = bars.series
  const columns = loadFunding(store, venue, symbol, from, to)
  if (columns === null)
    throw new UsageError(
      `${venue}:${symbol}: no funding of the range from ${timeName(from)} is stored; import it with klinelab data funding FILE --as ${venue}:${symbol}, or run with --funding off, which the report says`,
    )
  const mark = await marksAt(store, bars, columns)
  const missing = missingTimes([...columns.time])
  const { time } = columns
  const step = (k: number) => (time.length > 1 ? Math.min(SLOWEST, time[k + 1]! - time[k]!) : SLOWEST)
  // at the very start nothing is held yet
  const early = Math.ceil((time[0]! - from) / step(0)) - 1
  const late = Math.ceil((to - time.at(-1)!) / step(time.length - 2)) - 1
  const outside = Math.max(0, early) + Math.max(0, late)
  const remarks = [
    ...(missing.length > 0
      ? [
          `${symbol}: ${missing.length} funding rates are missing (the first: ${timeName(missing[0]!)}); nothing was charged there`,
        ]
      : []),
    ...(outside > 0
      ? [
          `${symbol}: funding is stored from ${timeName(time[0]!)} to ${timeName(time.at(-1)!)} only; outside ${outside} ${outside === 1 ? 'rate is' : 'rates are'} missing, and nothing was charged there; bring them with klinelab data get ${venue}:${symbol}:${bars.series.interval} --from ${timeName(from)}, or with klinelab data funding FILE --as ${venue}:${symbol}`,
        ]
      : []),
  ]
  return { columns: { ...columns, mark }, missing: missing.length + outside, remarks }
}

/** The exchange's slowest schedule of funding. */
const SLOWEST = 8 * 3_600_000

/** Mark prices at the funding times: the file's own, else the open of a stored mark bar, of whatever interval. */
async function marksAt(store: Store, bars: Bars, funding: FundingColumns): Promise<Float64Array> {
  const mark = Float64Array.from(funding.mark)
  const [from, to] = [funding.time[0]!, funding.time.at(-1)! + 1]
  for (const interval of INTERVALS) {
    if (mark.every((price) => Number.isFinite(price))) break
    const series = { venue: bars.series.venue, symbol: `${bars.series.symbol}@mark`, interval }
    const manifest = await store.manifest(series)
    if (manifest === null || manifest.from >= to || manifest.to <= from) continue
    const marks = await store.load(series, { from: Math.max(from, manifest.from), to })
    for (let k = 0; k < mark.length; k++) {
      if (Number.isFinite(mark[k]!)) continue
      const row = firstRowAt(marks.openTime, funding.time[k]!)
      if (marks.openTime[row] === funding.time[k]) mark[k] = marks.open[row]!
    }
  }
  return mark
}

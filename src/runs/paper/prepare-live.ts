import type { Bars } from '../../core/bar.ts'
import { closeTimeOf, intervalMs, openTimeOf } from '../../core/interval.ts'
import { type Series, seriesName } from '../../core/series.ts'
import { timeName } from '../../core/time.ts'
import type { GetResult } from '../../data/collect/get.ts'
import { DataError, openStore, type Store } from '../../data/index.ts'
import { checkKinds, checkLeverage } from '../backtest-checks.ts'
import { EMBEDDED } from '../package-info.ts'
import { marksOf, termsOf } from '../perpetual.ts'
import { modelsAsked, readAsked, slotOf, wantedWarmup } from '../prepare.ts'
import type { Settings } from '../settings.ts'
import type { TrainingHost } from '../train-run.ts'
import { UsageError } from '../usage-error.ts'
import { factsOf, type PaperRequest, type PreparedSession } from './paper-request.ts'
import { type WarmSlot, warmUpOf } from './session-file.ts'

/** How bars that the store lacks are brought, and what time it is. */
export interface Bringing {
  now(): number
  /** Folder of a store that they are put into, where that is not the settings': what a simulated exchange plays is nobody's history. */
  readonly shelf: string | null
  /** `klinelab data get` for a range, which ends at the last bar that has closed. */
  get(
    store: Store,
    series: readonly Series[],
    range: { readonly from: number; readonly to: number },
  ): Promise<GetResult>
}

/**
 * A session on live bars: it begins with the bar that is open now, and knows by then what a backtest would that began with it.
 * @throws UsageError where the venue has fewer bars before it than are wanted, DataError where they cannot be had now
 */
export async function prepareLive(
  asked: PaperRequest,
  settings: Settings,
  bringing: Bringing,
  host: TrainingHost,
): Promise<PreparedSession> {
  const { strategy, file, params, sets, names } = await readAsked(asked, settings)
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const shelf = bringing.shelf === null ? store : await openStore(bringing.shelf, { behind: EMBEDDED })
  const wanted = settings.warmup ?? wantedWarmup({ strategy, file, sets, names })
  // of several intervals, the coarsest: no bar of the session may have begun before it
  const from = Math.min(...names.map(({ interval }) => openTimeOf(bringing.now(), interval)))
  await bring(shelf, names, Math.max(1, wanted), from, bringing)
  const { models } = await modelsAsked(
    { strategy, file, series: names.map(seriesName), allowInSample: false },
    { from },
    settings,
    host,
  )
  const bars = await Promise.all(names.map((series) => newest(shelf, series, wanted, from)))
  const loaded = await Promise.all(bars.map((one) => slotOf(store, one, settings)))
  checkKinds(settings, loaded)
  checkLeverage(settings, loaded)
  const terms = loaded.map(({ instrument }) =>
    instrument.kind === 'perpetual' ? termsOf(store, instrument, from, settings) : null,
  )
  const warm = await Promise.all(
    loaded.map(async ({ bars }, k): Promise<WarmSlot> => {
      const marked = terms[k] === null || bars.length === 0 ? null : await marksOf(shelf, bars, from)
      return { bars, marks: marked?.columns ?? null }
    }),
  )
  return {
    strategy,
    warm,
    facts: {
      ...factsOf(asked, settings, { strategy, file: file!, params, from }),
      mode: { kind: 'live' },
      models: models?.used ?? [],
      quote: loaded[0]!.instrument.quote,
      slots: loaded.map(({ bars, instrument, costs }, k) => ({
        ...{ series: seriesName(bars.series), priceDecimals: bars.priceDecimals, instrument, costs },
        ...{ margin: terms[k]!, markDecimals: warm[k]!.marks?.decimals ?? null },
        isFunded: terms[k] !== null && settings.funding === 'on' && asked.fills === 'bars',
        warmup: warmUpOf(warm[k]!),
      })),
    },
    replay: null,
    beside: names.map((series) => (models === null ? {} : { models: models.live(series, from) })),
  }
}

/** What the store lacks of the bars before the session is brought; what it has needs no network. */
async function bring(
  store: Store,
  all: readonly Series[],
  wanted: number,
  from: number,
  bringing: Bringing,
): Promise<void> {
  const lacking: Series[] = []
  for (const series of all) if (!(await isThere(store, series, wanted, from))) lacking.push(series)
  if (lacking.length === 0) return
  const since = (series: Series) => from - wanted * intervalMs(series.interval)
  const result = await bringing.get(store, lacking, { from: Math.min(...lacking.map(since)), to: from })
  for (const series of lacking) {
    const name = seriesName(series)
    const got = result.series.find((one) => one.series === name)
    // a venue that answered has told all that there is; holes in it are the venue's
    const isTold = got !== undefined && got.error === null && !got.isStopped
    const { length: rows, openTime } = await rowsBefore(store, series, wanted, from)
    if (rows >= wanted && (isTold || (await isThere(store, series, wanted, from)))) continue
    const why = got?.error ?? (isTold ? 'the venue has no more' : 'nothing could be fetched')
    const end = rows === 0 ? null : closeTimeOf(openTime[rows - 1]!, series.interval)
    // fewer would be as old
    const [stored, orFewer] =
      end !== null && end < from && !isTold
        ? [`what is stored ends at ${timeName(end)}`, '']
        : [`${rows} of them are stored`, ', or say that fewer will do with --warmup']
    // what is not there yet is no wrong command
    const Fault = isTold ? UsageError : DataError
    throw new Fault(
      `${name}: the strategy wants the ${wanted} bars before ${timeName(from)}, and ${stored} (${why}). Bring them with: klinelab data get ${name} --from ${timeName(since(series))}${orFewer}`,
    )
  }
}

/** Whether the bars right before a time are stored, as many as are wanted. */
async function isThere(store: Store, series: Series, wanted: number, from: number): Promise<boolean> {
  const bars = await rowsBefore(store, series, wanted, from)
  const { length, openTime } = bars
  return length >= wanted && closeTimeOf(openTime[length - 1]!, series.interval) >= from
}

async function rowsBefore(
  store: Store,
  series: Series,
  wanted: number,
  from: number,
): Promise<Pick<Bars, 'length' | 'openTime'>> {
  const manifest = await store.manifest(series)
  if (manifest === null || manifest.rows === 0 || manifest.from >= from)
    return { length: 0, openTime: new Float64Array() }
  return newest(store, series, wanted, from)
}

/** The last stored bars before a time, as many as are wanted; none where none are. */
async function newest(store: Store, series: Series, wanted: number, from: number): Promise<Bars> {
  const { interval } = series
  const { to, gaps } = (await store.manifest(series))!
  let last = openTimeOf(Math.min(to, from) - 1, interval)
  const gap = gaps.find(({ start, end }) => start <= last && last < end)
  if (gap !== undefined) last = openTimeOf(gap.start - 1, interval)
  const bars = await store.load(series, { from: last, to: from, before: Math.max(0, wanted - 1) })
  if (wanted > 0) return bars
  const none = new Float64Array()
  return { ...bars, length: 0, openTime: none, open: none, high: none, low: none, close: none, volume: none }
}

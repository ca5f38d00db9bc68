import { type Bars, firstRowAt, sliceBars } from '../core/bar.ts'
import { GrowingBars } from '../core/growing-bars.ts'
import type { Instrument } from '../core/instrument.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { loadInstrument, openStore } from '../data/index.ts'
import { costsOf, type SlotOptions, scalesOf } from '../engine/index.ts'
import { averagePrice } from './average-price.ts'
import { checkKinds, checkLeverage } from './backtest-checks.ts'
import { filterRemarks } from './ground-remarks.ts'
import { costsOfMarket } from './market-fees.ts'
import { EMBEDDED } from './package-info.ts'
import { perpetualOf } from './perpetual.ts'
import type { Settings } from './settings.ts'
import { UsageError, usage } from './usage-error.ts'

interface ReplayRequest {
  readonly series: readonly string[]
  readonly from?: number
  readonly to?: number
  /** Bars before `from` that can be asked for. */
  readonly history: number
  /** Nothing is played of what is stored: bars are told of as they close, and the columns grow. */
  readonly isLive?: boolean
}

/** What a replay trades, as a backtest of the same range would: bars, rules, costs, margin terms, marks and funding. */
export interface ReplaySlots {
  readonly kind: 'spot' | 'usdm'
  readonly slots: readonly SlotOptions[]
  /** What is to be known of the data. */
  readonly remarks: readonly string[]
}

/**
 * Loads the series of a replay.
 * @throws UsageError for series that cannot be traded on one account of Binance; DataError for what is not stored
 */
export async function replaySlots(request: ReplayRequest, settings: Settings): Promise<ReplaySlots> {
  const { from, to, history, isLive = false } = request
  const names = request.series.map((text) => usage(() => parseSeries(text)))
  const kinds = new Set(names.map(({ venue }) => venue))
  const foreign = names.find(({ venue, symbol }) => !venue.startsWith('binance') || symbol.endsWith('@mark'))
  if (foreign !== undefined)
    throw new UsageError(
      `${seriesName(foreign)} cannot be replayed: the exchange is Binance's, with series such as binance:BTCUSDT:1h or binance-usdm:BTCUSDT:1h`,
    )
  if (kinds.size > 1)
    throw new UsageError('one account trades spot or perpetuals: replay binance and binance-usdm one by one')
  const twice = names.find(({ symbol }, k) => names.findIndex((other) => other.symbol === symbol) !== k)
  if (twice !== undefined) throw new UsageError(`${twice.symbol} is given twice: each symbol once`)
  const store = await openStore(settings.store, { behind: EMBEDDED })
  const range = isLive ? {} : { ...(from !== undefined && { from, before: history }), ...(to !== undefined && { to }) }
  const loaded = await Promise.all(
    names.map(async (series) => {
      const [stored, instrument] = await Promise.all([store.load(series, range), loadInstrument(store, series)])
      const bars = isLive ? growing(stored, history, instrument) : stored
      const average = await averagePrice(store, bars, instrument)
      return {
        bars,
        instrument,
        average,
        costs: { ...costsOfMarket(instrument, settings), feeAsset: settings.feeAsset },
      }
    }),
  )
  checkKinds(settings, loaded)
  checkLeverage(settings, loaded)
  const begin = Math.min(
    ...loaded.map(({ bars }) => bars.openTime[isLive ? bars.length - 1 : firstRowAt(bars.openTime, from ?? 0)]!),
  )
  const end = Math.max(...loaded.map(({ bars }) => bars.openTime[bars.length - 1]!))
  const remarks = filterRemarks(loaded, begin, end)
  const slots = await Promise.all(
    loaded.map(async ({ bars, instrument, average, costs }): Promise<SlotOptions> => {
      const isPerpetual = instrument.kind === 'perpetual'
      const perpetual = isPerpetual
        ? await perpetualOf(store, bars, begin, instrument, isLive ? { ...settings, funding: 'off' } : settings)
        : null
      remarks.push(...(perpetual?.remarks ?? []))
      return {
        ...{ instrument, bars, indicators: {}, also: {}, costs: costsOf(costs) },
        startRow: isLive ? bars.length : firstRowAt(bars.openTime, begin),
        readyRow: Number.POSITIVE_INFINITY,
        referenceAt: average?.at ?? null,
        margin: perpetual?.terms ?? null,
        marks: isLive ? null : (perpetual?.marks ?? null),
        funding: perpetual?.funding ?? null,
      }
    }),
  )
  if (!isLive && slots.every(({ bars, startRow }) => startRow >= bars.length))
    throw new UsageError(`no bars from ${timeName(begin)} on: choose an earlier --from`)
  return { kind: kinds.has('binance') ? 'spot' : 'usdm', slots, remarks }
}

/** The newest of what is stored, with room for what is to come; an exchange may state finer prices than those that happen to be stored. */
function growing(stored: Bars, history: number, instrument: Instrument): GrowingBars {
  const kept = sliceBars(stored, Math.max(0, stored.length - Math.max(1, history)), stored.length)
  return new GrowingBars(kept, scalesOf(instrument, stored.priceDecimals, false).priceDecimals)
}

import { firstRowAt } from '../core/bar.ts'
import { parseSeries, seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import { loadInstrument, openStore } from '../data/index.ts'
import { costsOf, type SlotOptions } from '../engine/index.ts'
import { averagePrice } from './average-price.ts'
import { checkKinds, checkLeverage } from './backtest-checks.ts'
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
  const { from, to, history } = request
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
  const range = { ...(from !== undefined && { from, before: history }), ...(to !== undefined && { to }) }
  const loaded = await Promise.all(
    names.map(async (series) => {
      const [bars, instrument] = await Promise.all([store.load(series, range), loadInstrument(store, series)])
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
  const begin = Math.min(...loaded.map(({ bars }) => bars.openTime[firstRowAt(bars.openTime, from ?? 0)]!))
  const remarks: string[] = []
  const slots = await Promise.all(
    loaded.map(async ({ bars, instrument, average, costs }): Promise<SlotOptions> => {
      const isPerpetual = instrument.kind === 'perpetual'
      const perpetual = isPerpetual ? await perpetualOf(store, bars, begin, instrument, settings) : null
      remarks.push(...(perpetual?.remarks ?? []))
      return {
        ...{ instrument, bars, indicators: {}, also: {}, costs: costsOf(costs) },
        ...{ startRow: firstRowAt(bars.openTime, begin), readyRow: Number.POSITIVE_INFINITY },
        referenceAt: average?.at ?? null,
        margin: perpetual?.terms ?? null,
        marks: perpetual?.marks ?? null,
        funding: perpetual?.funding ?? null,
      }
    }),
  )
  if (slots.every(({ bars, startRow }) => startRow >= bars.length))
    throw new UsageError(`no bars from ${timeName(begin)} on: choose an earlier --from`)
  return { kind: kinds.has('binance') ? 'spot' : 'usdm', slots, remarks }
}

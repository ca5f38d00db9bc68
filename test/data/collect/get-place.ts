import { parseSeries, type Series } from '../../../src/core/series.ts'
import type { Hole } from '../../../src/data/collect/batch.ts'
import { type GetOptions, type GetRange, type GetResult, getSeries } from '../../../src/data/collect/get.ts'
import { readMonths } from '../../../src/data/month-file.ts'
import { RowBuffer } from '../../../src/data/rows.ts'
import { openStore, type Store } from '../../../src/data/store.ts'
import { scratch } from '../../cli/klinelab.ts'
import { whenFileEnds } from '../../endings.ts'
import { Truth, type TruthOptions } from '../../servers/truth.ts'
import { NOW_THERE, startVenueServer, type VenueServer } from '../../servers/venue-server.ts'
import { AT_ONCE, unpadded } from './quick-http.ts'

export const MINUTE = 60_000
export const HOUR = 60 * MINUTE
export const DAY = 24 * HOUR
/** The last minute that has ended there, which is midnight. */
export const ENDED = NOW_THERE - (NOW_THERE % MINUTE)
export const BTC = parseSeries('binance:BTCUSDT:1m')
export const PAGES = /\/klines$|candles|OHLC/

/** A server that plays the venues until the tests of the file have ended, a store, and a clock of one's own. */
export async function place(truth: TruthOptions = {}) {
  const server = await startVenueServer({ truth: new Truth(truth) })
  whenFileEnds(() => server.close())
  const store = await openStore(scratch())
  let now = NOW_THERE
  server.now = () => now
  const { origin } = server
  const rest = { binance: origin, 'binance-usdm': origin, coinbase: origin, kraken: origin, kucoin: origin }
  const get = (series: readonly Series[], range: GetRange, more: GetOptions = {}): Promise<GetResult> =>
    getSeries(store, series, range, {
      ...{ origins: { rest, archive: origin }, archive: false, isUnlimited: true, isBarsOnly: true },
      ...{ clock: { ...AT_ONCE, now: () => now }, ...more },
    })
  const pass = (ms: number) => {
    now += ms
  }
  return { server, store, get, pass }
}

/** Everything stored of a series, as the files have it. */
export async function storedBars(store: Store, series: Series) {
  const manifest = (await store.manifest(series))!
  const rows = new RowBuffer()
  await readMonths(store.folder(series)!, manifest.files, rows)
  return Array.from({ length: rows.length }, (_, row) => ({
    openTime: rows.openTime[row]!,
    ...{ open: rows.text('open', row), high: rows.text('high', row), low: rows.text('low', row) },
    ...{ close: rows.text('close', row), volume: rows.text('volume', row) },
  }))
}

/** The first place where two lists are not the same: of a hundred thousand bars nobody reads a difference. */
export function difference(was: readonly object[], is: readonly object[]): unknown {
  const at = was.findIndex((one, k) => JSON.stringify(one) !== JSON.stringify(is[k]))
  return at === -1 && was.length === is.length ? null : { at, was: was[at], is: is[at], rows: [was.length, is.length] }
}

export function truthBars({ truth }: VenueServer, series: Series, from: number, to: number) {
  return unpadded(truth.texts(series, from, to)).map(({ openTime, open, high, low, close, volume }) => ({
    ...{ openTime, open, high, low, close, volume },
  }))
}

export const byCause = (holes: readonly Hole[]) => {
  const bars: Record<string, number> = {}
  for (const hole of holes) bars[hole.cause] = (bars[hole.cause] ?? 0) + hole.bars
  return bars
}

import { existsSync, readdirSync } from 'node:fs'
import { join } from 'node:path'
import type { Bars } from '../../src/core/bar.ts'
import { parseSeries } from '../../src/core/series.ts'
import { importExchangeInfo, importFiles, openStore, type Store } from '../../src/data/index.ts'
import { EMBEDDED } from '../../src/runs/package-info.ts'

const ROOT = join(import.meta.dirname, '..', '..')
/** Recorded klines beside the checkout; a plain checkout has none. */
const DATASETS = join(ROOT, '..', 'shared', 'datasets')
export const DAILY_ZIPS = join(DATASETS, 'klines', 'binance-spot-daily-zips', 'BTCUSDT', '1m')
const FILTERS = join(DATASETS, 'exchange-info', 'binance-spot-exchangeInfo-2022-12-17.json.gz')
const HOURLY = join(DATASETS, 'klines', 'binance-spot-rest-1h')

/** The store the benches read: made once by the tool's own import, ignored by git. */
export const CACHE = join(import.meta.dirname, '.cache', 'store')

const MINUTES = parseSeries('binance:BTCUSDT:1m')

export const hasRecorded = existsSync(DAILY_ZIPS)

/** What the 1m benches ran on, for the detail of their rows. */
export const MINUTES_NOTE = hasRecorded
  ? 'BTCUSDT 1m 2022-01 to 2024-06'
  : 'the embedded BTCUSDT 1m month repeated, as the recorded years are not here'

function cache(): Promise<Store> {
  return openStore(CACHE, { behind: EMBEDDED })
}

/** The store with the recorded 1m series in it; `null` where the recordings are absent. */
export async function minuteStore(): Promise<Store | null> {
  if (!hasRecorded) return null
  const store = await cache()
  if (!existsSync(join(CACHE, 'binance', 'BTCUSDT', '1m', 'manifest.json')))
    await importFiles(store, [DAILY_ZIPS], MINUTES, { now: Date.now(), patience: 120_000 })
  return store
}

/** The 1.306 M real 1m bars of BTCUSDT, or the embedded month as often as it takes to reach their number. */
export async function realMinuteBars(): Promise<Bars> {
  const store = await minuteStore()
  if (store !== null) return store.load(MINUTES)
  const month = await (await openStore(EMBEDDED)).load(MINUTES)
  return repeatBars(month, Math.ceil(1_306_000 / month.length))
}

/** The same bars one after the other, their times moved on so that they keep rising on the grid. */
export function repeatBars(bars: Bars, times: number): Bars {
  const length = bars.length * times
  const step = bars.openTime[1]! - bars.openTime[0]!
  const span = bars.openTime[bars.length - 1]! - bars.openTime[0]! + step
  const repeat = (column: Float64Array, add: number) => {
    const out = new Float64Array(length)
    for (let k = 0; k < times; k++)
      for (let row = 0, at = k * bars.length; row < bars.length; row++, at++) out[at] = column[row]! + add * k
    return out
  }
  const { series, priceDecimals } = bars
  return {
    series,
    priceDecimals,
    length,
    openTime: repeat(bars.openTime, span),
    open: repeat(bars.open, 0),
    high: repeat(bars.high, 0),
    low: repeat(bars.low, 0),
    close: repeat(bars.close, 0),
    volume: repeat(bars.volume, 0),
  }
}

/** The ten recorded 1h series, in the store with their filters of 2022; `null` where the recordings are absent. */
export async function hourlySeries(): Promise<{ readonly store: Store; readonly bars: readonly Bars[] } | null> {
  if (!existsSync(HOURLY)) return null
  const store = await cache()
  const files = readdirSync(HOURLY).sort()
  const symbols = files.map((file) => file.split('-')[0]!)
  const unknown = symbols.filter((symbol) =>
    [CACHE, EMBEDDED].every((dir) => !existsSync(join(dir, 'instruments', 'binance', symbol))),
  )
  if (unknown.length > 0) await importExchangeInfo(store, FILTERS, unknown)
  const bars: Bars[] = []
  for (const [k, symbol] of symbols.entries()) {
    const series = parseSeries(`binance:${symbol}:1h`)
    if (!existsSync(join(CACHE, 'binance', symbol, '1h', 'manifest.json')))
      await importFiles(store, [join(HOURLY, files[k]!)], series, { now: Date.now(), patience: 120_000 })
    bars.push(await store.load(series))
  }
  return { store, bars }
}

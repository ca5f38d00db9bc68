/**
 * Makes the embedded series in `datasets/` (or in the folder named second) with the tool's own import. Run by hand when
 * they have to be made anew: `node src/data/embed.ts FOLDER`, FOLDER being the recorded market data described in its own
 * README.
 */
import { join } from 'node:path'
import { parseSeries } from '../core/series.ts'
import { importFunding } from './funding.ts'
import { importFiles } from './import.ts'
import { importExchangeInfo } from './instruments.ts'
import { openStore } from './store.ts'
import { importTiers } from './tiers.ts'

/** What the newest recorded file was taken before: 2026-05-01. */
const NOW = Date.UTC(2026, 4, 1)
/** The recorded leverage tiers are of that month. */
const TIERS_OF = Date.UTC(2024, 9, 1)
const COINS = ['BTCUSDT', 'ETHUSDT']

const [from, to = join(import.meta.dirname, '../../datasets')] = process.argv.slice(2)
if (from === undefined) throw new Error('name the folder of recorded data: node src/data/embed.ts FOLDER')
const store = await openStore(to)
const embed = (path: string, series: string) =>
  importFiles(store, [join(from, path)], parseSeries(series), { now: NOW })
await embed('klines/binance-spot-rest-1h/BTCUSDT-1h.csv.gz', 'binance:BTCUSDT:1h')
await embed('klines/binance-spot-rest-1h/ETHUSDT-1h.csv.gz', 'binance:ETHUSDT:1h')
await embed('klines/binance-spot-daily-zips/BTCUSDT/1m/BTCUSDT-1m-2023-03-*.zip', 'binance:BTCUSDT:1m')
for (const date of ['2018-02-10', '2021-04-29', '2022-12-17'])
  await importExchangeInfo(store, join(from, `exchange-info/binance-spot-exchangeInfo-${date}.json.gz`), [...COINS])

// The same two as perpetuals: a little over a year of hours, with the funding that was charged and the marks of its times.
for (const coin of COINS) {
  await embed(`klines/binance-usdm/${coin}-1h.csv.gz`, `binance-usdm:${coin}:1h`)
  await embed(`funding/${coin}-8h-mark.csv.gz`, `binance-usdm:${coin}@mark:8h`)
  await importFunding(store, [join(from, `funding/${coin}-8h-funding.csv.gz`)], 'binance-usdm', coin)
}
await importTiers(store, join(from, 'leverage-tiers/binance-usdm-leverageBracket.json'), TIERS_OF, COINS)
// of the two that were recorded, the one that is not a testnet's
await importExchangeInfo(store, join(from, 'exchange-info/binance-usdm-exchangeInfo-2021-09-06.json.gz'), COINS)

import { createHash } from 'node:crypto'
import { closeTimeOf, DAY, isInterval } from '../../src/core/interval.ts'
import type { Series } from '../../src/core/series.ts'
import { zipOf } from '../data/klines.ts'
import { fundingAt } from './binance-wire.ts'
import { marketsOf } from './markets.ts'
import { barText, firstOpen, type TruthBar } from './truth.ts'
import type { Reply, Wire, WireRequest } from './wire.ts'

/** From then on spot files count in microseconds: https://github.com/binance/binance-public-data */
const MICROSECONDS_FROM = Date.UTC(2025, 0, 1)
const PATH =
  /^\/data\/(spot|futures\/um)\/(monthly|daily)\/(klines|markPriceKlines|fundingRate)\/([A-Z0-9_]+)\/(?:([0-9a-zA-Z]+)\/)?[^/]+-(\d{4}-\d{2}(?:-\d{2})?)\.zip(\.CHECKSUM)?$/

/** data.binance.vision: zips of months and days beside their hashes. A month is there a day after it ended, a day some hours after. */
export const binanceArchive: Wire = {
  venue: 'binance',
  answer(request) {
    if (!request.path.startsWith('/data/')) return null
    const [, market, period, kind, symbol, interval, date, isHash] = PATH.exec(request.path) ?? []
    if (market === undefined) return missing()
    const from = Date.UTC(Number(date!.slice(0, 4)), Number(date!.slice(5, 7)) - 1, Number(date!.slice(8, 10) || 1))
    const to = period === 'monthly' ? closeTimeOf(from, '1M') : from + DAY
    const isThere = request.now >= to + (period === 'monthly' ? DAY : DAY / 4)
    if (!isThere || (period === 'daily') !== (date!.length === 10)) return missing()
    const venue = market === 'spot' ? 'binance' : 'binance-usdm'
    if (!marketsOf(venue).some((listed) => listed.symbol === symbol)) return missing()
    const name = request.path.split('/').at(-1)!.replace('.CHECKSUM', '')
    const csv = () => {
      if (kind === 'fundingRate') return fundingCsv(request, symbol!, from, to)
      const suffix = kind === 'markPriceKlines' ? '@mark' : ''
      // file names know no case everywhere: months are 1mo
      const step = interval === '1mo' ? '1M' : interval
      if (step === undefined || !isInterval(step) || interval === '1M') return ''
      return klinesCsv(request, { venue, symbol: symbol! + suffix, interval: step }, from, to)
    }
    const zip = zipped(request, name, csv)
    if (zip === null) return missing()
    if (isHash === undefined) return { status: 200, body: zip, weight: 0, type: 'application/zip' }
    const hash = createHash('sha256').update(zip).digest('hex')
    return { status: 200, body: `${hash}  ${name}\n`, weight: 0, type: 'text/plain' }
  },
}

function missing(): Reply {
  const body =
    '<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>NoSuchKey</Code><Message>The specified key does not exist.</Message></Error>'
  return { status: 404, body, weight: 0, type: 'application/xml' }
}

const kept = new WeakMap<object, Map<string, Uint8Array>>()

/** Made once for as long as the truth is the same. */
function zipped(request: WireRequest, name: string, csv: () => string): Uint8Array | null {
  const zips = kept.get(request.truth) ?? new Map<string, Uint8Array>()
  kept.set(request.truth, zips)
  const key = `${request.path.replace('.CHECKSUM', '')} ${request.truth.revision}`
  let zip = zips.get(key)
  if (zip === undefined) {
    const text = csv()
    // a month without a bar has no file
    if (text === '') return null
    zip = zipOf({ [name.replace('.zip', '.csv')]: text })
    zips.set(key, zip)
  }
  return zip
}

/** 12 columns; spot without a header, futures with one, as the files are today. */
function klinesCsv(request: WireRequest, series: Series, from: number, to: number): string {
  const bars: TruthBar[] = []
  for (let at = firstOpen(from, series); at < to; at = closeTimeOf(at, series.interval)) {
    const bar = request.truth.bar(series, at)
    if (bar !== null) bars.push(bar)
  }
  if (bars.length === 0) return ''
  const isMicro = series.venue === 'binance' && from >= MICROSECONDS_FROM
  const opened = (bar: TruthBar) => (isMicro ? bar.openTime * 1000 : bar.openTime)
  const closed = (bar: TruthBar) => (isMicro ? bar.closeTime * 1000 - 1 : bar.closeTime - 1)
  const rows = bars.map((bar) => {
    const text = barText(series, bar)
    const { open, high, low, close, volume, quoteVolume, takerBase, takerQuote } = text
    const extras = [quoteVolume ?? 0, bar.trades, takerBase ?? 0, takerQuote ?? 0]
    return [opened(bar), open, high, low, close, volume, closed(bar), ...extras, 0].join(',')
  })
  const header =
    series.venue === 'binance'
      ? []
      : [
          'open_time,open,high,low,close,volume,close_time,quote_volume,count,taker_buy_volume,taker_buy_quote_volume,ignore',
        ]
  return `${[...header, ...rows].join('\n')}\n`
}

function fundingCsv(request: WireRequest, symbol: string, from: number, to: number): string {
  const rows = []
  for (let due = from; due < to; due += DAY / 3) {
    const { fundingTime, fundingRate } = fundingAt(request.truth, symbol, due)
    rows.push(`${fundingTime},8,${fundingRate}`)
  }
  return `${['calc_time,funding_interval_hours,last_funding_rate', ...rows].join('\n')}\n`
}

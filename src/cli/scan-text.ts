import { timeName } from '../core/time.ts'
import { measuresOf } from '../data/scan/rank.ts'
import { mixText, type Scan, type ScanAsked, type ScanMarket } from '../data/scan/scan.ts'
import type { Excluded } from '../data/scan/universe.ts'
import { amount, count, percent, plural, tableText } from './text.ts'

/** What a ranking says of itself, its table, and what was left out of it. */
export function scanText(scan: Scan, { interval, lookback }: Pick<ScanAsked, 'interval' | 'lookback'>): string {
  const { venue, at, from, mix, quote, markets, ranked } = scan
  const source =
    from === 'tickers'
      ? `the 24 hours up to ${timeName(at)} UTC`
      : `stored ${interval} bars closed by ${timeName(at)} UTC, and nothing later`
  const head = `${venue}, markets in ${quote} by ${mixText(mix)}: ${source}`
  const columns = columnsOf(scan, `${lookback} × ${interval}`)
  const table = tableText(
    columns.map(([title]) => title),
    markets.map((market) => columns.map(([, cell]) => cell(market))),
  )
  const none = 'No market is left to rank.'
  const shown = markets.length < ranked ? `${markets.length} of ${plural(ranked, 'ranked market')} shown; ` : ''
  return [head, '', markets.length === 0 ? none : table, '', `${shown}${leftOutText(scan)}`, '', biasText(scan)].join(
    '\n',
  )
}

type Column = readonly [title: string, cell: (market: ScanMarket) => string]

/** Bars do not say what the spread was; momentum is reckoned where it is ranked by, and of bars. */
function columnsOf({ quote, from, mix }: Scan, over: string): readonly Column[] {
  const isTickers = from === 'tickers'
  const columns: Column[] = [
    ['#', ({ rank }) => String(rank)],
    ['symbol', ({ symbol }) => symbol],
    ['score', ({ score }) => score.toFixed(3)],
    ['last', ({ last }) => String(last)],
    ['change', ({ change }) => percent(change)],
    [`volume, ${quote}`, ({ volume }) => amount(volume, 0)],
    [isTickers ? 'range' : 'volatility', ({ volatility }) => percent(volatility)],
  ]
  if (isTickers) columns.push(['spread, bp', ({ spread }) => amount(spread === null ? null : spread * 10_000, 1)])
  if (!isTickers || mix.momentum !== undefined) columns.push([`momentum, ${over}`, ({ momentum }) => percent(momentum)])
  return columns
}

/** How many were left out and why, with some of their names. */
function leftOutText(scan: Scan): string {
  const { listed, excluded, unknown, quote, minVolume, mix, from, venue } = scan
  const words: Record<Excluded['reason'], string> = {
    quote: `not quoted in ${quote}`,
    status: from === 'tickers' ? 'not trading' : 'without a bar in the day before',
    dated: 'with a day of delivery',
    leveraged: 'of a leveraged token',
    stable: 'of stable coins or currencies alone',
    asked: 'by --exclude',
    thin: `below ${count(minVolume)} ${quote} in 24 hours`,
  }
  const parts = excluded.map(
    ({ reason, symbols }) => `${count(symbols.length)} ${words[reason]}${named(reason, symbols)}`,
  )
  if (unknown.length > 0) {
    const isOfBars = from === 'bars' || mix.momentum !== undefined
    const why = isOfBars ? 'too few bars are stored' : `${venue} does not say it; --by momentum goes by stored bars`
    parts.push(`${count(unknown.length)} whose ${measuresOf(mix).join(', ')} is not known${someOf(unknown)}: ${why}`)
  }
  return `${plural(listed, 'market')} ${from === 'tickers' ? 'listed' : 'stored'}, left out: ${parts.length === 0 ? 'none' : parts.join('; ')}`
}

/** Of other quotes there are too many, and nobody misses them. */
function named(reason: Excluded['reason'], symbols: readonly string[]): string {
  return reason === 'quote' ? '' : someOf(symbols)
}

function someOf(symbols: readonly string[]): string {
  const rest = symbols.length > 3 ? ', …' : ''
  return ` (${symbols.slice(0, 3).join(', ')}${rest})`
}

/** Why a backtest must not simply take these markets. */
export function biasText({ from }: Pick<Scan, 'from'>): string {
  return from === 'tickers'
    ? 'A backtest of these markets over the past is biased: they were chosen by what came of it. For a universe as it was then: klinelab scan --as-of TIME, or rankBars in a script.'
    : 'Markets that are not stored are not ranked: where those that were delisted are missing, a backtest of these survivors looks better than it was.'
}

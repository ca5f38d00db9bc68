import { DAY, intervalMs } from '../core/interval.ts'
import { timeName } from '../core/time.ts'
import { measuresOf } from '../data/scan/rank.ts'
import { mixText, type Scan, type ScanAsked, type ScanMarket } from '../data/scan/scan.ts'
import type { Excluded } from '../data/scan/universe.ts'
import { amount, count, percent, plural, tableText } from './text.ts'

type Looked = Pick<ScanAsked, 'interval' | 'lookback'>

/** What a ranking says of itself, its table, and what was left out of it. */
export function scanText(scan: Scan, looked: Looked): string {
  const { interval, lookback } = looked
  const { venue, at, from, mix, quote, markets, ranked } = scan
  const source =
    from === 'tickers'
      ? `the 24 hours up to ${timeName(at)} UTC`
      : `stored ${interval} bars closed by ${timeName(at)} UTC, and nothing later`
  const head = `${venue}, markets in ${quote} by ${mixText(mix)}: ${source}`
  const columns = columnsOf(scan, dayOf(scan, looked), `${lookback} × ${interval}`)
  const table = tableText(
    columns.map(([title]) => title),
    markets.map((market) => columns.map(([, cell]) => cell(market))),
  )
  const none = 'No market is left to rank.'
  const shown = markets.length < ranked ? `${markets.length} of ${plural(ranked, 'ranked market')} shown; ` : ''
  return [
    head,
    '',
    markets.length === 0 ? none : table,
    '',
    `${shown}${leftOutText(scan, looked)}`,
    '',
    biasText(scan),
  ].join('\n')
}

/** What change and volume are of: bars that are longer than a day say nothing of one. */
function dayOf({ from }: Pick<Scan, 'from'>, { interval }: Looked): string {
  return from === 'tickers' || intervalMs(interval) <= DAY ? '24 h' : interval
}

type Column = readonly [title: string, cell: (market: ScanMarket) => string]

/** Bars do not say what the spread was; momentum is reckoned where it is ranked by, and of bars. */
function columnsOf({ quote, from, mix }: Scan, day: string, over: string): readonly Column[] {
  const isTickers = from === 'tickers'
  const columns: Column[] = [
    ['#', ({ rank }) => String(rank)],
    ['symbol', ({ symbol }) => symbol],
    ['score', ({ score }) => score.toFixed(3)],
    ['last', ({ last }) => String(last)],
    [`change, ${day}`, ({ change }) => percent(change)],
    [`volume, ${day}, ${quote}`, ({ volume }) => amount(volume, 0)],
    [isTickers ? 'range' : 'volatility', ({ volatility }) => percent(volatility)],
  ]
  if (isTickers) columns.push(['spread, bp', ({ spread }) => amount(spread === null ? null : spread * 10_000, 1)])
  if (!isTickers || mix.momentum !== undefined) columns.push([`momentum, ${over}`, ({ momentum }) => percent(momentum)])
  return columns
}

/** How many were left out and why, with some of their names. */
function leftOutText(scan: Scan, looked: Looked): string {
  const { listed, from } = scan
  const { excluded, unknown } = leftOut(scan, looked)
  const parts = excluded.map(({ reason, why, symbols }) => `${count(symbols.length)} ${why}${named(reason, symbols)}`)
  if (unknown.symbols.length > 0)
    parts.push(`${count(unknown.symbols.length)} ${unknown.what}${someOf(unknown.symbols)}: ${unknown.why}`)
  return `${plural(listed, 'market')} ${from === 'tickers' ? 'listed' : 'stored'}, left out: ${parts.length === 0 ? 'none' : parts.join('; ')}`
}

/** Who was left out and why, in the words of the table. */
export function leftOut(scan: Scan, looked: Looked) {
  const { excluded, unknown, quote, minVolume, mix, from, venue } = scan
  const day = dayOf(scan, looked)
  const words: Record<Excluded['reason'], string> = {
    quote: `not quoted in ${quote}`,
    status: from === 'tickers' ? 'not trading' : `without a bar in the ${day} before`,
    dated: 'with a day of delivery',
    leveraged: 'of a leveraged token',
    stable: 'of stable coins or currencies alone',
    asked: 'by --exclude',
    thin: `below ${count(minVolume)} ${quote} in ${day}`,
  }
  const isOfBars = from === 'bars' || mix.momentum !== undefined
  const { interval, lookback } = looked
  return {
    excluded: excluded.map((one) => ({ ...one, why: words[one.reason] })),
    unknown: {
      symbols: unknown,
      what: `whose ${measuresOf(mix).join(', ')} is not known`,
      why: isOfBars
        ? `too few ${interval} bars are stored to look back over ${lookback}`
        : `${venue} does not say it; --by momentum goes by stored bars`,
    },
  }
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

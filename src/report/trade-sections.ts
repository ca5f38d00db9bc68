import type { RunResult } from '../core/run.ts'
import type { Trade } from '../core/trade.ts'
import { ZOOM_CONTROLS } from './equity-section.ts'
import { amount, count, duration, moment, percent, plural, price, quantity, signedPercent } from './format.ts'
import type { Bins } from './histogram.ts'
import { type Column, captionHtml, escapeHtml, figure, section, tableHtml } from './html.ts'
import { TRADES } from './payload.ts'

export function priceSection({ document, bars, trades }: RunResult, views: number): string {
  const open = document.openTrades.length
  const closed = trades.length === 0 ? 'No trade was closed' : plural(trades.length, 'closed trade')
  const words = [
    `${closed}${open === 0 ? '' : `, ${plural(open, 'position')} still open`}.`,
    trades.length + open === 0
      ? ''
      : 'Triangles are entries, up for longs and down for shorts; exits are circles where the trade won and squares where it lost.',
    trades.length === 0
      ? ''
      : 'Choose a mark to see its trade bar by bar; the table of trades below has them in words.',
  ]
    .filter((part) => part !== '')
    .join(' ')
  const choose =
    bars.length < 2
      ? ''
      : `<div class="controls"><label>Instrument <select id="price-symbol">${bars.map((one, k) => `<option value="${k}">${escapeHtml(one.series.symbol)}</option>`).join('')}</select></label></div>`
  const sample =
    views === trades.length
      ? `${views === 1 ? 'The one trade' : `All ${plural(views, 'trade')}`} can be looked at bar by bar.`
      : `${count(views)} of ${plural(trades.length, 'trade')} can be looked at bar by bar: the best, the worst and an even sample of the rest, so that the file stays small.`
  const zoom =
    views === 0
      ? ''
      : `<h3>Bar by bar</h3><div class="controls"><label>Trade <select id="trade-choice"></select></label><button type="button" id="trade-before" aria-label="trade before">‹</button><button type="button" id="trade-after" aria-label="trade after">›</button><button type="button" id="trade-best">Best</button><button type="button" id="trade-worst">Worst</button></div>
<p id="trade-words" aria-live="polite"></p>
${figure('chart-trade', 'One trade, every bar around it', `${sample} Hollow bars rise, full ones fall; the dashed line leads from the entry to the exit.`, 340)}`
  return section(
    'price',
    'Price, entries and exits',
    choose,
    ZOOM_CONTROLS,
    figure('chart-price', `Price in ${document.quote}: each pixel’s range and close`, words, 340),
    zoom,
  )
}

export function distributionSection(
  { document, trades }: RunResult,
  bins: { readonly return: Bins; readonly bars: Bins } | null,
): string {
  const { metrics } = document
  if (bins === null)
    return section('distribution', 'How trades went', '<p>No trade was closed, so there is nothing to distribute.</p>')
  const returns = `Best ${signedPercent(metrics['bestTrade'])}, worst ${signedPercent(metrics['worstTrade'])}, median ${signedPercent(median(trades.map((trade) => trade.return)))}, mean ${signedPercent(metrics['avgTrade'])}; winners ${signedPercent(metrics['avgWin'])}, losers ${signedPercent(metrics['avgLoss'])} on average.`
  const holding = `Held ${duration(metrics['avgTradeDuration'] ?? 0)} on average, ${duration(metrics['maxTradeDuration'] ?? 0)} at most; winners ${long(metrics['avgWinDuration'])}, losers ${long(metrics['avgLossDuration'])} on average.`
  const edge = (value: number) => percent(value, bins.return.width < 0.0099 ? (bins.return.width < 0.00099 ? 2 : 1) : 0)
  return section(
    'distribution',
    'How trades went',
    `<div class="pair">${figure('chart-returns', 'Return of trades', returns, 220, binTable('Trades by return', bins.return, edge))}${figure('chart-holding', 'Bars held', holding, 220, binTable('Trades by bars held', bins.bars, count))}</div>`,
    figure('chart-excursion', 'Adverse and favourable excursion (MAE, MFE)', excursionWords(trades), 280),
  )
}

function long(ms: number | null | undefined): string {
  return ms === null || ms === undefined ? '–' : duration(ms)
}

function binTable(caption: string, { first, width, counts }: Bins, edge: (value: number) => string): string {
  const rows = counts
    .map((n, k) => [`${edge((first + k) * width)} to ${edge((first + k + 1) * width)}`, count(n)])
    .filter((_, k) => counts[k]! > 0)
  return tableHtml(caption, [{ title: 'from, to below' }, { title: 'trades', kind: 'number' }], rows)
}

function excursionWords(trades: readonly Trade[]): string {
  let [worst, best] = [0, 0]
  for (const { mae, mfe } of trades) {
    if (mae < worst) worst = mae
    if (mfe > best) best = mfe
  }
  const average = (of: (trade: Trade) => number, among: readonly Trade[]) =>
    signedPercent(among.reduce((sum, trade) => sum + of(trade), 0) / among.length)
  const winners = trades.filter((trade) => trade.pnl > 0)
  const losers = trades.filter((trade) => trade.pnl <= 0)
  return [
    `A mark is a trade: how far it went against its entry at worst (left) and for it at best (up). Furthest against ${signedPercent(worst)}, furthest for ${signedPercent(best)}.`,
    winners.length === 0 ? '' : `Winners stood at ${average((trade) => trade.mae, winners)} at their worst on average.`,
    losers.length === 0 ? '' : `Losers stood at ${average((trade) => trade.mfe, losers)} at their best on average.`,
  ]
    .filter((part) => part !== '')
    .join(' ')
}

function median(values: readonly number[]): number {
  const sorted = Float64Array.from(values).sort()
  const middle = sorted.length >> 1
  return sorted.length % 2 === 1 ? sorted[middle]! : (sorted[middle - 1]! + sorted[middle]!) / 2
}

/** Empty but for its head: rows are made in the page, a page of them at a time, so that thousands stay quick. */
export function tradeTableSection({ trades, bars, document }: RunResult): string {
  const { long, short } = document.split
  const isMixed = long.trades > 0 && short.trades > 0
  const columns: readonly (readonly [string, string, Column['kind']?])[] = [
    ['n', '#', 'number'],
    ...(bars.length > 1 ? ([['symbol', 'Symbol']] as const) : []),
    ...(isMixed ? ([['side', 'Side']] as const) : []),
    ['entryTime', 'Entry (UTC)'],
    ['entryPrice', 'Entry price', 'number'],
    ['exitTime', 'Exit (UTC)'],
    ['exitPrice', 'Exit price', 'number'],
    ['qty', 'Quantity', 'number'],
    ['fees', 'Fees', 'number'],
    ['pnl', `Net, ${document.quote}`, 'number'],
    ['return', 'Return', 'number'],
    ['bars', 'Bars', 'number'],
    ['mae', 'MAE', 'number'],
    ['mfe', 'MFE', 'number'],
    ['entryTag', 'Entry by'],
    ['exitTag', 'Exit by'],
  ]
  const head = columns
    .map(
      ([key, title, kind]) =>
        `<th scope="col"${kind === undefined ? '' : ' class="n"'} aria-sort="none"><button type="button" data-key="${key}">${escapeHtml(title)}</button></th>`,
    )
    .join('')
  const open = openTable({ document })
  if (trades.length === 0) return section('trades', 'Trade by trade', '<p>No trade was closed.</p>', open)
  const sampled =
    trades.length > TRADES
      ? `<p class="mark">The table holds ${count(TRADES)} of ${plural(trades.length, 'trade')}: the best, the worst and an even sample of the rest; trades.csv beside this file has every one.</p>`
      : ''
  const of = bars.length > 1 ? '' : ` of ${bars[0]!.series.symbol}`
  const sides = isMixed ? '' : `, all ${short.trades > 0 ? 'short' : 'long'}`
  return section(
    'trades',
    'Trade by trade',
    open,
    sampled,
    `<div class="controls"><label>Filter <input id="trade-filter" type="search" placeholder="symbol, tag, 2024-05"></label>
${isMixed ? '<label>Side <select id="trade-side"><option value="">both</option><option>long</option><option>short</option></select></label>' : ''}
<label>Result <select id="trade-result"><option value="">all</option><option value="1">won</option><option value="-1">lost</option></select></label>
<span id="trade-count" role="status"></span></div>
<p class="hint">A heading sorts; a number shows its trade bar by bar.</p>
<div class="scroll" tabindex="0" role="region" aria-label="Closed trades"><table id="trade-table">${captionHtml(`Closed trades${of}${sides}`)}<thead><tr>${head}</tr></thead><tbody></tbody></table></div>
<div class="controls"><button type="button" id="page-before">Earlier rows</button><span id="page-words" role="status"></span><button type="button" id="page-after">Later rows</button></div>
<noscript><p>The table needs scripts; trades.csv beside this file has every trade.</p></noscript>`,
  )
}

function openTable({ document }: Pick<RunResult, 'document'>): string {
  if (document.openTrades.length === 0) return ''
  return tableHtml(
    'Still open at the end, marked at the last close; in no figure about trades',
    [
      { title: 'Symbol' },
      { title: 'Side' },
      { title: 'Entry (UTC)' },
      { title: 'Entry price', kind: 'number' },
      { title: 'Quantity', kind: 'number' },
      { title: 'Marked at', kind: 'number' },
      { title: `Net, ${document.quote}`, kind: 'number' },
      { title: 'Entry by' },
    ],
    document.openTrades.map((trade) => [
      escapeHtml(trade.symbol),
      trade.side,
      moment(trade.entryTime),
      price(trade.entryPrice),
      quantity(trade.qty),
      price(trade.markPrice),
      amount(trade.pnl, document),
      escapeHtml(trade.entryTag),
    ]),
  )
}

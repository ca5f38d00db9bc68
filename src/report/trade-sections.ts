import type { RunResult } from '../core/run.ts'
import { count, decimal, duration, moment, percent, plural, price, signedPercent } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'

export function priceSection({ document, bars, trades }: RunResult, views: number): string {
  const words = `${plural(trades.length, 'closed trade')}. Triangles up are entries of longs, down of shorts; circles are exits, green where the trade won, red where it lost. The table of trades below has every one of them.`
  const choose =
    bars.length < 2
      ? ''
      : `<label>Instrument <select id="price-symbol">${bars.map((one, k) => `<option value="${k}">${escapeHtml(one.series.symbol)}</option>`).join('')}</select></label>`
  const sample =
    views === 0
      ? ''
      : views === trades.length
        ? `All ${plural(views, 'trade')} can be looked at bar by bar.`
        : `${count(views)} of ${plural(trades.length, 'trade')} can be looked at bar by bar: the best, the worst and an even sample of the rest, so that the file stays small.`
  const zoom =
    views === 0
      ? ''
      : `<div class="controls"><label>Trade <select id="trade-choice"></select></label><button type="button" id="trade-before" aria-label="trade before">‹</button><button type="button" id="trade-after" aria-label="trade after">›</button></div>
${figure('chart-trade', 'One trade, bar by bar', sample, 320)}<p id="trade-words" aria-live="polite"></p>`
  return section(
    'price',
    'Price, entries and exits',
    choose,
    figure('chart-price', `Price in ${document.quote}: each pixel’s range and close`, words, 340),
    zoom,
  )
}

export function distributionSection({ document, trades }: RunResult): string {
  const { metrics } = document
  if (trades.length === 0)
    return section('distribution', 'Trades', '<p>No trade was closed, so there is nothing to distribute.</p>')
  const returns = `Best ${signedPercent(metrics['bestTrade'])}, worst ${signedPercent(metrics['worstTrade'])}, mean ${signedPercent(metrics['avgTrade'])}; winners ${signedPercent(metrics['avgWin'])}, losers ${signedPercent(metrics['avgLoss'])} on average.`
  const holding = `Held ${duration(metrics['avgTradeDuration'] ?? 0)} on average, ${duration(metrics['maxTradeDuration'] ?? 0)} at most.`
  const worst = Math.min(...trades.map((trade) => trade.mae))
  const best = Math.max(...trades.map((trade) => trade.mfe))
  const excursion = `A dot is a trade: how far it went against its entry at worst (left) and for it at best (up). Furthest against ${percent(worst)}, furthest for ${percent(best)}.`
  return section(
    'distribution',
    'Trades',
    `<div class="pair">${figure('chart-returns', 'Return of trades', returns, 220)}${figure('chart-holding', 'Bars held', holding, 220)}</div>${figure('chart-excursion', 'Adverse and favourable excursion (MAE, MFE)', excursion, 280)}`,
  )
}

/** Empty but for its head: rows are made in the page, a page of them at a time, so that thousands stay quick. */
export function tradeTableSection({ trades, document }: RunResult): string {
  const columns: readonly (readonly [string, string, boolean])[] = [
    ['n', '#', true],
    ['symbol', 'Symbol', false],
    ['side', 'Side', false],
    ['entryTime', 'Entry (UTC)', false],
    ['entryPrice', 'at', true],
    ['exitTime', 'Exit (UTC)', false],
    ['exitPrice', 'at', true],
    ['qty', 'Quantity', true],
    ['pnl', `Net, ${document.quote}`, true],
    ['return', 'Return', true],
    ['bars', 'Bars', true],
    ['mae', 'MAE', true],
    ['mfe', 'MFE', true],
    ['entryTag', 'Entry', false],
    ['exitTag', 'Exit', false],
  ]
  const head = columns
    .map(
      ([key, title, isNumber]) =>
        `<th scope="col"${isNumber ? ' class="n"' : ''} aria-sort="none"><button type="button" data-key="${key}">${escapeHtml(title)}</button></th>`,
    )
    .join('')
  const open = document.openTrades.map((trade) => [
    escapeHtml(trade.symbol), trade.side, moment(trade.entryTime), price(trade.entryPrice), price(trade.qty), price(trade.markPrice), decimal(trade.pnl, 2),
  ]) // biome-ignore format: one row
  const openTable =
    open.length === 0
      ? ''
      : tableHtml(
          'Still open at the end, marked at the last close; in no figure about trades',
          [
            { title: 'Symbol' },
            { title: 'Side' },
            { title: 'Entry (UTC)' },
            { title: 'at', isNumber: true },
            { title: 'Quantity', isNumber: true },
            { title: 'Marked at', isNumber: true },
            { title: `Net, ${document.quote}`, isNumber: true },
          ],
          open,
        )
  if (trades.length === 0) return section('trades', 'Trade by trade', '<p>No trade was closed.</p>', openTable)
  return section(
    'trades',
    'Trade by trade',
    openTable,
    `<div class="controls"><label>Filter <input id="trade-filter" type="search" placeholder="symbol, tag, 2024-05 …"></label>
<label>Side <select id="trade-side"><option value="">both</option><option>long</option><option>short</option></select></label>
<label>Result <select id="trade-result"><option value="">all</option><option value="1">won</option><option value="-1">lost</option></select></label>
<span id="trade-count" aria-live="polite"></span></div>
<div class="scroll" tabindex="0" role="region" aria-label="Closed trades"><table id="trade-table"><caption>Closed trades; a head sorts, a number shows the trade bar by bar</caption><thead><tr>${head}</tr></thead><tbody></tbody></table></div>
<div class="controls"><button type="button" id="page-before">Earlier rows</button><span id="page-words" aria-live="polite"></span><button type="button" id="page-after">Later rows</button></div>
<noscript><p>The table needs scripts; trades.csv beside this file has every trade.</p></noscript>`,
  )
}

import type { Figure } from '../core/findings.ts'
import { DAY } from '../core/interval.ts'
import type { EquityColumns, RunDocument, RunResult } from '../core/run.ts'
import { findDrawdowns } from '../metrics/drawdown.ts'
import { monthlyReturns } from '../metrics/index.ts'
import { amount, count, duration, moment, percent, plural, ratio, signedPercent } from './format.ts'
import { escapeHtml, figure, section, tableHtml } from './html.ts'

const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec']
const DEEPEST = 5

/** Moves all charts over time together; dragging and scrolling do the same for whoever has a mouse. */
export const ZOOM_CONTROLS = `<div class="controls zoom" role="group" aria-label="Time shown in the charts"><button type="button" data-zoom="back">‹ Earlier</button><button type="button" data-zoom="on">Later ›</button><button type="button" data-zoom="in">Zoom in</button><button type="button" data-zoom="out">Zoom out</button><button type="button" data-zoom="all">All</button><label class="check"><input type="checkbox" data-log> logarithmic</label></div>`

export function equitySection(result: RunResult): string {
  const { document, benchmark } = result
  const { metrics, quote } = document
  const money = (key: string) => amount(metrics[key] ?? 0, document)
  const name = escapeHtml(document.benchmark)
  const end = `From ${money('startEquity')} to ${money('endEquity')} ${escapeHtml(quote)}, highest ${money('equityPeak')}; ${name} ${benchmark === null ? 'has no curve' : `returned ${signedPercent(metrics['buyAndHold'])}`}. The months below are the same curve as a table.`
  const drawdowns = metrics['drawdowns'] ?? 0
  const depth =
    drawdowns === 0
      ? 'Equity never closed below an earlier close.'
      : `Largest fall ${percent(metrics['maxDrawdown'])}; ${plural(drawdowns, 'drawdown')}, ${count(metrics['recoveredDrawdowns'] ?? 0)} recovered; ${percent(metrics['activeDrawdown'])} below the peak at the end.`
  const hint =
    '<p class="hint">Drag sideways to move through time, hold Ctrl or Shift and scroll to zoom, double-click for all of it; the charts over time move together. Every pixel keeps its lowest and highest value, so no spike is lost.</p>'
  return section(
    'equity',
    'Equity and drawdown',
    ZOOM_CONTROLS,
    figure('chart-equity', `Equity in ${quote}`, end, 300),
    figure('chart-drawdown', 'Below the highest equity so far', depth, 170),
    hint,
    `<div class="pair">${peerTable(result.document)}${drawdownTable(result)}</div>`,
  )
}

function peerTable({ metrics, peer }: RunDocument): string {
  const rows: [string, string, (value: Figure | undefined) => string][] = [
    ['Return', 'totalReturn', signedPercent],
    ['A year (CAGR)', 'cagr', signedPercent],
    ['Volatility, a year', 'volatility', percent],
    ['Sharpe', 'sharpe', ratio],
    ['Sortino', 'sortino', ratio],
    ['Calmar', 'calmar', ratio],
    ['Largest drawdown', 'maxDrawdown', percent],
    ['Longest drawdown', 'maxDrawdownDuration', (value) => duration(value ?? 0)],
  ]
  return tableHtml(
    'Beside its peer',
    [{ title: '' }, { title: 'strategy', kind: 'number' }, { title: 'buy and hold', kind: 'number' }],
    rows.map(([label, key, text]) => [label, text(metrics[key]), text(peer[key])]),
  )
}

function drawdownTable({ equity, document }: RunResult): string {
  const timeOf = (row: number) => (row < 0 ? document.range.from : equity.time[row]!)
  const depth = (one: { peak: number; valley: number }) => 1 - one.valley / one.peak
  const deepest = findDrawdowns(equity.equity, document.cash)
    .sort((a, b) => depth(b) - depth(a))
    .slice(0, DEEPEST)
  if (deepest.length === 0) return ''
  const last = equity.length - 1
  const isLong = document.range.to - document.range.from > 60 * DAY
  // the year stands in the head of the page
  const when = (row: number) => (isLong ? moment(timeOf(row)).slice(0, 10) : moment(timeOf(row)).slice(5, 16))
  const rows = deepest.map((one) => [
    percent(depth(one)),
    when(one.peakRow),
    when(one.valleyRow),
    one.endRow < 0 ? 'not yet' : when(one.endRow),
    duration(timeOf(one.endRow < 0 ? last : one.endRow) - timeOf(one.peakRow)),
  ])
  return tableHtml(
    deepest.length < DEEPEST ? 'Drawdowns' : `The ${DEEPEST} deepest drawdowns`,
    [
      { title: 'Depth' },
      { title: 'Peak (UTC)' },
      { title: 'Lowest' },
      { title: 'Recovered' },
      { title: 'Lasted', kind: 'number' },
    ],
    rows,
  )
}

/** A year a row, a month a column, shaded by size; every shade has its figure in it. */
export function monthlySection({ equity, benchmark, document }: RunResult): string {
  const rows = monthlyReturns(equity, document.cash)
  const held = benchmark === null ? [] : monthlyReturns(withEquity(equity, benchmark), document.cash)
  const largest = Math.max(1e-9, ...rows.flatMap((row) => row.months.map((value) => Math.abs(value ?? 0))))
  const cell = (value: Figure) => {
    if (value === null) return '<span class="off">·</span>'
    const strength = Math.round(Math.sqrt(Math.abs(value) / largest) * 100)
    return `<span class="heat ${value < 0 ? 'bad' : 'good'}" style="--s:${strength}%">${signedPercent(value, 1)}</span>`
  }
  const columns = ['Year', ...MONTHS, 'Whole year', ...(held.length > 0 ? ['Buy and hold'] : [])]
  return section(
    'months',
    'Months',
    tableHtml(
      'Return of each calendar month, UTC',
      columns.map((title, k) => (k === 0 ? { title } : { title, kind: 'number' })),
      rows.map((row, k) => [
        String(row.year),
        ...row.months.map(cell),
        `<strong>${signedPercent(row.total, 1)}</strong>`,
        ...(held.length > 0 ? [signedPercent(held[k]?.total, 1)] : []),
      ]),
    ),
  )
}

function withEquity(equity: EquityColumns, values: Float64Array): EquityColumns {
  return { ...equity, equity: values }
}

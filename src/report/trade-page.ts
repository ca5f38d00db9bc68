import type { RunResult } from '../core/run.ts'
import { BROWSER_SCRIPT } from './browser-script.ts'
import { type Column, escapeHtml, figure, section, tableHtml } from './html.ts'
import { type Assets, pageHtml } from './page.ts'
import { payload } from './payload.ts'

/** A part of an explanation, in words: labelled facts, a table, or both. */
export interface Part {
  readonly id: string
  readonly title: string
  readonly facts?: readonly (readonly [label: string, text: string])[]
  readonly table?: { readonly header: readonly string[]; readonly rows: readonly (readonly string[])[] }
}

/**
 * One trade, bar by bar, with the words that explain it: the report's own view of a trade on a page of its own.
 * @param result the run with this one trade
 */
export function renderTradePage(result: RunResult, parts: readonly Part[], command: string, assets: Assets): string {
  const [trade] = result.trades
  const { document } = result
  const { trades, ...rest } = payload({ ...result, document: { ...document, openTrades: [] } })
  const [top, nav] = [
    `trade ${trade!.n} of ${document.strategy}`,
    [['price', 'Chart'], ...parts.map(({ id, title }) => [id, title])],
  ]
  const words =
    'Hollow bars rise, full ones fall; the dashed line leads from the entry to the exit; the other lines are indicators and where orders waited.'
  // the script fills and turns these where a report has many trades
  const controls =
    '<div style="display:none"><select id="trade-choice" aria-label="Trade"></select><button type="button" id="trade-before"></button><button type="button" id="trade-after"></button><button type="button" id="trade-best"></button><button type="button" id="trade-worst"></button></div>'
  return pageHtml(
    {
      title: top,
      top: `<p class="eyebrow">Backtest ${escapeHtml(document.run)}</p><h1>${escapeHtml(top)}</h1>`,
      nav: nav.map(([id, title]) => `<a href="#${id}">${escapeHtml(title!)}</a>`).join(''),
      main: [
        '<noscript><p class="alarm">The chart needs scripts; everything else is on the page without them.</p></noscript>',
        section(
          'price',
          'Bar by bar',
          controls,
          '<p id="trade-words"></p>',
          figure('chart-trade', 'Every bar around the trade', words, 420),
        ),
        ...parts.map(partHtml),
        `<section id="again" aria-labelledby="again-h"><h2 id="again-h">See it again</h2><div class="command"><code id="command">${escapeHtml(command)}</code><button type="button" id="copy">Copy</button></div></section>`,
      ].join('\n'),
      footer: `<p>Made by klinelab ${escapeHtml(document.engine.version)} by making the run again.</p>`,
      payload: { ...rest, trades: { ...trades, number: { from: trade!.n - 1, unit: 1, steps: [0] } } },
      script: BROWSER_SCRIPT,
    },
    assets,
  )
}

function partHtml({ id, title, facts = [], table }: Part): string {
  const rows = facts.map(([label, text]) => [escapeHtml(label), escapeHtml(text)])
  return section(
    id,
    title,
    rows.length === 0 ? '' : tableHtml(title, [{ title: 'What' }, { title: 'How', kind: 'prose' }], rows),
    table === undefined
      ? ''
      : tableHtml(
          `${title}: bars`,
          table.header.map(columnOf(table.rows)),
          table.rows.map((row) => row.map(escapeHtml)),
        ),
  )
}

function columnOf(rows: readonly (readonly string[])[]) {
  return (title: string, k: number): Column =>
    rows.every((row) => /^[-\d.–]*$/.test(row[k]!)) ? { title, kind: 'number' } : { title }
}

import { type Column, escapeHtml, section, tableHtml } from './html.ts'
import { PAPER_SCRIPT } from './page-paper.ts'
import { STYLE } from './style.ts'

/** Rules of this page alone. */
const OWN_STYLE = `
.status{display:flex;flex-wrap:wrap;align-items:center;gap:4px 14px;margin-top:10px;padding:8px 20px;border-top:1px solid var(--line);border-bottom:1px solid var(--line);font-size:14px;max-width:1200px;margin-left:auto;margin-right:auto}
.badge{border:1.5px solid currentColor;border-radius:999px;padding:1px 12px;font-weight:650}
.badge.mark,#link.mark{color:var(--mark)}
#link{margin-left:auto}
#link.good::before{content:"● "}
#trouble{color:var(--bad);font-weight:600}
section{margin:26px 0}
#now{margin-top:18px}
#main #now .sentence{margin-bottom:14px}
#halted{overflow-wrap:anywhere;white-space:pre-line}
#halted[hidden]{display:none}
#remarks{margin:14px 0 0;padding-left:1.2em;color:var(--soft);font-size:14px;overflow-wrap:anywhere}
#remarks:empty,#champions:empty{display:none}
#theme{min-width:44px;min-height:44px}
.spans{display:flex;gap:8px}
.spans[hidden]{display:none}
.spans button{min-height:44px;padding:5px 14px}
.spans button[aria-pressed=true]{border-color:var(--accent);color:var(--accent);font-weight:600}
#chart{min-height:230px;cursor:crosshair}
#chart .grid{stroke:var(--line);stroke-width:1}
#chart .label{fill:var(--soft);font-size:12px;font-variant-numeric:tabular-nums}
#chart .cone{fill:var(--band);opacity:.4}
#chart .middle{fill:none;stroke:var(--muted);stroke-width:1.3;stroke-dasharray:5 4}
#chart .start{stroke:var(--muted);stroke-width:1}
#chart .equity{fill:none;stroke:var(--accent);stroke-width:2;stroke-linejoin:round}
#chart .last{fill:var(--accent);stroke:var(--card);stroke-width:1.5}
#chart .hair{stroke:var(--soft);stroke-width:1;stroke-dasharray:2 3}
.two{display:grid;grid-template-columns:1fr 1fr;gap:26px 28px;margin:26px 0;align-items:start}
.two>*{min-width:0;margin:0}
#filled .scroll{max-height:400px;overflow-y:auto}
#filled thead th{position:sticky;top:0;background:var(--paper)}
caption{display:none}
.lines{list-style:none;margin:0;padding:0;font-size:14px;max-height:420px;overflow-y:auto}
.lines li{display:grid;grid-template-columns:8.8em 4.8em 1fr;gap:0 10px;padding:5px 2px;border-bottom:1px solid var(--line);overflow-wrap:anywhere}
.lines time{color:var(--soft);font-variant-numeric:tabular-nums;white-space:nowrap}
.lines b{font-weight:500;color:var(--soft)}
.lines .warn b{color:var(--mark);font-weight:650}
.lines .error b{color:var(--bad);font-weight:650}
.lines em{display:block;font-style:normal;color:var(--soft)}
.lines .warn em,.lines .error em{color:inherit;font-weight:600}
.lines .debug{color:var(--soft)}
.lines.loud .info,.lines.loud .debug{display:none}
.loud-choice{display:inline-flex;align-items:center;gap:8px;min-height:44px}
.loud-choice input{width:20px;height:20px}
#no-alarms,#no-log{margin:0;color:var(--soft);font-size:14px}
@media (max-width:600px){.two{grid-template-columns:1fr;gap:20px;margin:20px 0}#filled .scroll{max-height:320px}#drifts thead{display:none}#drifts table,#drifts tbody{display:block}#drifts tr{display:grid;grid-template-columns:minmax(0,1fr) auto auto;gap:2px 14px;padding:8px 0;border-bottom:1px solid var(--line)}#drifts th,#drifts td{border:0;padding:0}#drifts tr :first-child,#drifts .prose{white-space:normal;overflow-wrap:anywhere}#drifts tr :first-child{grid-area:1/1/2/3}#drifts td:nth-child(4){grid-area:1/3}#drifts td:nth-child(2){grid-area:2/1;text-align:left}#drifts td:nth-child(2)::before{content:"live "}#drifts td:nth-child(3){grid-area:2/2/3/4}#drifts td:nth-child(3)::before{content:"expected "}#drifts .prose{grid-area:3/1/4/-1;min-width:0}.cards{grid-template-columns:1fr 1fr}.status{padding:8px 14px}#link{margin-left:0;width:100%}.lines li{grid-template-columns:auto 1fr}.lines span{grid-column:1/-1}.spans{width:100%}.spans button{flex:1}section{margin:20px 0}}
@media (max-width:330px){.cards{grid-template-columns:1fr}}
`

const CARDS = [
  ['equity', 'Equity'],
  ['against', 'Against the backtest'],
  ['drawdown', 'Drawdown'],
  ['held', 'Position'],
  ['traded', 'Trades closed'],
  ['delay', 'Feed delay'],
  ['latency', 'Bar to order, median'],
  ['alarmed', 'Alarms'],
] as const

const card = ([id, label]: readonly [string, string]) =>
  `<div class="card"><dt>${label}</dt><dd class="value" id="${id}">–</dd><dd class="peer" id="${id}-p"></dd></div>`

const number = (title: string) => ({ title, kind: 'number' }) as const
const table = (id: string, caption: string, ...columns: readonly (string | Column)[]) =>
  `<div id="${id}">${tableHtml(
    caption,
    columns.map((one) => (typeof one === 'string' ? { title: one } : one)),
    [],
  )}</div>`

const CHART = `<figure><figcaption><span id="chart-c">Equity since the session began</span><span class="readout" id="chart-r" aria-hidden="true"></span></figcaption>
<div class="spans" role="group" aria-label="Time in sight"><button type="button" data-span="far" aria-pressed="true">So far</button><button type="button" data-span="wide" aria-pressed="false">What lies ahead</button></div>
<div class="chart" id="chart" role="img" aria-labelledby="chart-c" aria-describedby="chart-t"></div><p class="words" id="chart-t">No bar has been taken yet.</p></figure>`

/** A list that can be scrolled with the keyboard. */
const list = (id: string, label: string) => `<ul class="lines" id="${id}" tabindex="0" aria-label="${label}"></ul>`

/** What a page is made of; its script and style stand in it as they are here, so that a policy can name them by their hashes. */
export interface PaperPage {
  readonly html: string
  readonly script: string
  readonly style: string
}

/** The page of a running paper session: it is empty until its events fill it, and asks nobody but the server that it came from. */
export function paperPage({ name, strategy }: { readonly name: string; readonly strategy: string }): PaperPage {
  const style = STYLE + OWN_STYLE
  const html = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(name)} · klinelab paper</title>
<link rel="icon" href="data:,">
<style>${style}</style>
</head>
<body>
<a class="skip" href="#main">To the figures</a>
<header>
<div class="top"><p class="eyebrow">klinelab paper · ${escapeHtml(strategy)}</p><h1>${escapeHtml(name)}</h1><p class="facts" id="facts"></p></div>
<button type="button" id="theme" aria-label="Dark colours" aria-pressed="false">◐</button>
</header>
<div class="status"><span role="status"><span class="badge" id="state">…</span> <span id="trouble"></span></span><span id="at"></span><span id="waiting"></span><span id="link" role="status">connecting</span></div>
<main id="main" tabindex="-1">
<p class="alarm" id="halted" role="alert" hidden></p>
<noscript><p class="alarm">This page is filled by its script, which does not run here. The same as JSON: snapshot.json</p></noscript>
<section id="now" aria-label="Now"><p class="sentence" id="standing"></p><dl class="cards">${CARDS.map(card).join('')}</dl><p class="words" id="champions"></p><ul id="remarks" aria-label="To be known"></ul></section>
${section('curve', 'Equity', CHART)}
${section('alarms', 'Alarms', '<p id="no-alarms">None has gone off.</p>', list('alarm-list', 'Alarms: those that stand, and the newest of the others'))}
<div class="two">
${section('position', 'Position', table('positions', 'What is held', 'Symbol', number('Held'), number('Entry'), number('Last'), number('Unrealised')))}
${section('orders', 'Open orders', table('open', 'Open orders', 'Order', 'Symbol', 'Side', 'Type', number('Quantity'), number('Price'), 'Role'))}
</div>
${section('fills', 'Fills', table('filled', 'Fills, newest first', 'Time, UTC', 'Symbol', 'Side', number('Quantity'), number('Price'), number('Fee'), number('Held after'), 'Tag'))}
<div class="two">
${section('feed', 'Feed', table('feeds', 'Bars by series', 'Series', 'Last bar opened', number('Heard after'), 'Next closes'))}
${section('timings', 'Own time', table('times', 'Where the time goes', 'From → to', number('Median'), number('99 %'), number('Longest'), number('Times')))}
</div>
${section('drift', 'Drift', '<p class="hint" id="drift-at"></p>', table('drifts', 'Live figures beside what was expected of them', 'What', number('Live'), number('Expected'), 'Verdict', { title: 'In words', kind: 'prose' }))}
${section('log', 'Log', '<label class="loud-choice"><input type="checkbox" id="loud">Warnings and errors only</label>', '<p id="no-log">Nothing has happened yet.</p>', list('log-list', 'Log, newest first'))}
</main>
<footer><p>Times are UTC, amounts in the quote asset. This page can be looked at, and nothing can be done with it: klinelab paper stop, paper resume.</p></footer>
<script>${PAPER_SCRIPT}</script>
</body>
</html>
`
  return { html, script: PAPER_SCRIPT, style }
}

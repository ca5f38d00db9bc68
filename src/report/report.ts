import type { RunResult } from '../core/run.ts'
import { BROWSER_SCRIPT } from './browser-script.ts'
import { equitySection, monthlySection } from './equity-section.ts'
import { certificateSection, ordersSection, reproduceSection } from './evidence-sections.ts'
import { escapeHtml, scriptJson } from './html.ts'
import { payload } from './payload.ts'
import { remarksSection } from './remarks.ts'
import { costsSection, metricsSection, splitSection } from './results-sections.ts'
import { STYLE } from './style.ts'
import { distributionSection, priceSection, tradeTableSection } from './trade-sections.ts'
import { verdict } from './verdict.ts'
import { whatWasRun } from './what-was-run.ts'

/** The chart libraries' browser bundles as text; they are inlined. */
export interface Assets {
  readonly vega: string
  readonly vegaLite: string
  readonly vegaEmbed: string
}

/**
 * Nothing may be loaded from anywhere. Vega compiles its expressions with Function, hence unsafe-eval; what reaches it are
 * our own specifications, never a user's text.
 */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"

/** Sections in a word. */
const CONTENTS: Readonly<Record<string, string>> = {
  equity: 'Equity',
  remarks: 'Remarks',
  price: 'Price',
  months: 'Months',
  distribution: 'Distribution',
  costs: 'Costs',
  split: 'Splits',
  orders: 'Orders',
  data: 'Data',
  trades: 'Trades',
  metrics: 'Figures',
  reproduce: 'Reproduce',
}

/** One self-contained page of a run: opens from disk without a network. The same run gives the same bytes. */
export function renderReport(result: RunResult, assets: Assets): string {
  const data = payload(result)
  const sections = [
    equitySection(result),
    remarksSection(result),
    priceSection(result, data.views.length),
    monthlySection(result),
    distributionSection(result, data.bins),
    costsSection(result),
    splitSection(result),
    ordersSection(result),
    certificateSection(result),
    tradeTableSection(result),
    metricsSection(result),
    reproduceSection(result),
  ].filter((part) => part !== '')
  const contents = sections
    .map((part) => /^<section id="(\w+)"/.exec(part)![1]!)
    .map((id) => `<a href="#${id}">${CONTENTS[id]}</a>`)
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(result.document.strategy)} · klinelab</title>
<link rel="icon" href="data:,">
<style>${STYLE}</style>
</head>
<body>
<a class="skip" href="#main">To the figures</a>
<header>
<div class="top">${whatWasRun(result)}</div>
<button type="button" id="theme" aria-label="Dark colours" aria-pressed="false">◐</button>
</header>
<nav aria-label="Contents">${contents.join('')}</nav>
<main id="main" tabindex="-1">
<noscript><p class="alarm">Charts and the trade table need scripts; every figure is on the page without them.</p></noscript>
${verdict(result)}
${sections.join('\n')}
</main>
<footer><p>Made by klinelab ${escapeHtml(result.document.engine.version)}. What the past would have paid says little about what the future will.</p></footer>
<script type="application/json" id="payload">${scriptJson(data)}</script>
<script>${inline(assets.vega)}</script>
<script>${inline(assets.vegaLite)}</script>
<script>${inline(assets.vegaEmbed)}</script>
<script>${BROWSER_SCRIPT}</script>
</body>
</html>
`
}

/** A bundle must not close the script element it stands in; source maps would be asked for over the network. */
function inline(bundle: string): string {
  return bundle
    .replace(/<\/script/gi, '<\\/script')
    .replace(/^\/\/# sourceMappingURL=.*$/gm, '')
    .trim()
}

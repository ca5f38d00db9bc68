import { escapeHtml, scriptJson } from './html.ts'
import { STYLE } from './style.ts'

/** The chart libraries' browser bundles as text; they are inlined. */
export interface Assets {
  readonly vega: string
  readonly vegaLite: string
  readonly vegaEmbed: string
}

/** What stands on a page; all but the title is HTML already. */
export interface Page {
  readonly title: string
  readonly top: string
  readonly nav: string
  readonly main: string
  readonly footer: string
  /** What charts are drawn from. */
  readonly payload: unknown
  /** What runs in the page. */
  readonly script: string
  /** Rules of this page alone, after those of every page. */
  readonly style?: string
}

/**
 * Nothing may be loaded from anywhere. Vega compiles its expressions with Function, hence unsafe-eval; what reaches it are
 * our own specifications, never a user's text.
 */
const POLICY =
  "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data: blob:; base-uri 'none'; form-action 'none'"

/** A self-contained page with the charts' script: opens from disk without a network. */
export function pageHtml({ title, top, nav, main, footer, payload, script, style = '' }: Page, assets: Assets): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(title)} · klinelab</title>
<link rel="icon" href="data:,">
<style>${STYLE}${style}</style>
</head>
<body>
<a class="skip" href="#main">To the figures</a>
<header>
<div class="top">${top}</div>
<button type="button" id="theme" aria-label="Dark colours" aria-pressed="false">◐</button>
</header>
<nav aria-label="Contents">${nav}</nav>
<main id="main" tabindex="-1">
${main}
</main>
<footer>${footer}</footer>
<script type="application/json" id="payload">${scriptJson(payload)}</script>
<script>${inline(assets.vega)}</script>
<script>${inline(assets.vegaLite)}</script>
<script>${inline(assets.vegaEmbed)}</script>
<script>${script}</script>
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

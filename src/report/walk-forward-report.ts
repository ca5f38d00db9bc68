import type { LedgerVerdict } from '../core/ledger.ts'
import type { WalkForwardResult } from '../core/search.ts'
import { plural } from './format.ts'
import { escapeHtml, linksTo } from './html.ts'
import { ledgerBlock } from './ledger-section.ts'
import { type Assets, pageHtml } from './page.ts'
import { WALK_FORWARD_SCRIPT } from './page-walk-forward.ts'
import { remarksList } from './remarks.ts'
import { searchData, searchReproduce, searchSettings } from './search-evidence.ts'
import { whatWasSearched } from './search-head.ts'
import { SEARCH_STYLE } from './search-style.ts'
import { stitchedSection } from './walk-forward-equity.ts'
import { figuresSection } from './walk-forward-figures.ts'
import { walkForwardLuck } from './walk-forward-luck.ts'
import { walkForwardPayload } from './walk-forward-payload.ts'
import { stabilitySection } from './walk-forward-stability.ts'
import { walkForwardVerdict } from './walk-forward-verdict.ts'
import { windowsSection } from './walk-forward-windows.ts'

/** Sections in a word. */
const CONTENTS: Readonly<Record<string, string>> = {
  equity: 'Equity',
  windows: 'Windows',
  stability: 'Stability',
  overfitting: 'Luck',
  metrics: 'Figures',
  remarks: 'Remarks',
  data: 'Data',
  search: 'Settings',
  reproduce: 'Reproduce',
}

/**
 * One self-contained page of a walk-forward: opens from disk without a network. The same result gives the same bytes.
 * @param ledger what the project's ledger says of it; it grows with every trial and is no part of the run
 */
export function renderWalkForwardReport(
  result: WalkForwardResult,
  assets: Assets,
  ledger: LedgerVerdict | null = null,
): string {
  const { document } = result
  const { plan, windows } = document
  const sections = [
    stitchedSection(result),
    windowsSection(document),
    stabilitySection(document),
    walkForwardLuck(document.overfitting),
    figuresSection(document),
    remarksList(document.remarks),
    searchData(document),
    searchSettings(document, [
      ['Windows', `${plan.kind}, ${plural(windows.length, 'window')}`],
      ['Chosen on', plan.kind === 'anchored' ? `all from the start, at first ${plan.train}` : `the last ${plan.train}`],
      ['Left out between', plan.embargo],
      ['Tested on', `the next ${plan.test}`],
    ]),
    searchReproduce(document),
  ].filter((part) => part !== '')
  return pageHtml(
    {
      title: `walk-forward of ${document.name}`,
      top: whatWasSearched(document, 'Walk-forward', [
        `${plural(windows.length, `${plan.kind} window`)}: chosen on ${escapeHtml(plan.train)}${plan.kind === 'anchored' ? ' and more' : ''}, traded for the next ${escapeHtml(plan.test)}`,
      ]),
      nav: linksTo(sections, CONTENTS),
      main: `<noscript><p class="alarm">Charts need scripts; every figure is on the page without them.</p></noscript>
${walkForwardVerdict(document)}
${ledgerBlock(ledger)}
${sections.join('\n')}`,
      footer: `<p>Made by klinelab ${escapeHtml(document.engine.version)}. What the past would have paid says little about what the future will.</p>`,
      payload: walkForwardPayload(result),
      script: WALK_FORWARD_SCRIPT,
      style: SEARCH_STYLE,
    },
    assets,
  )
}

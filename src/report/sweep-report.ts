import type { LedgerVerdict } from '../core/ledger.ts'
import type { SweepDocument, SweepResult, TimeRange } from '../core/search.ts'
import { amountDigits, count, date } from './format.ts'
import { escapeHtml, linksTo } from './html.ts'
import { ledgerBlock } from './ledger-section.ts'
import { type Assets, pageHtml } from './page.ts'
import { SWEEP_SCRIPT } from './page-sweep.ts'
import { remarksList } from './remarks.ts'
import { searchData, searchReproduce, searchSettings } from './search-evidence.ts'
import { shapeOf } from './search-format.ts'
import { METHODS, whatWasSearched } from './search-head.ts'
import { overfittingPayload, overfittingSection } from './search-overfitting.ts'
import { SEARCH_STYLE } from './search-style.ts'
import { heldOutSection } from './sweep-held-out.ts'
import { mapsPayload, mapsSection, SHADES } from './sweep-maps.ts'
import { FIFTHS, parallelPayload, parallelSection } from './sweep-parallel.ts'
import { alongPayload, plateauSection } from './sweep-plateau.ts'
import { failuresSection, type SpreadBins, spreadBins, spreadSection } from './sweep-spread.ts'
import { bestSection, tablePayload, trialsSection } from './sweep-table.ts'
import { noReturns, sweepVerdict } from './sweep-verdict.ts'

/** Sections in a word. */
const CONTENTS: Readonly<Record<string, string>> = {
  held: 'Held out',
  overfitting: 'Luck',
  spread: 'Trials',
  maps: 'Maps',
  plateau: 'Plateau',
  parallel: 'Parameters',
  best: 'The best',
  failures: 'Failures',
  trials: 'Table',
  remarks: 'Remarks',
  data: 'Data',
  search: 'Settings',
  reproduce: 'Reproduce',
}

/**
 * One self-contained page of a sweep: opens from disk without a network. The same result gives the same bytes.
 * @param ledger what the project's ledger says of it; it grows with every trial and is no part of the run
 */
export function renderSweepReport(result: SweepResult, assets: Assets, ledger: LedgerVerdict | null = null): string {
  const { document } = result
  const bins = spreadBins(result)
  const sections = [
    heldOutSection(document),
    overfittingSection(document.overfitting, noReturns(document)),
    spreadSection(result, bins),
    mapsSection(document),
    plateauSection(result),
    parallelSection(document),
    bestSection(document),
    failuresSection(result),
    trialsSection(document),
    remarksList(document.remarks),
    searchData(document),
    searchSettings(document, document.heldOut === null ? [] : [['Held out', heldOutRange(document.heldOut)]]),
    searchReproduce(document),
  ].filter((part) => part !== '')
  return pageHtml(
    {
      title: `sweep of ${document.name}`,
      top: whatWasSearched(document, 'Sweep', [
        `${count(document.trials.all)} trials, ${METHODS[document.search.method]}`,
      ]),
      nav: linksTo(sections, CONTENTS),
      main: `<noscript><p class="alarm">Charts and the table of trials need scripts; all else is on the page without them.</p></noscript>
${sweepVerdict(result)}
${ledgerBlock(ledger)}
${sections.join('\n')}`,
      footer: `<p>Made by klinelab ${escapeHtml(document.engine.version)}. The best of many trials promises more than it will keep.</p>`,
      payload: sweepPayload(document, bins),
      script: SWEEP_SCRIPT,
      style: SEARCH_STYLE,
    },
    assets,
  )
}

function heldOutRange({ from, to }: TimeRange): string {
  return `${date(from)} to ${date(to)} UTC: no trial saw it`
}

/** What the page's charts and table are drawn from. */
function sweepPayload(document: SweepDocument, bins: SpreadBins | null) {
  const { label, form } = shapeOf(document.search.objective.name)
  return {
    digits: amountDigits(document.cash),
    objective: { label, form, goal: document.search.objective.goal },
    best: document.best === null ? null : { trial: document.best.trial, v: document.best.objective },
    fifths: FIFTHS,
    shades: SHADES,
    luck: overfittingPayload(document.overfitting),
    spread: bins,
    maps: mapsPayload(document),
    parallel: parallelPayload(document),
    along: alongPayload(document),
    rows: tablePayload(document),
  }
}

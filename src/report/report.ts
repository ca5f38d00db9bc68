import type { LedgerVerdict } from '../core/ledger.ts'
import type { RunResult } from '../core/run.ts'
import { BROWSER_SCRIPT } from './browser-script.ts'
import { certificateSection } from './certificate-section.ts'
import { equitySection, monthlySection } from './equity-section.ts'
import { ordersSection, reproduceSection } from './evidence-sections.ts'
import { escapeHtml, linksTo } from './html.ts'
import { ledgerBlock } from './ledger-section.ts'
import { luckSection } from './luck-section.ts'
import { marginSection } from './margin-section.ts'
import { type Assets, pageHtml } from './page.ts'
import { payload } from './payload.ts'
import { portfolioSection } from './portfolio-section.ts'
import { remarksSection } from './remarks.ts'
import { costsSection, metricsSection, splitSection } from './results-sections.ts'
import { stressSection } from './stress-section.ts'
import { distributionSection, priceSection, tradeTableSection } from './trade-sections.ts'
import { verdict } from './verdict.ts'
import { whatWasRun } from './what-was-run.ts'

/** Sections in a word. */
const CONTENTS: Readonly<Record<string, string>> = {
  equity: 'Equity',
  remarks: 'Remarks',
  price: 'Price',
  months: 'Months',
  distribution: 'Distribution',
  costs: 'Costs',
  stress: 'Stress',
  luck: 'Luck',
  margin: 'Margin',
  split: 'Splits',
  portfolio: 'Portfolio',
  orders: 'Orders',
  data: 'Data',
  trades: 'Trades',
  metrics: 'Figures',
  reproduce: 'Reproduce',
}

/**
 * One self-contained page of a run: opens from disk without a network. The same run gives the same bytes, but for what the
 * trial ledger says of it, which stands between two marks.
 */
export function renderReport(result: RunResult, assets: Assets, ledger: LedgerVerdict | null = null): string {
  const data = payload(result)
  const sections = [
    equitySection(result),
    remarksSection(result),
    priceSection(result, data.views.length),
    monthlySection(result),
    distributionSection(result, data.bins),
    costsSection(result),
    stressSection(result),
    luckSection(result),
    marginSection(result),
    splitSection(result),
    portfolioSection(result),
    ordersSection(result),
    certificateSection(result),
    tradeTableSection(result),
    metricsSection(result),
    reproduceSection(result),
  ].filter((part) => part !== '')
  return pageHtml(
    {
      title: result.document.strategy,
      top: whatWasRun(result),
      nav: linksTo(sections, CONTENTS),
      main: `<noscript><p class="alarm">Charts and the trade table need scripts; every figure is on the page without them.</p></noscript>
${verdict(result)}
${ledgerBlock(ledger, result.document.riskFree)}
${sections.join('\n')}`,
      footer: `<p>Made by klinelab ${escapeHtml(result.document.engine.version)}. What the past would have paid says little about what the future will.</p>`,
      payload: data,
      script: BROWSER_SCRIPT,
    },
    assets,
  )
}

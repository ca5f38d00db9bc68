import { PAGE_CHARTS } from './page-charts.ts'
import { PAGE_RUN } from './page-run.ts'
import { PAGE_START } from './page-start.ts'
import { PAGE_TRADES } from './page-trades.ts'

/**
 * What runs in the page: charts drawn when they come into view, the table of trades, light and dark. Plain JavaScript as
 * text, because a report must be the same bytes whether klinelab runs from its sources or compiled.
 */
export const BROWSER_SCRIPT = `
'use strict';
(() => {
${PAGE_START}${PAGE_CHARTS}${PAGE_RUN}${PAGE_TRADES}
})();
`

import { CHART_PARTS } from './page-charts.ts'
import { PAGE_COPY } from './page-copy.ts'
import { pageDraw } from './page-draw.ts'
import { SEARCH_PARTS } from './page-search.ts'
import { PAGE_DATA, PAGE_NUMBERS } from './page-start.ts'
import { WALK_FORWARD_CHARTS } from './page-walk-forward-charts.ts'

/** The columns of a walk-forward (`walk-forward-payload.ts`). */
const COLUMNS = `  const lines = { equity: unpackLine(data.equity), benchmark: unpackLine(data.benchmark), drawdown: unpackLine(data.drawdown), benchmarkDrawdown: unpackLine(data.benchmarkDrawdown) };
  const viewOf = new Map();
  const goTo = () => {};
  const showRows = () => {};

`

/** What runs in the page of a walk-forward. */
export const WALK_FORWARD_SCRIPT = `
'use strict';
(() => {
${PAGE_DATA}${COLUMNS}${PAGE_NUMBERS}${CHART_PARTS}${SEARCH_PARTS}${WALK_FORWARD_CHARTS}${pageDraw({
  charts: `  const CHARTS = {
    'chart-equity': { make: equity, moves: true, sights: () => [lines.equity, lines.benchmark] },
    'chart-drawdown': { make: drawdown, moves: true, sights: () => [lines.drawdown, lines.benchmarkDrawdown] },
    'chart-windows': { make: windowBars },
    'chart-objectives': { make: objectives },
  };
  data.stability.forEach((one, k) => { CHARTS['chart-stability-' + k] = { make: steps(one) }; });
`,
  everything: `  const everything = [lines.equity.t[0], lines.equity.t[lines.equity.t.length - 1]];
`,
  logged: `    redraw(['chart-equity']);
`,
  words: `  const markWords = (datum) => datum.words || '';
`,
  reads: `  const pair = (one, other, t, text) => 'out of sample ' + valueAt(one, t, text) + (other ? ', buy and hold ' + valueAt(other, t, text) : '');
  const READ = {
    'chart-equity': (t) => pair(lines.equity, lines.benchmark, t, amount),
    'chart-drawdown': (t) => pair(lines.drawdown, lines.benchmarkDrawdown, t, percent),
  };
`,
})}
  shorten();
${PAGE_COPY}
})();
`

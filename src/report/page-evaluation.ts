import { CHART_PARTS } from './page-charts.ts'
import { PAGE_COPY } from './page-copy.ts'
import { pageDraw } from './page-draw.ts'
import { EVALUATION_CHARTS } from './page-evaluation-charts.ts'
import { PAGE_DATA, PAGE_NUMBERS } from './page-start.ts'

/** The columns of an evaluation (`evaluation-payload.ts`). */
const COLUMNS = `  const all = data.series.map((one) => Object.assign({}, one, {
    price: one.price && { t: unpackTimes(one.price.t), low: one.price.low, high: one.price.high, close: one.price.close },
    said: one.said.map((line) => Object.assign({}, line, unpackLine(line))),
  }));
  const viewOf = new Map();
  const goTo = () => {};
  const showRows = () => {};

`

const CHARTS = `  const CHARTS = {};
  for (const one of all) {
    const add = (name, chart) => { CHARTS['chart-' + name + one.tail] = chart; };
    add('roc', { make: curves(one, 'roc') });
    add('pr', { make: curves(one, 'pr') });
    add('calibration', { make: reliability(one) });
    add('spread', { make: spread(one) });
    add('money', { make: money(one), read: (x) => moneyWords(one, x) });
    add('trades', { make: tradeCounts(one), read: (x) => moneyWords(one, x) });
    add('folds', { make: foldAreas(one) });
    one.losses.forEach((folds, k) => { CHARTS['chart-losses' + one.tail + '-' + k] = { make: losses(folds) }; });
    add('importance', { make: importance(one) });
    add('drift', { make: drift(one) });
    if (one.price === null) continue;
    add('price', { make: priceChart(one), moves: true, sights: () => [{ t: one.price.t, v: one.price.low }, { t: one.price.t, v: one.price.high }] });
    add('p', { make: probability(one), moves: true, sights: () => one.said });
  }
`

/** What runs in the page of an evaluation. */
export const EVALUATION_SCRIPT = `
'use strict';
(() => {
${PAGE_DATA}${COLUMNS}${PAGE_NUMBERS}${CHART_PARTS}${EVALUATION_CHARTS}${pageDraw({
  charts: CHARTS,
  everything: `  const ends = all.flatMap((one) => (one.price === null || one.price.t.length === 0 ? [] : [one.price.t[0], one.price.t[one.price.t.length - 1]]));
  const everything = [Math.min(...ends), Math.max(...ends)];
`,
  logged: `    redraw(all.map((one) => 'chart-price' + one.tail));
`,
  words: `  const markWords = (datum) => datum.words || '';
`,
  reads: `  const READ = {};
  for (const one of all) {
    if (one.price === null) continue;
    READ['chart-price' + one.tail] = (t) => { const row = rowAt(one.price.t, t); return price(one.price.low[row]) + ' to ' + price(one.price.high[row]) + ', close ' + price(one.price.close[row]); };
    READ['chart-p' + one.tail] = (t) => { const line = one.said.find((some) => some.from <= t && t <= some.to); return line && line.t.length > 0 ? 'fold ' + line.fold + ' says p ' + decimal(line.v[rowAt(line.t, t)], 3) : 'nothing is said'; };
  }
`,
})}
  for (const id of Object.keys(CHARTS)) if (CHARTS[id].read && $(id)) {
    $(id).addEventListener('pointermove', (event) => {
      const view = views.get(id);
      if (!view) return;
      const left = $(id).firstChild.getBoundingClientRect().left;
      say(id, CHARTS[id].read(Number(view.scale('x').invert(event.clientX - left - view.origin()[0]))));
    });
    $(id).addEventListener('pointerleave', () => say(id, ''));
  }
  shorten();
${PAGE_COPY}
})();
`

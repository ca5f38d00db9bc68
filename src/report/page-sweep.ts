import { CHART_PARTS } from './page-charts.ts'
import { PAGE_COPY } from './page-copy.ts'
import { pageDraw } from './page-draw.ts'
import { SEARCH_PARTS } from './page-search.ts'
import { PAGE_DATA, PAGE_NUMBERS } from './page-start.ts'
import { SWEEP_CHARTS } from './page-sweep-charts.ts'
import { PAGE_TABLE } from './page-table.ts'

/** The columns of a sweep (`sweep-table.ts`). */
const COLUMNS = `  const rows = Object.assign({}, data.rows, { status: unpackTexts(data.rows.status), reason: unpackTexts(data.rows.reason) });
  const viewOf = new Map();
  const goTo = () => {};

`

const CHARTS = `  const CHARTS = {
    'chart-honesty': { make: honesty },
    'chart-logits': { make: logits },
    'chart-spread': { make: spread },
    'chart-parallel': { make: parallel },
  };
  data.maps.forEach((map, k) => { for (const of of ['median', 'best']) CHARTS['chart-map-' + k + '-' + of] = { make: heat(map, of) }; });
  data.along.forEach((one, k) => { CHARTS['chart-along-' + k] = { make: along(one) }; });
`

/** The table of trials: what a row holds, how it is written, and what a filter asks of it. */
const TABLE = String.raw`
  let showRows = () => {};
  if ($('row-table')) {
    const STATUS = { done: 'done', pruned: 'given up', failed: 'failed' };
    const column = (field) => (/^p\d+$/.test(field) ? rows.params[Number(field.slice(1))] : /^m\d+$/.test(field) ? rows.metrics[Number(field.slice(1))] : rows[field]);
    const valueOf = (k, field) => column(field)[k];
    const figureAt = (field) => (field === 'objective' ? 0 : Number(field.slice(1)) + 1);
    const isFigure = (field) => field === 'objective' || /^m\d+$/.test(field);
    const written = (value) => (typeof value === 'number' ? String(Number.isInteger(value) ? value : Number(value.toPrecision(6))).replace('-', '−') : value);
    const textOf = (k, field) => {
      const value = valueOf(k, field);
      if (value === null) return '–';
      if (field === 'rank' || field === 'trial') return decimal(value, 0);
      if (field === 'status') return STATUS[value];
      return isFigure(field) ? formText(rows.forms[figureAt(field)], value) : written(value);
    };
    const cellOf = (k, field) => {
      const value = valueOf(k, field);
      const cell = document.createElement(field === 'rank' ? 'th' : 'td');
      if (field === 'rank') cell.scope = 'row';
      cell.textContent = textOf(k, field);
      if (typeof value === 'number' || isFigure(field) || field === 'rank') cell.className = 'n';
      if (field === 'reason') cell.className = 'why';
      if (field === 'status' && value !== 'done') cell.className = value === 'failed' ? 'bad' : 'mark';
      const note = isFigure(field) && value === null ? rows.notes[rows.trial[k] + '.' + rows.keys[figureAt(field)]] : undefined;
      if (note) cell.title = note;
      return cell;
    };
    const ASK = { '=': (a, b) => a === b, '<': (a, b) => a < b, '>': (a, b) => a > b, '<=': (a, b) => a <= b, '>=': (a, b) => a >= b };
    const named = new Map(rows.names.map((name, k) => [name.toLowerCase(), 'p' + k]).concat([['rank', 'rank'], ['trial', 'trial'], [objective.label.toLowerCase(), 'objective'], [rows.keys[0].toLowerCase(), 'objective']]).concat(rows.keys.slice(1).map((key, k) => [key.toLowerCase(), 'm' + k])));
    /** A comparison where a word is one of a column of the table, else words to be looked for. */
    const askOf = (word) => {
      const parts = /^([^<>=]+)(<=|>=|<|>|=)(.+)$/.exec(word);
      const field = parts && named.get(parts[1]);
      if (!field) return null;
      const isNumber = !Number.isNaN(Number(parts[3]));
      return (k) => {
        const value = valueOf(k, field);
        if (value === null) return false;
        return typeof value === 'number' ? isNumber && ASK[parts[2]](value, Number(parts[3])) : ASK[parts[2]](value.toLowerCase(), parts[3]);
      };
    };
    const filter = () => {
      const asks = wordsIn('row-filter').map((word) => {
        const ask = askOf(word);
        return ask || ((k) => [STATUS[rows.status[k]], rows.reason[k]].concat(rows.params.map((values, n) => rows.names[n] + '=' + written(values[k]))).join(' ').toLowerCase().includes(word));
      });
      const status = $('row-status').value;
      return (k) => (status === '' || rows.status[k] === status) && asks.every((ask) => ask(k));
    };
    showRows = turningTable({ id: 'row-table', one: 'trial', many: 'trials', file: 'trials.csv', first: 'rank', size: rows.trial.length, filters: ['row-filter', 'row-status'], count: 'row-count', filter, valueOf, cellOf });
  }
  shorten();
`

/** What runs in the page of a sweep. */
export const SWEEP_SCRIPT = `
'use strict';
(() => {
${PAGE_DATA}${COLUMNS}${PAGE_NUMBERS}${CHART_PARTS}${SEARCH_PARTS}${SWEEP_CHARTS}${pageDraw({
  charts: CHARTS,
  everything: `  const everything = [0, 0];
`,
  logged: '',
  words: `  const markWords = (datum) => datum.words || '';
`,
  reads: `  const READ = {};
`,
})}${PAGE_TABLE}${TABLE}
${PAGE_COPY}
})();
`

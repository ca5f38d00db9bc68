/** Reads what the page is drawn from (`pack.ts`). */
export const PAGE_DATA = `
  const data = JSON.parse(document.getElementById('payload').textContent);
  const $ = (id) => document.getElementById(id);

  const unpackTimes = ({ from, unit, steps }) => {
    let time = from;
    const moves = Array.isArray(steps) ? steps : Array.from({ length: steps.count }, (_, k) => (k === 0 ? 0 : steps.each));
    return moves.map((step) => (time += step * unit));
  };
  const unpackLine = (line) => line && { t: unpackTimes(line.t), v: line.v };
  const unpackTexts = ({ names, of }) => of.map((k) => names[k]);

`

/** The columns of a backtest (`payload.ts`). */
const RUN_COLUMNS = `  const lines = { equity: unpackLine(data.equity), benchmark: unpackLine(data.benchmark), drawdown: unpackLine(data.drawdown), benchmarkDrawdown: unpackLine(data.benchmarkDrawdown) };
  const named = (all) => all.map((line) => Object.assign({ name: line.name }, unpackLine(line)));
  const account = { exposure: named(data.account.exposure), margin: named(data.account.margin), funding: named(data.account.funding) };
  const prices = data.prices.map((one) => ({ symbol: one.symbol, step: one.step, t: unpackTimes(one.t), low: one.low, high: one.high, close: one.close, plots: one.plots.map((plot) => ({ name: plot.name, t: unpackTimes(plot.t), v: plot.v })) }));
  const trades = Object.assign({}, data.trades, { number: unpackTimes(data.trades.number) });
  for (const key of ['symbol', 'side', 'entryTag', 'exitTag']) trades[key] = unpackTexts(data.trades[key]);
  for (const key of ['entryTime', 'exitTime']) trades[key] = unpackTimes(data.trades[key]);
  const size = trades.symbol.length;
  const viewOf = new Map(data.views.map((view) => [view.trade, view]));

`

/** Writes numbers as `format.ts` does. */
export const PAGE_NUMBERS = String.raw`  const decimal = (value, digits) => {
    const parts = Math.abs(value).toFixed(digits).split('.');
    parts[0] = parts[0].replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
    const text = parts.join('.');
    return value < 0 && /[1-9]/.test(text) ? '−' + text : text;
  };
  const amount = (value) => decimal(value, data.digits);
  const percent = (value) => {
    const text = decimal(value * 100, 2) + '\u202f%';
    return value > 0 && /[1-9]/.test(text) ? '+' + text : text;
  };
  const price = (value) => {
    const digits = value === 0 ? 2 : Math.min(12, Math.max(2, 6 - Math.ceil(Math.log10(Math.abs(value)))));
    return decimal(value, digits).replace(/(\.\d\d\d*?)0+$/, '$1');
  };
  const quantity = (value) => price(value).replace(/(\.\d*?)0+$/, '$1').replace(/\.$/, '');
  const moment = (time) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');
`

/** What the page of a backtest starts with. */
export const PAGE_START = `${PAGE_DATA}${RUN_COLUMNS}${PAGE_NUMBERS}`

import { pageDraw } from './page-draw.ts'

/** What the page of a backtest draws, and what it says of what is under the pointer. */
export const PAGE_RUN = pageDraw({
  charts: `  const CHARTS = {
    'chart-equity': { make: equity, moves: true, sights: () => [lines.equity, lines.benchmark] },
    'chart-drawdown': { make: drawdown, moves: true, sights: () => [lines.drawdown, lines.benchmarkDrawdown] },
    'chart-price': { make: priceChart, moves: true, sights: () => [{ t: chosen().t, v: chosen().low }, { t: chosen().t, v: chosen().high }], isCrowded: () => tradesOn(chosen().symbol).length > CROWD },
    'chart-trade': { make: oneTrade },
    'chart-funding': { make: several('funding'), moves: true, sights: () => account.funding },
    'chart-exposure': { make: several('exposure', '.0%'), moves: true, sights: () => account.exposure },
    'chart-margin': { make: several('margin', '~%'), moves: true, sights: () => account.margin },
    'chart-returns': { make: data.bins && bins('return', 'return of a trade', '~%') },
    'chart-holding': { make: data.bins && bins('bars', 'bars', ',d') },
    'chart-excursion': { make: excursion, isCrowded: () => size > CROWD },
  };
`,
  everything: `  const everything = [lines.equity.t[0], lines.equity.t[lines.equity.t.length - 1]];
`,
  logged: `    redraw(['chart-equity', 'chart-price']);
`,
  words: `  const markWords = (datum) => {
    if (datum.k !== undefined) return tradeName(datum.k);
    if (datum.symbol !== undefined) return 'still open: ' + datum.what + ' ' + moment(datum.t) + ' at ' + price(datum.v);
    if (datum.n !== undefined) return decimal(datum.n, 0) + (datum.n === 1 ? ' trade' : ' trades') + (datum.b > 1 ? ' from ' + decimal(datum.a, 0) + ' to below ' + decimal(datum.b, 0) : ' from ' + percent(datum.a) + ' to ' + percent(datum.b));
    return '';
  };
`,
  reads: String.raw`  const pair = (one, other, t, text) => 'strategy ' + valueAt(one, t, text) + (other ? ', buy and hold ' + valueAt(other, t, text) : '');
  const share = (value) => decimal(value * 100, 2) + '\u202f%';
  const each = (all, t, text) => all.map((line) => line.name + ' ' + valueAt(line, t, text)).join(', ');
  const READ = {
    'chart-funding': (t) => each(account.funding, t, amount),
    'chart-exposure': (t) => each(account.exposure, t, share),
    'chart-margin': (t) => each(account.margin, t, share),
    'chart-equity': (t) => pair(lines.equity, lines.benchmark, t, amount),
    'chart-drawdown': (t) => pair(lines.drawdown, lines.benchmarkDrawdown, t, percent),
    'chart-price': (t) => { const one = chosen(); const row = rowAt(one.t, t); return price(one.low[row]) + ' to ' + price(one.high[row]) + ', close ' + price(one.close[row]); },
  };
`,
})

import { PAPER_CHART } from './page-paper-chart.ts'
import { PAGE_NUMBERS } from './page-start.ts'

/** What is shown of a session, and how it is filled in: texts alone, never markup, since some of them are strangers'. */
const FILL = String.raw`
  const fill = (id, text) => { if ($(id).textContent !== text) $(id).textContent = text; };
  const seconds = (ms) => (ms < 1000 ? Math.round(ms) + ' ms' : ms < 120000 ? decimal(ms / 1000, 1) + ' s' : ms < 7200000 ? Math.round(ms / 60000) + ' min' : ms < 172800000 ? Math.round(ms / 3600000) + ' h' : Math.round(ms / 86400000) + ' days');
  const micro = (us) => (us < 1000 ? Math.round(us) + ' µs' : decimal(us / 1000, us < 10000 ? 2 : 0) + ' ms');
  const plural = (n, one) => decimal(n, 0) + ' ' + one + (n === 1 ? '' : 's');

  /** Rows of a table; [text, kind] where a cell is not plain. Without rows its words stand there instead. */
  const rows = (id, all, none) => {
    const body = document.querySelector('#' + id + ' tbody');
    const columns = document.querySelectorAll('#' + id + ' thead th').length;
    const cell = (content, k) => {
      const [text, kind] = Array.isArray(content) ? content : [content, ''];
      const one = document.createElement(k === 0 && all.length > 0 ? 'th' : 'td');
      if (k === 0 && all.length > 0) one.scope = 'row';
      if (kind) one.className = kind;
      one.textContent = text;
      return one;
    };
    const row = (cells) => { const one = document.createElement('tr'); one.append(...cells.map(cell)); return one; };
    if (all.length > 0) return body.replaceChildren(...all.map(row));
    const empty = row([[none, 'off']]);
    empty.firstChild.colSpan = columns;
    body.replaceChildren(empty);
  };
  const n = (text) => [text, 'n'];

  const levelOf = (order) => [order.limit, order.trigger].filter((one) => one !== null && one !== undefined).map(price).join(' from ') || '–';
  const HEALTH = { running: 'good', warming: 'mark', halted: 'bad', failed: 'bad', stopped: 'mark', ended: 'mark' };
  const STANDING = { inside: 'within', low: 'below', high: 'above', early: 'too early', none: 'no band' };
  const card = (id, value, peer, kind) => {
    fill(id, value);
    fill(id + '-p', peer);
    $(id).parentElement.className = 'card' + (kind ? ' ' + kind : '');
  };

  const fillCards = (view) => {
    const { equity, drawdown, position, counters, openOrders, series, alarms } = view;
    const gain = equity - whole.startEquity;
    card('equity', amount(equity), (gain >= 0 ? '+' : '') + amount(gain) + ' ' + whole.quote + ', ' + percent(gain / whole.startEquity), gain < 0 ? 'bad' : '');
    const place = standing();
    card('against', STANDING[place.kind], place.kind === 'none' ? 'nothing to hold it against' : 'the backtest’s band', place.kind === 'low' ? 'bad' : place.kind === 'inside' ? 'good' : '');
    card('drawdown', decimal(drawdown * 100, 2) + '\u202f%', 'below the highest equity');
    const [held] = position;
    card('held', held ? quantity(held.qty) : 'flat', held ? held.symbol + (position.length > 1 ? ' and ' + (position.length - 1) + ' more' : '') + ' from ' + price(held.entryPrice) : plural(openOrders.length, 'open order'));
    card('traded', decimal(counters.trades, 0), plural(counters.fills, 'fill') + ', ' + decimal(counters.rejected, 0) + ' refused');
    const delays = series.map((one) => one.delayMs).filter((one) => one !== null);
    card('delay', delays.length > 0 ? seconds(Math.max(...delays)) : '–', delays.length > 0 ? 'from close to heard, the slowest' : whole.mode === 'replay' ? 'bars are replayed' : whole.hasOwnTime ? 'the exchange has a time of its own' : 'no bar yet');
    const critical = alarms.filter((one) => one.severity === 'critical' && !one.ended).length;
    card('alarmed', decimal(counters.alarms, 0), counters.standing > 0 ? (counters.standing === 1 ? '1 stands' : counters.standing + ' stand') : critical > 0 ? critical + ' critical among the newest' : 'since the session began', critical > 0 ? 'bad' : '');
    card('latency', view.timings.total.count > 0 ? micro(view.timings.total.p50) : '–', view.timings.total.count > 0 ? '99 % within ' + micro(view.timings.total.p99) : 'no order yet');
  };

  const fillTables = (view) => {
    rows('positions', view.position.map((one) => [one.symbol, n(quantity(one.qty)), n(price(one.entryPrice)), n(one.lastPrice === null ? '–' : price(one.lastPrice)), one.lastPrice === null ? n('–') : [signed((one.lastPrice - one.entryPrice) * one.qty), 'n ' + ((one.lastPrice - one.entryPrice) * one.qty < 0 ? 'bad' : 'good')]]), 'Nothing is held.');
    rows('open', view.openOrders.map((one) => [one.id, one.symbol, one.side, one.type, n(quantity(one.qty)), n(levelOf(one)), one.role || '–']), 'No order is open.');
    rows('filled', view.fills.map((one) => [moment(one.time), one.symbol, one.side, n(quantity(one.qty)), n(price(one.price)), n(amount(one.fee)), n(quantity(one.position)), one.tag || '–']), 'Nothing has been filled yet.');
    rows('feeds', view.series.map((one) => [one.name, one.lastBar === null ? '–' : moment(one.lastBar), n(one.delayMs === null ? '–' : seconds(one.delayMs)), one.due === null ? '–' : moment(one.due)]), 'No series.');
    rows('times', Object.entries(TIMES).filter(([key]) => view.timings[key].count > 0).map(([key, words]) => [words, n(micro(view.timings[key].p50)), n(micro(view.timings[key].p99)), n(micro(view.timings[key].max)), n(decimal(view.timings[key].count, 0))]), 'Nothing has been measured yet.');
  };
  /** Fractions as per cent, slippage in basis points, the drift of a feature as the index it is. */
  const drifted = (one, value) => (value === null ? '–' : one.kind === 'feature' ? decimal(value, 3) : one.kind === 'slippage' ? decimal(value, 2) + ' bp' : decimal(value * 100, 2) + '\u202f%');
  const VERDICTS = { drifted: 'bad', steady: 'good', unknown: 'off' };
  const fillDrift = ({ drift }) => {
    $('drift').hidden = !drift;
    if (!drift) return;
    fill('drift-at', 'As of ' + moment(drift.at) + ' UTC, ' + (drift.run === null ? 'beside no backtest.' : 'beside ' + drift.run + '.'));
    const band = (one) => (one.low === null && one.high === null ? '–' : one.low === null ? 'up to ' + drifted(one, one.high) : one.high === null ? 'from ' + drifted(one, one.low) : drifted(one, one.low) + ' – ' + drifted(one, one.high));
    rows('drifts', drift.items.map((one) => [one.name, n(drifted(one, one.figure)), n(band(one)), [one.verdict, VERDICTS[one.verdict]], [one.words, 'prose']]), 'Nothing has been compared yet.');
  };
  const signed = (value) => (value > 0 ? '+' : '') + amount(value);
  const TIMES = { journal: 'heard → on the disk', engine: 'the engine’s own time', decision: 'heard → decided', order: 'decided → sent', total: 'heard → sent' };

  const entry = (time, level, text, said) => {
    const [one, stamp, word, words] = ['li', 'time', 'b', 'span'].map((name) => document.createElement(name));
    one.className = level;
    stamp.textContent = time === null ? '' : moment(time);
    word.textContent = said || level;
    words.textContent = text;
    one.append(stamp, word, words);
    return one;
  };
  /** Of what lasts: since when, or until when; what has ended calls for nobody any more. */
  const alarmEntry = (one, at) => {
    const isOver = typeof one.ended === 'number';
    const line = entry(one.at, isOver ? 'info' : LOUD[one.severity], isOver ? one.subject + '. ' : one.kind + ': ' + one.text, isOver ? 'ended' : one.severity);
    if (one.ended === undefined) return line;
    const state = document.createElement('em');
    state.textContent = isOver ? 'Over since ' + moment(one.ended) + (one.ended < one.at ? '' : ', after ' + seconds(one.ended - one.at)) + '.' : 'Stands since ' + moment(one.at) + (at > one.at ? ', for ' + seconds(at - one.at) : '') + '.';
    line.lastElementChild.append(state);
    return line;
  };
  const LOUD = { info: 'info', warning: 'warn', critical: 'error' };
  const fillAlarms = ({ alarms, at, now }) => {
    fill('no-alarms', alarms.length > 0 ? '' : 'None has gone off.');
    $('alarm-list').replaceChildren(...alarms.map((one) => alarmEntry(one, whole.mode === 'replay' ? at : now)));
  };
  const LINES = 200;
  const addLog = (entries) => {
    $('log-list').prepend(...entries.map((one) => entry(one.at === null ? one.time : one.at, one.level, one.text)).reverse());
    while ($('log-list').childElementCount > LINES) $('log-list').lastElementChild.remove();
    fill('no-log', $('log-list').childElementCount > 0 ? '' : 'Nothing has happened yet.');
  };

  const fillView = (view) => {
    fill('state', view.state);
    $('state').className = 'badge ' + (view.trouble === null ? HEALTH[view.state] || '' : 'bad');
    fill('trouble', view.trouble === null || view.trouble === view.state ? '' : view.trouble);
    fill('at', view.at === null ? 'no bar yet' : 'last bars closed ' + moment(view.at) + ' UTC');
    fill('waiting', view.waiting || '');
    $('halted').hidden = view.halted.length === 0;
    fill('halted', view.halted.map(({ at, text }) => 'Halted since ' + moment(at) + ' UTC, ' + text).join('\n'));
    fill('standing', standing().words);
    fill('champions', view.champions.map(({ model, since }) => 'A newer champion of model ' + model + ' waits since ' + moment(since) + ' UTC: this session keeps its own, and one that is begun with another --name asks it.').join(' '));
    fillCards(view);
    fillTables(view);
    fillAlarms(view);
    fillDrift(view);
    shorten();
  };
  const shorten = () => { for (const box of document.querySelectorAll('.scroll')) { if (box.scrollWidth > box.clientWidth || box.scrollHeight > box.clientHeight) box.tabIndex = 0; else box.removeAttribute('tabindex'); } };
`

/** How a page keeps up: events that number themselves, and another try where they end. */
const LIVE = `
  const POINTS = 3000;
  let pending = 0;
  const redraw = () => { if (pending === 0) pending = requestAnimationFrame(() => { pending = 0; drawChart(); }); };
  const on = {
    whole: (told) => {
      whole = told;
      data.digits = told.digits;
      curve = told.curve;
      fill('facts', told.facts);
      $('remarks').replaceChildren(...told.remarks.map((text) => { const one = document.createElement('li'); one.textContent = text; return one; }));
      const isHeld = Boolean(told.expectation.low);
      fill('chart-c', isHeld ? 'Equity, and where nine in ten draws of the backtest’s days have it' : 'Equity since the session began');
      document.querySelector('.spans').hidden = !isHeld;
      $('log-list').replaceChildren();
      addLog(told.log);
      fillView(told.view);
      redraw();
    },
    tick: ({ view, points }) => {
      curve = curve.concat(points);
      // the newest stretch stays as it came
      if (curve.length > POINTS) curve = curve.filter((_, k) => k % 2 === 0 || k > curve.length - POINTS / 4);
      fillView(view);
      redraw();
    },
    log: addLog,
    beat: () => {},
  };

  /** The server says something every 15 s; a connection that does not is dead, as phones leave them. */
  const SILENT = 45000;
  let [source, last, heard, tries, again] = [null, null, Date.now(), 0, 0];
  const say = (words, kind) => { fill('link', words); $('link').className = kind; };
  const connect = () => {
    clearTimeout(again);
    if (source !== null) source.close();
    heard = Date.now();
    source = new EventSource(last === null ? 'events' : 'events?last=' + encodeURIComponent(last));
    source.onopen = () => { tries = 0; heard = Date.now(); say('live', 'good'); };
    source.onerror = () => {
      say('no connection since ' + moment(Date.now()).slice(11) + ' UTC; it is tried again', 'bad');
      if (source.readyState === 2) again = setTimeout(connect, Math.min(30000, 1000 * Math.pow(2, tries++)));
    };
    for (const [name, act] of Object.entries(on)) source.addEventListener(name, (event) => {
      heard = Date.now();
      if (event.lastEventId) last = event.lastEventId;
      if (name === 'whole' || whole !== null) act(JSON.parse(event.data));
    });
  };
  const check = () => { if (document.visibilityState === 'visible' && source.readyState === 1 && Date.now() - heard > SILENT) connect(); };
  setInterval(check, 5000);
  document.addEventListener('visibilitychange', check);
  addEventListener('online', connect);
  connect();

  const root = document.documentElement;
  const isDark = () => (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const themed = () => $('theme').setAttribute('aria-pressed', String(isDark()));
  $('theme').addEventListener('click', () => { root.dataset.theme = isDark() ? 'light' : 'dark'; themed(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', themed);
  themed();
  $('loud').addEventListener('change', () => $('log-list').classList.toggle('loud', $('loud').checked));
`

/** What runs in the page of a running session. */
export const PAPER_SCRIPT = `
'use strict';
(() => {
  const $ = (id) => document.getElementById(id);
  const data = { digits: 2 };
  let whole = null;
  let curve = [];
${PAGE_NUMBERS}${FILL}${PAPER_CHART}${LIVE}
})();
`

/**
 * What runs in the page: charts drawn when they come into view, the table of trades, light and dark. Plain JavaScript as
 * text, because a report must be the same bytes whether klinelab runs from its sources or compiled.
 */
export const BROWSER_SCRIPT = String.raw`
'use strict';
(() => {
  const data = JSON.parse(document.getElementById('payload').textContent);
  const $ = (id) => document.getElementById(id);
  const css = (name) => getComputedStyle(document.documentElement).getPropertyValue(name).trim();
  const trades = data.trades;
  const size = trades.symbol.length;

  const group = (text) => text.replace(/\B(?=(\d{3})+(?!\d))/g, '\u202f');
  const decimal = (value, digits) => {
    const parts = Math.abs(value).toFixed(digits).split('.');
    parts[0] = group(parts[0]);
    const text = parts.join('.');
    return value < 0 && /[1-9]/.test(text) ? '−' + text : text;
  };
  const percent = (value) => (value > 0 ? '+' : '') + decimal(value * 100, 2) + ' %';
  const price = (value) => {
    const digits = value === 0 ? 2 : Math.min(12, Math.max(2, 6 - Math.ceil(Math.log10(Math.abs(value)))));
    return decimal(value, digits).replace(/(\.\d\d\d*?)0+$/, '$1');
  };
  const moment = (time) => new Date(time).toISOString().slice(0, 16).replace('T', ' ');

  const points = (line, name) => line.t.map((t, k) => ({ t, v: line.v[k], name }));
  const time = (extra) => Object.assign({ field: 't', type: 'temporal', scale: { type: 'utc' }, title: null }, extra);
  const zoom = { name: 'zoom', select: { type: 'interval', encodings: ['x'], zoom: 'wheel![event.ctrlKey || event.shiftKey]' }, bind: 'scales' };

  const config = () => ({
    background: null,
    font: 'system-ui, sans-serif',
    view: { stroke: null },
    axis: { labelColor: css('--soft'), titleColor: css('--soft'), gridColor: css('--line'), domainColor: css('--line'), tickColor: css('--line'), labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' },
    axisX: { labelFlush: true, labelOverlap: 'greedy' },
    legend: { labelColor: css('--ink'), titleColor: css('--soft'), labelFontSize: 12, orient: 'top', symbolType: 'stroke' },
    header: { labelColor: css('--soft'), titleColor: css('--soft') },
    title: { color: css('--soft'), fontSize: 12, fontWeight: 'normal', anchor: 'start' },
  });

  const equity = () => {
    const names = ['strategy'];
    const colours = [css('--accent')];
    let values = points(data.equity, 'strategy');
    if (data.benchmark) {
      names.push('buy and hold');
      colours.push(css('--muted'));
      values = points(data.benchmark, 'buy and hold').concat(values);
    }
    return {
      data: { values },
      params: [zoom],
      mark: { type: 'line', strokeWidth: 1.6, clip: true, interpolate: 'linear' },
      encoding: {
        x: time(),
        y: { field: 'v', type: 'quantitative', scale: { zero: false }, title: null, axis: { format: '~s' } },
        color: { field: 'name', type: 'nominal', scale: { domain: names, range: colours }, title: null },
      },
    };
  };

  const drawdown = () => {
    const layer = [
      { data: { values: points(data.drawdown, 'strategy') }, mark: { type: 'area', color: css('--bad'), opacity: 0.35, line: { color: css('--bad'), strokeWidth: 1 }, clip: true }, params: [zoom], encoding: { x: time(), y: { field: 'v', type: 'quantitative', title: null, axis: { format: '.0%' } } } },
    ];
    if (data.benchmarkDrawdown) layer.push({ data: { values: points(data.benchmarkDrawdown, 'buy and hold') }, mark: { type: 'line', color: css('--muted'), strokeWidth: 1, clip: true }, encoding: { x: time(), y: { field: 'v', type: 'quantitative' } } });
    return { layer };
  };

  /** Entries and exits as marks: t, v, what, whether the trade won. */
  const marks = (indices) => indices.flatMap((k) => [
    { t: trades.entryTime[k], v: trades.entryPrice[k], what: trades.side[k] === 'long' ? 'long entry' : 'short entry', won: trades.pnl[k] > 0 },
    { t: trades.exitTime[k], v: trades.exitPrice[k], what: 'exit', won: trades.pnl[k] > 0 },
  ]);
  const markLayer = (values, px) => ({
    data: { values },
    mark: { type: 'point', filled: true, size: px, opacity: 0.85, clip: true, stroke: css('--paper'), strokeWidth: 0.5 },
    encoding: {
      x: time(),
      y: { field: 'v', type: 'quantitative' },
      shape: { field: 'what', type: 'nominal', scale: { domain: ['long entry', 'short entry', 'exit'], range: ['triangle-up', 'triangle-down', 'circle'] }, legend: null },
      color: { condition: [{ test: "datum.what !== 'exit'", value: css('--accent') }, { test: 'datum.won', value: css('--good') }], value: css('--bad') },
    },
  });
  const plotLayer = (plots, rows) => ({
    data: { values: plots.flatMap((plot) => rows(plot)) },
    mark: { type: 'line', strokeWidth: 1.2, clip: true },
    encoding: { x: time(), y: { field: 'v', type: 'quantitative' }, color: { field: 'name', type: 'nominal', title: null, scale: { range: ['#c77d0a', '#8a5cd1', '#1f9e9e', '#c2456b', '#6b8e23'] } } },
  });

  const chosen = () => ($('price-symbol') ? Number($('price-symbol').value) : 0);
  const prices = () => {
    const one = data.prices[chosen()];
    const indices = trades.symbol.map((symbol, k) => k).filter((k) => trades.symbol[k] === one.symbol);
    const values = one.t.map((t, k) => ({ t, low: one.low[k], high: one.high[k], v: one.close[k] }));
    const y = { type: 'quantitative', scale: { zero: false }, title: null };
    const layer = [
      { data: { values }, params: [zoom], mark: { type: 'area', color: css('--band'), opacity: 0.55, clip: true }, encoding: { x: time(), y: Object.assign({ field: 'low' }, y), y2: { field: 'high' } } },
      { data: { values }, mark: { type: 'line', color: css('--ink'), strokeWidth: 0.9, clip: true }, encoding: { x: time(), y: { field: 'v', type: 'quantitative' } } },
    ];
    if (one.plots.length > 0) layer.push(plotLayer(one.plots, (plot) => points(plot, plot.name)));
    if (indices.length > 0) layer.push(markLayer(marks(indices), indices.length > 400 ? 16 : 40));
    return { layer, resolve: { scale: { color: 'independent', shape: 'independent' } } };
  };

  const unpack = (stretch) => {
    const scale = Math.pow(10, stretch.decimals);
    let before = stretch.base;
    return stretch.steps.map((step, k) => {
      const [gap, up, down, body] = stretch.bars.slice(4 * k, 4 * k + 4);
      const open = before + gap;
      const close = open + body;
      before = close;
      return { t: stretch.from + step * data.step, open: open / scale, close: close / scale, high: (Math.max(open, close) + up) / scale, low: (Math.min(open, close) - down) / scale, rises: body >= 0 };
    });
  };
  const viewOf = new Map(data.views.map((view) => [view.trade, view]));
  let shownTrade = data.views.length > 0 ? data.views[0].trade : -1;

  const oneTrade = (width, height) => {
    const view = viewOf.get(shownTrade);
    const all = marks([shownTrade]);
    const parts = view.stretches.length;
    const each = Math.max(120, width / parts - 50);
    const charts = view.stretches.map((stretch, part) => {
      const values = unpack(stretch);
      const last = values[values.length - 1].t;
      const inside = all.filter((mark) => mark.t >= stretch.from && mark.t <= last + data.step);
      const y = { type: 'quantitative', scale: { zero: false }, title: null };
      const colour = { condition: { test: 'datum.rises', value: css('--good') }, value: css('--bad') };
      const layer = [
        { data: { values }, mark: { type: 'rule', strokeWidth: 1 }, encoding: { x: time({ axis: { format: data.step < 86400000 ? '%d %b %H:%M' : '%d %b %Y', labelOverlap: 'greedy', tickCount: 6 } }), y: Object.assign({ field: 'low' }, y), y2: { field: 'high' }, color: colour } },
        { data: { values }, mark: { type: 'bar', size: Math.max(1, Math.min(10, (0.7 * each) / values.length)) }, encoding: { x: time(), y: Object.assign({ field: 'open' }, y), y2: { field: 'close' }, color: colour } },
      ];
      if (stretch.plots.length > 0) layer.push(plotLayer(stretch.plots, (plot) => plot.values.map((v, k) => ({ t: values[k].t, v, name: plot.name })).filter((row) => row.v !== null)));
      layer.push({ data: { values: inside }, mark: { type: 'rule', strokeDash: [3, 3], color: css('--accent') }, encoding: { x: time() } });
      layer.push(markLayer(inside, 110));
      return { title: parts === 1 ? '' : part === 0 ? 'around the entry' : 'around the exit', width: each, height, layer, resolve: { scale: { color: 'independent', shape: 'independent' } } };
    });
    return parts === 1 ? charts[0] : { hconcat: charts };
  };

  const histogram = (field, format, colour) => () => ({
    data: { values: trades[field].map((v) => ({ v })) },
    mark: { type: 'bar', binSpacing: 1 },
    encoding: {
      x: { field: 'v', bin: { maxbins: 40 }, type: 'quantitative', title: null, axis: { format } },
      y: { aggregate: 'count', type: 'quantitative', title: 'trades' },
      color: colour ? { condition: { test: 'datum.bin_maxbins_40_v < 0', value: css('--bad') }, value: css('--good') } : { value: css('--accent') },
    },
  });
  const excursion = () => ({
    data: { values: trades.mae.map((mae, k) => ({ mae, mfe: trades.mfe[k], won: trades.pnl[k] > 0 ? 'won' : 'lost' })) },
    mark: { type: 'point', filled: true, opacity: 0.6, size: 28 },
    encoding: {
      x: { field: 'mae', type: 'quantitative', title: 'against the entry at worst', axis: { format: '.1%' } },
      y: { field: 'mfe', type: 'quantitative', title: 'for it at best', axis: { format: '.1%' } },
      color: { field: 'won', type: 'nominal', title: null, scale: { domain: ['won', 'lost'], range: [css('--good'), css('--bad')] }, legend: { symbolType: 'circle' } },
    },
  });

  const CHARTS = {
    'chart-equity': [equity, 'svg'],
    'chart-drawdown': [drawdown, 'svg'],
    'chart-price': [prices, 'canvas'],
    'chart-trade': [oneTrade, 'svg', true],
    'chart-returns': [histogram('return', '.1%', true), 'svg'],
    'chart-holding': [histogram('bars', '~s', false), 'svg'],
    'chart-excursion': [excursion, 'canvas'],
  };
  const drawn = new Set();
  const turns = new Map();
  const draw = async (id) => {
    const place = $(id);
    if (!place) return;
    drawn.add(id);
    const [make, renderer, isSized] = CHARTS[id];
    const width = Math.max(200, place.clientWidth);
    const height = Number(place.dataset.height);
    const turn = (turns.get(id) || 0) + 1;
    turns.set(id, turn);
    const spec = isSized ? make(width - 60, height - 60) : Object.assign({ width, height, autosize: { type: 'fit', contains: 'padding' } }, make());
    spec.$schema = 'https://vega.github.io/schema/vega-lite/v6.json';
    const holder = document.createElement('div');
    const done = await vegaEmbed(holder, spec, { renderer, actions: false, config: config(), tooltip: false });
    if (turns.get(id) !== turn) return done.finalize();
    place.replaceChildren(holder);
    place.dataset.drawn = 'yes';
  };
  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting && !drawn.has(entry.target.id)) draw(entry.target.id);
  }, { rootMargin: '400px' });
  for (const id of Object.keys(CHARTS)) if ($(id)) watch.observe($(id));
  const redraw = () => { for (const id of drawn) draw(id); };
  let wide = innerWidth;
  addEventListener('resize', () => { if (innerWidth !== wide) { wide = innerWidth; redraw(); } });
  addEventListener('beforeprint', () => { for (const id of Object.keys(CHARTS)) if ($(id) && !drawn.has(id)) draw(id); });

  const isDark = () => (document.documentElement.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  $('theme').addEventListener('click', () => { document.documentElement.dataset.theme = isDark() ? 'light' : 'dark'; redraw(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', redraw);
  if ($('price-symbol')) $('price-symbol').addEventListener('change', () => draw('chart-price'));
  $('copy').addEventListener('click', async () => {
    const text = $('command').textContent;
    try { await navigator.clipboard.writeText(text); }
    catch { const range = document.createRange(); range.selectNodeContents($('command')); getSelection().removeAllRanges(); getSelection().addRange(range); document.execCommand('copy'); }
    $('copy').textContent = 'Copied';
  });

  const tradeName = (k) => '#' + (k + 1) + ' ' + trades.symbol[k] + ' ' + trades.side[k] + ' ' + moment(trades.entryTime[k]) + ' ' + percent(trades.return[k]);
  const show = (k) => {
    shownTrade = k;
    $('trade-choice').value = String(k);
    const at = data.views.findIndex((view) => view.trade === k);
    $('trade-before').disabled = at <= 0;
    $('trade-after').disabled = at >= data.views.length - 1;
    $('trade-words').textContent = trades.side[k] + ' ' + price(trades.qty[k]) + ' ' + trades.symbol[k] + ': in at ' + price(trades.entryPrice[k]) + ' on ' + moment(trades.entryTime[k]) + ' (' + trades.entryTag[k] + '), out at ' + price(trades.exitPrice[k]) + ' on ' + moment(trades.exitTime[k]) + ' (' + trades.exitTag[k] + '), ' + decimal(trades.pnl[k], 2) + ' ' + data.quote + ' after fees of ' + decimal(trades.fees[k], 2) + '.';
    if (drawn.has('chart-trade')) draw('chart-trade');
  };
  if ($('trade-choice')) {
    const choice = $('trade-choice');
    for (const view of data.views) choice.add(new Option(tradeName(view.trade), String(view.trade)));
    choice.addEventListener('change', () => show(Number(choice.value)));
    const move = (by) => () => { const at = data.views.findIndex((view) => view.trade === shownTrade) + by; if (data.views[at]) show(data.views[at].trade); };
    $('trade-before').addEventListener('click', move(-1));
    $('trade-after').addEventListener('click', move(1));
    const best = data.views.reduce((a, view) => (trades.return[view.trade] > trades.return[a] ? view.trade : a), shownTrade);
    show(best);
  }

  if ($('trade-table')) {
    const PAGE = 50;
    const body = $('trade-table').tBodies[0];
    const heads = [...$('trade-table').tHead.querySelectorAll('button')];
    const keys = heads.map((head) => head.dataset.key);
    let key = 'n';
    let sign = 1;
    let page = 0;
    const valueOf = (k, field) => (field === 'n' ? k : trades[field][k]);
    const TEXT = { entryTime: moment, exitTime: moment, entryPrice: price, exitPrice: price, qty: price, pnl: (v) => decimal(v, 2), return: percent, mae: percent, mfe: percent, bars: (v) => decimal(v, 0) };
    const textOf = (k, field) => { const value = valueOf(k, field); return field === 'n' ? String(k + 1) : TEXT[field] ? TEXT[field](value) : value; };
    const cellOf = (k, field) => {
      const cell = document.createElement('td');
      if (field === 'n' && viewOf.has(k)) {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = String(k + 1);
        button.title = 'show this trade bar by bar';
        button.addEventListener('click', () => { show(k); $('chart-trade').scrollIntoView({ block: 'center' }); });
        cell.append(button);
      } else cell.textContent = textOf(k, field);
      if (typeof valueOf(k, field) === 'number' && !field.endsWith('Time')) cell.className = 'n';
      if (field === 'pnl' || field === 'return') cell.classList.add(valueOf(k, field) > 0 ? 'good' : 'bad');
      return cell;
    };
    const refresh = () => {
      const words = $('trade-filter').value.toLowerCase().split(/\s+/).filter((word) => word !== '');
      const side = $('trade-side').value;
      const result = Number($('trade-result').value);
      const rows = [];
      for (let k = 0; k < size; k++) {
        if (side !== '' && trades.side[k] !== side) continue;
        if (result !== 0 && (trades.pnl[k] > 0 ? 1 : -1) !== result) continue;
        if (words.length > 0) {
          const text = [trades.symbol[k], trades.side[k], moment(trades.entryTime[k]), moment(trades.exitTime[k]), trades.entryTag[k], trades.exitTag[k]].join(' ').toLowerCase();
          if (!words.every((word) => text.includes(word))) continue;
        }
        rows.push(k);
      }
      rows.sort((a, b) => { const x = valueOf(a, key); const y = valueOf(b, key); return x < y ? -sign : x > y ? sign : a - b; });
      const pages = Math.max(1, Math.ceil(rows.length / PAGE));
      page = Math.min(page, pages - 1);
      const shown = rows.slice(page * PAGE, page * PAGE + PAGE);
      body.replaceChildren(...shown.map((k) => { const row = document.createElement('tr'); row.append(...keys.map((field) => cellOf(k, field))); return row; }));
      $('trade-count').textContent = rows.length === size ? decimal(size, 0) + ' trades' : decimal(rows.length, 0) + ' of ' + decimal(size, 0) + ' trades';
      $('page-words').textContent = 'page ' + (page + 1) + ' of ' + pages;
      $('page-before').disabled = page === 0;
      $('page-after').disabled = page >= pages - 1;
      for (const head of heads) head.parentElement.setAttribute('aria-sort', head.dataset.key === key ? (sign === 1 ? 'ascending' : 'descending') : 'none');
    };
    for (const head of heads) head.addEventListener('click', () => { sign = head.dataset.key === key ? -sign : 1; key = head.dataset.key; page = 0; refresh(); });
    for (const id of ['trade-filter', 'trade-side', 'trade-result']) $(id).addEventListener('input', () => { page = 0; refresh(); });
    $('page-before').addEventListener('click', () => { page--; refresh(); });
    $('page-after').addEventListener('click', () => { page++; refresh(); });
    refresh();
  }
})();
`

/** What charts of every page are made of: axes, colours of lines, time that can be zoomed. */
export const CHART_PARTS = `
  const TICKS = { milliseconds: '%H:%M', seconds: '%H:%M', minutes: '%H:%M', hours: '%H:%M', day: '%d %b', date: '%d %b', week: '%d %b', month: '%b', quarter: '%b', year: '%Y' };
  const PLOTS = ['#c77d0a', '#8a5cd1', '#1f9e9e', '#c2456b', '#6b8e23'];
  const axis = (css) => ({ labelColor: css('soft'), titleColor: css('soft'), gridColor: css('line'), domainColor: css('line'), tickColor: css('line'), labelFontSize: 12, titleFontSize: 12, titleFontWeight: 'normal' });
  const config = (css) => ({
    background: null,
    font: 'system-ui, sans-serif',
    view: { stroke: null },
    axis: axis(css),
    axisX: { labelFlush: true, labelOverlap: 'greedy', labelSeparation: 8 },
    axisY: { minExtent: 52 },
    legend: { labelColor: css('ink'), titleColor: css('soft'), labelFontSize: 12, orient: 'top', symbolType: 'stroke', symbolStrokeWidth: 3, symbolSize: 180 },
    title: { color: css('soft'), fontSize: 12, fontWeight: 'normal', anchor: 'start', frame: 'group' },
  });

  const time = (width, extra) => Object.assign({ field: 't', type: 'temporal', scale: { type: 'utc' }, title: null, axis: { format: TICKS, tickCount: Math.max(4, Math.floor(width / 90)) } }, extra);
  const number = (field, extra) => Object.assign({ field, type: 'quantitative', title: null }, extra);
  /** The interval in sight, and the range of values in it, which no data knows. */
  const zoom = { name: 'zoom', select: { type: 'interval', encodings: ['x'], zoom: 'wheel![event.ctrlKey || event.shiftKey]' }, bind: 'scales' };
  const inSight = { name: 'inSight', value: null };
  const moving = (scale) => Object.assign({ domainRaw: { expr: 'inSight' } }, scale);
  const points = (line, name) => line.t.map((t, k) => ({ t, v: line.v[k], name }));
  const isLog = () => document.querySelector('[data-log]').checked;
  const level = () => (isLog() ? { type: 'log', nice: false } : { zero: false });

`

/**
 * The charts as Vega-Lite specifications. Each is made with `css`, which gives a colour by name: as a variable of the page
 * where the chart is SVG (so that it follows light, dark and print by itself), as its present value on a canvas.
 */
export const PAGE_CHARTS = `${CHART_PARTS}  const equity = (css, width) => {
    const held = lines.benchmark ? points(lines.benchmark, 'buy and hold') : [];
    return {
      data: { values: held.concat(points(lines.equity, 'strategy')) },
      params: [zoom, inSight],
      mark: { type: 'line', strokeWidth: 1.6, clip: true },
      encoding: {
        x: time(width),
        y: number('v', { scale: moving(level()) }),
        color: { field: 'name', type: 'nominal', title: null, scale: { domain: held.length > 0 ? ['strategy', 'buy and hold'] : ['strategy'], range: [css('accent'), css('muted')] } },
      },
    };
  };

  const drawdown = (css, width) => {
    const y = { scale: moving({}), axis: { format: '.0%', tickCount: 4 } };
    const layer = [{ data: { values: points(lines.drawdown, 'strategy') }, params: [zoom], mark: { type: 'area', color: css('bad'), opacity: 0.3, line: { color: css('bad'), strokeWidth: 1.2 }, clip: true }, encoding: { x: time(width), y: number('v', y) } }];
    if (lines.benchmarkDrawdown) layer.push({ data: { values: points(lines.benchmarkDrawdown, 'buy and hold') }, mark: { type: 'line', color: css('muted'), strokeWidth: 1, clip: true }, encoding: { x: time(width), y: number('v') } });
    return { params: [inSight], layer };
  };

  /** Lines of the account, told apart by colour and by dashes. */
  const DASHES = [[1, 0], [6, 3], [2, 2], [9, 3, 2, 3]];
  const several = (of, format) => (css, width) => {
    const domain = account[of].map((line) => line.name);
    const told = (range) => ({ field: 'name', type: 'nominal', title: null, scale: { domain, range: domain.map((_, k) => range[k % range.length]) } });
    return {
      data: { values: account[of].flatMap((line) => points(line, line.name)) },
      params: [zoom, inSight],
      mark: { type: 'line', interpolate: 'step-after', strokeWidth: 1.5, clip: true },
      encoding: { x: time(width), y: number('v', { scale: moving({}), axis: Object.assign({ tickCount: 5 }, format ? { format } : {}) }), color: told([css('accent')].concat(PLOTS)), strokeDash: told(DASHES) },
    };
  };

  /** Entries and exits as marks; of very many trades every so-manieth, since no screen has the pixels. */
  const marksOf = (indices) => indices.flatMap((k) => [
    { k, t: trades.entryTime[k], v: trades.entryPrice[k], what: trades.side[k] === 'long' ? 'long entry' : 'short entry' },
    { k, t: trades.exitTime[k], v: trades.exitPrice[k], what: trades.pnl[k] > 0 ? 'won' : 'lost' },
  ]);
  const markLayer = (css, width, values, area) => ({
    data: { values },
    mark: { type: 'point', filled: true, size: area, opacity: 0.9, clip: true, stroke: css('card'), strokeWidth: area > 60 ? 1.2 : 0.6, cursor: 'pointer' },
    encoding: {
      x: time(width),
      y: number('v'),
      // without it Vega-Lite lets only the layer that holds the zoom feel the pointer
      tooltip: { value: '' },
      shape: { field: 'what', type: 'nominal', legend: null, scale: { domain: ['long entry', 'short entry', 'won', 'lost'], range: ['triangle-up', 'triangle-down', 'circle', 'square'] } },
      color: { field: 'what', type: 'nominal', legend: null, scale: { domain: ['long entry', 'short entry', 'won', 'lost'], range: [css('accent'), css('accent'), css('good'), css('bad')] } },
    },
  });
  /** Names side by side that fit above a chart: a legend that is wider would make all of it smaller. */
  const legendColumns = (width, plots) => Math.max(1, Math.min(plots.length, Math.floor((width + 50) / (36 + 7 * Math.max(...plots.map(({ name }) => name.length))))));
  const plotLayer = (width, plots, rows) => ({
    data: { values: plots.flatMap(rows) },
    mark: { type: 'line', strokeWidth: 1.2, opacity: 0.9, clip: true },
    encoding: { x: time(width), y: number('v'), color: { field: 'name', type: 'nominal', title: null, scale: { domain: plots.map((plot) => plot.name), range: PLOTS }, legend: { columns: legendColumns(width, plots) } } },
  });
  const apart = { scale: { color: 'independent', shape: 'independent' } };

  const MARKED = 3000;
  const chosen = () => prices[$('price-symbol') ? Number($('price-symbol').value) : 0];
  const tradesOn = (symbol) => {
    const all = trades.symbol.map((_, k) => k).filter((k) => trades.symbol[k] === symbol);
    const stride = Math.ceil(all.length / MARKED);
    return all.filter((_, k) => k % stride === 0);
  };
  const priceChart = (css, width) => {
    const one = chosen();
    const indices = tradesOn(one.symbol);
    const values = one.t.map((t, k) => ({ t, low: one.low[k], high: one.high[k], v: one.close[k] }));
    const y = { scale: moving(level()) };
    const layer = [{ data: { values }, params: [zoom], mark: { type: 'area', color: css('band'), opacity: 0.6, clip: true }, encoding: { x: time(width), y: number('low', y), y2: { field: 'high' } } }];
    if (one.plots.length > 0) layer.push(plotLayer(width, one.plots, (plot) => points(plot, plot.name)));
    layer.push({ data: { values }, mark: { type: 'line', color: css('ink'), strokeWidth: 1, clip: true }, encoding: { x: time(width), y: number('v') } });
    const marks = marksOf(indices).concat(data.open.filter((mark) => mark.symbol === one.symbol));
    if (marks.length > 0) layer.push(markLayer(css, width, marks, indices.length > 400 ? 16 : indices.length > 150 ? 30 : 55));
    return { params: [inSight], layer, resolve: apart };
  };

  const barsOf = (stretch) => {
    const scale = Math.pow(10, stretch.decimals);
    let before = stretch.base;
    return unpackTimes(stretch.times).map((t, k) => {
      const [gap, up, down, body] = stretch.bars.slice(4 * k, 4 * k + 4);
      const open = before + gap;
      const close = open + body;
      before = close;
      return { t, open: open / scale, close: close / scale, high: (Math.max(open, close) + up) / scale, low: (Math.min(open, close) - down) / scale, rises: body >= 0 };
    });
  };

  const valuesOf = (plot, decimals) => {
    const scale = 10 * Math.pow(10, decimals);
    let before = 0;
    return plot.values.map((move) => (move === null ? null : (before += move) / scale));
  };

  let shownTrade = data.views.length > 0 ? data.views[0].trade : -1;
  const stretchChart = (css, stretch, width, isFirst, isLast) => {
    const k = shownTrade;
    const bars = barsOf(stretch);
    const ends = [bars[0].t, bars[bars.length - 1].t];
    const [entry, exit] = marksOf([k]);
    const marks = [isFirst ? entry : null, isLast ? exit : null].filter((mark) => mark !== null);
    const low = Math.min(...bars.map((bar) => bar.low), ...marks.map((mark) => mark.v));
    const high = Math.max(...bars.map((bar) => bar.high), ...marks.map((mark) => mark.v));
    const room = (high - low || high * 0.001) * 0.08;
    const y = { scale: { domain: [low - room, high + room], zero: false, nice: false } };
    const x = time(width, { scale: { type: 'utc', padding: 8 } });
    const colour = { condition: { test: 'datum.rises', value: css('good') }, value: css('bad') };
    const path = [isFirst ? entry : { t: ends[0], v: exit.v }, isLast ? exit : { t: ends[1], v: entry.v }];
    const layer = [
      { data: { values: [{ t: path[0].t, u: path[1].t }] }, mark: { type: 'rect', color: css('accent'), opacity: 0.09 }, encoding: { x, x2: { field: 'u' } } },
      { data: { values: bars }, mark: { type: 'rule', strokeWidth: 1 }, encoding: { x, y: number('low', y), y2: { field: 'high' }, color: colour } },
      { data: { values: bars }, mark: { type: 'bar', size: Math.max(1, Math.min(12, (0.65 * width) / bars.length)), strokeWidth: 1 }, encoding: { x, y: number('open', y), y2: { field: 'close' }, stroke: colour, fill: { condition: { test: 'datum.rises', value: css('card') }, value: css('bad') } } },
    ];
    if (stretch.plots.length > 0) layer.push(plotLayer(width, stretch.plots, (plot) => valuesOf(plot, stretch.decimals).map((v, n) => ({ t: bars[n].t, v, name: plot.name })).filter((row) => row.v !== null)));
    layer.push({ data: { values: path }, mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.4, color: css(trades.pnl[k] > 0 ? 'good' : 'bad') }, encoding: { x, y: number('v', y) } });
    layer.push(markLayer(css, width, marks, 130));
    for (const mark of marks) {
      const isLeft = mark.t > (ends[0] + ends[1]) / 2;
      const label = { type: 'text', text: (mark === entry ? 'in ' : 'out ') + price(mark.v), align: isLeft ? 'right' : 'left', dx: isLeft ? -9 : 9, dy: mark === entry ? 15 : -13, fontSize: 12, fontWeight: 600 };
      for (const halo of [{ stroke: css('card'), strokeWidth: 4, color: css('card') }, { color: css('ink') }]) layer.push({ data: { values: [mark] }, mark: Object.assign({}, label, halo), encoding: { x, y: number('v', y) } });
    }
    return { layer, resolve: apart };
  };
  const oneTrade = (css, width, height) => {
    const { stretches } = viewOf.get(shownTrade);
    if (stretches.length === 1) return stretchChart(css, stretches[0], width, true, true);
    const isStacked = width < 700;
    const each = { width: isStacked ? width - 70 : width / 2 - 80, height: isStacked ? 180 : height - 50 };
    const charts = stretches.map((stretch, k) => Object.assign({ title: k === 0 ? 'around the entry' : 'around the exit' }, each, stretchChart(css, stretch, each.width, k === 0, k === 1)));
    /* between two that stand one above the other: the dates of the first, the title of the second, and its legend */
    const { plots } = stretches[1];
    const between = plots.length > 0 ? 68 + 18 * Math.ceil(plots.length / legendColumns(each.width, plots)) : 52;
    return Object.assign({ autosize: 'pad', bounds: 'flush', spacing: isStacked ? between : 72 }, isStacked ? { vconcat: charts } : { hconcat: charts });
  };

  const bins = (of, title, format) => (css, width) => {
    const { first, width: wide, counts } = data.bins[of];
    const values = counts.map((n, k) => ({ a: (first + k) * wide, b: (first + k + 1) * wide, n })).filter((bin) => bin.n > 0);
    return {
      data: { values },
      mark: { type: 'rect', stroke: css('card'), strokeWidth: 1 },
      encoding: {
        x: number('a', { title, axis: { format, tickCount: Math.max(3, Math.floor(width / 70)), grid: false } }),
        x2: { field: 'b' },
        y: number('n', { title: 'trades', scale: { zero: true }, axis: { tickMinStep: 1, format: ',d' } }),
        y2: { datum: 0 },
        color: of === 'return' ? { condition: { test: 'datum.b <= 1e-12', value: css('bad') }, value: css('good') } : { value: css('accent') },
      },
    };
  };
  const excursion = (css, width) => ({
    data: { values: trades.mae.map((mae, k) => ({ k, mae, mfe: trades.mfe[k], what: trades.pnl[k] > 0 ? 'won' : 'lost' })) },
    mark: { type: 'point', filled: true, opacity: 0.65, size: size > 1000 ? 16 : 34, cursor: 'pointer' },
    encoding: {
      x: number('mae', { title: 'against the entry at worst', axis: { format: '~%', tickCount: Math.max(3, Math.floor(width / 90)) } }),
      y: number('mfe', { title: 'for it at best', axis: { format: '~%', tickCount: 5 } }),
      shape: { field: 'what', type: 'nominal', title: null, scale: { domain: ['won', 'lost'], range: ['circle', 'square'] } },
      color: { field: 'what', type: 'nominal', title: null, scale: { domain: ['won', 'lost'], range: [css('good'), css('bad')] } },
    },
    config: { legend: { symbolType: 'circle', symbolStrokeWidth: 0, symbolSize: 60 } },
  });
`

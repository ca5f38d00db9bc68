/** The charts of a walk-forward as Vega-Lite specifications, made as those of a backtest are (`page-charts.ts`). */
export const WALK_FORWARD_CHARTS = `
  const { windows } = data;
  const stretches = windows.map(({ window, test }) => ({ t: test.from, u: test.to, middle: (test.from + test.to) / 2, name: String(window), odd: window % 2 === 1 }));
  const shades = (css, width) => ({ data: { values: stretches }, mark: { type: 'rect', color: css('accent'), clip: true }, encoding: { x: time(width), x2: { field: 'u' }, opacity: { condition: { test: 'datum.odd', value: 0.13 }, value: 0.05 } } });
  /** Numbers that a chart of this width has room for. */
  const numbered = (width) => stretches.filter((_, k) => k % Math.ceil((26 * stretches.length) / width) === 0);
  /** As much room beside money as beside shares of it, so that both stand at the same times. */
  const WIDE = { minExtent: 62 };
  const equity = (css, width) => {
    const held = lines.benchmark ? points(lines.benchmark, 'buy and hold') : [];
    const domain = held.length > 0 ? ['out of sample', 'buy and hold'] : ['out of sample'];
    return {
      params: [inSight],
      layer: [
        shades(css, width),
        { data: { values: held.concat(points(lines.equity, 'out of sample')) }, params: [zoom], mark: { type: 'line', strokeWidth: 1.6, clip: true }, encoding: { x: time(width), y: number('v', { scale: moving(level()), axis: WIDE }), color: { field: 'name', type: 'nominal', title: null, scale: { domain, range: [css('accent'), css('muted')] } } } },
        { data: { values: numbered(width) }, mark: { type: 'text', color: css('soft'), fontSize: 12, y: 8, clip: true }, encoding: { x: time(width, { field: 'middle' }), text: { field: 'name' } } },
      ],
    };
  };
  const drawdown = (css, width) => {
    const y = { scale: moving({}), axis: Object.assign({ format: '.0%', tickCount: 4 }, WIDE) };
    const layer = [shades(css, width), { data: { values: points(lines.drawdown, 'out of sample') }, params: [zoom], mark: { type: 'area', color: css('bad'), opacity: 0.3, line: { color: css('bad'), strokeWidth: 1.2 }, clip: true }, encoding: { x: time(width), y: number('v', y) } }];
    if (lines.benchmarkDrawdown) layer.push({ data: { values: points(lines.benchmarkDrawdown, 'buy and hold') }, mark: { type: 'line', color: css('muted'), strokeWidth: 1, clip: true }, encoding: { x: time(width), y: number('v') } });
    return { params: [inSight], layer };
  };

  const windowBars = (css, width, height) => {
    const day = (at) => moment(at).slice(0, 10);
    const words = (window, what, span) => 'window ' + window + ', ' + what + ' ' + day(span.from) + ' to ' + day(span.to);
    const values = windows.flatMap(({ window, train, test }) => [
      { t: train.from, u: train.to, window, what: 'chosen on', words: words(window, 'chosen on', train) },
      { t: train.to, u: test.from, window, what: 'left out', words: words(window, 'left out', { from: train.to, to: test.from }) },
      { t: test.from, u: test.to, window, what: 'tested on', words: words(window, 'tested on', test) },
    ]).filter(({ t, u }) => u > t);
    const domain = ['chosen on', 'left out', 'tested on'].filter((what) => values.some((row) => row.what === what));
    const colours = { 'chosen on': 'band', 'left out': 'mark', 'tested on': 'accent' };
    return {
      data: { values },
      mark: { type: 'bar', height: { band: 0.72 } },
      encoding: {
        x: time(width, { scale: { type: 'utc', nice: false } }),
        x2: { field: 'u' },
        y: { field: 'window', type: 'ordinal', title: 'window', sort: null, axis: { labelOverlap: true, ticks: false, domain: false, grid: false, minExtent: 24 } },
        color: { field: 'what', type: 'nominal', title: null, scale: { domain, range: domain.map((what) => css(colours[what])) } },
        tooltip: { value: '' },
      },
      config: { legend: { symbolType: 'square', symbolStrokeWidth: 0 } },
    };
  };

  const IN = 'where it was chosen';
  const AFTER = 'on the next stretch';
  const objectives = (css, width) => {
    const rows = windows.flatMap(({ window, before, after }) => [[before, IN], [after, AFTER]].filter(([one]) => one !== null).map(([one, what]) => ({ window, v: one.v, what, words: 'window ' + window + ', ' + what + ': ' + one.text })));
    const both = windows.filter(({ before, after }) => before !== null && after !== null).map(({ window, before, after }) => ({ window, v: before.v, to: after.v }));
    const isShare = data.objective.form === 'percent' || data.objective.form === 'gain';
    const x = { field: 'window', type: 'ordinal', title: 'window', scale: { domain: windows.map(({ window }) => window) }, axis: { labelAngle: 0, labelOverlap: true, labelFlush: false, ticks: false } };
    const y = (field) => number(field, { scale: { zero: false }, axis: Object.assign({ tickCount: 5 }, isShare ? { format: '~%' } : {}) });
    const told = { field: 'what', type: 'nominal', title: null, scale: { domain: [IN, AFTER], range: [css('muted'), css('accent')] } };
    return {
      layer: filled([
        { data: { values: [{ v: 0 }].filter(() => rows.some(({ v }) => v <= 0)) }, mark: { type: 'rule', color: css('soft') }, encoding: { y: y('v') } },
        { data: { values: both }, mark: { type: 'rule', color: css('line'), strokeWidth: 2 }, encoding: { x, y: y('v'), y2: { field: 'to' } } },
        { data: { values: rows.filter(({ what }) => what === IN) }, mark: { type: 'point', filled: false, size: 60, strokeWidth: 1.6, opacity: 1 }, encoding: { x, y: y('v'), color: told, tooltip: { value: '' } } },
        { data: { values: rows.filter(({ what }) => what === AFTER) }, mark: { type: 'circle', size: 70, opacity: 1 }, encoding: { x, y: y('v'), color: told, tooltip: { value: '' } } },
      ]),
      config: { legend: { symbolType: 'circle', symbolSize: 70 } },
    };
  };

  const steps = (one) => (css, width) => {
    const rows = one.values.map((v, k) => ({ window: k + 1, from: k + 0.5, to: k + 1.5, v, words: v === null ? '' : 'window ' + (k + 1) + ': ' + one.name + ' ' + (typeof v === 'number' ? String(Number.isInteger(v) ? v : Number(v.toPrecision(6))) : v) })).filter(({ v }) => v !== null);
    const joins = rows.filter((row, k) => k > 0 && rows[k - 1].window === row.window - 1).map((row) => ({ from: row.from, v: one.values[row.window - 2], next: row.v }));
    const x = number('from', { title: 'window', scale: { domain: [0.5, one.values.length + 0.5], nice: false }, axis: { grid: false, tickMinStep: 1, format: ',d', tickCount: Math.min(one.values.length, Math.max(3, Math.floor(width / 60))) } });
    const y = one.range === null
      ? { field: 'v', type: 'nominal', title: null, sort: null, scale: { domain: one.listed.slice().reverse() }, axis: { labelOverlap: true, labelLimit: 110, grid: true } }
      : number('v', { scale: Object.assign({ domain: [one.range.low, one.range.high], nice: false }, one.range.isLog ? { type: 'log' } : {}), axis: { tickCount: 4 } });
    return {
      layer: filled([
        { data: { values: joins }, mark: { type: 'rule', color: css('accent'), strokeWidth: 1, strokeDash: [2, 2] }, encoding: { x, y, y2: { field: 'next' } } },
        { data: { values: rows }, mark: { type: 'rule', color: css('accent'), strokeWidth: 3 }, encoding: { x, x2: { field: 'to' }, y, tooltip: { value: '' } } },
      ]),
    };
  };
`

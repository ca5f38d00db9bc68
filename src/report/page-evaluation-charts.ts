/** The charts of an evaluation as Vega-Lite specifications, made as those of a backtest are (`page-charts.ts`). */
export const EVALUATION_CHARTS = String.raw`
  const share = { format: '~%', tickCount: 5 };
  const shareAcross = (width) => ({ format: '~%', tickCount: width < 420 ? 2 : 5 });
  const across = (width) => ({ tickCount: Math.max(3, Math.floor(width / 90)) });
  /** A line between points, or across a chart, that nothing of the data is. */
  const guide = (css, values, x, y) => ({ data: { values: values.map((point) => Object.assign({ of: 0 }, point)) }, mark: { type: 'line', strokeDash: [5, 4], strokeWidth: 1.2, color: css('muted'), clip: true }, encoding: { x, y, detail: { field: 'of' } } });
  const upright = (css, x, dash) => ({ data: { values: [{ x }] }, mark: { type: 'rule', strokeDash: dash, strokeWidth: 1.4, color: css('mark') }, encoding: { x: number('x') } });
  const classColours = (css) => (data.classes.length === 2 ? [css('muted'), css('accent')] : [css('bad'), css('muted'), css('good')]);
  const CLASS_DASHES = [[6, 3], [2, 2], [1, 0]];
  const told = (domain, range) => ({ type: 'nominal', title: null, scale: { domain, range } });
  const ofClass = (css, used, extra) => {
    const domain = used.map((k) => data.classes[k]);
    const isAlone = used.length === 1;
    const legend = isAlone ? { legend: null } : {};
    return {
      color: Object.assign({ field: 'name' }, told(domain, used.map((k) => classColours(css)[k])), legend),
      strokeDash: Object.assign({ field: 'name' }, told(domain, used.map((k) => (isAlone ? [1, 0] : CLASS_DASHES[k]))), legend),
    };
  };

  const curves = (one, of) => (css, width) => {
    const all = one[of];
    const [across1, up] = of === 'roc' ? ['false alarms', 'hits'] : ['recall', 'precision'];
    const whole = { domain: [0, 1], nice: false };
    // at a recall of nearly nothing a few bars decide, and precision may be anything
    const seen = all.flatMap((curve) => [one.shares[curve.class]].concat(curve.y.filter((_, k) => curve.x[k] > 0.02)));
    const domain = of === 'roc' ? [0, 1] : [Math.max(0, Math.floor(20 * Math.min(...seen) - 0.2) / 20), Math.min(1, Math.ceil(20 * Math.max(...seen) + 0.2) / 20)];
    const x = number('x', { title: across1, scale: whole, axis: shareAcross(width) });
    const y = number('y', { title: up, scale: { domain, nice: false }, axis: share });
    const guides = of === 'roc' ? [{ x: 0, y: 0 }, { x: 1, y: 1 }] : all.flatMap((curve) => [0, 1].map((at) => ({ x: at, y: one.shares[curve.class], of: curve.class })));
    return {
      layer: [
        guide(css, guides, x, y),
        { data: { values: all.flatMap((curve) => curve.x.map((at, k) => ({ x: at, y: curve.y[k], k2: k, name: data.classes[curve.class] }))) }, mark: { type: 'line', strokeWidth: 1.8, clip: true }, encoding: Object.assign({ x, y, order: { field: 'k2' } }, ofClass(css, all.map((curve) => curve.class))) },
      ],
    };
  };

  const reliability = (one) => (css, width) => {
    const ends = one.calibration.flatMap((bin) => [bin.predicted, bin.observed]);
    const low = Math.max(0, Math.floor(Math.min(...ends) * 20 - 0.2) / 20);
    const high = Math.min(1, Math.ceil(Math.max(...ends) * 20 + 0.2) / 20);
    const scale = { domain: [low, high], nice: false };
    const x = number('predicted', { title: 'said', scale, axis: shareAcross(width) });
    const y = number('observed', { title: 'came', scale, axis: share });
    const most = Math.max(...one.calibration.map((bin) => bin.weight));
    const values = one.calibration.map((bin) => Object.assign({ size: 30 + (330 * bin.weight) / most, words: decimal(bin.weight, 0) + ' rows: said ' + decimal(100 * bin.predicted, 1) + '\u202f%, came ' + decimal(100 * bin.observed, 1) + '\u202f%' }, bin));
    return {
      layer: [
        guide(css, [{ predicted: low, observed: low }, { predicted: high, observed: high }], x, y),
        { data: { values }, mark: { type: 'line', color: css('accent'), strokeWidth: 1.4 }, encoding: { x, y } },
        { data: { values }, mark: { type: 'circle', color: css('accent'), opacity: 0.85 }, encoding: { x, y, size: { field: 'size', type: 'quantitative', scale: null, legend: null }, tooltip: { value: '' } } },
      ],
    };
  };

  const spread = (one) => (css, width) => {
    const { bins, own } = one.spread;
    const at = (k) => ({ a: (bins.first + k) * bins.width, b: (bins.first + k + 1) * bins.width });
    const range = (k) => decimal(at(k).a, 4) + ' to ' + decimal(at(k).b, 4);
    const values = bins.counts.flatMap((n, k) => (n === 0 ? [] : [Object.assign(at(k), { low: 0, high: n, what: 'others', words: decimal(n, 0) + ' bars with p from ' + range(k) + ', of ' + decimal(own[k], 0) + ' it came' }), Object.assign(at(k), { low: 0, high: own[k], what: 'it came', words: decimal(n, 0) + ' bars with p from ' + range(k) + ', of ' + decimal(own[k], 0) + ' it came' })]));
    return {
      data: { values },
      mark: { type: 'rect', stroke: css('card'), strokeWidth: 0.5 },
      encoding: {
        x: number('a', { title: 'p', scale: { zero: false, nice: false }, axis: Object.assign({ grid: false }, across(width)) }),
        x2: { field: 'b' },
        y: number('low', { title: 'bars', axis: { format: ',d', tickMinStep: 1 } }),
        y2: { field: 'high' },
        color: Object.assign({ field: 'what' }, told(['it came', 'others'], [css('accent'), css('band')])),
      },
      config: { legend: { symbolType: 'square', symbolStrokeWidth: 0 } },
    };
  };

  const MONEY = { gross: 'every chance before costs', every: 'every chance, net', single: 'one at a time, net' };
  const moneyLines = (one, keys, valuesOf) => keys.flatMap((key) => one.money.threshold.map((x, k) => ({ x, v: valuesOf(key)[k], name: MONEY[key] })).filter((row) => row.v !== null));
  const money = (one) => (css, width) => {
    const { threshold, best, everyTrades, singleTrades } = one.money;
    const keys = ['gross', 'every', 'single'];
    const judged = threshold.flatMap((_, k) => (everyTrades[k] < data.enough ? [] : [one.money.gross[k], one.money.every[k]].concat(singleTrades[k] < data.enough ? [] : [one.money.single[k]])));
    const seen = (judged.length > 0 ? judged : keys.flatMap((key) => one.money[key])).filter((v) => v !== null).concat(0);
    const [low, high] = [Math.min(...seen), Math.max(...seen)];
    const room = (high - low || 0.001) * 0.08;
    const x = number('x', { title: 'p at or above', scale: { zero: false, nice: false }, axis: across(width) });
    const y = number('v', { scale: { domain: [low - room, high + room], nice: false }, axis: { format: '.2~%', tickCount: 5 } });
    const domain = keys.map((key) => MONEY[key]);
    const layer = [
      { data: { values: [{ v: 0 }] }, mark: { type: 'rule', color: css('soft'), strokeWidth: 1 }, encoding: { y: number('v') } },
      { data: { values: moneyLines(one, keys, (key) => one.money[key]) }, mark: { type: 'line', strokeWidth: 1.6, clip: true }, encoding: { x, y, color: Object.assign({ field: 'name' }, told(domain, [css('muted'), css('accent'), '#c77d0a'])), strokeDash: Object.assign({ field: 'name' }, told(domain, [[2, 2], [1, 0], [6, 3]])) } },
    ];
    if (best !== null) layer.push(upright(css, best, [2, 3]));
    return { layer, config: { legend: { columns: width < 560 ? 1 : 3, labelLimit: 0 } } };
  };
  const tradeCounts = (one) => (css, width) => {
    const keys = ['every', 'single'];
    const domain = keys.map((key) => MONEY[key].split(',')[0]);
    const values = moneyLines(one, keys, (key) => one.money[key + 'Trades']).map((row) => Object.assign(row, { name: row.name.split(',')[0] }));
    const layer = [{ data: { values }, mark: { type: 'line', strokeWidth: 1.6 }, encoding: { x: number('x', { title: 'p at or above', scale: { zero: false, nice: false }, axis: across(width) }), y: number('v', { scale: { type: 'sqrt' }, axis: { format: ',d', tickCount: 5 } }), color: Object.assign({ field: 'name' }, told(domain, [css('accent'), '#c77d0a'])), strokeDash: Object.assign({ field: 'name' }, told(domain, [[1, 0], [6, 3]])) } }];
    if (one.money.best !== null) layer.push(upright(css, one.money.best, [2, 3]));
    return { layer };
  };
  const moneyWords = (one, x) => {
    const { threshold, gross, every, single, everyTrades, singleTrades } = one.money;
    if (!(x >= threshold[0] && x <= threshold[threshold.length - 1])) return '';
    const k = threshold.reduce((nearest, at, n) => (Math.abs(at - x) < Math.abs(threshold[nearest] - x) ? n : nearest), 0);
    const text = (v) => (v === null ? '–' : percent(v));
    return 'p ≥ ' + decimal(threshold[k], 3) + ': ' + text(gross[k]) + ', net ' + text(every[k]) + ' (' + decimal(everyTrades[k], 0) + '), one at a time ' + text(single[k]) + ' (' + decimal(singleTrades[k], 0) + ')';
  };

  const stretches = (one) => one.said.map((line, k) => ({ t: line.from, u: line.to, middle: (line.from + line.to) / 2, fold: String(line.fold), odd: line.fold % 2 === 1 }));
  const shades = (css, one, width) => ({ data: { values: stretches(one) }, mark: { type: 'rect', color: css('accent'), clip: true }, encoding: { x: time(width), x2: { field: 'u' }, opacity: { condition: { test: 'datum.odd', value: 0.14 }, value: 0.06 } } });
  /** As much room beside prices as beside p, so that both stand at the same times. */
  const WIDE = { minExtent: 66 };
  const priceChart = (one) => (css, width) => {
    const bars = one.price;
    const values = bars.t.map((t, k) => ({ t, low: bars.low[k], high: bars.high[k], v: bars.close[k] }));
    const y = { scale: moving(level()), axis: WIDE };
    const layer = [
      shades(css, one, width),
      { data: { values }, params: [zoom], mark: { type: 'area', color: css('band'), opacity: 0.6, clip: true }, encoding: { x: time(width), y: number('low', y), y2: { field: 'high' } } },
      { data: { values }, mark: { type: 'line', color: css('ink'), strokeWidth: 1, clip: true }, encoding: { x: time(width), y: number('v') } },
      { data: { values: stretches(one) }, mark: { type: 'text', color: css('soft'), fontSize: 12, y: 8, clip: true }, encoding: { x: time(width, { field: 'middle' }), text: { field: 'fold' } } },
    ];
    return { params: [inSight], layer };
  };
  const probability = (one) => (css, width) => {
    const values = one.said.flatMap((line, k) => line.t.map((t, n) => ({ t, v: line.v[n], of: k })));
    const ends = [{ t: one.price.t[0] }, { t: one.price.t[one.price.t.length - 1] }];
    const level = (v, dash) => ({ data: { values: ends.map(({ t }) => ({ t, v })) }, mark: { type: 'line', color: css('mark'), strokeDash: dash, strokeWidth: 1.2, clip: true }, encoding: { x: time(width), y: number('v') } });
    const layer = [
      shades(css, one, width),
      { data: { values }, params: [zoom], mark: { type: 'line', color: css('accent'), strokeWidth: 0.9, clip: true }, encoding: { x: time(width), y: number('v', { scale: moving({ zero: false }), axis: Object.assign({ tickCount: 4 }, WIDE) }), detail: { field: 'of' } } },
    ];
    if (data.classes.length === 2) layer.push(level(data.threshold, [5, 4]));
    if (one.money.best !== null) layer.push(level(one.money.best, [2, 3]));
    return { params: [inSight], layer };
  };

  const foldAreas = (one) => (css, width) => {
    const text = (v) => decimal(v, 4);
    const values = one.folds.filter((fold) => fold.auc !== null).map(({ fold, auc, range }) => Object.assign({ fold: 'fold ' + fold, v: auc, words: 'fold ' + fold + ': AUC ' + text(auc) + (range ? ', 95\u202f% ' + text(range.low) + ' to ' + text(range.high) : '') }, range || {}));
    const ends = values.flatMap((row) => [row.v, row.low, row.high]).filter((v) => v !== undefined).concat(0.5);
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    const room = (high - low) * 0.08 || 0.01;
    const y = { scale: { domain: [low - room, high + room], nice: false }, axis: { tickCount: 5 } };
    const x = { field: 'fold', type: 'nominal', sort: null, title: null, scale: { domain: one.folds.map(({ fold }) => 'fold ' + fold) }, axis: { labelAngle: 0, labelOverlap: true, labelFlush: false } };
    return {
      layer: [
        { data: { values: [{ v: 0.5 }] }, mark: { type: 'rule', color: css('muted'), strokeDash: [5, 4] }, encoding: { y: number('v', y) } },
        { data: { values: values.filter((row) => row.low !== undefined) }, mark: { type: 'rule', color: css('accent'), strokeWidth: 2 }, encoding: { x, y: number('low', y), y2: { field: 'high' }, tooltip: { value: '' } } },
        { data: { values }, mark: { type: 'circle', color: css('accent'), size: 80, opacity: 1 }, encoding: { x, y: number('v', y), tooltip: { value: '' } } },
      ],
    };
  };

  const losses = (folds) => (css, width) => {
    const rows = folds.flatMap(({ fold, step, loss, validation }) => step.flatMap((x, k) => [{ x, v: loss[k], fold, what: 'rows learnt from' }, { x, v: validation[k], fold, what: 'rows set aside' }])).filter((row) => row.v !== null);
    const domain = ['rows set aside', 'rows learnt from'].filter((what) => rows.some((row) => row.what === what));
    const x = number('x', { title: 'step', scale: { zero: false, nice: false }, axis: Object.assign({ tickMinStep: 1, format: ',d' }, across(width)) });
    const y = number('v', { scale: { zero: false }, axis: { tickCount: 5 } });
    const last = folds.map(({ fold }) => rows.filter((row) => row.fold === fold && row.what === domain[0]).pop()).filter((row) => row !== undefined);
    // numbers of lines that end at one place would cover each other
    const near = 0.04 * (Math.max(...rows.map((row) => row.v)) - Math.min(...rows.map((row) => row.v)));
    const ends = [];
    for (const { x: at, v, fold } of last.sort((a, b) => a.v - b.v)) {
      const other = ends.find((end) => end.x === at && v - end.v <= near);
      if (other) other.folds.push(fold); else ends.push({ x: at, v, folds: [fold] });
    }
    for (const end of ends) end.name = end.folds.sort((a, b) => a - b).join(', ');
    return {
      layer: [
        { data: { values: rows }, mark: { type: 'line', strokeWidth: 1.3, clip: true }, encoding: { x, y, detail: { field: 'fold' }, color: Object.assign({ field: 'what' }, told(domain, domain.map((what) => css(what === 'rows set aside' ? 'accent' : 'muted')))), strokeDash: Object.assign({ field: 'what' }, told(domain, domain.map((what) => (what === 'rows set aside' ? [1, 0] : [4, 3])))) } },
        { data: { values: ends }, mark: { type: 'text', dx: 7, align: 'left', color: css('ink'), fontSize: 11 }, encoding: { x, y, text: { field: 'name' } } },
      ],
    };
  };

  /** A feature a line; the names take what they need, and at most a third of the width. */
  const named = (width, css) => ({ field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: Math.max(90, width * 0.34), labelColor: css('ink'), grid: true, ticks: false, domain: false, offset: 6 } });
  const spots = (features, unit) => features.flatMap(({ name, folds }) => folds.flatMap((v, k) => (v === null ? [] : [{ name, v, words: name + ', fold ' + (k + 1) + ': ' + unit + decimal(v, 4) }])));
  const importance = (one) => (css, width) => {
    const y = named(width, css);
    const x = { title: null, axis: across(width) };
    return {
      layer: [
        { data: { values: one.importance.map(({ name, mean }) => ({ name, v: mean, words: name + ': ' + decimal(mean, 4) })) }, mark: { type: 'bar', height: { band: 0.6 } }, encoding: { y, x: number('v', Object.assign({ stack: null }, x)), color: { condition: { test: 'datum.v > 0', value: css('accent') }, value: css('muted') }, tooltip: { value: '' } } },
        { data: { values: spots(one.importance, '') }, mark: { type: 'tick', color: css('ink'), thickness: 1.2, height: 12 }, encoding: { y, x: number('v', x), tooltip: { value: '' } } },
        { data: { values: [{ v: 0 }] }, mark: { type: 'rule', color: css('soft') }, encoding: { x: number('v', x) } },
      ],
    };
  };
  const drift = (one) => (css, width) => {
    const y = named(width, css);
    const x = { scale: { type: 'sqrt', zero: true }, title: null, axis: Object.assign({ values: [0.01, 0.1, 0.25, 0.5, 1, 2, 4, 8, 16].filter((v) => v <= Math.max(0.5, ...one.drift.flatMap(({ folds }) => folds.map((value) => value || 0)))), format: '~g' }) };
    const [some, much] = data.driftLevels;
    return {
      layer: [
        { data: { values: [some, much].map((v) => ({ v })) }, mark: { type: 'rule', color: css('mark'), strokeDash: [5, 4] }, encoding: { x: number('v', x) } },
        { data: { values: spots(one.drift, 'PSI ') }, mark: { type: 'point', filled: true, size: 46, opacity: 0.85 }, encoding: { y, x: number('v', x), color: { condition: [{ test: 'datum.v > ' + much, value: css('bad') }, { test: 'datum.v > ' + some, value: css('mark') }], value: css('accent') }, shape: { condition: [{ test: 'datum.v > ' + much, value: 'square' }, { test: 'datum.v > ' + some, value: 'triangle-up' }], value: 'circle' }, tooltip: { value: '' } } },
      ],
    };
  };
`

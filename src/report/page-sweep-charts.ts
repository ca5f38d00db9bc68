/** The charts of a sweep as Vega-Lite specifications, made as those of a backtest are (`page-charts.ts`). */
export const SWEEP_CHARTS = `
  const { objective } = data;
  const objectiveText = (value) => formText(objective.form, value);
  const isShare = objective.form === 'percent' || objective.form === 'gain';
  const objectiveAxis = (extra) => Object.assign(isShare ? { format: '~%' } : {}, extra);

  const spread = (css, width) => {
    const { first, width: wide, counts, pruned } = data.spread;
    const values = counts.flatMap((n, k) => {
      if (n === 0) return [];
      const bin = { a: (first + k) * wide, b: (first + k + 1) * wide, words: decimal(n, 0) + (n === 1 ? ' trial' : ' trials') + ' from ' + objectiveText((first + k) * wide) + ' to ' + objectiveText((first + k + 1) * wide) + (pruned[k] > 0 ? ', of which ' + decimal(pruned[k], 0) + ' given up' : '') };
      return [Object.assign({ low: 0, high: n - pruned[k], what: 'done' }, bin), Object.assign({ low: n - pruned[k], high: n, what: 'given up' }, bin)].filter(({ low, high }) => high > low);
    });
    const domain = ['done', 'given up'].filter((what) => values.some((row) => row.what === what));
    const x = (field) => number(field, { title: objective.label, scale: { zero: false, nice: false }, axis: objectiveAxis(Object.assign({ grid: false }, across(width))) });
    const layer = [{
      data: { values },
      mark: { type: 'rect', stroke: css('card'), strokeWidth: 0.5 },
      encoding: {
        x: x('a'),
        x2: { field: 'b' },
        y: number('low', { title: 'trials', scale: { domain: [0, 1.16 * Math.max(...counts)], nice: false }, axis: { tickMinStep: 1, format: ',d', tickCount: 5 } }),
        y2: { field: 'high' },
        color: { field: 'what', type: 'nominal', title: null, scale: { domain, range: domain.map((what) => css(what === 'done' ? 'accent' : 'band')) }, legend: domain.length > 1 ? {} : null },
        tooltip: { value: '' },
      },
    }];
    if (data.best !== null) {
      const ends = [first * wide, (first + counts.length) * wide];
      const isRight = data.best.v > (ends[0] + ends[1]) / 2;
      layer.push({ data: { values: [{ a: data.best.v }] }, mark: { type: 'rule', color: css('mark'), strokeWidth: 2 }, encoding: { x: x('a') } });
      layer.push({ data: { values: [{ a: data.best.v, text: 'the best: ' + objectiveText(data.best.v) }] }, mark: { type: 'text', align: isRight ? 'right' : 'left', dx: isRight ? -6 : 6, y: 7, color: css('ink'), fontSize: 12, fontWeight: 600 }, encoding: { x: x('a'), text: { field: 'text' } } });
    }
    return { layer, config: { legend: { symbolType: 'square', symbolStrokeWidth: 0 } } };
  };

  const heat = (map, of) => (css, width, height) => {
    const names = (all) => all.map((name, k) => k + ' ' + name);
    const [columns, rows] = [names(map.columns), names(map.rows)];
    const values = map.cells.map((cell) => ({
      x: columns[cell.column],
      y: rows[cell.row],
      colour: cell[of].shade < 0 ? css('paper') : shadeOf(cell[of].shade, data.shades),
      text: cell[of].text,
      isBest: cell.isBest,
      words: map.x + ' ' + map.columns[cell.column] + ', ' + map.y + ' ' + map.rows[cell.row] + ': ' + cell[of].text + ', ' + decimal(cell.trials, 0) + (cell.trials === 1 ? ' trial' : ' trials'),
    }));
    // a label that begins with its place, so that equal labels stay apart, and shows what follows
    const shown = { labelExpr: "slice(datum.label, indexof(datum.label, ' ') + 1)", ticks: false, domain: false, grid: false, labelLimit: 110, labelFlush: false };
    const widest = Math.max(...map.columns.map((name) => name.length));
    const isTight = (width - 90) / columns.length < widest * 7.5 + 6;
    const isSteep = isTight && widest > 2;
    const x = { field: 'x', type: 'ordinal', sort: null, scale: { domain: columns, paddingInner: 0.03 }, title: map.x, axis: Object.assign({ labelAngle: isSteep ? -60 : 0, labelOverlap: isSteep ? 'greedy' : true }, shown) };
    const y = { field: 'y', type: 'ordinal', sort: null, scale: { domain: rows.slice().reverse(), paddingInner: 0.04 }, title: map.y, axis: Object.assign({ labelOverlap: true, minExtent: 30 }, shown) };
    const layer = [{ data: { values }, mark: { type: 'rect' }, encoding: { x, y, color: { field: 'colour', type: 'nominal', scale: null, legend: null }, tooltip: { value: '' } } }];
    const longest = Math.max(...values.map(({ text }) => text.length));
    const room = [(width - 90) / columns.length, (height - 60) / rows.length];
    if (room[0] > longest * 6.6 + 4 && room[1] > 15) layer.push({ data: { values }, mark: { type: 'text', color: css('ink'), fontSize: 11 }, encoding: { x, y, text: { field: 'text' }, tooltip: { value: '' } } });
    if (of !== 'median') layer.push({ data: { values: values.filter((cell) => cell.isBest) }, mark: { type: 'rect', filled: false, stroke: css('mark'), strokeWidth: 2.5 }, encoding: { x, y } });
    return { layer: filled(layer) };
  };

  const parallel = (css, width) => {
    const { axes, lines } = data.parallel;
    const isNarrow = width < 560;
    const last = axes.length - 1;
    const tickWidth = Math.min(isNarrow ? 44 : 84, 12 + 6.5 * Math.max(...axes.flatMap(({ ticks }) => ticks.map(({ text }) => text.length))));
    const nameWidth = 12 + 7 * Math.min(12, axes[last].name.length);
    const step = (width - tickWidth - nameWidth) / last;
    const at = (extra) => number('x', Object.assign({ scale: { domain: [-tickWidth / step, last + nameWidth / step], nice: false }, axis: null }, extra));
    const up = number('y', { scale: { domain: [-0.06, 1.12], nice: false }, axis: null });
    const values = lines.flatMap(({ trial, fifth, at: places }, k) => places.map((y, x) => ({ x, y, trial, fifth: data.fifths[fifth], k })));
    const domain = data.fifths.slice();
    const best = data.best === null ? [] : values.filter(({ trial }) => trial === data.best.trial);
    const ticks = axes.flatMap((axis, x) => axis.ticks.map((tick) => ({ x, y: tick.at, text: tick.text })));
    const halo = [{ stroke: css('card'), strokeWidth: 4, color: css('card') }, { color: css('ink') }];
    const label = { type: 'text', align: 'right', dx: -5, fontSize: isNarrow ? 10 : 11, limit: Math.max(36, Math.min(step, 120) - 12) };
    return {
      layer: filled([
        { data: { values: axes.map((_, x) => ({ x, y: 0, z: 1 })) }, mark: { type: 'rule', color: css('soft'), strokeWidth: 1 }, encoding: { x: at(), y: up, y2: { field: 'z' } } },
        {
          data: { values },
          mark: { type: 'line', strokeWidth: lines.length > 100 ? 1 : 1.5, opacity: lines.length > 100 ? 0.6 : 0.8 },
          encoding: { x: at(), y: up, detail: { field: 'trial' }, order: { field: 'x' }, color: { field: 'fifth', type: 'ordinal', sort: null, title: null, scale: { domain, range: domain.map((_, k) => 'color-mix(in srgb, var(--accent) ' + [20, 34, 50, 70, 100][k] + '%, var(--card))') }, legend: { columns: isNarrow ? 3 : 5, symbolOpacity: 1 } } },
        },
        { data: { values: best }, mark: { type: 'line', color: css('mark'), strokeWidth: 3 }, encoding: { x: at(), y: up, order: { field: 'x' } } },
        ...halo.map((look) => ({ data: { values: ticks }, mark: Object.assign({}, label, look), encoding: { x: at(), y: up, text: { field: 'text' } } })),
        { data: { values: axes.map(({ name }, x) => ({ x, y: 1.08, name })) }, mark: { type: 'text', align: 'left', dx: -4, fontSize: isNarrow ? 11 : 12, fontWeight: 600, color: css('ink'), limit: Math.max(36, step - 6) }, encoding: { x: at(), y: up, text: { field: 'name' } } },
      ]),
    };
  };

  const along = (one) => (css, width) => {
    const values = one.points.map((point, order) => Object.assign({ order, words: one.name + ' ' + point.label + ': ' + objectiveText(point.v) + ', trial ' + decimal(point.trial, 0) }, point));
    const some = width / 60 < values.length ? { labelOverlap: true } : {};
    const x = one.isNumber
      ? { field: 'x', type: 'quantitative', title: null, scale: Object.assign({ zero: false, nice: false, padding: 12 }, one.isLog ? { type: 'log' } : {}), axis: Object.assign({ grid: false }, across(width)) }
      : { field: 'label', type: 'ordinal', sort: null, title: null, axis: Object.assign({ labelAngle: 0, labelFlush: false }, some) };
    const y = number('v', { scale: { zero: false }, axis: objectiveAxis({ tickCount: 4 }) });
    return {
      layer: filled([
        { data: { values }, mark: { type: 'line', color: css('accent'), strokeWidth: 1.4 }, encoding: { x, y, order: { field: 'order' } } },
        { data: { values: values.filter(({ isPeak }) => !isPeak) }, mark: { type: 'circle', color: css('accent'), size: 50, opacity: 1 }, encoding: { x, y, tooltip: { value: '' } } },
        { data: { values: values.filter(({ isPeak }) => isPeak) }, mark: { type: 'circle', color: css('mark'), size: 150, opacity: 1 }, encoding: { x, y, tooltip: { value: '' } } },
      ]),
    };
  };
`

/** What pages of searches have in common: figures written as `search-format.ts` does, and charts of luck. */
export const SEARCH_PARTS = String.raw`
  const HOUR = 3600000;
  const YEAR = 365 * 24 * HOUR;
  const span = (ms) => {
    const about = (unit) => decimal(ms / unit, 1).replace('.0', '');
    if (ms >= 2 * YEAR) return about(YEAR) + ' years';
    if (ms >= 48 * HOUR) return about(24 * HOUR) + ' days';
    if (ms >= 2 * HOUR) return about(HOUR) + ' hours';
    const minutes = Math.round(ms / 60000);
    return decimal(minutes, 0) + (minutes === 1 ? ' minute' : ' minutes');
  };
  const FORMS = {
    percent: (v) => decimal(v * 100, 2) + '\u202f%',
    gain: percent,
    ratio: (v) => decimal(v, 2),
    score: (v) => decimal(v, 4),
    count: (v) => decimal(v, 0),
    money: amount,
    span,
    moment,
    plain: price,
  };
  const formText = (form, value) => (value === null ? '–' : FORMS[form](value));

  const across = (width) => ({ tickCount: Math.max(3, Math.floor(width / 90)) });
  /** Of so many levels the one of that number, the last the strongest. */
  const shadeOf = (level, of) => 'color-mix(in srgb, var(--accent) ' + Math.round(6 + (44 * level) / Math.max(1, of - 1)) + '%, var(--card))';

  /** Layers that hold anything: of nothing no scale can be made. */
  const filled = (layers) => layers.filter((one) => one.data.values.length > 0);

  const honesty = (css, width) => {
    const values = data.luck.bars.map((bar) => Object.assign({ words: bar.name + ': ' + decimal(bar.v, 2), text: decimal(bar.v, 2) }, bar));
    const ends = values.map(({ v }) => v).concat(0);
    const [low, high] = [Math.min(...ends), Math.max(...ends)];
    // a figure beside its bar, and air, take 48 px of a plot to which the names leave 0.55 of the width
    const share = Math.min(0.35, 48 / (0.55 * width));
    const room = ((high - low || 1) * share) / (1 - (low < 0 ? 2 : 1) * share);
    const domain = [low - (low < 0 ? room : 0), high + room];
    const y = { field: 'name', type: 'nominal', sort: null, title: null, axis: { labelLimit: width * 0.45, labelColor: css('ink'), ticks: false, domain: false, offset: 4 } };
    const x = (extra) => number('v', Object.assign({ scale: { domain, nice: false }, axis: Object.assign({ grid: true }, { tickCount: width < 420 ? 3 : 5 }) }, extra));
    return {
      layer: filled([
        { data: { values }, mark: { type: 'bar', height: { band: 0.62 } }, encoding: { y, x: x({ stack: null }), color: { condition: { test: 'datum.isLuck', value: css('muted') }, value: css('accent') }, tooltip: { value: '' } } },
        { data: { values: [{ v: 0 }] }, mark: { type: 'rule', color: css('soft') }, encoding: { x: x({}) } },
        { data: { values: values.filter(({ v }) => v >= 0) }, mark: { type: 'text', align: 'left', dx: 5, color: css('ink'), fontSize: 12 }, encoding: { y, x: x({}), text: { field: 'text' } } },
        { data: { values: values.filter(({ v }) => v < 0) }, mark: { type: 'text', align: 'right', dx: -5, color: css('ink'), fontSize: 12 }, encoding: { y, x: x({}), text: { field: 'text' } } },
      ]),
    };
  };

  const logits = (css, width) => {
    const values = data.luck.logits.map(({ low, high, splits }) => ({ a: low, b: high, n: splits, words: decimal(splits, 0) + (splits === 1 ? ' split' : ' splits') + ' from ' + decimal(low, 2) + ' to ' + decimal(high, 2) }));
    const x = (field) => number(field, { title: 'below the median  ←  logit of its rank  →  above', scale: { zero: false, nice: false }, axis: Object.assign({ grid: false }, across(width)) });
    return {
      layer: [
        { data: { values }, mark: { type: 'rect', stroke: css('card'), strokeWidth: 0.5 }, encoding: { x: x('a'), x2: { field: 'b' }, y: number('n', { title: 'splits', scale: { zero: true }, axis: { tickMinStep: 1, format: ',d', tickCount: 5 } }), y2: { datum: 0 }, color: { condition: { test: 'datum.b <= 1e-9', value: css('bad') }, value: css('accent') }, tooltip: { value: '' } } },
        { data: { values: [{ a: 0 }] }, mark: { type: 'rule', color: css('mark'), strokeDash: [5, 4], strokeWidth: 1.4 }, encoding: { x: x('a') } },
      ],
    };
  };
`

/**
 * Equity of a running session over the cone that its backtest lets expect, as SVG made by hand: it is drawn anew with every bar, on
 * phones too. It leans on `whole`, `curve` and the numbers of the page.
 */
export const PAPER_CHART = `
  const NS = 'http://www.w3.org/2000/svg';
  const DAY = 86400000;
  const node = (name, attributes, text) => {
    const one = document.createElementNS(NS, name);
    for (const [key, value] of Object.entries(attributes)) one.setAttribute(key, value);
    if (text !== undefined) one.textContent = text;
    return one;
  };

  /** Levels of the cone at a time, in the quote asset. Within the first day its width grows with the root of time. */
  const coneAt = (t) => {
    const { expectation, from, startEquity } = whole;
    if (!expectation.low) return null;
    const day = (t - from) / DAY;
    if (day < 0 || day > expectation.low.length - 1) return null;
    const k = Math.min(Math.floor(day), expectation.low.length - 2);
    const part = k === 0 ? Math.sqrt(day) : day - k;
    const at = (levels) => startEquity * (levels[k] + part * (levels[k + 1] - levels[k]));
    return { low: at(expectation.low), middle: at(expectation.middle), high: at(expectation.high) };
  };

  let isWide = false;
  const span = () => {
    const end = curve.length > 0 ? curve[curve.length - 1][0] : whole.from;
    const soFar = Math.max((end - whole.from) * 1.08, 6 * 3600000);
    const cone = whole.expectation.low ? (whole.expectation.low.length - 1) * DAY : 0;
    return [whole.from, whole.from + (isWide ? Math.max(soFar, Math.min(cone, Math.max(4 * soFar, 90 * DAY))) : soFar)];
  };

  const niceStep = (rough) => {
    const power = Math.pow(10, Math.floor(Math.log10(rough)));
    return [1, 2, 2.5, 5, 10].map((by) => by * power).find((step) => step >= rough * 0.75);
  };
  const STEPS = [1, 5, 15, 30, 60, 180, 360, 720, 1440, 2880, 7200, 14400, 28800, 43200, 86400, 129600, 259200, 525600, 1051200].map((minutes) => minutes * 60000);
  const MONTHS = ['Jan', 'Feb', 'Mar', 'Apr', 'May', 'Jun', 'Jul', 'Aug', 'Sep', 'Oct', 'Nov', 'Dec'];
  const timeWords = (t, step) => {
    const date = new Date(t);
    const day = date.getUTCDate() + ' ' + MONTHS[date.getUTCMonth()];
    if (step < DAY) return t % DAY === 0 ? day : moment(t).slice(11);
    return step < 60 * DAY ? day : MONTHS[date.getUTCMonth()] + ' ' + date.getUTCFullYear();
  };
  const ticksOf = (low, high, step) => {
    const ticks = [];
    for (let tick = Math.ceil(low / step) * step; tick <= high + step * 1e-9; tick += step) ticks.push(tick);
    return ticks;
  };

  let scales = null;
  /** Where the pointer is; null: elsewhere. */
  let pointed = null;
  const drawChart = () => {
    const place = $('chart');
    const width = place.clientWidth;
    if (width === 0) return;
    const height = width < 560 ? 230 : 320;
    const [from, to] = span();
    const seen = curve.filter(([t]) => t <= to);
    const times = Array.from({ length: 120 }, (_, k) => from + ((to - from) * k) / 119);
    const cone = times.map((t) => ({ t, at: coneAt(t) })).filter(({ at }) => at !== null);
    const values = seen.map(([, v]) => v).concat(cone.flatMap(({ at }) => [at.low, at.high]), [whole.startEquity]);
    let [low, high] = [Infinity, -Infinity];
    for (const value of values) { low = Math.min(low, value); high = Math.max(high, value); }
    const room = (high - low || Math.abs(high) * 0.001 || 1) * 0.06;
    [low, high] = [low - room, high + room];
    const step = niceStep((high - low) / (height < 300 ? 4 : 6));
    const digits = Math.max(0, Math.min(8, -Math.floor(Math.log10(step) + 1e-9) + (step / Math.pow(10, Math.floor(Math.log10(step) + 1e-9)) === 2.5 ? 1 : 0)));
    const labels = ticksOf(low, high, step).map((tick) => ({ tick, text: decimal(tick, digits) }));
    const left = 12 + 7.2 * Math.max(...labels.map(({ text }) => text.length));
    const [right, top, bottom] = [10, 8, 26];
    const x = (t) => left + ((t - from) / (to - from)) * (width - left - right);
    const y = (v) => height - bottom - ((v - low) / (high - low)) * (height - top - bottom);
    scales = { x, from, to, left, right, width };
    const svg = node('svg', { viewBox: '0 0 ' + width + ' ' + height, width, height, 'aria-hidden': 'true', focusable: 'false' });
    for (const { tick, text } of labels) {
      svg.append(node('line', { class: 'grid', x1: left, x2: width - right, y1: y(tick), y2: y(tick) }));
      svg.append(node('text', { class: 'label', x: left - 8, y: y(tick) + 4, 'text-anchor': 'end' }, text));
    }
    const pace = STEPS.find((one) => (to - from) / one <= Math.max(2, (width - left) / 74)) || STEPS[STEPS.length - 1];
    for (const tick of ticksOf(from, to, pace)) {
      if (x(tick) < left + 14 || x(tick) > width - right - 14) continue;
      svg.append(node('line', { class: 'grid', x1: x(tick), x2: x(tick), y1: height - bottom, y2: height - bottom + 4 }));
      svg.append(node('text', { class: 'label', x: x(tick), y: height - 7, 'text-anchor': 'middle' }, timeWords(tick, pace)));
    }
    const path = (points) => points.map(([a, b], k) => (k === 0 ? 'M' : 'L') + a.toFixed(1) + ' ' + b.toFixed(1)).join('');
    if (cone.length > 1) {
      const edge = (name) => cone.map(({ t, at }) => [x(t), y(at[name])]);
      svg.append(node('path', { class: 'cone', d: path(edge('high').concat(edge('low').reverse())) + 'Z' }));
      svg.append(node('path', { class: 'middle', d: path(edge('middle')) }));
    }
    svg.append(node('line', { class: 'start', x1: left, x2: width - right, y1: y(whole.startEquity), y2: y(whole.startEquity) }));
    if (seen.length > 0) {
      const [t, v] = seen[seen.length - 1];
      svg.append(node('path', { class: 'equity', d: path([[x(from), y(whole.startEquity)]].concat(seen.map((point) => [x(point[0]), y(point[1])]))) }));
      svg.append(node('circle', { class: 'last', cx: x(t), cy: y(v), r: 4 }));
    }
    const hair = node('line', { class: 'hair', x1: 0, x2: 0, y1: top, y2: height - bottom, visibility: 'hidden' });
    svg.append(hair);
    place.replaceChildren(svg);
    scales.hair = hair;
    $('chart-t').textContent = chartWords();
    place.dataset.points = String(curve.length);
    if (pointed !== null) readAt(pointed);
  };

  /** Whether equity stands where the cone has it. */
  const standing = () => {
    const last = curve[curve.length - 1];
    const { expectation } = whole;
    if (!expectation.low) return { kind: 'none', words: 'Nothing says what to expect: ' + expectation.reason + '.' };
    if (!last || last[0] - whole.from < DAY) return { kind: 'early', words: 'Not a day has passed: too early to hold it against the backtest.' };
    const at = coneAt(last[0]);
    if (at === null) return { kind: 'none', words: 'The session is longer than what was drawn from the backtest.' };
    const range = 'of ' + amount(at.low) + ' to ' + amount(at.high) + ' ' + whole.quote + ' that nine in ten draws of the backtest’s days come to by now';
    if (last[1] < at.low) return { kind: 'low', words: 'Equity is below the range ' + range + '.' };
    return last[1] > at.high ? { kind: 'high', words: 'Equity is above the range ' + range + '.' } : { kind: 'inside', words: 'Equity is within the range ' + range + '.' };
  };
  const chartWords = () => {
    const last = curve[curve.length - 1];
    if (!last) return 'No bar has been taken yet.';
    const values = curve.map(([, v]) => v);
    const [low, high] = values.reduce(([a, b], v) => [Math.min(a, v), Math.max(b, v)], [Infinity, -Infinity]);
    const { expectation } = whole;
    const moved = 'Equity from ' + amount(whole.startEquity) + ' to ' + amount(last[1]) + ' ' + whole.quote + ' (' + percent(last[1] / whole.startEquity - 1) + ') since ' + moment(whole.from) + ', between ' + amount(low) + ' and ' + amount(high) + '.';
    return expectation.low ? moved + ' ' + standing().words + ' The band is drawn from ' + expectation.words + '; the dashed line is its middle.' : moved;
  };

  const readAt = (clientX) => {
    if (scales === null || curve.length === 0) return;
    const { from, to, left, right, width, x, hair } = scales;
    const inside = clientX - $('chart').getBoundingClientRect().left;
    const t = from + ((inside - left) / (width - left - right)) * (to - from);
    if (t < from || t > to) return readOff();
    let [a, b] = [0, curve.length - 1];
    while (a < b) { const middle = (a + b + 1) >> 1; if (curve[middle][0] <= t) a = middle; else b = middle - 1; }
    const isPast = t <= curve[curve.length - 1][0];
    const at = isPast ? curve[a][0] : t;
    const cone = coneAt(at);
    hair.setAttribute('x1', x(at));
    hair.setAttribute('x2', x(at));
    hair.setAttribute('visibility', 'visible');
    $('chart-r').textContent = moment(at) + (isPast ? ': ' + amount(curve[a][1]) : '') + (cone === null ? '' : (isPast ? ', band ' : ': band ') + amount(cone.low) + ' – ' + amount(cone.high));
  };
  const readOff = () => {
    pointed = null;
    if (scales !== null) scales.hair.setAttribute('visibility', 'hidden');
    $('chart-r').textContent = '';
  };
  for (const kind of ['pointermove', 'pointerdown']) $('chart').addEventListener(kind, (event) => { pointed = event.clientX; readAt(pointed); });
  $('chart').addEventListener('pointerleave', readOff);
  for (const button of document.querySelectorAll('[data-span]')) button.addEventListener('click', () => {
    isWide = button.dataset.span === 'wide';
    for (const other of document.querySelectorAll('[data-span]')) other.setAttribute('aria-pressed', String(other === button));
    if (whole !== null) drawChart();
  });
  new ResizeObserver(() => { if (whole !== null) drawChart(); }).observe($('chart'));
`

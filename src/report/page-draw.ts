/** What a page brings to the drawing: lines of script, each ending its line. */
export interface OwnDrawing {
  /** `CHARTS`: of each chart by id how its specification is made, and of those over time what is in sight. */
  readonly charts: string
  /** `everything`: the first and the last moment of all charts over time. */
  readonly everything: string
  /** What is drawn again when the scale turns logarithmic. */
  readonly logged: string
  /** `markWords`: what is said of the mark under the pointer. */
  readonly words: string
  /** `READ`: what is said of a moment on a chart over time, by its id. */
  readonly reads: string
}

/**
 * Draws charts as they come into view, moves those over time together, reads values off them, and prepares for print. It
 * leans on names of the page: `viewOf` and `goTo` of marks that lead to a trade, `showRows` of a table that print shows whole.
 */
export const pageDraw = (own: OwnDrawing) => String.raw`
  const variable = (name) => 'var(--' + name + ')';
  const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue('--' + name).trim();
  const LOCALE = { decimal: '.', thousands: '\u202f', grouping: [3], currency: ['', ''], minus: '−', percent: '\u202f%' };
  /** Thousands of marks are quicker on a canvas; all else is SVG. */
  const CROWD = 1500;
${own.charts}  const drawn = new Set();
  const turns = new Map();
  const views = new Map();

  let onMark = '';

  const draw = async (id) => {
    const place = $(id);
    if (!place) return;
    drawn.add(id);
    const { make, moves, isCrowded } = CHARTS[id];
    const onCanvas = isCrowded !== undefined && isCrowded();
    const css = onCanvas ? colour : variable;
    const width = Math.max(200, place.clientWidth);
    const height = Number(place.dataset.height);
    const turn = (turns.get(id) || 0) + 1;
    turns.set(id, turn);
    const spec = Object.assign({ $schema: 'https://vega.github.io/schema/vega-lite/v6.json', width, height, autosize: { type: 'fit', contains: 'padding' } }, make(css, width, height));
    if (spec.hconcat || spec.vconcat) { delete spec.width; delete spec.height; }
    const holder = document.createElement('div');
    const done = await vegaEmbed(holder, spec, { renderer: onCanvas ? 'canvas' : 'svg', actions: false, config: config(css), tooltip: false, formatLocale: LOCALE });
    if (turns.get(id) !== turn) return done.finalize();
    if (views.has(id)) views.get(id).finalize();
    const { view } = done;
    views.set(id, view);
    place.replaceChildren(holder);
    place.dataset.drawn = 'yes';
    if (moves) move(id, view);
    view.addEventListener('click', (_, item) => { if (item && item.datum && viewOf.has(item.datum.k)) goTo(item.datum.k); });
    view.addEventListener('mouseover', (_, item) => { onMark = item && item.datum ? markWords(item.datum) : ''; if (onMark) say(id, onMark); });
    view.addEventListener('mouseout', () => { onMark = ''; say(id, ''); });
  };

  const watch = new IntersectionObserver((entries) => {
    for (const entry of entries) if (entry.isIntersecting && !drawn.has(entry.target.id)) draw(entry.target.id);
  }, { rootMargin: '400px' });
  for (const id of Object.keys(CHARTS)) if ($(id)) watch.observe($(id));
  const redraw = (ids) => { for (const id of ids) if (drawn.has(id)) draw(id); };
  let wide = innerWidth;
  addEventListener('resize', () => { if (innerWidth !== wide) { wide = innerWidth; redraw(drawn); shorten(); } });

  /** What charts over time show: null is everything. */
  let shown = null;
  const timely = Object.keys(CHARTS).filter((id) => CHARTS[id].moves && $(id));
${own.everything}  const range = (id) => {
    if (shown === null) return null;
    let [low, high] = [Infinity, -Infinity];
    for (const line of CHARTS[id].sights()) if (line) line.t.forEach((t, k) => { if (t >= shown[0] && t <= shown[1]) { low = Math.min(low, line.v[k]); high = Math.max(high, line.v[k]); } });
    const room = isLog() && low > 0 && id !== 'chart-drawdown' ? 0 : (high - low) * 0.05;
    return high > low ? [low - room, id === 'chart-drawdown' ? Math.min(0, high + room) : high + room] : null;
  };
  const apply = (id) => { const view = views.get(id); if (view) view.signal('zoom_t', shown).signal('inSight', range(id)).runAsync(); };
  const showTime = (next) => { shown = next; for (const id of timely) apply(id); };
  const move = (id, view) => {
    apply(id);
    view.addSignalListener('zoom_t', (_, value) => {
      const next = value ? value.map(Number) : null;
      if (String(next) !== String(shown)) { shown = next; setTimeout(() => { for (const other of timely) apply(other); }); }
    });
  };
  const MOVES = { in: [0.25, -0.25], out: [-0.5, 0.5], back: [-0.5, -0.5], on: [0.5, 0.5], all: null };
  for (const button of document.querySelectorAll('[data-zoom]')) button.addEventListener('click', () => {
    const by = MOVES[button.dataset.zoom];
    const [from, to] = shown || everything;
    const wideness = to - from;
    const [a, b] = by === null ? everything : [from + by[0] * wideness, to + by[1] * wideness];
    const isWhole = a <= everything[0] && b >= everything[1];
    const shift = Math.max(0, everything[0] - a) - Math.max(0, b - everything[1]);
    showTime(isWhole ? null : [Math.round(a + shift), Math.round(b + shift)]);
  });
  for (const box of document.querySelectorAll('[data-log]')) box.addEventListener('change', () => {
    for (const other of document.querySelectorAll('[data-log]')) other.checked = box.checked;
${own.logged}  });

  /** Values under the pointer, beside the chart's name. */
  const say = (id, words) => { $(id + '-r').textContent = words; };
${own.words}  const rowAt = (times, t) => {
    let [low, high] = [0, times.length - 1];
    while (low < high) { const middle = (low + high + 1) >> 1; if (times[middle] <= t) low = middle; else high = middle - 1; }
    return low;
  };
  const valueAt = (line, t, text) => text(line.v[rowAt(line.t, t)]);
${own.reads}  for (const id of timely) {
    const place = $(id);
    place.addEventListener('pointermove', (event) => {
      const view = views.get(id);
      if (!view || onMark) return;
      const left = place.firstChild.getBoundingClientRect().left;
      const t = Number(view.scale('x').invert(event.clientX - left - view.origin()[0]));
      say(id, t >= everything[0] && t <= everything[1] ? moment(t) + ': ' + READ[id](t) : '');
    });
    place.addEventListener('pointerleave', () => say(id, ''));
  }

  const canvases = () => Object.keys(CHARTS).filter((id) => CHARTS[id].isCrowded && CHARTS[id].isCrowded());
  const root = document.documentElement;
  const isDark = () => (root.dataset.theme || (matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light')) === 'dark';
  const themed = () => { $('theme').setAttribute('aria-pressed', String(isDark())); redraw(canvases()); };
  $('theme').addEventListener('click', () => { root.dataset.theme = isDark() ? 'light' : 'dark'; themed(); });
  matchMedia('(prefers-color-scheme: dark)').addEventListener('change', themed);
  themed();

  /** On paper nothing folds open and nothing is turned: all is there, in light. */
  let before = null;
  addEventListener('beforeprint', () => {
    before = { theme: root.dataset.theme, closed: [...document.querySelectorAll('section > details:not([open])')] };
    root.dataset.theme = 'light';
    for (const part of before.closed) part.open = true;
    for (const id of Object.keys(CHARTS)) if ($(id) && (!drawn.has(id) || canvases().includes(id))) draw(id);
    showRows(true);
  });
  addEventListener('afterprint', () => {
    if (before.theme === undefined) delete root.dataset.theme; else root.dataset.theme = before.theme;
    for (const part of before.closed) part.open = false;
    redraw(canvases());
    showRows(false);
  });

  /** Only what can be scrolled is a stop for the Tab key. */
  const shorten = () => { for (const box of document.querySelectorAll('.scroll')) { if (box.scrollWidth > box.clientWidth) box.tabIndex = 0; else box.removeAttribute('tabindex'); } };
  for (const part of document.querySelectorAll('details')) part.addEventListener('toggle', shorten);
`

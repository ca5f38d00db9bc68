/** A table whose rows are made in the page, some at a time, so that thousands stay quick: sorted by its headings, filtered, turned. */
export const PAGE_TABLE = String.raw`
  const PAGE = 25;
  const PRINTED = 500;
  /** of: id of the table, what its rows are called and where all of them are, the key it is sorted by; what its rows hold. */
  const turningTable = ({ id, one, many, file, first, size, filters, count, filter, valueOf, cellOf }) => {
    const body = $(id).tBodies[0];
    const heads = [...$(id).tHead.querySelectorAll('button')];
    const keys = heads.map((head) => head.dataset.key);
    let key = first;
    let sign = 1;
    let page = 0;
    const isNone = (value) => value === null || value === '';
    /** What is not there stands last, whichever way the others are turned; numbers before words. */
    const compare = (a, b) => {
      const [x, y] = [valueOf(a, key), valueOf(b, key)];
      if (isNone(x) || isNone(y)) return Number(isNone(x)) - Number(isNone(y)) || a - b;
      const [p, q] = typeof x === typeof y ? [x, y] : [String(x), String(y)];
      return p < q ? -sign : p > q ? sign : a - b;
    };
    const filtered = () => {
      const isShown = filter();
      const rows = [];
      for (let k = 0; k < size; k++) if (isShown(k)) rows.push(k);
      return rows.sort(compare);
    };
    const showRows = (onPaper) => {
      const rows = filtered();
      const pages = Math.max(1, Math.ceil(rows.length / PAGE));
      page = Math.min(page, pages - 1);
      const some = onPaper ? rows.slice(0, PRINTED) : rows.slice(page * PAGE, page * PAGE + PAGE);
      body.replaceChildren(...some.map((k) => { const row = document.createElement('tr'); row.append(...keys.map((field) => cellOf(k, field))); return row; }));
      const all = decimal(size, 0) + ' ' + (size === 1 ? one : many);
      $(count).textContent = onPaper && some.length < rows.length ? 'The first ' + PRINTED + ' of ' + decimal(rows.length, 0) + ' ' + many + '; ' + file + ' has every one.' : rows.length === size ? all : decimal(rows.length, 0) + ' of ' + all;
      $('page-words').textContent = 'page ' + (page + 1) + ' of ' + pages;
      $('page-before').disabled = page === 0;
      $('page-after').disabled = page >= pages - 1;
      for (const head of heads) head.parentElement.setAttribute('aria-sort', head.dataset.key === key ? (sign === 1 ? 'ascending' : 'descending') : 'none');
      shorten();
    };
    for (const head of heads) head.addEventListener('click', () => { sign = head.dataset.key === key ? -sign : 1; key = head.dataset.key; page = 0; showRows(false); });
    for (const input of filters) if ($(input)) $(input).addEventListener('input', () => { page = 0; showRows(false); });
    $('page-before').addEventListener('click', () => { page--; showRows(false); });
    $('page-after').addEventListener('click', () => { page++; showRows(false); });
    showRows(false);
    return showRows;
  };
  const wordsIn = (id) => $(id).value.toLowerCase().split(/\s+/).filter((word) => word !== '');
`

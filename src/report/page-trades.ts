import { PAGE_COPY } from './page-copy.ts'
import { PAGE_TABLE } from './page-table.ts'

/** The trade looked at bar by bar, and the table of trades: sorted, filtered and turned in the page. */
export const PAGE_TRADES = `
  const tradeName = (k) => '#' + (trades.number[k] + 1) + ' ' + trades.symbol[k] + ' ' + trades.side[k] + ' ' + moment(trades.entryTime[k]) + ' ' + percent(trades.return[k]);
  const show = (k) => {
    shownTrade = k;
    $('trade-choice').value = String(k);
    const at = data.views.findIndex((view) => view.trade === k);
    $('trade-before').disabled = at <= 0;
    $('trade-after').disabled = at >= data.views.length - 1;
    const bars = decimal(trades.bars[k], 0) + (trades.bars[k] === 1 ? ' bar' : ' bars');
    $('trade-words').textContent = 'Trade ' + (trades.number[k] + 1) + ', ' + trades.side[k] + ' ' + quantity(trades.qty[k]) + ' ' + trades.symbol[k] + ': in at ' + price(trades.entryPrice[k]) + ' on ' + moment(trades.entryTime[k]) + ' (' + trades.entryTag[k] + '), out at ' + price(trades.exitPrice[k]) + ' on ' + moment(trades.exitTime[k]) + ' (' + trades.exitTag[k] + ') after ' + bars + '. ' + amount(trades.pnl[k]) + ' ' + data.quote + ' (' + percent(trades.return[k]) + ') after fees of ' + amount(trades.fees[k]) + '; at worst ' + percent(trades.mae[k]) + ', at best ' + percent(trades.mfe[k]) + '.';
    if (drawn.has('chart-trade')) draw('chart-trade');
  };
  const goTo = (k) => { show(k); $('trade-choice').scrollIntoView({ block: 'start' }); $('trade-choice').focus({ preventScroll: true }); };
  if ($('trade-choice')) {
    const choice = $('trade-choice');
    for (const view of data.views) choice.add(new Option(tradeName(view.trade), String(view.trade)));
    choice.addEventListener('change', () => show(Number(choice.value)));
    const step = (by) => () => { const at = data.views.findIndex((view) => view.trade === shownTrade) + by; if (data.views[at]) show(data.views[at].trade); };
    const extreme = (sign) => data.views.reduce((k, view) => (sign * trades.return[view.trade] > sign * trades.return[k] ? view.trade : k), data.views[0].trade);
    $('trade-before').addEventListener('click', step(-1));
    $('trade-after').addEventListener('click', step(1));
    $('trade-best').addEventListener('click', () => show(extreme(1)));
    $('trade-worst').addEventListener('click', () => show(extreme(-1)));
    show(extreme(1));
  }
  if ($('price-symbol')) $('price-symbol').addEventListener('change', () => draw('chart-price'));
${PAGE_TABLE}
  let showRows = () => {};
  if ($('trade-table')) {
    const valueOf = (k, field) => (field === 'n' ? trades.number[k] : trades[field][k]);
    const TEXT = { n: (v) => String(v + 1), entryTime: moment, exitTime: moment, entryPrice: price, exitPrice: price, qty: quantity, fees: amount, pnl: amount, return: percent, mae: percent, mfe: percent, bars: (v) => decimal(v, 0) };
    const textOf = (k, field) => (TEXT[field] ? TEXT[field](valueOf(k, field)) : valueOf(k, field));
    const cellOf = (k, field) => {
      const cell = document.createElement(field === 'n' ? 'th' : 'td');
      if (field === 'n') cell.scope = 'row';
      if (field === 'n' && viewOf.has(k)) {
        const button = document.createElement('button');
        button.type = 'button';
        button.textContent = textOf(k, field);
        button.setAttribute('aria-label', 'trade ' + textOf(k, field) + ' bar by bar');
        button.addEventListener('click', () => goTo(k));
        cell.append(button);
      } else cell.textContent = textOf(k, field);
      if (typeof valueOf(k, field) === 'number' && !field.endsWith('Time')) cell.className = 'n';
      if (field === 'pnl' || field === 'return') cell.classList.add(valueOf(k, field) > 0 ? 'good' : 'bad');
      return cell;
    };
    const filter = () => {
      const words = wordsIn('trade-filter');
      const side = $('trade-side') ? $('trade-side').value : '';
      const result = Number($('trade-result').value);
      return (k) => {
        if (side !== '' && trades.side[k] !== side) return false;
        if (result !== 0 && (trades.pnl[k] > 0 ? 1 : -1) !== result) return false;
        if (words.length === 0) return true;
        const text = [trades.symbol[k], trades.side[k], moment(trades.entryTime[k]), moment(trades.exitTime[k]), trades.entryTag[k], trades.exitTag[k]].join(' ').toLowerCase();
        return words.every((word) => text.includes(word));
      };
    };
    showRows = turningTable({ id: 'trade-table', one: 'trade', many: 'trades', file: 'trades.csv', first: 'n', size, filters: ['trade-filter', 'trade-side', 'trade-result'], count: 'trade-count', filter, valueOf, cellOf });
  }
  shorten();

${PAGE_COPY}`

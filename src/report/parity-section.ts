import { isAccounted, type ParityCause, type ParityDocument } from '../core/parity.ts'
import { amountDigits, count, date, decimal, plural } from './format.ts'
import { card, escapeHtml, section, tableHtml } from './html.ts'
import { STYLE } from './style.ts'

/** What each cause is, as a reader needs it to be said. */
export const CAUSE_WORDS: Readonly<Record<ParityCause, string>> = {
  data: 'Bars that were revised since, came late or not at all',
  timing: 'Orders that filled on another bar, or not',
  filter: 'Orders that one refused and the other took',
  price: 'Prices of fills',
  fee: 'Rates of fees',
  funding: 'Funding that was missed or otherwise',
  state: 'Halts and commands, orders taken off the book, equity carried over',
  foreign: 'Trades and positions of somebody else on the account',
}

const OWN_STYLE = `
header{display:block}
#money .bar.bad{background:var(--bad)}
#money td:last-child{min-width:90px}
#differences td{vertical-align:top}
#differences .prose{min-width:16em}
`

/** Nothing is loaded and nothing runs. */
const POLICY = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; base-uri 'none'; form-action 'none'"

type Money = (value: number) => string

/** Amounts so small that they would be read as nothing keep their digits. */
function moneyOf({ cash }: ParityDocument): Money {
  const usual = amountDigits(cash)
  return (value) => {
    const digits = value !== 0 && Math.abs(value) < 10 ** -usual ? 8 : usual
    return `${value > 0 ? '+' : ''}${decimal(value, digits)}`
  }
}

/** One sentence: whether a session did what its backtest does, and what makes the difference. */
export function paritySentence(document: ParityDocument): string {
  const { same, differences, unexplained, unaccounted, netProfit, quote } = document
  const money = moneyOf(document)
  const span = `${plural(document.bars, 'bar')}, ${decimal(document.days, 1)} days of trading`
  if (same) return `Nothing differs: over ${span} the session did what the backtest does.`
  const away = `${money(netProfit.paper - netProfit.backtest)} ${quote} beside the backtest`
  if (isAccounted(document))
    return `All is accounted for: over ${span} the session came to ${away}, by ${plural(differences.length, 'difference')} with a cause each.`
  const foreign = foreignOf(document)
  const isOpen = unexplained !== 0 || unaccounted.length > 0
  const parts = [
    ...(isOpen ? [`${money(unexplained)} ${quote} has no cause`] : []),
    ...(foreign.count > 0 ? [`${money(foreign.money)} ${quote} is somebody else’s doing on its account`] : []),
  ]
  return `Not all is accounted for: over ${span} the session came to ${away}, of which ${parts.join(', and ')}.`
}

function foreignOf({ causes }: ParityDocument): { readonly count: number; readonly money: number } {
  return causes.find(({ cause }) => cause === 'foreign') ?? { count: 0, money: 0 }
}

/** The parity of a session: what it came to beside its backtest, and what each cause did to that. */
function paritySections(document: ParityDocument): readonly string[] {
  return [summary(document), moneySection(document), differenceSection(document)]
}

function summary(document: ParityDocument): string {
  const { netProfit, fills, quote, unexplained, days, unaccounted, remarks } = document
  const money = moneyOf(document)
  const cards = [
    card('Net profit on paper', `${money(netProfit.paper)} <span class="unit">${escapeHtml(quote)}</span>`, ''),
    card('In the backtest', `${money(netProfit.backtest)} <span class="unit">${escapeHtml(quote)}</span>`, ''),
    card('Unexplained', money(unexplained), '', unexplained === 0 ? 'good' : 'bad'),
    card('Fills', count(fills.paper), `${count(fills.backtest)} in the backtest; ${decimal(days, 1)} days of trading`),
  ]
  const open = unaccounted.map((text) => `<p class="alarm">${escapeHtml(`Nobody knows why: ${text}`)}</p>`)
  const foreign = foreignOf(document)
  if (foreign.count > 0)
    open.push(
      `<p class="alarm">${escapeHtml(`Somebody else acted on this account (${plural(foreign.count, 'difference')}, ${money(foreign.money)} ${quote}): what is said of paper here is what the account came to, and not the session alone.`)}</p>`,
    )
  const said = remarks.map((text) => `<p class="words">${escapeHtml(text)}</p>`)
  return section(
    'verdict',
    'Verdict',
    `<p class="sentence">${escapeHtml(paritySentence(document))}</p>`,
    `<dl class="cards">${cards.join('')}</dl>`,
    ...open,
    ...said,
  )
}

/** From what the backtest came to down to what the session did, cause by cause. */
function moneySection(document: ParityDocument): string {
  const { causes, netProfit, unexplained, quote } = document
  const money = moneyOf(document)
  const widest = Math.max(Math.abs(unexplained), ...causes.map((one) => Math.abs(one.money)))
  const bar = (value: number) =>
    value === 0
      ? ''
      : `<span class="bar ${value > 0 ? 'good' : 'bad'}" style="--w:${Math.round((Math.abs(value) / widest) * 100)}%"></span>`
  const rows = [
    ['The backtest', '', money(netProfit.backtest), ''],
    ...causes.map((one) => [CAUSE_WORDS[one.cause], count(one.count), money(one.money), bar(one.money)]),
    ['Unexplained', count(document.unaccounted.length), money(unexplained), bar(unexplained)],
    ['<strong>The session</strong>', '', `<strong>${money(netProfit.paper)}</strong>`, ''],
  ]
  const columns = [
    { title: '', kind: 'prose' as const },
    { title: 'Differences', kind: 'number' as const },
    { title: `Net profit, ${quote}`, kind: 'number' as const },
    { title: '' },
  ]
  const how =
    'One thing after another is put in its place, in this order: the session’s bars, its rates of funding, its commands, then what an exchange did with its orders, and last what others did on its account. What follows from something, such as another size of the next order, stands under its cause. So the parts add up to the whole, to the unit of the ledger.'
  return section(
    'money',
    'What makes the difference',
    tableHtml('From the backtest to the session', columns, rows),
    `<p class="words">${how}</p>`,
  )
}

function differenceSection(document: ParityDocument): string {
  const { differences, quote } = document
  const money = moneyOf(document)
  if (differences.length === 0) return section('differences', 'Every difference', '<p>There is none.</p>')
  const rows = differences.map(({ at, cause, symbol, text, paper, backtest, money: value }) => [
    date(at),
    cause,
    ...[symbol, text, paper, backtest].map(escapeHtml),
    money(value),
  ])
  const prose = (title: string) => ({ title, kind: 'prose' }) as const
  const columns = [
    ...[{ title: 'Time, UTC' }, { title: 'Cause' }, { title: 'Symbol' }],
    ...[prose('What was otherwise'), prose('On paper'), prose('In the backtest')],
    { title: `Money, ${quote}`, kind: 'number' as const },
  ]
  return section('differences', 'Every difference', tableHtml('Paper less backtest', columns, rows))
}

/** `parity.html`: a page that stands alone, without a script and without a network. */
export function parityPage(document: ParityDocument): string {
  const { session, strategy, params, series, broker, mode, from, to } = document
  const shown = Object.entries(params).map(
    ([name, value]) => `<span class="param">${escapeHtml(`${name} = ${value}`)}</span>`,
  )
  const facts = `${series.join(', ')} · ${date(from)} to ${date(to)} UTC · ${mode === 'live' ? 'live bars' : 'replayed bars'} · broker ${broker}`
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="${POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${escapeHtml(session)} · parity · klinelab</title>
<link rel="icon" href="data:,">
<style>${STYLE}${OWN_STYLE}</style>
</head>
<body>
<a class="skip" href="#main">To the figures</a>
<header>
<p class="eyebrow">klinelab parity · ${escapeHtml(strategy)}</p><h1>${escapeHtml(session)}</h1><p class="facts">${escapeHtml(facts)}</p><div class="params">${shown.join('')}</div>
</header>
<main id="main" tabindex="-1">
${paritySections(document).join('\n')}
</main>
<footer><p>Times are UTC, amounts in the quote asset, paper less backtest. Made again with klinelab parity ${escapeHtml(session)}.</p></footer>
</body>
</html>
`
}

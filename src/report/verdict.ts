import type { RunResult } from '../core/run.ts'
import { amount, capital, count, date, duration, percent, plural, ratio, signedPercent } from './format.ts'
import { card, escapeHtml, lines } from './html.ts'
import { groupedRemarks } from './remarks.ts'

/** Fewer trades than this say little about the next one. */
const FEW = 30

/** The judgement in a sentence or two, and the figures it rests on beside their peers. */
export function verdict(result: RunResult): string {
  const { document } = result
  const { metrics, peer, costs, quote } = document
  const held = (key: string, text: (value: number) => string) => {
    const value = peer[key]
    return value === null || value === undefined ? '' : `buy and hold ${text(value)}`
  }
  const cards = [
    card(
      'Return',
      signedPercent(metrics['totalReturn']),
      held('totalReturn', signedPercent),
      tone(metrics['totalReturn']),
    ),
    card('A year', signedPercent(metrics['cagr']), held('cagr', signedPercent), tone(metrics['cagr'])),
    card('Largest drawdown', percent(metrics['maxDrawdown']), held('maxDrawdown', percent)),
    card('Volatility, a year', percent(metrics['volatility']), held('volatility', percent)),
    card(
      'Sharpe',
      ratio(metrics['sharpe']),
      lines(held('sharpe', ratio), between(metrics['sharpeLow'], metrics['sharpeHigh'])),
    ),
    card(
      'Closed trades',
      count(metrics['trades'] ?? 0),
      lines(
        metrics['winRate'] === null ? '' : `${percent(metrics['winRate'], 1)} won`,
        `in the market ${percent(metrics['exposure'], 0)} of the time`,
      ),
    ),
    card(
      'Profit factor',
      ratio(metrics['profitFactor']),
      lines(
        metrics['expectancy'] === null
          ? 'no trades to win or lose'
          : `${amount(metrics['expectancy'] ?? 0, document)} ${escapeHtml(quote)} a trade`,
        metrics['avgTrade'] === null ? '' : `mean return ${signedPercent(metrics['avgTrade'])}`,
      ),
      tone(metrics['profitFactor'] === null ? null : Math.round(((metrics['profitFactor'] ?? 1) - 1) * 100)),
    ),
    card(
      'Costs',
      `${amount(paid(result), document)} <span class="unit">${escapeHtml(quote)}</span>`,
      costPeer(result),
      costs.none ? 'bad' : '',
    ),
  ]
  const zero = costs.funding === 0 ? 'All costs' : 'Fees and slippage'
  const alarm = costs.none
    ? `<p class="alarm" role="alert"><strong>${zero} were set to zero.</strong> Nobody could have had this result.</p>`
    : ''
  const learnt = inSampleAlarm(result)
  return `<section id="verdict" aria-labelledby="verdict-h"><h2 id="verdict-h" class="hidden">Verdict</h2>
${learnt}${alarm}<p class="sentence">${sentence(result)}</p>\n<dl class="cards">${cards.join('\n')}</dl></section>`
}

/** A model that was asked of bars which it has learnt from knows what comes. */
function inSampleAlarm({ document: { models, range } }: RunResult): string {
  const first = Math.max(...models.used.map(({ outOfSampleFrom }) => outOfSampleFrom))
  const later = models.used.filter(({ learnsFromLater }) => learnsFromLater)
  if (later.length > 0)
    return `<p class="alarm" role="alert"><strong>In sample: the folds of ${[...new Set(later.map(({ name }) => escapeHtml(name)))].join(', ')} learn from bars after those they were asked of.</strong> Nobody could have had this result.</p>`
  if (!models.inSample || range.from >= first) return ''
  const names = [...new Set(models.used.map(({ name }) => escapeHtml(name)))].join(', ')
  return `<p class="alarm" role="alert"><strong>In sample: ${names} learnt from bars before ${date(first)}</strong> and was asked of them. Nobody could have had this result.</p>`
}

function sentence(result: RunResult): string {
  const { metrics, peer } = result.document
  const remarks = groupedRemarks(result.document)
  const total = metrics['totalReturn']
  if (total === null || total === undefined) return 'The return cannot be computed.'
  const held = peer['totalReturn'] ?? null
  const where = held === null ? '' : ` where buying and holding ${made(held)}`
  const fall = `falling at worst ${percent(metrics['maxDrawdown'])} below its peak${held === null ? '' : ` (holding: ${percent(peer['maxDrawdown'])})`}`
  const parts =
    result.fills.length === 0
      ? [`<strong>Never traded:</strong> the money lay still${where}.`]
      : [
          `${capital(made(total, 'strong'))}${where}, ${fall}.`,
          liquidationSentence(result),
          haltSentence(result),
          costSentence(result),
          pathSentence(result),
          evidence(result),
        ]
  const more =
    remarks.length === 0 ? '' : `<a href="#remarks">${plural(remarks.length, 'thing')} to know before believing it</a>`
  return [...parts, more].filter((part) => part !== '').join(' ')
}

/** What was taken away, before anything that was earned. */
function liquidationSentence({ document: { perpetuals } }: RunResult): string {
  const count = perpetuals.reduce((sum, { liquidations }) => sum + liquidations.count, 0)
  if (count === 0) return ''
  return `<strong>${count === 1 ? 'Once a position was liquidated' : `${plural(count, 'time')} a position was liquidated`}.</strong> <a href="#margin">Why</a>`
}

/** That a limit of risk stopped it: what follows is not what the strategy would have done. */
function haltSentence({ events, document }: RunResult): string {
  const halts = events.filter((event) => event.type === 'halted')
  const [first] = halts
  if (first === undefined) return ''
  const resumed = events.findLast((event) => event.type === 'resumed' || event.type === 'halted')?.type === 'resumed'
  const last = halts.at(-1)!
  const times =
    halts.length === 1 ? `on ${date(first.at)}` : `${plural(halts.length, 'time')}, first on ${date(first.at)}`
  const since = last === first ? 'since' : `since the last, on ${date(last.at)}`
  const rest = resumed ? '' : `, and nothing was opened in the ${duration(document.range.to - last.at)} ${since}`
  return `<strong>Limits of risk halted trading</strong> ${times}${rest}.`
}

/** What the bars do not show, as an interval: the figures themselves are its worse end. */
function pathSentence({ document: { band } }: RunResult): string {
  if (band.bars === 0) return ''
  const { totalReturn, maxDrawdown } = band
  const range = `between ${signedPercent(totalReturn.low)} and ${signedPercent(totalReturn.high)}`
  return `On ${plural(band.bars, 'bar')} the order of prices inside decides: the return lies ${range}, the drawdown between ${percent(maxDrawdown.low)} and ${percent(maxDrawdown.high)}; this page shows ${band.method === 'full' ? 'the run that takes the worse path at every bar' : 'the worse end'}.`
}

function costSentence(result: RunResult): string {
  const { document } = result
  const took = `Costs took ${amount(paid(result), document)} ${escapeHtml(document.quote)}`
  const gross = grossProfit(result)
  if (document.costs.none) return `No costs${document.costs.funding === 0 ? '' : ' but funding'} were charged.`
  if (gross <= 0) return `${took}; without them it would have lost too.`
  if ((document.metrics['netProfit'] ?? 0) <= 0)
    return `${took} and turned a gain of ${amount(gross, document)} into a loss.`
  return `${took}, ${percent(paid(result) / gross, 1)} of what it would have made without them.`
}

/** What the sample is worth: too few trades, or a Sharpe ratio whose error is larger than itself. */
function evidence({ document }: RunResult): string {
  const { metrics, openTrades } = document
  const trades = metrics['trades'] ?? 0
  if (trades === 0)
    return `<strong>No trade was closed</strong>${openTrades.length > 0 ? `: the result is that of ${plural(openTrades.length, 'open position')}` : ''}.`
  if (trades < FEW) return `<strong>Only ${plural(trades, 'closed trade')}: too few to tell skill from luck.</strong>`
  const [low, high] = [metrics['sharpeLow'], metrics['sharpeHigh']]
  if (low === null || low === undefined || high === null || high === undefined || low > 0 || high < 0) return ''
  return `<strong>Its Sharpe ratio cannot be told from zero</strong> <span class="whole">(95\u202f%: ${ratio(low)} to ${ratio(high)}).</span>`
}

function costPeer(result: RunResult): string {
  const { document } = result
  const gross = grossProfit(result)
  if (document.costs.none) return 'switched off'
  if (paid(result) === 0) return 'nothing was paid'
  if (gross <= 0) return 'there was no gross profit to share'
  const share = paid(result) / gross
  return share > 10 ? `of a gross profit of only ${amount(gross, document)}` : `${percent(share, 1)} of gross profit`
}

function paid({ document }: RunResult): number {
  const { fees, slippage, funding } = document.costs
  return fees + slippage + funding
}

function grossProfit(result: RunResult): number {
  return (result.document.metrics['netProfit'] ?? 0) + paid(result)
}

function made(value: number, tag?: 'strong'): string {
  const size = tag === undefined ? percent(Math.abs(value)) : `<${tag}>${percent(Math.abs(value))}</${tag}>`
  return value >= 0 ? `made ${size}` : `lost ${size}`
}

function tone(value: number | null | undefined): string {
  return value === null || value === undefined || value === 0 ? '' : value > 0 ? 'good' : 'bad'
}

function between(low: number | null | undefined, high: number | null | undefined): string {
  return low === null || low === undefined || high === null || high === undefined
    ? ''
    : `95\u202f%: ${ratio(low)} to ${ratio(high)}`
}

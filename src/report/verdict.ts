import type { RunResult } from '../core/run.ts'
import { underwater } from '../metrics/index.ts'
import { count, decimal, moment, percent, plural, signedPercent } from './format.ts'
import { escapeHtml } from './html.ts'

/** Fewer trades than this say little about the next one. */
const FEW = 30

/** What was run on what, the judgement in a sentence, and the figures it rests on beside their peers. */
export function verdict(result: RunResult): string {
  const { document } = result
  const { metrics, costs, quote } = document
  const heldWorst = benchmarkDrawdown(result)
  const cards = [
    card(
      'Return',
      signedPercent(metrics['totalReturn']),
      `buy and hold ${signedPercent(metrics['buyAndHold'])}`,
      tone(metrics['totalReturn']),
    ),
    card(
      'A year',
      signedPercent(metrics['cagr']),
      `volatility ${percent(metrics['volatility'])}`,
      tone(metrics['cagr']),
    ),
    card(
      'Largest drawdown',
      percent(metrics['maxDrawdown']),
      heldWorst === null ? '' : `buy and hold ${percent(heldWorst)}`,
    ),
    card('Sharpe', number(metrics['sharpe']), interval(metrics['sharpeLow'], metrics['sharpeHigh'])),
    card('Sortino', number(metrics['sortino']), `Calmar ${number(metrics['calmar'])}`),
    card(
      'Trades',
      count(metrics['trades'] ?? 0),
      `${percent(metrics['winRate'], 1)} won, in the market ${percent(metrics['exposure'], 0)} of the time`,
    ),
    card(
      'Profit factor',
      number(metrics['profitFactor']),
      `mean trade ${signedPercent(metrics['avgTrade'])}`,
      tone((metrics['profitFactor'] ?? 1) - 1),
    ),
    card(
      'Costs',
      `${decimal(costs.fees + costs.slippage + costs.funding, 2)} ${quote}`,
      costs.none ? 'switched off' : `${percent(metrics['costShare'], 0)} of gross profit`,
      costs.none ? 'bad' : '',
    ),
  ]
  const alarm = costs.none
    ? '<p class="alarm" role="alert"><strong>All costs were set to zero.</strong> Nobody could have had this result.</p>'
    : ''
  return `${alarm}<p class="sentence">${sentence(result, heldWorst)}</p>\n<dl class="cards">${cards.join('\n')}</dl>`
}

/** The head of the page: strategy, parameters, data. */
export function whatWasRun({ document }: RunResult): string {
  const params = Object.entries(document.params).map(
    ([name, value]) => `<span class="param">${escapeHtml(name)} = ${escapeHtml(String(value))}</span>`,
  )
  const gaps = document.data.reduce((sum, one) => sum + one.gaps.bars, 0)
  const series = document.data.map((one) => escapeHtml(one.series)).join(', ')
  const warmup = document.range.warmup > 0 ? `, after ${plural(document.range.warmup, 'bar')} of warm-up` : ''
  return `<p class="eyebrow">Backtest</p><h1>${escapeHtml(document.strategy)}</h1>
<p class="params">${params.join(' ')}</p>
<p>${series} · ${moment(document.range.from)} to ${moment(document.range.to)} UTC · ${plural(document.engine.bars, 'bar')}${gaps > 0 ? ` (${count(gaps)} missing)` : ''}${warmup} · started with ${decimal(document.cash, 2)} ${escapeHtml(document.quote)}</p>`
}

function sentence({ document }: RunResult, heldWorst: number | null): string {
  const { metrics, costs, quote } = document
  const total = metrics['totalReturn']
  if (total === null || total === undefined) return 'The return cannot be computed.'
  const held = metrics['buyAndHold']
  const verb = total >= 0 ? `Made <strong>${percent(total)}</strong>` : `Lost <strong>${percent(-total)}</strong>`
  const peer =
    held === null || held === undefined
      ? ''
      : ` where buying and holding ${held >= 0 ? `made ${percent(held)}` : `lost ${percent(-held)}`}`
  const fall = `, falling at worst ${percent(metrics['maxDrawdown'])} below its peak${heldWorst === null ? '' : ` (holding: ${percent(heldWorst)})`}`
  const paid = costs.fees + costs.slippage + costs.funding
  const gross = (metrics['netProfit'] ?? 0) + paid
  const share =
    gross > 0
      ? `, ${percent(paid / gross, 0)} of what it would have made without them`
      : ', and it would have lost without them too'
  const trades = metrics['trades'] ?? 0
  const few =
    trades < FEW ? ` <strong>Only ${plural(trades, 'closed trade')}: too few to tell skill from luck.</strong>` : ''
  return `${verb}${peer}${fall}. Costs took ${decimal(paid, 2)} ${escapeHtml(quote)}${share}.${few}`
}

function benchmarkDrawdown({ equity, benchmark, document }: RunResult): number | null {
  if (benchmark === null) return null
  let worst = 0
  for (const value of underwater({ ...equity, equity: benchmark }, document.cash)) if (value < worst) worst = value
  return -worst
}

function card(label: string, value: string, peer: string, kind = ''): string {
  return `<div class="card${kind === '' ? '' : ` ${kind}`}"><dt>${label}</dt><dd class="value">${value}</dd><dd class="peer">${peer}</dd></div>`
}

function tone(value: number | null | undefined): string {
  return value === null || value === undefined || value === 0 ? '' : value > 0 ? 'good' : 'bad'
}

function number(value: number | null | undefined): string {
  return value === null || value === undefined ? '–' : decimal(value, 2)
}

function interval(low: number | null | undefined, high: number | null | undefined): string {
  return low === null || low === undefined || high === null || high === undefined
    ? ''
    : `95 % between ${number(low)} and ${number(high)}`
}

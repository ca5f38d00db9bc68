import { relative } from 'node:path'
import type { LedgerVerdict } from '../core/ledger.ts'
import type { RunDocument } from '../core/run.ts'
import { timeName } from '../core/time.ts'
import { isStoreUrl } from '../data/remote/store-url.ts'
import { amount, count, percent, plural, ratio } from './text.ts'

const RED = '\x1b[31m'
const PLAIN = '\x1b[0m'

/** What a person wants to know of a run at once. */
export function runText(document: RunDocument, isColourful: boolean): string {
  const { metrics, costs, orders, data, quote } = document
  const series = data.map((one) => one.series)
  const named =
    series.length <= 3 ? series.join(', ') : `${series.slice(0, 2).join(', ')} and ${series.length - 2} more series`
  const gaps = data.reduce((sum, one) => sum + one.gaps.count, 0)
  const missing = data.reduce((sum, one) => sum + one.gaps.bars, 0)
  const made = data.reduce((sum, one) => sum + (one.made ?? 0), 0)
  const gapText = `${gaps === 0 ? 'no gaps' : `${plural(gaps, 'gap')} of ${plural(missing, 'bar')} together`}${made === 0 ? '' : `, ${plural(made, 'bar')} made where the venue had none`}`
  const params = Object.entries(document.params)
    .map(([name, value]) => `${name}=${value}`)
    .join(' ')
  const refused = Object.entries(orders.byFilter)
    .map(([filter, n]) => `${filter} ${count(n)}`)
    .join(', ')
  const [from, to] = [document.range.from, document.range.to].map((at) => timeName(at))
  const lines: [string, string][] = [
    [
      'Return',
      `${percent(metrics['totalReturn'])} (buy and hold ${percent(metrics['buyAndHold'])}); a year ${percent(metrics['cagr'])}`,
    ],
    ['Max drawdown', percent(metrics['maxDrawdown'])],
    ['Sharpe', `${ratio(metrics['sharpe'])}, Sortino ${ratio(metrics['sortino'])}, Calmar ${ratio(metrics['calmar'])}`],
    [
      'Trades',
      `${count(metrics['trades'] ?? 0)}, won ${percent(metrics['winRate'], 1)}, profit factor ${ratio(metrics['profitFactor'])}, expectancy ${amount(metrics['expectancy'])} ${quote}`,
    ],
    [
      'Costs',
      `fees ${amount(costs.fees)}, slippage ${amount(costs.slippage)}${document.perpetuals.length > 0 ? `, funding ${amount(costs.funding)}` : ''} ${quote}`,
    ],
    ['Luck', document.luck.verdicts.randomEntries],
    ...liquidationLine(document),
    ...bandLine(document),
    [
      'Orders',
      `${count(orders.accepted)} accepted${orders.cut > 0 ? `, ${count(orders.cut)} cut` : ''}, ${count(orders.rejected)} rejected${refused === '' ? '' : ` (${refused})`}`,
    ],
    ['Equity', `${amount(metrics['startEquity'])} → ${amount(metrics['endEquity'])} ${quote}`],
  ]
  const remarks = document.remarks.map((remark) =>
    costs.none && remark.startsWith('All costs') && isColourful ? `${RED}! ${remark}${PLAIN}` : `! ${remark}`,
  )
  return [
    `${document.strategy}${params === '' ? '' : ` ${params}`}`,
    `${named}, ${from} to ${to} UTC, ${plural(document.engine.bars, 'bar')}, ${gapText}`,
    '',
    ...lines.map(([label, text]) => `  ${label.padEnd(13)} ${text}`),
    ...(document.openTrades.length > 0
      ? [`  ${'Open'.padEnd(13)} ${plural(document.openTrades.length, 'trade')} at the end, marked at the last close`]
      : []),
    ...(remarks.length > 0 ? ['', ...remarks.map((remark) => `  ${remark}`)] : []),
  ].join('\n')
}

function liquidationLine({ perpetuals, quote }: RunDocument): [string, string][] {
  const all = perpetuals.map(({ liquidations }) => liquidations)
  const sum = (of: (one: (typeof all)[number]) => number) => all.reduce((total, one) => total + of(one), 0)
  const number = sum(({ count: times }) => times)
  if (number === 0) return []
  return [['Liquidations', `${count(number)}, fees ${amount(sum(({ fees }) => fees))} ${quote}`]]
}

/** How much of it hangs on what bars do not show. */
function bandLine({ band }: RunDocument): [string, string][] {
  if (band.bars === 0) return []
  const { totalReturn, maxDrawdown, bars } = band
  return [
    [
      'Band',
      `return ${percent(totalReturn.low)} to ${percent(totalReturn.high)}, drawdown ${percent(maxDrawdown.low)} to ${percent(maxDrawdown.high)}: ${plural(bars, 'bar')} ${bars === 1 ? 'hangs' : 'hang'} on the order of prices inside`,
    ],
  ]
}

/** `backtest --json`: run.json, where it lies, how fast it was, and what the trial ledger says of it. */
export function runJson(
  document: RunDocument,
  dir: string,
  seconds: number | null,
  ledger?: LedgerVerdict | null,
): unknown {
  const speed = seconds === null ? {} : { seconds, barsPerSecond: Math.round(document.engine.bars / seconds) }
  const { run, ...rest } = document
  return {
    run,
    dir,
    report: `${dir}/report.html`,
    ...rest,
    engine: { ...document.engine, ...speed },
    ...(ledger !== undefined && { ledger }),
  }
}

/** A path as one would type it: relative where that is shorter. */
export function shown(path: string, cwd: string): string {
  if (isStoreUrl(path)) return path
  const short = relative(cwd, path) || '.'
  return short.length < path.length && !short.startsWith('..') ? short : path
}

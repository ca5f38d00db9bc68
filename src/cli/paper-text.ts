import type { RunEvent } from '../core/event.ts'
import { timeName } from '../core/time.ts'
import type { Alarm } from '../runs/paper/alarm.ts'
import type { PaperSnapshot } from '../runs/paper/snapshot.ts'
import { amount, count, plural } from './text.ts'

/** What a person wants to know of a session at once. */
export function paperText(snapshot: PaperSnapshot): string {
  const { counters, position, openOrders, quote, timings, series, params } = snapshot
  const set = Object.entries(params)
    .map(([name, value]) => ` ${name}=${value}`)
    .join('')
  const held = position.map(
    ({ symbol, qty, entryPrice, lastPrice }) =>
      `${qty} ${symbol} from ${entryPrice}${lastPrice === null ? '' : `, now ${lastPrice}`}`,
  )
  const lines: [string, string][] = [
    [
      'State',
      `${snapshot.state}${snapshot.at === null ? ', no bar yet' : `, last instant ${timeName(snapshot.at)} UTC`}`,
    ],
    ['Orders go to', snapshot.broker],
    ['Bars', `${count(counters.bars)} of ${series.map(({ name }) => name).join(', ')}`],
    ['Equity', `${amount(snapshot.startEquity)} → ${amount(snapshot.equity)} ${quote}`],
    ['Position', held.join('; ') || 'none'],
    [
      'Orders',
      `${count(openOrders.length)} open, ${plural(counters.fills, 'fill')}, ${count(counters.rejected)} refused`,
    ],
    ['Trades', count(counters.trades)],
    ['Alarms', alarmsText(snapshot)],
    ...(timings.total.count > 0
      ? [['Bar to order', `median ${ms(timings.total.p50)}, 99 % within ${ms(timings.total.p99)}`] as [string, string]]
      : []),
  ]
  return [
    `${snapshot.name}: ${snapshot.strategy}${set} on paper`,
    '',
    ...lines.map(([label, text]) => `  ${label.padEnd(13)} ${text}`),
  ].join('\n')
}

function alarmsText({ alarms, counters }: PaperSnapshot): string {
  const last = alarms.at(-1)
  return last === undefined ? 'none' : `${count(counters.alarms)}, the last: ${alarmText(last)}`
}

export function alarmText({ at, severity, kind, text }: Alarm): string {
  return `${timeName(at)} ${severity} ${kind}: ${text}`
}

/** A line for who watches a session as it goes; `null` for what is of no interest as it happens. */
export function eventLine(event: RunEvent): string | null {
  const at = timeName(event.at)
  if (event.type === 'fill') {
    const { side, qty, symbol, price, position } = event.fill
    return `${timeName(event.fill.time)} ${side} ${qty} ${symbol} at ${price}; held now ${position}`
  }
  if (event.type === 'rejected')
    return `${at} refused: ${event.symbol} ${event.id}: ${event.reason} (${event.value}, limit ${event.limit})`
  if (event.type === 'halted') return `${at} halted: ${event.rule} ${event.value}`
  if (event.type === 'resumed') return `${at} trading goes on`
  if (event.type === 'liquidation') return `${at} liquidation: ${event.qty} ${event.symbol}`
  return null
}

const ms = (us: number) => `${(us / 1000).toFixed(us < 10_000 ? 2 : 0)} ms`

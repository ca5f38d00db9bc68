import type { RunEvent } from '../../../core/event.ts'
import { timeName } from '../../../core/time.ts'
import { subjectOf } from '../alarm.ts'
import type { SessionEvent } from '../session-event.ts'

export type LogLevel = 'debug' | 'info' | 'warn' | 'error'

/** A line of a session's log. */
export interface LogEntry {
  readonly level: LogLevel
  /** What kind of line it is, for machines: an event's type, `alarm`, `log`. */
  readonly event: string
  /** UTC ms, of the session: that of the bar in a replay; `null`: of no bar. */
  readonly at: number | null
  readonly text: string
  readonly fields: Readonly<Record<string, unknown>>
}

const ALARM_LEVEL = { info: 'info', warning: 'warn', critical: 'error' } as const

/**
 * What a session tells, as lines of its log.
 * @param alarmOf kind of the alarm that has said a reason already, so that the same text does not stand twice; `null`: none has
 */
export function logEntries(
  event: SessionEvent,
  alarmOf: (why: string) => string | null = () => null,
): readonly LogEntry[] {
  if (event.type === 'log') {
    const { level, text, fields } = event
    return [{ level, event: 'log', at: null, text, fields }]
  }
  if (event.type === 'alarm') {
    const { at, kind, severity, text, facts } = event.alarm
    return [
      { level: ALARM_LEVEL[severity], event: 'alarm', at, text: `${kind}: ${text}`, fields: { severity, ...facts } },
    ]
  }
  if (event.type === 'over') {
    const { alarm, at } = event
    // what was wrong, and what to do, has been said: read again it would call for somebody
    const text = `over: ${subjectOf(alarm)}, since ${timeName(alarm.at)}`
    return [{ level: 'info', event: 'over', at, text, fields: { since: alarm.at } }]
  }
  if (event.type === 'events') return event.events.flatMap((one) => entryOf(one, alarmOf) ?? [])
  return []
}

/** `null` of what is told by others. */
function entryOf(event: RunEvent, alarmOf: (why: string) => string | null): LogEntry | null {
  const entry = (level: LogLevel, text: string): LogEntry => {
    const { type, at, ...fields } = event
    return { level, event: type, at, text, fields }
  }
  switch (event.type) {
    case 'accepted': {
      const { side, type, qty, symbol, id } = event.order
      return entry(
        'info',
        `order ${id}: ${qty === 0 ? `close what is held of ${symbol} by then` : `${side} ${qty} ${symbol}`}, ${type}`,
      )
    }
    case 'fill': {
      const { side, qty, symbol, price, position } = event.fill
      return entry('info', `${side} ${qty} ${symbol} at ${price}; held now ${position}`)
    }
    case 'rejected':
      return entry(
        'warn',
        `refused: ${event.symbol} ${event.id}: ${event.reason} (${event.value}, limit ${event.limit})`,
      )
    case 'cancelled':
      return entry('info', `order ${event.id} of ${event.symbol} ended: ${event.reason}`)
    case 'halted': {
      const kind = alarmOf(event.value)
      return entry('warn', `halted: ${event.rule}${kind === null ? ` ${event.value}` : `, for the alarm ${kind}`}`)
    }
    case 'resumed':
      return entry('info', 'trading goes on')
    case 'liquidation':
      return entry('error', `liquidation: ${event.qty} ${event.symbol} at a mark of ${event.mark}`)
    case 'funding':
      return entry('info', `funding of ${event.symbol}: ${event.paid} paid`)
    case 'gap':
      return entry('warn', `${event.bars} bars of ${event.symbol} are missing ahead of the one that is met`)
    case 'cut':
      return entry(
        'warn',
        `order ${event.id} of ${event.symbol} was cut from ${event.from} to ${event.to}: ${event.reason}`,
      )
    case 'triggered':
      return entry('info', `order ${event.id} of ${event.symbol} was triggered at ${event.price}`)
    case 'amended':
      return entry('debug', `order ${event.order.id} of ${event.order.symbol} was amended`)
    case 'arrived':
    case 'dust':
      return null
  }
}

const COLOURS = { debug: 90, info: 0, warn: 33, error: 31 } as const

/** One line for a terminal. */
export function lineOf({ level, at, text }: LogEntry, isColourful: boolean): string {
  const said = `${at === null ? '' : `${timeName(at)} `}${level === 'info' ? '' : `${level}: `}${text}`
  // what a venue says may hold anything; a line is one line
  const plain = said.replace(/\p{Cc}+/gu, ' ')
  return isColourful && COLOURS[level] !== 0 ? `\u001b[${COLOURS[level]}m${plain}\u001b[0m` : plain
}

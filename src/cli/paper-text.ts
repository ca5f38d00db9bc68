import { timeName } from '../core/time.ts'
import { duration } from '../report/format.ts'
import { type Alarm, type KnownAlarm, subjectOf } from '../runs/paper/alarm.ts'
import type { DriftReport } from '../runs/paper/drift-report.ts'
import { sessionCommand } from '../runs/paper/session-folder.ts'
import type { PaperSnapshot } from '../runs/paper/snapshot.ts'
import { amount, count, plural } from './text.ts'

/**
 * What a person wants to know of a session at once.
 * @param out folder of runs that commands have to be told of; `null`: none @param state of one whose process is gone, where it says otherwise
 */
export function paperText(snapshot: PaperSnapshot, out: string | null, state: string = snapshot.state): string {
  const { counters, openOrders, refusedFor, quote, timings, series, params } = snapshot
  const set = Object.entries(params)
    .map(([name, value]) => ` ${name}=${value}`)
    .join('')
  const lines: [string, string][] = [
    [
      'State',
      `${state}${state === 'halted' ? ` (nothing is opened until ${sessionCommand(`resume ${snapshot.name}`, out)})` : ''}${snapshot.at === null ? ', no bar yet' : `, last instant ${timeName(snapshot.at)} UTC`}`,
    ],
    // of one whose process is gone it is what it waited for
    ...(snapshot.waiting && state === snapshot.state ? [['', snapshot.waiting.text] as [string, string]] : []),
    ['Orders go to', snapshot.broker],
    ['Bars', `${count(counters.bars)} of ${series.map(({ name }) => name).join(', ')}`],
    ['Equity', `${amount(snapshot.startEquity)} → ${amount(snapshot.equity)} ${quote}`],
    ['Position', heldText(snapshot)],
    [
      'Orders',
      `${count(openOrders.length)} open, ${plural(counters.fills, 'fill')}, ${count(counters.rejected)} refused${refusedFor == null ? '' : `, most of them for ${refusedFor}`}`,
    ],
    ['Trades', count(counters.trades)],
    ...alarmLines(snapshot),
    ...driftLines(snapshot.drift),
    // sessions of before have none
    ...(snapshot.champions ?? []).map(({ model, since }): [string, string] => [
      'Champion',
      `a newer one of model ${model} waits since ${timeName(since)}: this session keeps its own, and one that is begun with another --name asks it`,
    ]),
    ...(timings.total.count > 0
      ? [['Bar to order', `median ${ms(timings.total.p50)}, 99 % within ${ms(timings.total.p99)}`] as [string, string]]
      : []),
  ]
  return [
    `${snapshot.name}: ${snapshot.strategy}${set} on paper`,
    '',
    ...lines.map(([label, text]) => `  ${label.padEnd(13)} ${text}`),
    ...remarkLines(snapshot, out),
  ].join('\n')
}

/** They are said as it begins, and may be long: from then on how many there are is enough. */
function remarkLines({ remarks = [], name }: PaperSnapshot, out: string | null): string[] {
  if (remarks.length === 0) return []
  const text = `${plural(remarks.length, 'remark')} on the rules that it keeps to, said as it began: ${sessionCommand(`status ${name} --json`, out)} has them (remarks)`
  return ['', `  ! ${text}`]
}

export function heldText({ position }: PaperSnapshot): string {
  const held = position.map(
    ({ symbol, qty, entryPrice, lastPrice }) =>
      `${qty} ${symbol} from ${entryPrice}${lastPrice === null ? '' : `, now ${lastPrice}`}`,
  )
  return held.join('; ') || 'none'
}

/** Each figure with its band; features only where they have drifted, or what there is to say of all of them. */
function driftLines(drift: DriftReport | null): [string, string][] {
  if (drift === null) return []
  // the reason of one is as good as those of all
  if (drift.items.length > 1 && drift.items.every(({ verdict }) => verdict === 'unknown'))
    return [['Drift', `not known yet: ${drift.items[0]!.words}`]]
  const isSteady = ({ kind, verdict }: DriftReport['items'][number]) => kind === 'feature' && verdict === 'steady'
  const steady = drift.items.filter(isSteady).length
  const words = { steady: '', drifted: 'DRIFTED: ', unknown: 'not known: ' } as const
  const texts = drift.items
    .filter((one) => !isSteady(one))
    .map((one) => `${words[one.verdict]}${one.name}: ${one.words}`)
  if (steady > 0) texts.push(`${plural(steady, 'feature')} as in the training`)
  return texts.map((text, k) => [k === 0 ? 'Drift' : '', text])
}

/** How many, each that stands with since when it does, and the last of the others with its end. */
function alarmLines({ alarms, counters }: PaperSnapshot): [string, string][] {
  const standing = alarms.filter(({ ended }) => ended === null)
  const last = alarms.findLast(({ ended }) => ended !== null)
  const texts = [
    ...standing.map((alarm) => `STANDS since ${alarmText(alarm)}`),
    ...(last === undefined ? [] : [`${standing.length > 0 ? 'of the others ' : ''}the last: ${lastText(last)}`]),
  ]
  const [first, ...rest] = texts
  if (first === undefined) return [['Alarms', 'none']]
  return [['Alarms', `${count(counters.alarms)}, ${first}`], ...rest.map((text): [string, string] => ['', text])]
}

/** What is over calls for nobody: what it was, since when and until when; its text is in the log. */
function lastText(alarm: KnownAlarm): string {
  const { at, severity, ended } = alarm
  if (ended == null) return alarmText(alarm)
  // a clock was set back, or an exchange began anew
  const lasted = ended < at ? '' : `, after ${duration(ended - at)}`
  return `${timeName(at)} ${severity} ${subjectOf(alarm)}, over since ${timeName(ended)}${lasted}`
}

export function alarmText({ at, severity, kind, text }: Alarm): string {
  return `${timeName(at)} ${severity} ${kind}: ${text}`
}

const ms = (us: number) => `${(us / 1000).toFixed(us < 10_000 ? 2 : 0)} ms`

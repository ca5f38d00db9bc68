import type { KnownAlarm } from '../runs/paper/alarm.ts'
import type { PaperSnapshot } from '../runs/paper/snapshot.ts'

type Seen = Pick<PaperSnapshot, 'state' | 'alarms' | 'counters'>

/** What became of a session that was told to trade on. @param before as it was when that was asked */
export function resumedText(before: Seen, after: Seen): string {
  const wasHalted = before.state === 'halted'
  if (after.state !== 'halted')
    return wasHalted ? 'trades again' : `was not halted, it was ${before.state}: nothing had to be resumed`
  const said = haltsSaid(before, after)
  const what = said.map(({ kind, text }) => `${kind}: ${text}`).join('; ')
  if (!wasHalted)
    return `was not halted but ${before.state} when this was asked, and is halted now${what === '' ? ', as its alarms say, with what helps' : `: ${what}`}`
  if (what === '') return 'is halted still, as its alarms say, with what helps'
  // what is wrong still is said again, in the same words
  const isSame = said.every(({ kind, text }) => before.alarms.some((one) => one.kind === kind && one.text === text))
  return isSame
    ? `is halted still, as what it was halted for is wrong still: ${what}`
    : `was resumed, and is halted again: ${what}`
}

/** What has halted it since. */
function haltsSaid(before: Seen, after: Seen): readonly KnownAlarm[] {
  const count = after.counters.alarms - before.counters.alarms
  if (count <= 0) return []
  return after.alarms.slice(-count).filter(({ severity }) => severity === 'critical')
}

import { timeName } from '../../core/time.ts'
import { type Alarm, feedStands } from './alarm.ts'
import { isSimulated } from './begun-anew.ts'
import type { FeedEvent, FeedRemark } from './feed.ts'
import type { SessionFile } from './session-file.ts'

/** What a person should know of what a feed says; `null` where that is nothing. @param stop what ends the session, as it is typed */
export function remarkAlarm(
  remark: FeedRemark,
  { slots, safety, broker }: SessionFile,
  now: number,
  stop: string,
): Alarm | null {
  const name = (slot: number) => slots[slot]!.series
  const alarm = (severity: Alarm['severity'], kind: string, text: string, of?: string): Alarm => ({
    ...{ at: now, kind, severity, text },
    facts: { ...remark },
    ...(of !== undefined && { stands: standsAs(kind, of) }),
  })
  const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`
  switch (remark.kind) {
    case 'late':
      return alarm(
        'warning',
        'late-bar',
        `${name(remark.bar.slot)}: the bar that closed at ${timeName(remark.at)} came ${seconds(remark.by)} after its close, when its instant was over; it is kept and not applied`,
      )
    case 'revised':
      return alarm(
        'warning',
        'revised-bar',
        `${name(remark.bar.slot)}: the bar of ${timeName(remark.bar.openTime)} has another ${remark.field} now, ${remark.is} instead of ${remark.was}; what was decided on it stays`,
      )
    case 'hole':
      return alarm(
        'warning',
        'hole',
        `${name(remark.slot)}: no bars from ${timeName(remark.from)} to ${timeName(remark.to)}: ${remark.why}`,
      )
    case 'passed':
      return alarm(
        'warning',
        'passed-over',
        `${name(remark.slot)}: its bar that closed at ${timeName(remark.at)} had not come after ${seconds(remark.waited)}, and the others went on without it`,
        name(remark.slot),
      )
    case 'silent':
      return alarm(
        'warning',
        'silent',
        `${name(remark.slot)}: nothing was heard since ${timeName(remark.since)}, longer than ${seconds(remark.allowed)}${silence(broker, stop)}`,
        name(remark.slot),
      )
    case 'ended':
      return alarm(
        'critical',
        'series-ended',
        `${name(remark.slot)}: cannot be streamed any more: ${remark.why}`,
        name(remark.slot),
      )
    case 'disconnected':
      return alarm('warning', 'disconnected', `${remark.venue}: ${lost(remark.why)}`, remark.venue)
    case 'clock':
      // where time goes otherwise than here, that is no fault
      if (safety.maxClockOffset === null) return null
      return alarm(
        'warning',
        'clock-offset',
        `our clock is off: that of ${remark.venue} is ${seconds(Math.abs(remark.ahead))} ${remark.ahead > 0 ? 'ahead' : 'behind'}`,
      )
    case 'no-funding':
      return alarm(
        'warning',
        'no-funding',
        `${name(remark.slot)}: the funding of ${timeName(remark.time)} could not be had: ${remark.why}; it is charged when it is known`,
        `${name(remark.slot)} ${remark.time}`,
      )
    case 'heard':
    case 'connected':
      return null
  }
}

/** A simulated exchange whose replay is over answers on, and its streams say nothing of that. */
const silence = (broker: string, stop: string) =>
  isSimulated(broker)
    ? `; if the replay of ${broker} has ended or stands, nothing more comes: ${stop} ends this session`
    : ''

/** What is over with something that a feed says; `null` where that is nothing. */
export function remarkOver(remark: FeedRemark, { slots }: Pick<SessionFile, 'slots'>): string | null {
  if (remark.kind === 'heard') return standsAs('silent', slots[remark.slot]!.series)
  return remark.kind === 'connected' ? standsAs('disconnected', remark.venue) : null
}

/** What is over with an instant: a series that was passed over is back, and what it lacked of funding is charged. */
export function* overWith(
  { bars, funding }: Extract<FeedEvent, { kind: 'instant' }>,
  { slots }: Pick<SessionFile, 'slots'>,
): Iterable<string> {
  for (const { slot } of bars) yield standsAs('passed-over', slots[slot]!.series)
  for (const { slot, time } of funding) yield standsAs('no-funding', `${slots[slot]!.series} ${time}`)
}

const standsAs = (kind: string, of: string) => feedStands(`${kind} ${of}`)

/** A client that knows no more than that says it in the same words. */
function lost(why: string): string {
  const what = 'the connection was lost'
  return why.startsWith(what) ? why : `${what}: ${why}`
}

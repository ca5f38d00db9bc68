import { timeName } from '../../core/time.ts'
import { type Alarm, feedStands } from './alarm.ts'
import { isSimulated } from './begun-anew.ts'
import type { FeedEvent, FeedRemark } from './feed.ts'
import type { SessionFile } from './session-file.ts'

/** What a person should know of what a feed says; `null` where that is nothing. @param stop what ends the session, as it is typed */
export function remarkAlarm(remark: FeedRemark, file: SessionFile, now: number, stop: string): Alarm | null {
  const said = 'venue' in remark ? ofVenue(remark, file) : ofSeries(remark, file, stop)
  if (said === null) return null
  const { kind, text, severity = 'warning', of } = said
  return {
    ...{ at: now, kind, severity, text },
    facts: { ...remark },
    ...(of !== undefined && { stands: standsAs(kind, of) }),
  }
}

interface Said {
  readonly kind: string
  readonly text: string
  /** `warning` where it is left out. */
  readonly severity?: Alarm['severity']
  /** Series or venue that it stands for until it is over with that; without it, it is over as it is said. */
  readonly of?: string
}

type OfVenue = Extract<FeedRemark, { readonly venue: string }>

function ofVenue(remark: OfVenue, { safety }: SessionFile): Said | null {
  const { venue } = remark
  switch (remark.kind) {
    case 'disconnected':
      return { kind: 'disconnected', text: `${venue}: ${lost(remark.why)}`, of: venue }
    case 'clock': {
      // where time goes otherwise than here, that is no fault
      if (safety.maxClockOffset === null) return null
      const off = `${seconds(Math.abs(remark.ahead))} ${remark.ahead > 0 ? 'ahead' : 'behind'}`
      return { kind: 'clock-offset', text: `our clock is off: that of ${venue} is ${off}` }
    }
    case 'connected':
      return null
  }
}

function ofSeries(remark: Exclude<FeedRemark, OfVenue>, { slots, broker }: SessionFile, stop: string): Said | null {
  const name = slots['bar' in remark ? remark.bar.slot : remark.slot]!.series
  switch (remark.kind) {
    case 'late':
      return {
        kind: 'late-bar',
        text: `${name}: the bar that closed at ${timeName(remark.at)} came ${seconds(remark.by)} after its close, when its instant was over; it is kept and not applied`,
      }
    case 'revised':
      return {
        kind: 'revised-bar',
        text: `${name}: the bar of ${timeName(remark.bar.openTime)} has another ${remark.field} now, ${remark.is} instead of ${remark.was}; what was decided on it stays`,
      }
    case 'hole':
      return {
        kind: 'hole',
        text: `${name}: no bars from ${timeName(remark.from)} to ${timeName(remark.to)}: ${remark.why}`,
      }
    case 'passed':
      return {
        kind: 'passed-over',
        text: `${name}: its bar that closed at ${timeName(remark.at)} had not come after ${seconds(remark.waited)}, and the others went on without it`,
        of: name,
      }
    case 'silent':
      return {
        kind: 'silent',
        text: `${name}: nothing was heard since ${timeName(remark.since)}, longer than ${seconds(remark.allowed)}${silence(broker, stop)}`,
        of: name,
      }
    case 'ended':
      return {
        kind: 'series-ended',
        text: `${name}: cannot be streamed any more: ${remark.why}`,
        severity: 'critical',
        of: name,
      }
    case 'no-funding':
      return {
        kind: 'no-funding',
        text: `${name}: the funding of ${timeName(remark.time)} could not be had: ${remark.why}; it is charged when it is known`,
        of: `${name} ${remark.time}`,
      }
    case 'heard':
      return null
  }
}

const seconds = (ms: number) => `${(ms / 1000).toFixed(1)} s`

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

import { seriesName } from '../core/series.ts'
import { timeName } from '../core/time.ts'
import type { LiveEvent } from '../data/stream/live.ts'

/** An event as a document of one line: the series by its name, a bar's fields beside it. */
export function eventJson(event: LiveEvent): string {
  const { kind } = event
  const series = 'series' in event ? { series: seriesName(event.series) } : {}
  if (event.kind === 'bar') {
    const { bar, mark, from } = event
    return JSON.stringify({ kind, ...series, ...bar, mark, from })
  }
  return JSON.stringify({ ...event, ...series })
}

/** An event as a line for people. */
export function eventText(event: LiveEvent): string {
  const name = 'series' in event ? seriesName(event.series) : event.venue
  return `${name}  ${said(event)}`
}

function said(event: LiveEvent): string {
  switch (event.kind) {
    case 'bar': {
      const { openTime, open, high, low, close, volume } = event.bar
      const mark = event.mark === null ? '' : `  mark ${event.mark}`
      const how = event.from === 'rest' ? '  (fetched)' : ''
      return `${timeName(openTime)}  ${open} ${high} ${low} ${close}  ${volume}${mark}${how}`
    }
    case 'hole':
      return `hole from ${timeName(event.from)} to ${timeName(event.to)}: ${event.why}`
    case 'revised': {
      const { openTime, field, was, is, origin } = event.revision
      return `${timeName(openTime)} revised by ${origin}: ${field} was ${was}, is ${is}`
    }
    case 'late': {
      const after = event.missed === null ? '' : ', after its hole had been told'
      return `${timeName(event.openTime)} came ${seconds(event.by)} after its close${after}`
    }
    case 'silent':
      return `SILENT since ${timeName(event.since)}: ${seconds(event.allowed)} are allowed; REST is asked meanwhile`
    case 'heard':
      return `heard again after ${seconds(event.after)}`
    case 'clock': {
      const how = event.ahead > 0 ? 'behind' : 'ahead of'
      return `OUR CLOCK is ${seconds(Math.abs(event.ahead))} ${how} the venue's, by which bars are judged: set it right`
    }
    case 'ended':
      return `ENDED: ${event.why}`
    case 'disconnected':
      return `disconnected: ${event.why}`
    case 'connected':
      return 'connected'
  }
}

function seconds(ms: number): string {
  return `${Math.round(ms / 1000)} s`
}

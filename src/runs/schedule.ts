import { Cron } from 'croner'

/** A cron expression of five fields (minute hour day month weekday) or a nickname such as @daily, in UTC: no hour comes twice or never. */
function cronOf(text: string): Cron {
  return new Cron(text, { timezone: 'UTC', paused: true, mode: '5-part' })
}

/** What is wrong with a cron expression; `null` where nothing is. */
export function cronFault(text: string): string | null {
  try {
    if (nextTime(text, Date.UTC(2024, 0, 1)) !== null) return null
    return 'no day is like that'
  } catch (error) {
    return `${(error as Error).message.replace(/^CronPattern: /, '')}; write five fields in UTC, minute hour day month weekday, e.g. "2 * * * *"`
  }
}

/** The first time of a cron expression after an instant, UTC ms; `null` where there is none. */
export function nextTime(cron: string, after: number): number | null {
  return cronOf(cron).nextRun(new Date(after))?.getTime() ?? null
}

interface LastRun {
  /** UTC ms. */
  readonly started: number
  readonly outcome: 'running' | 'done' | 'failed' | 'stopped'
}

/**
 * When a job is due, UTC ms: one that was never run, or was not finished, at once; every other at its first time after it was last
 * started, so that of many times that were missed one is made up for.
 * @param now where what is recorded lies after it, some clock was wrong, and waiting for that time could take years
 */
export function dueTime(cron: string, last: LastRun | undefined, now: number): number {
  if (last === undefined || last.started > now) return now
  if (last.outcome === 'running' || last.outcome === 'stopped') return now
  return nextTime(cron, last.started) ?? Number.POSITIVE_INFINITY
}

import { timeName } from '../core/time.ts'
import type { JobRow, SyncReport } from '../runs/sync.ts'
import { plural, tableText } from './text.ts'

/** The schedule: what runs next, and what came of it the last time. */
export function scheduleText(rows: readonly JobRow[], now: number): string {
  const table = rows.map(({ job, cron, steps, next, last }) => [
    ...[job, cron, steps.join(', ')],
    next === null ? 'never' : next <= now ? 'due now' : minute(next),
    last === null ? '–' : minute(last.started),
    last === null ? 'never run' : outcomeText(last),
  ])
  const errors = rows.flatMap(({ job, last }) => (last?.error == null ? [] : [`${job}: ${last.error}`]))
  return [
    tableText(['job', 'cron (UTC)', 'does', 'next', 'last started', 'outcome'], table),
    ...(errors.length > 0 ? ['', ...errors] : []),
  ].join('\n')
}

/** What a service that begins is going to do. */
export function waitingText(rows: readonly JobRow[], now: number): string {
  const next = rows.filter((row) => row.next !== null).sort((a, b) => a.next! - b.next!)
  const due = next.filter((row) => row.next! <= now).map(({ job }) => job)
  if (due.length > 0) return `runs now: ${due.join(', ')}`
  const [first] = next
  return first === undefined ? 'no job will ever be due' : `waits: next is ${first.job}, at ${minute(first.next!)} UTC`
}

function outcomeText({ outcome, failures, lastDone }: NonNullable<JobRow['last']>): string {
  if (outcome === 'running') return 'not finished: underway, or killed'
  if (outcome !== 'failed') return outcome
  const since = lastDone === null ? 'never done yet' : `last done ${minute(lastDone)}`
  return `FAILED${failures > 1 ? ` ${failures} times` : ''}, ${since}`
}

export function reportText({ runs, failed, jobs, isStopped }: SyncReport): string {
  if (runs === 0) return isStopped ? 'Stopped; nothing was due.' : 'Nothing was due.'
  return [
    ...jobs.map(({ job, outcome, started, finished, error }) => {
      const took = `${((finished - started) / 1000).toFixed(1)} s`
      return `${job}: ${outcome} after ${took}${error === null ? '' : `\n  ${error}`}`
    }),
    `${plural(runs, 'run')}, ${failed} failed${isStopped ? '; stopped' : ''}`,
  ].join('\n')
}

function minute(time: number): string {
  return timeName(Math.floor(time / 60_000) * 60_000).replace(/^(\d{4}-\d\d-\d\d)$/, '$1T00:00')
}

import { join } from 'node:path'
import { takeLock } from '../data/lock.ts'
import { dueTime, nextTime } from './schedule.ts'
import { parseSpan, SYNC_STEPS, type SyncJob } from './sync-config.ts'
import { digestOf, type JobState, statesOf, writeState } from './sync-state.ts'
import type { SyncSteps } from './sync-steps.ts'

/** Wall clock, UTC ms, and what waits by it: until the time is over or the signal comes. */
interface Clock {
  now(): number
  sleep(ms: number, signal: AbortSignal): Promise<void>
}

export interface SyncHost {
  readonly clock: Clock
  /** Ends after the step at hand. */
  readonly signal: AbortSignal
  /** A line for whoever watches. */
  readonly log: (line: string) => void
  /** Takes secrets out of a text that is kept or shown. */
  readonly hide: (text: string) => string
}

export interface SyncAsked {
  readonly jobs: readonly SyncJob[]
  /** Folder of `sync.json`, and of the lock that keeps a second instance out. */
  readonly dir: string
  /** Runs what is due now, and ends. */
  readonly isOnce: boolean
  /** Runs these, due or not, and ends. */
  readonly only?: readonly string[]
}

/** A job's run that is over. */
interface JobRun extends Omit<JobState, 'outcome' | 'finished'> {
  readonly job: string
  readonly finished: number
  readonly outcome: 'done' | 'failed' | 'stopped'
}

export interface SyncReport {
  readonly runs: number
  readonly failed: number
  /** The last run of each job that ran. */
  readonly jobs: readonly JobRun[]
  readonly isStopped: boolean
}

/** Longest sleep: a machine that slept, or whose clock was set, notices within it that something has become due. */
const NAP_MS = 30_000
/** What is stored stays, and the next run goes on from there: no venue that limits for ever keeps the other jobs waiting. */
const PATIENCE = '2h'
const TIMEOUT = '24h'

/**
 * Runs jobs when they are due, one after the other, until it is told to end, or once. A job that fails stops no other one.
 * @throws DataError where another instance is at it
 */
export async function sync(asked: SyncAsked, steps: SyncSteps, host: SyncHost): Promise<SyncReport> {
  const { jobs, dir, isOnce, only } = asked
  const { clock, signal } = host
  const release = await takeLock(lockFolder(dir), 0, 'syncing this store')
  try {
    const last = new Map<string, JobRun>()
    let [runs, failed] = [0, 0]
    for (;;) {
      const states = statesOf(jobs, dir)
      const isDue = ({ name, cron }: SyncJob) =>
        only === undefined ? dueTime(cron, states[name], clock.now()) <= clock.now() : only.includes(name)
      const due = jobs.filter(isDue)
      for (const job of due) {
        if (signal.aborted) break
        const run = await runJob(job, dir, steps, host)
        last.set(job.name, run)
        runs++
        if (run.outcome === 'failed') failed++
      }
      if (signal.aborted || isOnce || only !== undefined) break
      await nap(jobs, dir, host)
    }
    return { runs, failed, jobs: [...last.values()], isStopped: signal.aborted }
  } finally {
    release()
  }
}

/** A folder of its own: the store's lock is for those who write series, and jobs are such. */
function lockFolder(dir: string): string {
  return join(dir, '.sync')
}

/** Until the next one is due, which one that took long may have brought about. */
async function nap(jobs: readonly SyncJob[], dir: string, { clock, signal }: SyncHost): Promise<void> {
  const [states, now] = [statesOf(jobs, dir), clock.now()]
  const next = Math.min(...jobs.map(({ name, cron }) => dueTime(cron, states[name], now)))
  try {
    await clock.sleep(Math.max(1, Math.min(next - now, NAP_MS)), signal)
  } catch (error) {
    if (!signal.aborted) throw error
  }
}

/** The state is on the disk before the first step and after the last: what is killed in between is found, and run again. */
async function runJob(job: SyncJob, dir: string, steps: SyncSteps, host: SyncHost): Promise<JobRun> {
  const { clock, signal, log, hide } = host
  const before = statesOf([job], dir)[job.name]
  if (before?.outcome === 'running') log(`${job.name}: its last run was killed; it is run again`)
  const started = clock.now()
  const kept = { does: digestOf(job), lastDone: before?.lastDone ?? null, failures: before?.failures ?? 0 }
  writeState(dir, job.name, { ...kept, started, finished: null, outcome: 'running', error: null, said: [] })
  log(`${job.name}: started`)
  const said: string[] = []
  const patienceEnds = started + parseSpan(job.patience ?? PATIENCE)
  let [outcome, error]: [JobRun['outcome'], string | null] = ['done', null]
  for (const step of SYNC_STEPS) {
    const work = workOf(job, step, steps, host, patienceEnds)
    if (work === null) continue
    if (signal.aborted) {
      outcome = 'stopped'
      break
    }
    try {
      const { text, isStopped = false } = await work()
      said.push(hide(`${step}: ${text}`))
      log(`${job.name}: ${said.at(-1)}`)
      if (isStopped) outcome = 'stopped'
    } catch (cause) {
      // a step that was told to end may end with an error
      outcome = signal.aborted ? 'stopped' : 'failed'
      error = hide(`${step}: ${cause instanceof Error ? cause.message : String(cause)}`)
    }
    if (outcome !== 'done') break
  }
  const finished = clock.now()
  const run = {
    ...{ does: kept.does, started, finished, outcome, error, said },
    lastDone: outcome === 'done' ? finished : kept.lastDone,
    failures: outcome === 'done' ? 0 : kept.failures + (outcome === 'failed' ? 1 : 0),
  }
  writeState(dir, job.name, run)
  log(`${job.name}: ${outcome}${error === null ? '' : `: ${error}`}`)
  return { job: job.name, ...run }
}

type Work = () => ReturnType<SyncSteps[keyof SyncSteps]>

/** What a job does in a step; `null`: nothing. */
function workOf(
  job: SyncJob,
  step: (typeof SYNC_STEPS)[number],
  steps: SyncSteps,
  { clock, signal, log }: SyncHost,
  patienceEnds: number,
): Work | null {
  const host = {
    ...{ signal, log: (line: string) => log(`${job.name}: ${line}`) },
    ...{ patience: patienceEnds - clock.now(), timeout: parseSpan(job.timeout ?? TIMEOUT) },
  }
  const { get, from, update, scan, train, retrain, run } = job
  switch (step) {
    case 'get':
      return get === undefined ? null : () => steps.get(get, from!, host)
    case 'update':
      return update ? () => steps.update(host) : null
    case 'scan':
      return scan === undefined ? null : () => steps.scan(scan, host)
    case 'train':
      return train === undefined ? null : () => steps.train(train, host)
    case 'retrain':
      return retrain === undefined ? null : () => steps.retrain(retrain, host)
    case 'run':
      return run === undefined ? null : () => steps.run(run, host)
  }
}

/** A job of the schedule, and what is known of it. */
export interface JobRow {
  readonly job: string
  readonly cron: string
  readonly steps: readonly string[]
  /** When it runs next, UTC ms; not after now: it is due. `null`: never. */
  readonly next: number | null
  /** Its next time by the schedule alone. */
  readonly scheduled: number | null
  readonly last: JobState | null
}

/** Jobs with their next times and what came of their last runs. */
export function listJobs(jobs: readonly SyncJob[], dir: string, now: number): readonly JobRow[] {
  const states = statesOf(jobs, dir)
  return jobs.map((job) => {
    const next = dueTime(job.cron, states[job.name], now)
    return {
      ...{ job: job.name, cron: job.cron },
      steps: SYNC_STEPS.filter((step) => job[step] !== undefined && job[step] !== false),
      next: Number.isFinite(next) ? next : null,
      scheduled: nextTime(job.cron, now),
      last: states[job.name] ?? null,
    }
  })
}

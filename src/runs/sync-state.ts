import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { DataError } from '../data/data-error.ts'
import { writeAtomic } from '../data/manifest.ts'
import { SYNC_STEPS, type SyncJob } from './sync-config.ts'

/** How a job's last run went. `running` in a file whose writer is gone: it was killed. */
export interface JobState {
  /** Digest of what the job does: one of the same name that does something else is another job. */
  readonly does: string
  /** UTC ms. */
  readonly started: number
  /** `null`: not yet, or it was killed. */
  readonly finished: number | null
  readonly outcome: 'running' | 'done' | 'failed' | 'stopped'
  /** Why it failed. */
  readonly error: string | null
  /** What its steps had to say, a line each. */
  readonly said: readonly string[]
  /** When it last came to its end, UTC ms. */
  readonly lastDone: number | null
  /** How many runs have failed since. */
  readonly failures: number
}

export type JobStates = Readonly<Record<string, JobState>>

const FORMAT = 1

function stateFile(dir: string): string {
  return join(dir, 'sync.json')
}

/** What is known of the jobs of a folder. @throws DataError where its file is not ours */
export function readStates(dir: string): JobStates {
  const file = stateFile(dir)
  if (!existsSync(file)) return {}
  const wrong = (reason: string) =>
    new DataError(`${file}: is not what klinelab data sync writes (${reason}); delete it, and every job is due once`)
  let json: { readonly format?: unknown; readonly jobs?: Record<string, Partial<JobState> | null> } | null
  try {
    json = JSON.parse(readFileSync(file, 'utf8')) as typeof json
  } catch (error) {
    throw wrong((error as Error).message)
  }
  if (json?.format !== FORMAT)
    throw wrong(`its format is ${JSON.stringify(json?.format)}, this version reads ${FORMAT}`)
  if (typeof json.jobs !== 'object' || json.jobs === null) throw wrong('it has no "jobs"')
  for (const [name, state] of Object.entries(json.jobs))
    if (typeof state?.started !== 'number' || typeof state.outcome !== 'string')
      throw wrong(`job "${name}" has no start or no outcome`)
  return json.jobs as JobStates
}

/** What is known of these jobs, as they are now; when one runs, and how long it may take, are no part of what it is. */
export function statesOf(jobs: readonly SyncJob[], dir: string): JobStates {
  const all = readStates(dir)
  const isOf = (job: SyncJob) => all[job.name]?.does === digestOf(job)
  return Object.fromEntries(jobs.filter(isOf).map(({ name }) => [name, all[name]!]))
}

/** Of its steps and where they begin, whatever the order in which they are written. */
export function digestOf(job: SyncJob): string {
  const does = Object.fromEntries([...SYNC_STEPS, 'from' as const].map((key) => [key, job[key] ?? null]))
  const sorted = (_: string, value: unknown) =>
    value !== null && typeof value === 'object' && !Array.isArray(value)
      ? Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)))
      : value
  return createHash('sha256').update(JSON.stringify(does, sorted)).digest('hex').slice(0, 16)
}

/** Records the state of a job, on the disk when this returns; jobs that this run does not know are kept. */
export function writeState(dir: string, name: string, state: JobState): void {
  const jobs = { ...readStates(dir), [name]: state }
  writeAtomic(stateFile(dir), `${JSON.stringify({ format: FORMAT, jobs }, null, 2)}\n`)
}

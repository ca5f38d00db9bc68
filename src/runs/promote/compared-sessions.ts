import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { basename, dirname, join } from 'node:path'
import { z } from 'zod'
import type { RunDocument } from '../../core/run.ts'
import { DataError } from '../../data/index.ts'
import { listSessions, sessionsIn } from '../paper/session-folder.ts'

const PARITY_FILE = 'parity.json'

/** Of a session's `parity.json` what the gate looks at. */
const PARITY = z.looseObject({
  session: z.string(),
  code: z.string(),
  params: z.record(z.string(), z.union([z.number(), z.string(), z.boolean()])),
  series: z.array(z.string()),
  broker: z.string(),
  mode: z.enum(['live', 'replay']),
  from: z.number(),
  to: z.number(),
  days: z.number().min(0),
  unexplained: z.number(),
  unaccounted: z.array(z.string()),
  causes: z.array(z.looseObject({ cause: z.string(), count: z.number() })),
})

/** What parity has said of a session. */
export type ComparedSession = z.infer<typeof PARITY>

type OfRun = Pick<ComparedSession, 'code' | 'params' | 'series'>

/** Paper sessions of the same code, parameters and series whose parity has been looked at. */
export function comparedSessions(run: RunDocument, out: string): readonly ComparedSession[] {
  const folder = sessionsIn(out)
  if (!existsSync(folder)) return []
  return readdirSync(folder)
    .map((name) => join(folder, name, PARITY_FILE))
    .filter((file) => existsSync(file))
    .map(readParity)
    .filter((session) => isOf(run, session))
}

/** Names of those that nobody has compared yet. */
export function uncomparedSessions(run: RunDocument, out: string): readonly string[] {
  return listSessions(out)
    .filter(({ dir }) => !existsSync(join(dir, PARITY_FILE)))
    .filter(({ file: { strategy, params, slots } }) =>
      isOf(run, { code: strategy.code, params, series: slots.map(({ series }) => series) }),
    )
    .map(({ file }) => file.name)
}

function isOf(run: RunDocument, { code, params, series }: OfRun): boolean {
  const traded = run.data.map((one) => one.series)
  return (
    code === run.reproduce.code &&
    sorted(params) === sorted(run.params) &&
    [...series].sort().join() === traded.sort().join()
  )
}

function sorted(params: Readonly<Record<string, unknown>>): string {
  return JSON.stringify(Object.entries(params).sort(([a], [b]) => (a < b ? -1 : 1)))
}

function readParity(file: string): ComparedSession {
  const again = `make it again with klinelab parity ${basename(dirname(file))}`
  let json: unknown
  try {
    json = JSON.parse(readFileSync(file, 'utf8'))
  } catch (error) {
    throw new DataError(`${file}: is damaged (${(error as Error).message}); ${again}`)
  }
  const { data, error } = PARITY.safeParse(json)
  const [issue] = error?.issues ?? []
  if (issue !== undefined) throw new DataError(`${file}: ${issue.path.join('.')}: ${issue.message}; ${again}`)
  return data!
}

/** Days that were traded; those that two sessions share count once. */
export function daysOf(sessions: readonly ComparedSession[]): number {
  let [days, until] = [0, Number.NEGATIVE_INFINITY]
  for (const { from, to, days: own } of [...sessions].sort((a, b) => a.from - b.from)) {
    const fresh = Math.max(0, to - Math.max(from, until))
    if (to > from) days += own * (fresh / (to - from))
    until = Math.max(until, to)
  }
  return days
}

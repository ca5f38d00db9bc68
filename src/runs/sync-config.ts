import { INTERVALS, type Interval } from '../core/interval.ts'
import { parseSeries, VENUES, type Venue } from '../core/series.ts'
import { parseTime } from '../core/time.ts'
import { parseMix } from '../data/scan/rank.ts'
import { venueApi } from '../data/venues/all-venues.ts'
import { parseDelay } from './parse-delay.ts'
import { cronFault } from './schedule.ts'

/** Markets that a job ranks, and whose bars it fetches where `get` names an interval. */
export interface SyncScan {
  venue: Venue
  top: number
  by?: string
  quote?: string
  minVolume?: number
  exclude?: string[]
  get?: Interval
  /** First bar of a market that the store does not have yet; ISO date, UTC. */
  from?: string
}

/** Work at set times. Its steps run in this order, and the first that fails ends it. */
export interface SyncJob {
  name: string
  /** Five fields, minute hour day month weekday, in UTC; or @hourly, @daily, @weekly, @monthly. */
  cron: string
  /** Series to fetch. */
  get?: string[]
  /** With `get`: their first bar where the store has none; ISO date, UTC. */
  from?: string
  /** Brings every series of the store up to the last closed bar. */
  update?: boolean
  scan?: SyncScan
  /** Module whose models are trained anew, relative to the config. */
  train?: string
  /** Module of a model whose challenger is trained and judged after the steps before it have brought the bars: `klinelab retrain`. */
  retrain?: string
  /** A program and its arguments, run in the folder of the config, without a shell. */
  run?: string[]
  /** How long `get`, `update` and `scan` may take together, waits included: `30m`, `6h`; two hours where absent. */
  patience?: string
  /** How long `train`, `retrain` and `run` may take, each: `30m`, `6h`; a day where absent. */
  timeout?: string
}

export interface SyncConfig {
  jobs: SyncJob[]
}

/** What a job can do, in the order in which it does it. */
export const SYNC_STEPS = ['get', 'update', 'scan', 'train', 'retrain', 'run'] as const

type Zod = typeof import('zod').z

/** How the `sync` section of a config is checked. */
export function syncSection(z: Zod) {
  const time = z.string().refine(isGood(parseTime), { error: (issue) => faultOf(parseTime, issue.input) })
  const series = z.string().refine(isGood(venueSeries), { error: (issue) => faultOf(venueSeries, issue.input) })
  const span = z.string().refine(isGood(parseSpan), { error: (issue) => faultOf(parseSpan, issue.input) })
  const mix = z.string().refine(isGood(parseMix), { error: (issue) => faultOf(parseMix, issue.input) })
  const word = z.string().min(1)
  const scan = z
    .strictObject({
      venue: z.enum(VENUES),
      top: z.number().int().min(1).max(1000),
      by: mix.optional(),
      quote: word.optional(),
      minVolume: z.number().min(0).optional(),
      exclude: z.array(word).optional(),
      get: z.enum(INTERVALS).optional(),
      from: time.optional(),
    })
    .refine(({ venue, get }) => get === undefined || venueApi(venue).bars.intervals.includes(get), {
      path: ['get'],
      error: (issue) => noBars(issue.input as Pick<SyncScan, 'venue'>),
    })
  const job = z
    .strictObject({
      name: z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]*$/, 'use letters, digits, - and _'),
      cron: z
        .string()
        .refine((text) => cronFault(text) === null, { error: (issue) => cronFault(String(issue.input))! }),
      get: z.array(series).min(1).optional(),
      from: time.optional(),
      update: z.boolean().optional(),
      scan: scan.optional(),
      train: word.optional(),
      retrain: word.optional(),
      run: z.array(word).min(1).optional(),
      patience: span.optional(),
      timeout: span.optional(),
    })
    .refine((one) => SYNC_STEPS.some((step) => one[step] !== undefined && one[step] !== false), {
      error: `does nothing; give it one of ${SYNC_STEPS.join(', ')}`,
    })
    .refine((one) => (one.get === undefined) === (one.from === undefined), {
      error: '"get" and "from" go together: from says where a series begins that the store does not have yet',
    })
  const jobs = z
    .array(job)
    .min(1)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, { error: 'two jobs have the same name' })
  return z.strictObject({ jobs })
}

/** Keys that there are at a place of the config within `sync`. */
export function syncKeysAt(path: readonly PropertyKey[]): readonly string[] {
  if (path.length === 1) return ['jobs']
  return path.length === 3
    ? ['name', 'cron', 'get', 'from', 'update', 'scan', 'train', 'retrain', 'run', 'patience', 'timeout']
    : ['venue', 'top', 'by', 'quote', 'minVolume', 'exclude', 'get', 'from']
}

/** A series whose venue can be asked for its bars. */
function venueSeries(text: string): void {
  const { venue, interval } = parseSeries(text)
  if (!venueApi(venue).bars.intervals.includes(interval)) throw new RangeError(noBars({ venue }))
}

function noBars({ venue }: { readonly venue: Venue }): string {
  return `${venue} has no such bars; it has ${venueApi(venue).bars.intervals.join(' ')}`
}

/** `30m`, `6h`; ms. */
export function parseSpan(text: string): number {
  const ms = parseDelay(text)
  if (ms < 1000) throw new RangeError(`"${text}" is less than a second; write how long, e.g. 30m or 6h`)
  return ms
}

function isGood(parse: (text: string) => unknown): (text: string) => boolean {
  return (text) => faultOf(parse, text) === undefined
}

function faultOf(parse: (text: string) => unknown, text: unknown): string | undefined {
  try {
    parse(String(text))
    return undefined
  } catch (error) {
    return (error as Error).message
  }
}

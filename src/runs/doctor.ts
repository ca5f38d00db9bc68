import { arch, cpus, platform, totalmem } from 'node:os'
import { VENUES, type Venue } from '../core/series.ts'
import { WALL_CLOCK } from '../data/http/http-clock.ts'
import { originFaults, originsOf, variableOf } from '../data/venues/origins.ts'
import { pausesFile } from './connect-settings.ts'
import { credentialsSet, originsSet } from './doctor-credentials.ts'
import { optionalPeers } from './doctor-peers.ts'
import { isWritable, lookAtStore, type StoreHealth } from './doctor-store.ts'
import { apartText, reachVenues, type VenueHealth } from './doctor-venues.ts'
import { HOME, VERSION } from './package-info.ts'
import type { Settings } from './settings.ts'

export interface Health {
  readonly versions: Readonly<Record<string, string>>
  readonly machine: Readonly<Record<string, string | number>>
  readonly store: StoreHealth
  readonly reports: { readonly dir: string; readonly writable: boolean }
  /** Variables klinelab reads: whether they are set, never to what. */
  readonly environment: Readonly<Record<string, 'set' | 'missing'>>
  /** Variables that say who we are: whether they are set, never to what. */
  readonly credentials: Readonly<Record<string, 'set' | 'missing'>>
  /** Variables that send requests elsewhere than to the venues, and the hosts they name, or `no address`. */
  readonly origins: Readonly<Record<string, string>>
  /** Packages that only some work needs: their versions, `null` where one is not installed. */
  readonly peers: Readonly<Record<string, string | null>>
  /** `null`: they were not asked. */
  readonly venues: readonly VenueHealth[] | null
  /** What does not stand in the way of work, and may be unwanted: a venue that is out of reach, a clock that is wrong. */
  readonly remarks: readonly string[]
  /** What stands in the way of work; empty where nothing does. */
  readonly problems: readonly string[]
}

const VARIABLES = ['KLINELAB_STORE', 'KLINELAB_REPORTS', 'KLINELAB_LEDGER', 'NO_COLOR', 'CI'] as const

/**
 * Looks at the installation and says what is there and what is wrong.
 * @param isOffline neither a venue nor a bucket is asked
 */
export async function doctor(
  settings: Settings,
  env: Readonly<Record<string, string | undefined>>,
  isOffline = false,
): Promise<Health> {
  const faults = originFaults(env)
  const problems = Object.values(faults)
  // takes longest, and needs nothing of the rest
  const reaching = isOffline ? null : reachWith(env, faults)
  let duckdb = 'missing'
  try {
    duckdb = (await import('@duckdb/node-api')).version()
  } catch (error) {
    problems.push(
      `DuckDB, which reads and writes the store, cannot be loaded (${(error as Error).message.split('\n')[0]}); install again on this machine: npm install`,
    )
  }
  const store = await lookAtStore(settings.store, env, isOffline, (text) => problems.push(text))
  const reports = { dir: settings.out, writable: isWritable(settings.out) }
  for (const { dir, writable } of [store, reports])
    if (writable === false) problems.push(`${dir} cannot be written; choose another folder with --store or --out`)
  const { credentials, problems: wrong } = credentialsSet(env)
  problems.push(...wrong)
  const venues = await reaching
  const { slow, wrong: far } = clockFaults(venues ?? [])
  problems.push(...far)
  const noAddress = Object.fromEntries(Object.keys(faults).map((name) => [name, 'no address']))
  return {
    versions: { klinelab: VERSION, node: process.version.slice(1), duckdb, home: HOME },
    machine: {
      platform: `${platform()} ${arch()}`,
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryGiB: Math.round(totalmem() / 2 ** 30),
    },
    store,
    reports,
    environment: Object.fromEntries(VARIABLES.map((name) => [name, env[name] === undefined ? 'missing' : 'set'])),
    ...{ credentials, origins: { ...originsSet(env), ...noAddress }, peers: optionalPeers() },
    ...{ venues, remarks: [...(venues ?? []).flatMap(remarksOf), ...slow] },
    // a store in a bucket and what it is asked with may be wrong in one way
    problems: [...new Set(problems)],
  }
}

/** A venue whose address is wrong is not asked, and the others are. */
function reachWith(
  env: Readonly<Record<string, string | undefined>>,
  faults: Readonly<Record<string, string>>,
): Promise<readonly VenueHealth[]> {
  const wrong: Partial<Record<Venue, string>> = {}
  for (const venue of VENUES) {
    const why = faults[variableOf('URL', venue)]
    if (why !== undefined) wrong[venue] = why
  }
  const right = Object.fromEntries(Object.entries(env).filter(([name]) => faults[name] === undefined))
  return reachVenues(originsOf(right, { rest: VENUES }), WALL_CLOCK, pausesFile(env), wrong)
}

/** A clock that is wrong by more is noticed by venues when they are asked something signed. */
const CLOCK_MS = 1000
/** And by more than this the last bar is asked for too early or too late. */
const WRONG_CLOCK_MS = 5000

/** Of a venue's allowance: who uses more of it has somebody else on the same address, or will wait soon. */
const MUCH = 0.8

function remarksOf({ venue, host, isReached, why, used, limit }: VenueHealth): readonly string[] {
  // what is wrong with its address is a problem, and said there
  if (!isReached) return host === null ? [] : [why!]
  return used !== null && used > MUCH * limit ? [`${venue}: ${used} of the ${limit} it allows are used already`] : []
}

/** What venues say of this machine's clock, in one line for all who say the same. */
function clockFaults(venues: readonly VenueHealth[]): {
  readonly slow: readonly string[]
  readonly wrong: readonly string[]
} {
  const off = ({ offset, within }: VenueHealth) => (offset === null ? 0 : Math.abs(offset) - within!)
  const told = (ones: readonly VenueHealth[]) =>
    [...Map.groupBy(ones, ({ offset }) => `${apartText(offset!)} ${offset! > 0 ? 'behind' : 'ahead of'}`)].map(
      ([apart, those]) =>
        `this machine's clock is ${apart} that of ${those.map(({ venue }) => venue).join(', ')}: have it set by NTP (on Linux: timedatectl set-ntp true)`,
    )
  return {
    slow: told(venues.filter((one) => off(one) > CLOCK_MS && off(one) <= WRONG_CLOCK_MS)),
    wrong: told(venues.filter((one) => off(one) > WRONG_CLOCK_MS)),
  }
}

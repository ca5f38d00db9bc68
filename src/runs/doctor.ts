import { arch, cpus, platform, totalmem } from 'node:os'
import { DataError } from '../data/data-error.ts'
import { WALL_CLOCK } from '../data/http/http-clock.ts'
import { originsOf } from '../data/venues/origins.ts'
import { pausesFile } from './connect-settings.ts'
import { credentialsSet, originsSet } from './doctor-credentials.ts'
import { optionalPeers } from './doctor-peers.ts'
import { isWritable, lookAtStore, type StoreHealth } from './doctor-store.ts'
import { reachVenues, type VenueHealth } from './doctor-venues.ts'
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
  /** Variables that send requests elsewhere than to the venues, and the hosts they name. */
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
  const problems: string[] = []
  // takes longest, and needs nothing of the rest
  const reaching = isOffline ? null : reachWith(env, problems)
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
    ...{ credentials, origins: originsSet(env), peers: optionalPeers() },
    ...{ venues, remarks: (venues ?? []).flatMap(remarksOf) },
    // a store in a bucket and what it is asked with may be wrong in one way
    problems: [...new Set(problems)],
  }
}

/** `null` where what is set says nothing of whom to ask. */
async function reachWith(
  env: Readonly<Record<string, string | undefined>>,
  problems: string[],
): Promise<readonly VenueHealth[] | null> {
  try {
    return await reachVenues(originsOf(env), WALL_CLOCK, pausesFile(env))
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    problems.push(error.message)
    return null
  }
}

/** A clock that is wrong by more is noticed by venues when they are asked something signed. */
const CLOCK_MS = 1000

/** Of a venue's allowance: who uses more of it has somebody else on the same address, or will wait soon. */
const MUCH = 0.8

function remarksOf({ venue, isReached, why, offset, within, used, limit }: VenueHealth): readonly string[] {
  if (!isReached) return [why!]
  const late = Math.abs(offset!) - within! > CLOCK_MS
  return [
    ...(late
      ? [
          `this machine's clock is ${Math.abs(offset!)} ms ${offset! > 0 ? 'behind' : 'ahead of'} ${venue}'s; have it set by NTP`,
        ]
      : []),
    ...(used !== null && used > MUCH * limit ? [`${venue}: ${used} of the ${limit} it allows are used already`] : []),
  ]
}

import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { DataError } from '../data/data-error.ts'
import { connectStore } from '../data/remote/connect.ts'
import { isStoreUrl } from '../data/remote/store-url.ts'
import { type OriginNeeds, type Origins, originsOf } from '../data/venues/origins.ts'
import { UsageError } from './usage-error.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Hands what a store in a bucket is opened with to it; a store in a folder needs nothing. */
export function connectSettings<T extends { readonly store: string }>(settings: T, env: Env): T {
  if (isStoreUrl(settings.store)) connectStore(settings.store, { env, caches: cachesIn(env) })
  return settings
}

/**
 * Where these venues are asked instead of at their own addresses.
 * @throws UsageError for a variable of theirs that is no address
 */
export function originsFor(env: Env, needs: OriginNeeds): Origins {
  try {
    return originsOf(env, needs)
  } catch (error) {
    if (!(error instanceof DataError)) throw error
    throw new UsageError(error.message, { cause: error })
  }
}

/** Where bans and long limits of venues are kept for the next process: they are this address's, whatever its store is. */
export function pausesFile(env: Env): string {
  return join(cachesIn(env), 'pauses.json')
}

/**
 * Where sessions say which accounts they trade, whatever folder of runs they are in. State and no cache: whoever empties his caches must
 * not take the lock of a session that runs.
 */
export function accountsFolder(env: Env): string {
  return join(placeIn(env, 'XDG_STATE_HOME', '.local', 'state'), 'accounts')
}

function cachesIn(env: Env): string {
  return placeIn(env, 'XDG_CACHE_HOME', '.cache')
}

/** As the XDG base directory specification has it: a relative path is none. */
function placeIn(env: Env, name: string, ...builtIn: readonly string[]): string {
  const given = env[name] ?? ''
  return join(isAbsolute(given) ? given : join(homedir(), ...builtIn), 'klinelab')
}

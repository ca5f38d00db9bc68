import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { isStoreUrl } from '../data/remote/store-url.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Hands what a store in a bucket is opened with to it; a store in a folder needs nothing. */
export async function connectSettings<T extends { readonly store: string }>(settings: T, env: Env): Promise<T> {
  if (isStoreUrl(settings.store)) {
    const { connectStore } = await import('../data/remote/connect.ts')
    connectStore(settings.store, { env, caches: cachesIn(env) })
  }
  return settings
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

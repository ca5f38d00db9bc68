import { homedir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { connectStore } from '../data/remote/connect.ts'
import { isStoreUrl } from '../data/remote/store-url.ts'

type Env = Readonly<Record<string, string | undefined>>

/** Hands what a store in a bucket is opened with to it; a store in a folder needs nothing. */
export function connectSettings<T extends { readonly store: string }>(settings: T, env: Env): T {
  if (isStoreUrl(settings.store)) connectStore(settings.store, { env, caches: cachesIn(env) })
  return settings
}

/** Where bans and long limits of venues are kept for the next process: they are this address's, whatever its store is. */
export function pausesFile(env: Env): string {
  return join(cachesIn(env), 'pauses.json')
}

/** As the XDG base directory specification has it: a relative path is none. */
function cachesIn(env: Env): string {
  const home = env['XDG_CACHE_HOME'] ?? ''
  return join(isAbsolute(home) ? home : join(homedir(), '.cache'), 'klinelab')
}

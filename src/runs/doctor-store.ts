import { accessSync, constants, existsSync } from 'node:fs'
import { dirname } from 'node:path'
import { setTimeout as wait } from 'node:timers/promises'
import { openStore } from '../data/index.ts'
import { storeReach } from '../data/remote/connect.ts'
import type { Environment } from '../data/remote/credentials.ts'
import { isStoreUrl } from '../data/remote/store-url.ts'
import { EMBEDDED } from './package-info.ts'

export interface StoreHealth {
  /** Folder or address. */
  readonly dir: string
  /** `null` of a bucket: only writing would tell. */
  readonly writable: boolean | null
  /** `null`: it could not be read, or was not asked. */
  readonly series: number | null
  readonly bars: number | null
  /** Of a bucket: who is asked, and where the credentials come from. */
  readonly endpoint?: string
  readonly credentials?: string
}

/** A bucket that takes longer is called out of reach, ms. */
const PATIENCE = 3000

/** @param onProblem told what stands in the way of work */
export async function lookAtStore(
  dir: string,
  env: Environment,
  isOffline: boolean,
  onProblem: (text: string) => void,
): Promise<StoreHealth> {
  if (!isStoreUrl(dir)) return { dir, writable: isWritable(dir), ...(await sizeOf(dir, onProblem)) }
  let reach: StoreHealth = { dir, writable: null, series: null, bars: null }
  try {
    const { endpoint, credentials } = storeReach(dir, env)
    // a name and password in it would be nobody's business
    reach = { ...reach, credentials, endpoint: URL.parse(endpoint)?.origin ?? endpoint }
    if (isOffline) return reach
    const late = new AbortController()
    const size = await Promise.race([
      sizeOf(dir, onProblem),
      wait(PATIENCE, null, { signal: late.signal }).catch(() => null),
    ]).finally(() => late.abort())
    if (size === null) onProblem(`${dir}: gave no answer within ${PATIENCE / 1000} s at ${reach.endpoint}`)
    return { ...reach, ...size }
  } catch (error) {
    onProblem((error as Error).message)
    return reach
  }
}

async function sizeOf(dir: string, onProblem: (text: string) => void) {
  const store = await openStore(dir, { behind: EMBEDDED })
  const manifests = await store.list(({ message }) => onProblem(message))
  return { series: manifests.length, bars: manifests.reduce((sum, one) => sum + one.rows, 0) }
}

/** Whether files can be made in a folder, or in the nearest one above it that exists. */
export function isWritable(dir: string): boolean {
  for (let at = dir; ; at = dirname(at)) {
    if (!existsSync(at) && dirname(at) !== at) continue
    try {
      accessSync(at, constants.W_OK)
      return true
    } catch {
      return false
    }
  }
}

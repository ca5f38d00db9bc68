import { join } from 'node:path'
import { DataError } from '../data-error.ts'
import { sha256 } from '../manifest.ts'
import type { Environment } from './credentials.ts'
import { gcsWay, openGcsBucket } from './gcs-bucket.ts'
import type { Mirror } from './mirror.ts'
import { Remote } from './remote.ts'
import { openS3Bucket, s3Way } from './s3-bucket.ts'
import { changeRemote } from './staging.ts'
import { parseStoreUrl, type StoreUrl } from './store-url.ts'

/** What a store in a bucket needs of the process it is opened in. */
export interface Surroundings {
  readonly env: Environment
  /** Folder under which every such store keeps what was read of it. */
  readonly caches: string
}

/** A process has one environment; stores are opened by their address in many places, which need not hand it on. */
const connections = new Map<string, Remote>()

/**
 * Says with what the store at an address is opened from now on in this process. Nothing is asked of it yet.
 * @throws RangeError where the address cannot be one
 */
export function connectStore(address: string, { env, caches }: Surroundings): void {
  const url = parseStoreUrl(address)
  const open = () => (url.kind === 's3' ? openS3Bucket(url, env) : openGcsBucket(url, env))
  connections.set(url.text, new Remote(url, join(caches, cacheName(url, env)), open))
}

/** The same bucket at another endpoint is another store. */
function cacheName(url: StoreUrl, env: Environment): string {
  const endpoint =
    url.kind === 's3' ? (env['AWS_ENDPOINT_URL_S3'] ?? env['AWS_ENDPOINT_URL']) : env['STORAGE_EMULATOR_HOST']
  return sha256(`${url.text} ${endpoint ?? ''}`).slice(0, 16)
}

/** The folder that stands for a store in a bucket, and what keeps it so. */
export async function openRemote(address: string): Promise<{ readonly dir: string; readonly mirror: Mirror }> {
  const remote = connections.get(parseStoreUrl(address).text)
  if (remote === undefined)
    throw new DataError(`${address}: nobody has said with which environment it is opened; call connectStore first`)
  await remote.ready()
  return { dir: remote.cache.dir, mirror: connectionOf(remote) }
}

/** What keeps the folder of a store in step with its bucket, from one opening on. */
export function connectionOf(remote: Remote): Mirror {
  const symbols = new Map<string, Promise<unknown>>()
  const refreshSymbol: Mirror['refreshSymbol'] = async (venue, symbol) => {
    const name = `${venue}/${symbol}`
    const pulled = symbols.get(name) ?? remote.pullSymbol(venue, symbol)
    symbols.set(name, pulled)
    await pulled
  }
  return {
    refreshSymbol,
    refresh: async (series) => {
      await Promise.all([remote.pullManifest(series), refreshSymbol(series.venue, series.symbol)])
    },
    refreshAll: (onDamaged) => remote.pullManifests(onDamaged),
    bring: (series, files) => remote.pullMonths(series, files),
    damaged: (series, files) => remote.damagedMonths(series, files),
    change: (decisive, patience, work) => changeRemote(remote, decisive, patience, work),
  }
}

/** How a store in a bucket would be asked, without asking it. */
export interface StoreReach {
  readonly endpoint: string
  /** Where the credentials come from, never what they are. */
  readonly credentials: string
}

/** @throws RangeError for what is no address, DataError for credentials that cannot be taken */
export function storeReach(address: string, env: Environment): StoreReach {
  const url = parseStoreUrl(address)
  const { endpoint, credentials } = url.kind === 's3' ? s3Way(url, env) : gcsWay(url, env)
  return { endpoint, credentials: credentials.from }
}

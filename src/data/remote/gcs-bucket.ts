import type { Storage } from '@google-cloud/storage'
import type { ImportPackage } from '../optional-package.ts'
import type { Bucket, ObjectState } from './bucket.ts'
import { bucketError, statusOf, type Way } from './bucket-error.ts'
import { type Environment, gcsCredentials } from './credentials.ts'
import { loadPeer } from './load-peer.ts'
import type { StoreUrl } from './store-url.ts'

const GOOGLE = 'https://storage.googleapis.com'
/** How long a request is repeated, s. */
const PATIENCE = 60
/** Reads of an object that broke off, or that the server could not serve. */
const READS = 3

/** How errors tell of the way to a bucket on Google Cloud Storage. */
export function gcsWay(
  url: StoreUrl,
  env: Environment,
): Way & { readonly credentials: ReturnType<typeof gcsCredentials> } {
  const endpoint = endpointOf(env['STORAGE_EMULATOR_HOST'] || GOOGLE)
  return { url, endpoint, variable: 'STORAGE_EMULATOR_HOST', credentials: gcsCredentials(env) }
}

/** Google's own tools take a host alone and a whole address; emulators speak http. */
function endpointOf(host: string): string {
  const address = /^https?:\/\//.test(host) ? host : `http://${host}`
  return address.replace(/\/+$/, '').replace(/\/storage\/v1$/, '')
}

function openStorage(sdk: typeof import('@google-cloud/storage'), way: ReturnType<typeof gcsWay>): Storage {
  const { credentials, endpoint } = way
  const isOwn = endpoint !== GOOGLE
  const storage = new sdk.Storage({
    // never looked up: neither in the home folder nor at a metadata server
    projectId: 'klinelab',
    // waits of 1.5 and 2.25 s
    retryOptions: { autoRetry: true, maxRetries: 2, retryDelayMultiplier: 1.5, totalTimeout: PATIENCE },
    // an endpoint that is not the default is asked without credentials, unless told otherwise: so is Google, by another spelling
    ...(isOwn ? { apiEndpoint: endpoint } : credentials.file === null && { apiEndpoint: `${GOOGLE}/` }),
    ...(isOwn && credentials.file !== null && { useAuthWithCustomEndpoint: true }),
  })
  // named to the constructor it warns on the console of files that nobody has looked at; whose this one is was
  if (credentials.file !== null) Object.assign(storage.authClient, { keyFilename: credentials.file })
  // the client takes the variable as it is, where it is in the environment of the process
  if (isOwn) storage.baseUrl = `${endpoint}/storage/v1`
  return storage
}

/**
 * Asked for by itself the generation might be another's: it comes with the bytes it is of. The client's own download, a chain of
 * streams, takes five times as long and warns of a leak for every object of more than some chunks.
 */
async function download(storage: Storage, way: ReturnType<typeof gcsWay>, key: string): Promise<ObjectState | null> {
  const url = `${storage.apiEndpoint}/storage/v1/b/${way.url.bucket}/o/${encodeURIComponent(key)}?alt=media`
  const headers = way.credentials.file === null ? {} : await storage.authClient.getRequestHeaders(url)
  const answer = await fetch(url, { headers, signal: AbortSignal.timeout(PATIENCE * 1000) })
  if (answer.status === 404) return null
  if (!answer.ok) throw Object.assign(new Error((await answer.text()) || answer.statusText), { code: answer.status })
  const version = answer.headers.get('x-goog-generation')
  if (version === null) throw new Error('the answer has no x-goog-generation')
  return { bytes: new Uint8Array(await answer.arrayBuffer()), version }
}

/** A bucket on Google Cloud Storage, whose objects have a generation each. */
export async function openGcsBucket(url: StoreUrl, env: Environment, load?: ImportPackage): Promise<Bucket> {
  const way = gcsWay(url, env)
  const sdk = (await loadPeer('@google-cloud/storage', url.text, load)) as typeof import('@google-cloud/storage')
  const storage = openStorage(sdk, way)
  const bucket = storage.bucket(url.bucket)
  return {
    get: async (key) => {
      for (let read = 1; ; read++)
        try {
          return await download(storage, way, key)
        } catch (error) {
          const status = statusOf(error)
          if (read === READS || (status !== null && status < 500)) throw bucketError(way, `reading ${key}`, error)
        }
    },
    put: async (key, bytes, { ifMatch } = {}) => {
      const condition = ifMatch === undefined ? {} : { ifGenerationMatch: ifMatch === 'absent' ? 0 : ifMatch }
      const file = bucket.file(key)
      try {
        await file.save(Buffer.from(bytes), {
          resumable: false,
          preconditionOpts: condition as { ifGenerationMatch: number },
        })
        return String(file.metadata.generation)
      } catch (error) {
        if (ifMatch !== undefined && statusOf(error) === 412) return null
        throw bucketError(way, `writing ${key}`, error)
      }
    },
    list: async (prefix, most) => {
      try {
        const page = most === undefined ? {} : { autoPaginate: false, maxResults: most }
        const [files] = await bucket.getFiles({ prefix, ...page })
        return files.map(({ name, metadata: { generation, updated } }) => ({
          key: name,
          version: String(generation),
          written: Date.parse(updated!),
        }))
      } catch (error) {
        throw bucketError(way, `listing ${prefix || 'the bucket'}`, error)
      }
    },
    delete: async (key) => {
      try {
        await bucket.file(key).delete({ ignoreNotFound: true })
      } catch (error) {
        throw bucketError(way, `deleting ${key}`, error)
      }
    },
  }
}

import type { Storage } from '@google-cloud/storage'
import type { Bucket, ObjectState } from './bucket.ts'
import { bucketError, statusOf, type Way } from './bucket-error.ts'
import { type Environment, gcsCredentials } from './credentials.ts'
import { type ImportPeer, loadPeer } from './load-peer.ts'
import type { StoreUrl } from './store-url.ts'

const GOOGLE = 'https://storage.googleapis.com'
/** How long a request is repeated, s. */
const PATIENCE = 60

/** How errors tell of the way to a bucket on Google Cloud Storage. */
export function gcsWay(
  url: StoreUrl,
  env: Environment,
): Way & { readonly credentials: ReturnType<typeof gcsCredentials> } {
  const endpoint = env['STORAGE_EMULATOR_HOST'] || GOOGLE
  return { url, endpoint, variable: 'STORAGE_EMULATOR_HOST', credentials: gcsCredentials(env) }
}

function openStorage(sdk: typeof import('@google-cloud/storage'), way: ReturnType<typeof gcsWay>): Storage {
  const { credentials, endpoint } = way
  const isOwn = endpoint !== GOOGLE
  return new sdk.Storage({
    // never looked up: neither in the home folder nor at a metadata server
    projectId: 'klinelab',
    retryOptions: { autoRetry: true, maxRetries: 3, totalTimeout: PATIENCE },
    ...(credentials.file !== null && { keyFilename: credentials.file }),
    // an endpoint that is not the default is asked without credentials, unless told otherwise: so is Google, by another spelling
    ...(isOwn ? { apiEndpoint: endpoint } : credentials.file === null && { apiEndpoint: `${GOOGLE}/` }),
    ...(isOwn && credentials.file !== null && { useAuthWithCustomEndpoint: true }),
  })
}

/** A bucket on Google Cloud Storage, whose objects have a generation each. */
export async function openGcsBucket(url: StoreUrl, env: Environment, load?: ImportPeer): Promise<Bucket> {
  const way = gcsWay(url, env)
  const sdk = (await loadPeer('@google-cloud/storage', url.text, load)) as typeof import('@google-cloud/storage')
  const bucket = openStorage(sdk, way).bucket(url.bucket)
  return {
    get: (key) =>
      new Promise((resolve, reject) => {
        const parts: Uint8Array[] = []
        let version: string | undefined
        bucket
          .file(key)
          .createReadStream({ decompress: false })
          // the generation comes with the bytes it is of: asked for by itself it might be another's
          .on('response', ({ headers }: { headers: Record<string, string> }) => {
            version = headers['x-goog-generation']
          })
          .on('data', (part: Uint8Array) => parts.push(part))
          .on('error', (error) =>
            statusOf(error) === 404 ? resolve(null) : reject(bucketError(way, `reading ${key}`, error)),
          )
          .on('end', () =>
            version === undefined
              ? reject(bucketError(way, `reading ${key}`, new Error('the answer has no x-goog-generation')))
              : resolve({ bytes: new Uint8Array(Buffer.concat(parts)), version } satisfies ObjectState),
          )
      }),
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

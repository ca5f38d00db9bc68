import type { GetObjectCommandOutput, S3Client, S3ClientConfig } from '@aws-sdk/client-s3'
import type { ImportPackage } from '../optional-package.ts'
import type { Bucket, ListedObject } from './bucket.ts'
import { bucketError, statusOf, type Way } from './bucket-error.ts'
import { type Environment, s3Credentials } from './credentials.ts'
import { loadPeer } from './load-peer.ts'
import type { StoreUrl } from './store-url.ts'

/** A server that has been silent for this long is not asked any longer, ms. */
const SILENCE = 60_000
/** Reads of a body that broke off; the client itself only asks again where no answer had begun. */
const READS = 3

/** Where S3 is asked, as its own tools are told. */
function endpointOf(env: Environment): string | null {
  return env['AWS_ENDPOINT_URL_S3'] || env['AWS_ENDPOINT_URL'] || null
}

/** How errors tell of the way to a bucket on S3 or on a server that speaks its protocol. */
export function s3Way(
  url: StoreUrl,
  env: Environment,
): Way & { readonly credentials: ReturnType<typeof s3Credentials> } {
  const endpoint = endpointOf(env) ?? `S3 in ${regionOf(env)}`
  return { url, endpoint, variable: 'AWS_ENDPOINT_URL and AWS_REGION', credentials: s3Credentials(env) }
}

function regionOf(env: Environment): string {
  return env['AWS_REGION'] || env['AWS_DEFAULT_REGION'] || 'us-east-1'
}

function configOf(way: ReturnType<typeof s3Way>, env: Environment): S3ClientConfig {
  const endpoint = endpointOf(env)
  const { keys } = way.credentials
  return {
    region: regionOf(env),
    // bucket.host needs a name server that knows every bucket; some clouds know no other way, and are told by the variable
    ...(endpoint !== null && { endpoint, forcePathStyle: env['KLINELAB_S3_PATH_STYLE'] !== '0' }),
    // older servers do not know the checksums that are sent by default; what is read is checked by its own hash
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    requestHandler: { connectionTimeout: SILENCE / 4, requestTimeout: SILENCE },
    ...(keys === null
      ? { credentials: { accessKeyId: '', secretAccessKey: '' }, signer: { sign: async (request) => request } }
      : { credentials: { ...keys } }),
  }
}

/** A bucket on S3, or on a server that speaks its protocol and keeps to If-Match and If-None-Match. */
export async function openS3Bucket(url: StoreUrl, env: Environment, load?: ImportPackage): Promise<Bucket> {
  const way = s3Way(url, env)
  const sdk = (await loadPeer('@aws-sdk/client-s3', url.text, load)) as typeof import('@aws-sdk/client-s3')
  const client: S3Client = new sdk.S3Client(configOf(way, env))
  const place = (key: string) => ({ Bucket: url.bucket, Key: key })
  return {
    get: async (key) => {
      for (let read = 1; ; read++)
        try {
          const answer: GetObjectCommandOutput = await client.send(new sdk.GetObjectCommand(place(key)))
          return { bytes: await answer.Body!.transformToByteArray(), version: answer.ETag! }
        } catch (error) {
          if ((error as Error).name === 'NoSuchKey') return null
          if (statusOf(error) !== null || read === READS) throw bucketError(way, `reading ${key}`, error)
        }
    },
    put: async (key, bytes, { ifMatch } = {}) => {
      const condition = ifMatch === undefined ? {} : ifMatch === 'absent' ? { IfNoneMatch: '*' } : { IfMatch: ifMatch }
      try {
        return (await client.send(new sdk.PutObjectCommand({ ...place(key), Body: bytes, ...condition }))).ETag!
      } catch (error) {
        // 409: another write of it is underway; a key that is gone does not match either
        const isLost = [409, 412].includes(statusOf(error)!) || (error as Error).name === 'NoSuchKey'
        if (ifMatch !== undefined && isLost) return null
        throw bucketError(way, `writing ${key}`, error)
      }
    },
    list: async (prefix, most) => {
      const found: ListedObject[] = []
      try {
        for (let token: string | undefined; ; ) {
          const asked = { Bucket: url.bucket, Prefix: prefix, ContinuationToken: token, MaxKeys: most }
          const page = await client.send(new sdk.ListObjectsV2Command(asked))
          for (const { Key, ETag, LastModified } of page.Contents ?? [])
            found.push({ key: Key!, version: ETag!, written: LastModified!.getTime() })
          token = page.NextContinuationToken
          if (token === undefined || (most !== undefined && found.length >= most)) return found
        }
      } catch (error) {
        throw bucketError(way, `listing ${prefix || 'the bucket'}`, error)
      }
    },
    delete: async (key) => {
      try {
        await client.send(new sdk.DeleteObjectCommand(place(key)))
      } catch (error) {
        if (statusOf(error) !== 404 || (error as Error).name === 'NoSuchBucket')
          throw bucketError(way, `deleting ${key}`, error)
      }
    },
  }
}

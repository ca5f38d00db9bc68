/** A store in a bucket: `s3://bucket/path`, `gs://bucket/path`. */
export interface StoreUrl {
  readonly kind: 's3' | 'gs'
  readonly bucket: string
  /** Ends with a slash where it is not empty. */
  readonly prefix: string
  /** As it is shown: without a slash at its end. */
  readonly text: string
}

/** Whether the place of a store is an address rather than a folder. */
export function isStoreUrl(place: string): boolean {
  return /^[a-z][a-z0-9+.-]+:\/\//i.test(place)
}

/**
 * Refuses what is meant as an address and would be a folder's name.
 * @throws RangeError
 */
export function checkPlace(place: string): void {
  const [, kind, rest] = /^(s3|gs|gcs):(?!\/\/)\/?(.*)$/is.exec(place) ?? []
  if (kind === undefined) return
  const scheme = kind.toLowerCase() === 's3' ? 's3' : 'gs'
  // one that holds a password is not repeated
  if (place.includes('@'))
    throw new RangeError(
      `an address of a store begins with ${scheme}:// and holds no credentials: ${scheme}://bucket/path`,
    )
  throw new RangeError(
    `"${place}" is not allowed; write ${scheme}://${rest || 'bucket/path'}, or ./${place} for a folder`,
  )
}

/** Bucket names of both: lower case, digits, dots, hyphens; Google allows underscores and longer names with dots. */
const BUCKET = /^[a-z0-9][a-z0-9._-]{1,220}[a-z0-9]$/

/** @throws RangeError that says what an address may be; one that holds a password is not repeated */
export function parseStoreUrl(place: string): StoreUrl {
  const [, scheme = '', rest = ''] = /^([^:]+):\/\/(.*)$/s.exec(place) ?? []
  const kind = scheme.toLowerCase()
  if (rest.split('/')[0]!.includes('@'))
    throw new RangeError(
      `an address of a store holds no credentials: write ${kind}://bucket/path, and hand them over in the environment`,
    )
  if (kind !== 's3' && kind !== 'gs')
    throw new RangeError(`"${place}" is not allowed; write a folder, s3://bucket/path or gs://bucket/path`)
  const [bucket = '', ...parts] = rest.split('/')
  if (!BUCKET.test(bucket))
    throw new RangeError(`"${place}" is not allowed: "${bucket}" is no name of a bucket; write ${kind}://bucket/path`)
  const path = parts.filter((part) => part !== '')
  if (path.some((part) => part === '.' || part === '..') || /[?#\\\p{Cc}]/u.test(rest))
    throw new RangeError(`"${place}" is not allowed; write ${kind}://bucket/path with a plain path`)
  const text = [`${kind}://${bucket}`, ...path].join('/')
  return { kind, bucket, prefix: path.map((part) => `${part}/`).join(''), text }
}

/** Names one state of an object: an ETag, a generation. */
export type Version = string

export interface ObjectState {
  readonly bytes: Uint8Array
  readonly version: Version
}

export interface ListedObject {
  readonly key: string
  readonly version: Version
  /** When it was written, by the server's clock, UTC ms. */
  readonly written: number
}

/** What a put may ask for: that the object is still at a version, or that there is none. */
export interface Precondition {
  readonly ifMatch?: Version | 'absent'
}

/**
 * Objects by name, each of them whole or not there. Errors are DataErrors that name the object and the endpoint, and never
 * hold what the environment keeps secret.
 */
export interface Bucket {
  /** `null` where there is no such object. */
  get(key: string): Promise<ObjectState | null>
  /** The new version; `null` where the precondition does not hold, and then nothing was written. */
  put(key: string, bytes: Uint8Array, precondition?: Precondition): Promise<Version | null>
  /** Objects whose keys begin with `prefix`, by key; `most` of them where that is enough. */
  list(prefix: string, most?: number): Promise<readonly ListedObject[]>
  /** Takes an object away; one that is not there is no error. */
  delete(key: string): Promise<void>
}

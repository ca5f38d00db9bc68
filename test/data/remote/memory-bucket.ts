import type { Bucket, Version } from '../../../src/data/remote/bucket.ts'

/** A bucket in memory that tells what it was asked for, and that tests can make do what servers rarely do. */
export interface MemoryBucket extends Bucket {
  readonly objects: Map<string, { bytes: Uint8Array; version: Version; written: number }>
  /** `get key`, `put key`, …, in order. */
  readonly asked: string[]
  /** Its clock. */
  now: number
  /** Called ahead of every put. */
  beforePut: (key: string) => Promise<void> | void
  /** Whether the answer to a put that took effect is lost, and its repetition refused. */
  isDeaf: (key: string) => boolean
}

export function memoryBucket(): MemoryBucket {
  let puts = 0
  const bucket: MemoryBucket = {
    objects: new Map(),
    asked: [],
    now: Date.now(),
    beforePut: () => undefined,
    isDeaf: () => false,
    get: async (key) => {
      bucket.asked.push(`get ${key}`)
      const found = bucket.objects.get(key)
      return found === undefined ? null : { bytes: found.bytes.slice(), version: found.version }
    },
    put: async (key, bytes, { ifMatch } = {}) => {
      await bucket.beforePut(key)
      bucket.asked.push(`put ${key}`)
      const version = bucket.objects.get(key)?.version
      if (ifMatch !== undefined && ifMatch !== (version ?? 'absent')) return null
      const next = String(++puts)
      bucket.objects.set(key, { bytes: bytes.slice(), version: next, written: bucket.now })
      return bucket.isDeaf(key) ? null : next
    },
    list: async (prefix, most) => {
      bucket.asked.push(`list ${prefix}`)
      const keys = [...bucket.objects.keys()].filter((key) => key.startsWith(prefix)).sort()
      return keys.slice(0, most).map((key) => {
        const { version, written } = bucket.objects.get(key)!
        return { key, version, written }
      })
    },
    delete: async (key) => {
      bucket.asked.push(`delete ${key}`)
      bucket.objects.delete(key)
    },
  }
  return bucket
}

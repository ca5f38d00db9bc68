import { join } from 'node:path'
import { connectionOf } from '../../../src/data/remote/connect.ts'
import { Remote } from '../../../src/data/remote/remote.ts'
import { parseStoreUrl } from '../../../src/data/remote/store-url.ts'
import { type Store, storeAt } from '../../../src/data/store.ts'
import { scratch } from '../../cli/klinelab.ts'
import type { MemoryBucket } from './memory-bucket.ts'

/** A store in a bucket in memory, as a machine with a cache of its own sees it. */
export function machine(bucket: MemoryBucket, cache = scratch()): Store {
  const remote = new Remote(parseStoreUrl('s3://klines/place'), join(cache, 'cache'), async () => bucket)
  return storeAt(remote.cache.dir, null, 's3://klines/place', connectionOf(remote))
}

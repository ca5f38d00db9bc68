import { describe } from 'vitest'
import { testBucket } from '../../contracts/test-bucket.ts'
import { memoryBucket } from './memory-bucket.ts'
import { bucketServer, freshAddress, leftOut } from './servers.ts'

for (const [kind, program] of [
  ['s3', 'versitygw'],
  ['gs', 'fake-gcs-server'],
] as const) {
  const reason = leftOut(program)
  describe.skipIf(reason !== '')(`${kind}://${reason}`, () => {
    const server = bucketServer(kind)
    testBucket(program, async () => {
      const address = freshAddress(server)
      return { bucket: await server.open(address), prefix: `${address.split('/').slice(3).join('/')}/` }
    })
  })
}

testBucket('the bucket in memory that other tests use', async () => ({ bucket: memoryBucket(), prefix: 'place/' }))
